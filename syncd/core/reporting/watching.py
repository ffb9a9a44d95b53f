"""What a process sees of its machine and its servers, and which of that somebody should act on.

What is seen stands in the record, since whoever tells people of it may be a process on another machine.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from syncd.core.reporting.alerts import Alert, Objectives, Urgency
from syncd.core.wording import duration


class Watched(StrEnum):
    """What is watched."""

    DISK = "disk"
    CLOCK = "clock"
    CERTIFICATE = "certificate"
    BACKUP = "backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was last seen of one thing. ``subject`` names it, with its machine where each machine has one.

    ``first_seen_at`` is when it was first looked at. ``amount``: the share of a disk that is free, the seconds by which
    a clock jumped, those for which a certificate is good in all. ``moment``: when a clock jumped, a certificate
    expires, the newest backup was made (None: none was).
    """

    kind: Watched
    subject: str
    first_seen_at: datetime
    seen_at: datetime
    amount: float | None = None
    moment: datetime | None = None


class Reading(NamedTuple):
    """Two clocks read at once: the one that people set, and the one (in seconds) that nobody can set."""

    wall: datetime
    steady: float


JUMP = timedelta(seconds=30)
"""So much may a clock be set at once before anybody is told: half of what a lease lasts."""

JUMP_MATTERS = timedelta(hours=1)
"""So long after a jump somebody should still look whether all is well."""

STALE = timedelta(days=2)
"""After so long what was seen says nothing any more: its machine may be gone."""


def jump_between(before: Reading, after: Reading) -> timedelta | None:
    """Return by how much the clock was set between two readings, back if negative; None: not noticeably."""
    jumped = after.wall - before.wall - timedelta(seconds=after.steady - before.steady)
    return jumped if abs(jumped) >= JUMP else None


def of_observations(seen: Iterable[Observation], now: datetime, objectives: Objectives) -> Iterator[Alert]:
    """Yield the alerts about what was seen lately."""
    fresh = [one for one in seen if now - STALE <= one.seen_at]
    for one in fresh:
        match one.kind:
            case Watched.DISK:
                yield from _of_disk(one, objectives)
            case Watched.CLOCK:
                yield from _of_clock(one, now)
            case Watched.CERTIFICATE:
                yield from _of_certificate(one, now, objectives)
            case Watched.BACKUP:
                pass  # all of them together
    yield from _of_backups([one for one in fresh if one.kind is Watched.BACKUP], now, objectives)


def _of_disk(one: Observation, objectives: Objectives) -> Iterator[Alert]:
    if one.amount is not None and one.amount < objectives.free_share:
        words = f"The disk is nearly full: {one.amount:.1%} of it is free at {one.subject}."
        remedy = "Make room there, or give syncd a larger disk: without room nothing can be recorded, and all stops."
        yield Alert("disk_full", one.subject, None, words, remedy)


def _of_clock(one: Observation, now: datetime) -> Iterator[Alert]:
    if one.moment is None or one.amount is None or not now - JUMP_MATTERS <= one.moment <= now + JUMP_MATTERS:
        return
    way = "forward" if one.amount > 0 else "back"
    words = f"The clock of {one.subject} jumped {way} by {duration(timedelta(seconds=abs(one.amount)))}."
    remedy = "See that the machine's time is right and kept by NTP (timedatectl). Then look at: syncd status"
    yield Alert("clock_jump", one.subject, one.moment, words, remedy)


def _of_certificate(one: Observation, now: datetime, objectives: Objectives) -> Iterator[Alert]:
    if one.moment is None or one.amount is None:
        return
    # One that is good for days alone is renewed within its last third, as all that renew themselves are.
    if one.moment > now + min(objectives.certificate, timedelta(seconds=one.amount) / 3):
        return
    day = f"{one.moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    expires = f"expires in {duration(one.moment - now)}, at {day}" if one.moment > now else f"has expired at {day}"
    remedy = "Have it renewed by whoever runs that server: syncd speaks to no server whose certificate has expired."
    severity = Urgency.NOTICE if one.moment > now + _SOON else Urgency.WARNING
    yield Alert(
        "certificate_expiring", one.subject, None, f"The certificate of {one.subject} {expires}.", remedy, severity
    )


def _of_backups(seen: list[Observation], now: datetime, objectives: Objectives) -> Iterator[Alert]:
    if not seen or objectives.backup is None:
        return
    made = max((one.moment for one in seen if one.moment is not None), default=None)
    since = made or min(one.first_seen_at for one in seen)
    if since < now - objectives.backup:
        age = duration(now - since)
        words = f"The newest backup is {age} old." if made else f"No backup was made for {age}."
        remedy = "Make one with: syncd backup. Have that done each day: see systemd/syncd-backup.timer"
        yield Alert("backup_old", "backup", since, words, remedy, Urgency.NOTICE)


_SOON = timedelta(days=3)
