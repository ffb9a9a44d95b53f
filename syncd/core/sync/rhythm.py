"""When a calendar is due again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from syncd.core.sync.calendars import Calendar
from syncd.core.times import DayHours, instant, lenient_local
from syncd.core.work import Pace

_PROOFS_IN_AN_OBJECTIVE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often calendars are looked at.

    Every ``interval``, or every ``soon_interval`` while one of the provider's appointments starts within ``soon``; each
    stretched by up to the share ``jitter`` of itself, so that calendars do not march in step. After failures twice as
    long each time, up to ``longest``. Every single publication is looked at once in ``verify_every``. A calendar that
    has an ``objective`` of its own is looked at so often that it can be met: twice in that time.
    """

    interval: timedelta = timedelta(minutes=5)
    soon_interval: timedelta = timedelta(minutes=1)
    soon: timedelta = timedelta(hours=24)
    jitter: float = 0.1
    longest: timedelta = timedelta(hours=1)
    verify_every: timedelta = timedelta(days=1)

    def next_due(self, now: datetime, *, is_soon: bool, chance: float, objective: timedelta | None = None) -> datetime:
        """Return when a calendar that was read without trouble is due again; ``chance`` is in [0, 1)."""
        interval = self.soon_interval if is_soon else self.interval
        if objective is not None:
            interval = min(interval, objective / _PROOFS_IN_AN_OBJECTIVE)
        return now + interval * (1 + self.jitter * chance)

    def retry_at(self, now: datetime, failures: int, pause: timedelta | None, *, chance: float) -> datetime:
        """Return when to try again after so many ``failures`` in a row.

        ``pause`` is what the server asked for; of more than ``longest`` that much is granted.
        """
        backed_off = min(self.interval * (1 << min(failures - 1, 16)), self.longest)
        wanted = max(backed_off, min(pause or timedelta(), self.longest))
        return now + wanted * (1 + self.jitter * chance)

    @property
    def pace(self) -> Pace:
        """The longest times for which a calendar may legitimately wait."""
        regular = max(self.interval, self.soon_interval) * (1 + self.jitter)
        failing = max(regular, self.longest * (1 + self.jitter))
        return Pace(farthest=regular, first=min(self.interval, self.longest), longest=failing)

    def verification_is_due(self, calendar: Calendar, now: datetime) -> bool:
        """Tell whether it is time to look at every publication, whatever the server says has changed."""
        last, every = calendar.last_verified_at, self.verify_every
        if calendar.objective is not None:
            every = min(every, calendar.objective / _PROOFS_IN_AN_OBJECTIVE)
        return last is None or now - last >= every


def quiet_until(now: datetime, hours: Collection[DayHours], zone: tzinfo) -> datetime | None:
    """Return when the quiet hours end that hold ``now`` on the wall clock of ``zone`` (UTC); None: it is not quiet.

    Hours that follow upon each other are one quiet time; where they fill the day, it ends a day from now.
    """
    end = now
    while end < now + timedelta(days=1):
        wall = end.astimezone(zone).replace(tzinfo=None)
        ends = [held.end for held in hours if held.holds(wall.time())]
        if not ends:
            break
        nearest = min(wall.replace(hour=e.hour, minute=e.minute, second=e.second, microsecond=0) for e in ends)
        later = nearest if nearest > wall else nearest + timedelta(days=1)
        end = max(instant(lenient_local(later, zone)), end + timedelta(minutes=1))
    return None if end == now else end
