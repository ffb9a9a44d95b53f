"""What an answer means for the record: whose it is, which sessions it is about, and whether it still counts.

A provider and a client hold the same UID, so that From and ATTENDEE together say who answers.

| the answer | then |
| --- | --- |
| its sender is neither party | quarantined: unknown_sender |
| it is for somebody else than its sender | quarantined: wrong_attendee |
| its SEQUENCE was never given out, or is no number | quarantined: wrong_sequence |
| it has RANGE=THISANDFUTURE | quarantined: this_and_future |
| it names no session of the event | quarantined: no_such_session |
| it is to an earlier invitation than the last that this party was sent | ignored: stale |
| a later answer of this party about the same came before | ignored: out_of_order |
| all its sessions are cancelled or have begun | ignored: over |
| it proposes the time that stands | ignored: no_change |
| else | its effect |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from syncd.core.events.findings import START_FIELD, Finding, Kind, Severity
from syncd.core.events.snapshot import Moment
from syncd.core.inbound.answers import COUNTER, Answer, effect_of
from syncd.core.inbound.outcomes import MailEffect, Reason, Verdict
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Series
from syncd.core.scheduling.people import Party
from syncd.core.sync.publishing import Publishable
from syncd.core.times import instant, lenient_local, zone


class Given(NamedTuple):
    """An answer of a party that was received before, about one instance or the whole: its SEQUENCE and its stamp."""

    sequence: int
    stamp: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the record knows of an event.

    ``sent`` is the SEQUENCE of the last invitation that each party was sent, where it was sent one; ``highest`` the
    highest that was ever given out.
    """

    item: Publishable
    highest: int
    sent: Mapping[Party, int]

    @property
    def sessions(self) -> Sequence[Appointment]:
        """All its sessions, by start."""
        record = self.item.record
        return sorted(self.item.instances, key=_start) if isinstance(record, Series) else (record,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An answer that counts.

    ``sessions`` are those that it is about, the next one first; ``instance`` is the original start of the one that it
    names of a series. ``proposed`` and ``minutes`` are what a COUNTER asks for.
    """

    answer: Answer
    effect: MailEffect
    party: Party
    address: str
    sessions: tuple[Appointment, ...]
    instance: datetime | None = None
    proposed: datetime | None = None
    minutes: int | None = None

    @property
    def first(self) -> Appointment:
        """The session by which it is known."""
        return self.sessions[0]


def party_of(sender: str, item: Publishable) -> Party | None:
    """Return whose address that is; who is both, is written to as the client."""
    if sender == item.client.email.casefold():
        return Party.CLIENT
    return Party.PROVIDER if sender == item.provider.email.casefold() else None


def judge(answer: Answer, sender: str, known: Known, now: datetime) -> Judged:
    """Return what an answer from ``sender``, who is believed, means. Raises `Verdict` where it means nothing."""
    party = party_of(sender, known.item)
    if party is None:
        raise Verdict(Reason.UNKNOWN_SENDER)
    _check_attendee(answer, sender)
    sessions, instance = _about(answer, known)
    if not 0 <= answer.sequence <= known.highest:
        raise Verdict(Reason.WRONG_SEQUENCE)
    effect = effect_of(answer, sender)
    if effect is not MailEffect.REFRESH:
        if answer.sequence < known.sent.get(party, known.item.record.sequence):
            raise Verdict(Reason.STALE)
        sessions = tuple(one for one in sessions if _is_ahead(one, now))
        if not sessions:
            raise Verdict(Reason.OVER)
    judged = Judged(
        answer=answer, effect=effect, party=party, address=sender, sessions=tuple(sessions), instance=instance
    )
    return _with_proposal(judged, known) if effect is MailEffect.COUNTERED else judged


def check_order(answer: Answer, before: Sequence[Given]) -> None:
    """Raise `Verdict` where a later answer of the same party about the same was received before."""
    for one in before:
        is_later = one.sequence == answer.sequence and one.stamp is not None and answer.stamp is not None
        if one.sequence > answer.sequence or (is_later and one.stamp >= answer.stamp):  # type: ignore[operator]
            raise Verdict(Reason.OUT_OF_ORDER)


def findings_of(judged: Judged) -> tuple[Finding, ...]:
    """Return what a provider's answer says, as an edit says it: from what stands to what they want."""
    one, instance = judged.first, judged.instance
    if judged.effect is MailEffect.DECLINED:
        words = f"{judged.address}: DECLINED"
        return (
            Finding(
                kind=Kind.DECLINED,
                severity=Severity.PRESENCE,
                field="ATTENDEE",
                published=one.start.isoformat(),
                observed=words,
                recurrence_id=instance,
            ),
        )
    proposed = judged.proposed or one.start
    start = Finding(
        kind=Kind.COUNTERED,
        severity=Severity.TIME,
        field=START_FIELD,
        published=one.start.isoformat(),
        observed=proposed.isoformat(),
        recurrence_id=instance,
    )
    if judged.minutes in {None, one.minutes}:
        return (start,)
    ends = instant(proposed) + timedelta(minutes=judged.minutes or 0)
    end = Finding(
        kind=Kind.COUNTERED,
        severity=Severity.TIME,
        field="DTEND",
        published=one.end.isoformat(),
        observed=ends.astimezone(one.start.tzinfo).isoformat(),
        recurrence_id=instance,
    )
    return start, end


def _check_attendee(answer: Answer, sender: str) -> None:
    """Refuse what is given for another; a COUNTER may repeat all who are invited."""
    named = {one.address for one in answer.said}
    if sender not in named or (answer.method != COUNTER and len(named) > 1):
        raise Verdict(Reason.WRONG_ATTENDEE)


def _about(answer: Answer, known: Known) -> tuple[tuple[Appointment, ...], datetime | None]:
    """Return the sessions that an answer is about, and the one that it names by its original start."""
    if answer.and_future:
        raise Verdict(Reason.THIS_AND_FUTURE)
    if answer.recurrence_id is None:
        return tuple(known.sessions), None
    for one in known.sessions:
        if one.recurrence_id is not None and _is_named(one, answer.recurrence_id):
            return (one,), one.recurrence_id
    raise Verdict(Reason.NO_SUCH_SESSION)


def _is_named(one: Appointment, named: Moment) -> bool:
    if one.recurrence_id is None:
        return False
    if named.is_date:
        return one.recurrence_id.date() == named.wall.date()
    return instant(one.recurrence_id) == named.instant


def _is_ahead(one: Appointment, now: datetime) -> bool:
    return one.status is AppointmentStatus.BOOKED and instant(one.start) > now


def _with_proposal(judged: Judged, known: Known) -> Judged:
    """Return an answer with what it proposes; for a whole series, as the shift that it gives its first session."""
    start = judged.answer.start
    if start is None:
        raise Verdict(Reason.NO_TIME)
    one, tz = judged.first, zone(judged.first.timezone)
    proposed = start.instant.astimezone(tz)
    record = known.item.record
    if isinstance(record, Series) and judged.instance is None:
        shift = proposed.replace(tzinfo=None, fold=0) - record.start.replace(tzinfo=None, fold=0)
        proposed = lenient_local(one.start.replace(tzinfo=None, fold=0) + shift, tz)
    minutes = None
    if judged.answer.end is not None and judged.answer.end > start.instant:
        minutes = round((judged.answer.end - start.instant).total_seconds() / 60)
    if instant(proposed) == instant(one.start) and minutes in {None, one.minutes}:
        raise Verdict(Reason.NO_CHANGE)
    return replace(judged, proposed=proposed, minutes=minutes)


def _start(one: Appointment) -> datetime:
    return instant(one.start)
