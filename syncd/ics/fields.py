"""The practice-owned fields of one VEVENT as content lines; whose field is which."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import assert_never

from syncd.core.events.clocks import spans_change
from syncd.core.events.desired import Desired, Person, Session
from syncd.core.events.rule import RecurrenceRule
from syncd.core.times import instant, is_ambiguous, plus_minutes, zone_name
from syncd.ics import texts as shown_texts
from syncd.ics.addresses import address, plain
from syncd.ics.lines import Component, Line, escape, line, quoted, unescape

PRODUCT = "-//syncd//syncd//EN"
REFERENCE = "X-SYNCD-REF"
"""The private property that names the appointment or series: a copy that has it is provably one of ours."""

PRACTICE_OWNED = frozenset(
    {
        *("UID", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RRULE", "RDATE", "EXDATE", "EXRULE", "STATUS"),
        *("SUMMARY", "LOCATION", "DESCRIPTION", "ORGANIZER", "ATTENDEE", REFERENCE),
    }
)
BOOKKEEPING = frozenset({"DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE"})
TWINS = {"X-ALT-DESC": "DESCRIPTION", "X-APPLE-STRUCTURED-LOCATION": "LOCATION"}
"""Properties that say once more what another one says, and that programs show instead of it."""

UNANSWERED = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"}
"""The parameters of an ATTENDEE who is asked to come."""

_OURS_OF_ATTENDEE = frozenset({"CN", "SCHEDULE-AGENT", "SCHEDULE-FORCE-SEND", "SCHEDULE-STATUS"})
"""Parameters of our attendee that are not the provider's: a name, and whether the server sends mail (RFC 6638)."""


def moment(name: str, when: datetime) -> Line:
    """Return a time property in the zone of ``when``, by its IANA name.

    UTC for UTC, and for the second of two equal local times, since a local time that occurs twice is read as the first.
    """
    zone = zone_name(when)
    if zone == "UTC" or (when.fold and is_ambiguous(when)):
        return utc(name, when)
    return line(name, f"{when:%Y%m%dT%H%M%S}", [("TZID", quoted(zone))])


def utc(name: str, when: datetime) -> Line:
    """Return a time property in UTC."""
    return line(name, f"{instant(when):%Y%m%dT%H%M%SZ}")


def identity(session: Session, desired: Desired) -> Iterator[Line]:
    """Yield UID and, for an override, RECURRENCE-ID: in the zone of the master's DTSTART, never with a RANGE."""
    yield line("UID", escape(desired.uid))
    if session.recurrence_id is not None:
        yield moment("RECURRENCE-ID", session.recurrence_id.astimezone(desired.master.start.tzinfo))


def times(session: Session) -> Iterator[Line]:
    """Yield start and end of a session; of a series' master a DURATION when the clocks change meanwhile.

    Many programs give every instance of a series the span on the wall clock between DTSTART and DTEND, and end one
    instance early that has a DURATION over a change of clocks.
    """
    yield moment("DTSTART", session.start)
    if session.recurrence_id is None and spans_change(session.start, session.minutes):
        yield line("DURATION", f"PT{session.minutes}M")
    else:
        yield moment("DTEND", plus_minutes(session.start, session.minutes))


def recurrence(desired: Desired) -> Iterator[Line]:
    """Yield the master's RRULE and EXDATEs, one date each: some programs read only the first of a list."""
    if desired.rule is None:
        return
    yield line("RRULE", _with_utc_until(RecurrenceRule.parse(desired.rule), desired.master.start).format())
    for excluded in sorted(desired.exdates, key=instant):
        yield moment("EXDATE", excluded.astimezone(desired.master.start.tzinfo))


def _with_utc_until(rule: RecurrenceRule, start: datetime) -> RecurrenceRule:
    """Return the rule with its UNTIL in UTC, as it must be when DTSTART has a zone (RFC 5545 section 3.3.10)."""
    match rule.until:
        case None:
            return rule
        case datetime() as last:
            return rule.bounded_until(last if last.tzinfo else last.replace(tzinfo=start.tzinfo))
        case date() as day:  # all of it is included
            return rule.bounded_until(datetime.combine(day, time(23, 59, 59), start.tzinfo))
        case _:
            assert_never(rule.until)


def zones(desired: Desired) -> list[str]:
    """Return the names of the zones whose VTIMEZONE the times need, sorted."""
    return sorted({zone_name(one.start) for one in (desired.master, *desired.overrides)} - {"UTC"})


def texts(session: Session, over: Component | None) -> Iterator[Line]:
    """Yield the texts that are not empty; one that stands in ``over`` already keeps its line, parameters included."""
    for name, text in _texts(session):
        standing = over.first(name) if over is not None else None
        if standing is not None and _says(standing, text):
            yield standing
        elif text:
            yield line(name, escape(text))


def rewritten(session: Session, over: Component) -> frozenset[str]:
    """Return the names of the texts that ``over`` words otherwise than ``session``."""
    standing = {name: over.first(name) for name, _ in _texts(session)}
    return frozenset(name for name, text in _texts(session) if not _says(standing[name], text))


def _texts(session: Session) -> tuple[tuple[str, str], ...]:
    return (("SUMMARY", session.summary), ("LOCATION", session.location), ("DESCRIPTION", session.description))


def _says(standing: Line | None, text: str) -> bool:
    """Tell whether a line (None: an absent one) says ``text``, whatever its escaping, Unicode form and blanks."""
    said = unescape(standing.value) if standing is not None else ""
    return shown_texts.plain(said) == shown_texts.plain(text)


def person(name: str, who: Person, params: Iterable[tuple[str, str]] = ()) -> Line:
    """Return an ORGANIZER or ATTENDEE with the person's name and ``params``."""
    common_name = [("CN", quoted(who.name))] if who.name else []
    return line(name, f"mailto:{who.email}", [*common_name, *params])


def relation(desired: Desired) -> Iterator[Line]:
    """Yield the link to the event that this one carries on."""
    if desired.related_to is not None:
        yield line("RELATED-TO", escape(desired.related_to))


def answer(who: Person, over: Component | None) -> dict[str, str]:
    """Return the parameters of the person's ATTENDEE in ``over`` that are the person's own; never a decline.

    What we write is a session that the practice wants held, so a declined one has to be answered anew.
    """
    for standing in reversed(over.named("ATTENDEE") if over is not None else ()):
        if plain(who.email) in {address(standing), plain(standing.param("EMAIL") or "")}:
            params = {key: value for key, value in standing.params if key not in _OURS_OF_ATTENDEE}
            return {key: value for key, value in params.items() if (key, value.upper()) != ("PARTSTAT", "DECLINED")}
    return {}
