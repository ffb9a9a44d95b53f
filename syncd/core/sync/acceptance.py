"""What a provider's edit amounts to when it is accepted: reschedules and cancellations of the practice's own record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from syncd.core.errors import DecisionError
from syncd.core.events.comparison.course import Course, Instance, courses
from syncd.core.events.findings import START_FIELD, TEXT_KINDS, Finding, Kind
from syncd.core.events.snapshot import Snapshot
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope
from syncd.core.times import instant

_GONE = frozenset({Kind.DELETED, Kind.CANCELLED, Kind.DECLINED})
_CHANGED = frozenset({Kind.MOVED, Kind.RESIZED, Kind.TIMEZONE_SHIFT, Kind.LOCATION})
_INSTANCE = frozenset({Kind.INSTANCE_MOVED, Kind.INSTANCE_RESIZED, Kind.INSTANCE_DELETED})
_ACCEPTABLE = _GONE | _CHANGED | _INSTANCE | TEXT_KINDS | {Kind.RECURRENCE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescheduling:
    """An appointment gets the time, length and place that the provider gave its event; None: as it is."""

    appointment_id: str
    scope: Scope
    start: datetime | None = None
    minutes: int | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelling:
    """An appointment is cancelled, since the provider took its event away."""

    appointment_id: str
    scope: Scope


Request = Rescheduling | Cancelling


def requests_of(
    findings: Sequence[Finding], sessions: Sequence[Appointment], observed: Snapshot | None, now: datetime
) -> tuple[Request, ...]:
    """Return what accepting an edit asks of the record, in the scope that the edit had.

    ``observed`` is what stands in the calendar, None when nothing does. Raises `DecisionError` for an edit that is no
    reschedule and no cancellation: another rule, a whole day, other people, a copy.
    """
    _check_acceptable(findings)
    ahead = _ahead(sessions, now)
    if not ahead:
        raise DecisionError(_BEGUN)
    kinds = {finding.kind for finding in findings}
    if observed is None or kinds & _GONE:
        return (Cancelling(appointment_id=ahead[0].id, scope=_scope(ahead[0])),)
    (course,) = courses(observed)
    if Kind.RECURRENCE in kinds:
        _check_cut_short(course, sessions)
    return (*_of_whole(findings, ahead, course), *_of_instances(findings, ahead, course))


def expected_of(
    findings: Sequence[Finding], sessions: Sequence[Appointment], now: datetime
) -> tuple[Request, ...] | None:
    """Return what accepting an edit will ask, by what was found alone; None where only a look at the calendar tells.

    ``sessions`` are by start. Raises as `requests_of`.
    """
    _check_acceptable(findings)
    ahead = _ahead(sessions, now)
    if not ahead:
        raise DecisionError(_BEGUN)
    kinds = {finding.kind for finding in findings}
    if kinds & _GONE:
        return (Cancelling(appointment_id=ahead[0].id, scope=_scope(ahead[0])),)
    if Kind.RECURRENCE in kinds or any(f.recurrence_id is None and f.kind in _INSTANCE for f in findings):
        return None
    named = [one for one in ahead if any(_is_about(finding, one) for finding in findings)]
    whole = [finding for finding in findings if finding.recurrence_id is None and finding.kind in _CHANGED]
    asked: list[Request] = [_expected(ahead[0], whole, _scope(ahead[0]))] if whole else []
    for one in named:
        own = [finding for finding in findings if _is_about(finding, one) and finding.kind not in TEXT_KINDS]
        is_gone = any(finding.kind is Kind.INSTANCE_DELETED for finding in own)
        asked += [Cancelling(appointment_id=one.id, scope=Scope.THIS)] if is_gone else []
        asked += [_expected(one, own, Scope.THIS)] if own and not is_gone else []
    return tuple(asked)


def requests_answered(
    findings: Sequence[Finding], sessions: Sequence[Appointment], now: datetime
) -> tuple[Request, ...]:
    """Return what taking a provider's answer by mail over asks: a decline a cancellation, a proposal another time.

    ``sessions`` are by start. Raises `DecisionError` once all of them have begun or are cancelled.
    """
    ahead = _ahead(sessions, now)
    if not ahead:
        raise DecisionError("The session has begun or is cancelled: there is nothing left to take over. Dismiss it.")
    names_one = any(finding.recurrence_id is not None for finding in findings)
    scope = Scope.THIS if names_one else _scope(ahead[0])
    if any(finding.kind is Kind.DECLINED for finding in findings):
        return (Cancelling(appointment_id=ahead[0].id, scope=scope),)
    return (_expected(ahead[0], findings, scope),)


def _is_about(finding: Finding, one: Appointment) -> bool:
    return finding.recurrence_id is not None and instant(finding.recurrence_id) == _identity(one)


def _expected(one: Appointment, findings: Sequence[Finding], scope: Scope) -> Request:
    """Return the reschedule that findings on a session ask; its length changes where its end was changed alone."""
    by_field = {finding.field: finding for finding in findings}
    moved, ended, place = by_field.get(START_FIELD), by_field.get("DTEND"), by_field.get("LOCATION")
    start = _shifted(one, moved) if moved is not None else None
    minutes = None
    if ended is not None and ended.observed is not None:
        began = moved.observed if moved is not None else one.start.isoformat()
        lasts = datetime.fromisoformat(ended.observed) - datetime.fromisoformat(began or "")
        minutes = round(lasts.total_seconds() / 60)
    location = place.observed or "" if place is not None else None
    return Rescheduling(appointment_id=one.id, scope=scope, start=start, minutes=minutes, location=location)


_BEGUN = "The session has begun or is cancelled: its record can no longer follow the calendar. Revert the edit."


def _ahead(sessions: Sequence[Appointment], now: datetime) -> list[Appointment]:
    return [one for one in sessions if one.status is AppointmentStatus.BOOKED and instant(one.start) > now]


def _check_acceptable(findings: Sequence[Finding]) -> None:
    others = sorted({finding.kind for finding in findings} - _ACCEPTABLE)
    if others:
        raise DecisionError(
            f"An edit of the kind {', '.join(others)} cannot be taken over. Reschedule or cancel the appointment "
            "yourself, or revert the edit.",
            kinds=list(others),
        )


def _check_cut_short(course: Course, sessions: Sequence[Appointment]) -> None:
    """Refuse a rule that adds sessions: taking these over would be booking them."""
    known = {_identity(one) for one in sessions}
    if course.is_endless or any(slot.identity not in known for slot, _ in course.standing()):
        raise DecisionError("The new rule adds sessions. Book these yourself, or revert the edit.")


def _scope(one: Appointment) -> Scope:
    return Scope.ALL if one.series_id is not None else Scope.THIS


def _of_whole(findings: Sequence[Finding], ahead: Sequence[Appointment], course: Course) -> Iterator[Request]:
    """Yield what the findings on the resource as a whole ask, of the first session that is still to come."""
    whole = {finding.kind: finding for finding in findings if finding.recurrence_id is None}
    if not whole.keys() & _CHANGED or course.master is None:
        return
    first = ahead[0]
    moved = whole.get(Kind.MOVED) or whole.get(Kind.TIMEZONE_SHIFT)
    _, instance = next(course.standing())
    yield Rescheduling(
        appointment_id=first.id,
        scope=_scope(first),
        start=_shifted(first, moved) if moved is not None else None,
        minutes=_minutes(instance) if Kind.RESIZED in whole else None,
        location=course.master.location if Kind.LOCATION in whole else None,
    )


def _shifted(first: Appointment, moved: Finding) -> datetime:
    """Return where the session goes: the whole edit's shift on the wall clock of the session's own zone."""
    before, after = (
        datetime.fromisoformat(shown or "").astimezone(first.start.tzinfo).replace(tzinfo=None)
        for shown in (moved.published, moved.observed)
    )
    return first.start.replace(tzinfo=None, fold=0) + (after - before)


def _of_instances(findings: Sequence[Finding], ahead: Sequence[Appointment], course: Course) -> Iterator[Request]:
    """Yield what the findings on single instances ask, and what a rule that was cut short takes away."""
    standing = {slot.identity: instance for slot, instance in course.standing()}
    named = {instant(f.recurrence_id) for f in findings if f.recurrence_id is not None and f.kind not in TEXT_KINDS}
    by_rule = any(finding.kind is Kind.RECURRENCE for finding in findings)
    for one in ahead:
        instance = standing.get(_identity(one))
        if instance is None and (by_rule or _identity(one) in named):
            yield Cancelling(appointment_id=one.id, scope=Scope.THIS)
        elif instance is not None and _identity(one) in named:
            yield _as_observed(one, instance)


def _identity(one: Appointment) -> datetime:
    return instant(one.recurrence_id or one.start)


def _as_observed(one: Appointment, instance: Instance) -> Rescheduling:
    return Rescheduling(
        appointment_id=one.id,
        scope=Scope.THIS,
        start=instance.start.instant,
        minutes=_minutes(instance),
        location=instance.event.location,
    )


def _minutes(instance: Instance) -> int:
    return round((instance.end - instance.start.instant).total_seconds() / 60)
