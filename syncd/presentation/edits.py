"""An edit in words and side by side: who did what to which session, and what stands on record and in the calendar."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from typing import NamedTuple

from syncd.core.events.findings import START_FIELD, Finding, Kind
from syncd.core.scheduling.appointments import Appointment
from syncd.core.sync.drift import Drift
from syncd.core.times import instant, plus_minutes, zone
from syncd.presentation import moments

_DID: dict[Kind, str] = {
    Kind.RESIZED: "made a session {longer}",
    Kind.DELETED: "deleted a session",
    Kind.CANCELLED: "marked a session as cancelled",
    Kind.TITLE: "changed the title",
    Kind.LOCATION: "changed the place",
    Kind.DESCRIPTION: "changed the text",
    Kind.RECURRENCE: "changed how a series repeats",
    Kind.INSTANCE_RESIZED: "made one session of a series {longer}",
    Kind.INSTANCE_DELETED: "deleted one session of a series",
    Kind.ALL_DAY: "made a session an all-day event",
    Kind.TIMEZONE_SHIFT: "changed the time zone, and so the time",
    Kind.ATTENDEES: "changed who takes part",
    Kind.SPLIT: "cut a series in two",
    Kind.DUPLICATE: "copied a session",
    Kind.DECLINED: "declined a session",
    Kind.COUNTERED: "proposed another time",
}
_FIELDS = {
    "SUMMARY": "Title",
    "LOCATION": "Place",
    "DESCRIPTION": "Description",
    "RRULE": "Repetition",
    "EXDATE": "Sessions of the series",
    "STATUS": "Status",
    "METHOD": "Status",
    "ATTENDEE": "People",
    "ORGANIZER": "Organizer",
    "resource": "In the calendar",
    "body": "In the calendar",
    "UID": "Copy",
    "RECURRENCE-ID": "Session of the series",
    "DTEND": "Ends",
    START_FIELD: "Starts",
}
_GONE = frozenset({Kind.DELETED, Kind.INSTANCE_DELETED})


def headline(provider: str, drift: Drift) -> str:
    """Return an edit as a sentence's beginning: Dana Doe moved a session to another day."""
    if Kind.UNREADABLE in drift.kinds:
        return f"An event in {provider}'s calendar cannot be read any more"
    told = list(dict.fromkeys(_did(finding) for finding in drift.findings)) or ["changed a session"]
    many = len({finding.recurrence_id for finding in drift.findings if finding.recurrence_id})
    more = f" ({many} sessions)" if many > 1 else ""
    listed = told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
    return f"{provider} {listed}{more}"


def _did(finding: Finding) -> str:
    before, after = moment_of(finding.published), moment_of(finding.observed)
    if finding.kind in {Kind.MOVED, Kind.INSTANCE_MOVED}:
        which = "one session of a series" if finding.kind is Kind.INSTANCE_MOVED else "a session"
        local = after.astimezone(before.tzinfo) if before and after else None
        other = "day" if before and local and before.date() != local.date() else "time"
        return f"moved {which} to another {other}"
    longer = "longer" if before and after and after > before else "shorter" if before and after else "of another length"
    return _DID.get(finding.kind, "changed a session").format(longer=longer)


class Piece(NamedTuple):
    """A part of a text: ``mark`` is "ins" for what only the calendar has, "del" for what only the record has."""

    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the comparison. ``there`` None: it is not in the calendar. ``session``: of a series, which one."""

    name: str
    record: str
    there: str | None
    differs: bool = True
    session: str = ""
    pieces: tuple[Piece, ...] = ()


def differing(drift: Drift, one: Appointment) -> list[Line]:
    """Return what differs, a line for each finding; times are in the zone of the appointment that it is about."""
    lines = [_line(finding, one.timezone) for finding in drift.findings]
    return [*lines[:1], *_ends_elsewhere(one, drift), *lines[1:]]


def _ends_elsewhere(one: Appointment, drift: Drift) -> list[Line]:
    """Return the line of the end where the start alone was changed: it moved along."""
    fields = [finding.field for finding in drift.findings if _is_about(finding, one)]
    there = place_of(one, drift).there
    if START_FIELD not in fields or "DTEND" in fields or there is None:
        return []
    return [Line("Ends", moments.when(one.end), moments.when(there[1]))]


def _line(finding: Finding, timezone: str) -> Line:
    is_gone = finding.kind in _GONE or (finding.observed is None and finding.kind is not Kind.CANCELLED)
    name = "In the calendar" if finding.kind in _GONE else _FIELDS.get(finding.field, finding.field.capitalize())
    record = value_said(finding.published, timezone) or _RECORD_OF.get(finding.field, "nothing")
    there = None if is_gone else value_said(finding.observed, timezone)
    session = moments.when(finding.recurrence_id, zone(timezone)) if finding.recurrence_id else ""
    return Line(name, record, there, session=session, pieces=tuple(_pieces(finding)))


_RECORD_OF = {"STATUS": "booked", "METHOD": "booked", "resource": "a session", "body": "a session"}


def _pieces(finding: Finding) -> Iterator[Piece]:
    """Yield a text of the calendar word by word, with what was put in and what was taken out."""
    if finding.field not in {"SUMMARY", "LOCATION", "DESCRIPTION"} or not finding.published or not finding.observed:
        return
    before, after = finding.published.split(), finding.observed.split()
    for what, i, j, k, end in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if what == "equal":
            yield Piece(" ".join(after[k:end]))
            continue
        if j > i:
            yield Piece(" ".join(before[i:j]), "del")
        if end > k:
            yield Piece(" ".join(after[k:end]), "ins")


def equal_lines(one: Appointment, drift: Drift) -> list[Line]:
    """Return what is as the record has it, of what people look for first."""
    changed = {_FIELDS.get(finding.field, "") for finding in drift.findings}
    if "Starts" in changed or set(drift.kinds) & _GONE:
        changed.add("Ends")
    if set(drift.kinds) & _GONE:
        changed |= {"Starts", "Place"}
    facts = (
        ("Starts", moments.when(one.start)),
        ("Ends", moments.when(one.end)),
        ("Length", f"{one.minutes} minutes"),
        ("Place", one.location or "none"),
    )
    hidden = {"Length"} if {"Ends", "Starts"} & changed and Kind.RESIZED in drift.kinds else set[str]()
    return [Line(name, value, value, differs=False) for name, value in facts if name not in changed | hidden]


def value_said(text: str | None, timezone: str) -> str:
    """Return a value of a finding as people read it: a time in the zone, a date, or the text itself."""
    if text is None:
        return ""
    moment = moment_of(text)
    if moment is not None:
        return moments.when(moment, zone(timezone))
    try:
        return f"{moments.day(date.fromisoformat(text))}, all day"
    except ValueError:
        return text


def moment_of(text: str | None) -> datetime | None:
    """Return the moment that a value of a finding says; None for a whole day and for all else."""
    if text is None or "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


class Place(NamedTuple):
    """Where a session lies: on record and, None where it is not there, in the calendar."""

    record: tuple[datetime, datetime]
    there: tuple[datetime, datetime] | None


def place_of(one: Appointment, drift: Drift) -> Place:
    """Return where the session is that an edit is about first, and where the edit put it, in the session's zone."""
    tz, record = zone(one.timezone), (one.start, one.end)
    start = end = None
    for finding in drift.findings:
        if not _is_about(finding, one):
            continue
        moment = moment_of(finding.observed)
        if finding.field == START_FIELD and moment and start is None:
            start = moment.astimezone(tz)
        if finding.field == "DTEND" and moment and end is None:
            end = moment.astimezone(tz)
    if set(drift.kinds) & {*_GONE, Kind.CANCELLED, Kind.ALL_DAY, Kind.UNREADABLE}:
        return Place(record, None)
    if start is None and end is None:
        return Place(record, record)
    begins = start or one.start
    return Place(record, (begins, end or plus_minutes(begins, one.minutes)))


def _is_about(finding: Finding, one: Appointment) -> bool:
    if finding.recurrence_id is None or one.recurrence_id is None:
        return True
    return instant(finding.recurrence_id) == instant(one.recurrence_id)


def claim_dates(drift: Drift, start: datetime) -> tuple[date, date] | None:
    """Return the date of service on record, of a session that starts then, and by the edit, where these differ."""
    if not drift.claim_date_changes:
        return None
    begun = (moment_of(finding.observed) for finding in drift.findings if finding.field == START_FIELD)
    there = next((moment.astimezone(start.tzinfo).date() for moment in begun if moment), start.date())
    return (start.date(), there) if there != start.date() else None
