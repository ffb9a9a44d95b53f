"""Rendering any wish over any edit: it means the wish, and loses nothing of the provider's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.events.desired import Desired, Session
from syncd.core.times import instant
from syncd.ics.render import render
from tests.ics.bodies import (
    LATER,
    PRACTICE,
    PROVIDER,
    STAMP,
    a_desired,
    a_session,
    an_alarm,
    event_texts,
    foreign_override,
    unfolded,
    with_lines,
)

ZONES = [ZoneInfo(name) for name in ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Sydney", "UTC")]
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), max_size=60)
INDEX = st.integers(0, 5)
STEPS = {"FREQ=WEEKLY;COUNT=6": timedelta(weeks=1), "FREQ=DAILY;INTERVAL=2;COUNT=6": timedelta(days=2)}

SINGLES = st.builds(
    a_session,
    start=st.builds(
        lambda zone, days, quarters: (
            datetime(2026, 10, 1, 6, tzinfo=zone) + timedelta(days=days, minutes=15 * quarters)
        ),
        st.sampled_from(ZONES),
        st.integers(0, 300),
        st.integers(0, 64),
    ),
    minutes=st.integers(5, 180),
    summary=TEXT,
    location=TEXT,
    description=TEXT,
)


def starts(desired: Desired) -> Sequence[datetime]:
    """Return the starts that the rule gives; a local time's arithmetic keeps the wall clock."""
    if desired.rule is None:
        return [desired.master.start]
    return [desired.master.start + n * STEPS[desired.rule] for n in range(6)]


@st.composite
def desireds(draw: st.DrawFn) -> Desired:
    rule = draw(st.sampled_from([None, *STEPS]))
    invited = draw(st.booleans())
    desired = replace(
        a_desired(draw(SINGLES)),
        rule=rule,
        sequence=draw(st.integers(0, 9)),
        organizer=PRACTICE if invited else None,
        attendee=PROVIDER if invited else None,
    )
    if rule is None:
        return desired
    excluded = draw(st.sets(INDEX, max_size=3))
    moved = draw(st.dictionaries(INDEX, st.integers(-4, 4), max_size=3))
    overrides = (
        replace(desired.master, start=starts(desired)[n] + timedelta(hours=by), recurrence_id=starts(desired)[n])
        for n, by in moved.items()
        if n not in excluded
    )
    return replace(desired, exdates=tuple(starts(desired)[n] for n in sorted(excluded)), overrides=tuple(overrides))


PROVIDERS_LINE = st.builds(
    lambda name, param, value: f'{name};X-P="{param}":{value}',
    st.sampled_from(["X-MINE", "CATEGORIES", "COMMENT", "URL", "ATTACH", "x-lower", "NEVER-HEARD-OF"]),
    TEXT.map(lambda text: text.replace('"', "")),
    TEXT,
)


@dataclass(frozen=True)
class Edited:
    """An observed body, and what in it is the provider's: lines of the master, and marks on instances."""

    body: bytes
    lines: tuple[str, ...] = ()
    marks: tuple[tuple[datetime, str], ...] = ()


def in_utc(name: str, moment: datetime) -> str:
    return f"{name}:{instant(moment):%Y%m%dT%H%M%SZ}"


def marked(edited: Edited, at: datetime, *lines: str) -> Edited:
    """Return the body with an override of the instance at ``at`` that has a line and an alarm of the provider's."""
    number = len(edited.marks)
    added = foreign_override(in_utc("", at), *lines, f"X-MARK:{number}", *an_alarm(), sequence=10 + number)
    kept = (mark for mark in edited.marks if mark[0] != instant(at))
    marks = (*kept, (instant(at), f"X-MARK:{number}"))
    return replace(rewritten(edited, lambda text: text.replace("END:VCALENDAR", added)), marks=marks)


def rewritten(edited: Edited, change: Callable[[str], str]) -> Edited:
    return replace(edited, body=change(unfolded(edited.body)).replace("\n", "\r\n").encode())


@st.composite
def edits_of(draw: st.DrawFn, published: Desired) -> Edited:
    lines = tuple(draw(st.lists(PROVIDERS_LINE, max_size=4, unique=True)))
    edited = Edited(with_lines(render(published, None, STAMP), *lines), lines)
    for n in draw(st.lists(INDEX, max_size=3)) if published.rule else []:
        at = starts(published)[n]
        dragged = in_utc("DTSTART", at + timedelta(hours=draw(st.integers(-40, 40))))
        edited = marked(edited, at, dragged, draw(st.sampled_from(["STATUS:CANCELLED", "SUMMARY:Mine"])))
    changes: list[Callable[[str], str]] = [
        lambda text: text.replace("RRULE:", f"RRULE:UNTIL={instant(starts(published)[-1]):%Y%m%dT%H%M%SZ};", 1),
        lambda text: text.replace("STATUS:CONFIRMED", in_utc("EXDATE", starts(published)[-1]), 1),
        lambda text: text.replace("STATUS:CONFIRMED", "RDATE;VALUE=DATE:20261224", 1),
        lambda text: text.replace("UID:", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:stranger@example.net\nUID:", 1),
        lambda text: text.replace("SUMMARY:", "SUMMARY:Now ", 1),
        lambda text: text.replace("PARTSTAT=NEEDS-ACTION", "PARTSTAT=DECLINED", 1),
        lambda text: text.replace("VERSION:2.0", "VERSION:2.0\nMETHOD:PUBLISH", 1),
        lambda text: text.replace("TZOFFSETTO:", "TZOFFSETTO:-0", 1),
    ]
    for change in draw(st.lists(st.sampled_from(changes), max_size=4)):
        edited = rewritten(edited, change)
    return edited


@st.composite
def rounds(draw: st.DrawFn) -> tuple[Desired, Edited]:
    """Return what is wanted, and what stands there: what was wanted before, edited by the provider's program."""
    published = draw(desireds())
    wanted = draw(st.one_of(st.just(published), desireds()))
    return wanted, draw(edits_of(published))


def read(body: bytes) -> list[tuple[datetime, timedelta, str, str, str]]:
    """Return what another library shows of a body."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(body)).between(
        datetime(2026, 9, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    )
    return sorted(
        (
            event.start.astimezone(UTC),
            event.duration,
            *(str(event.get(name, "")) for name in ("SUMMARY", "LOCATION", "DESCRIPTION")),
        )
        for event in found
    )


def meant(desired: Desired) -> list[tuple[datetime, timedelta, str, str, str]]:
    moved = {instant(one.recurrence_id): one for one in desired.overrides if one.recurrence_id is not None}
    excluded = {instant(one) for one in desired.exdates}
    plain = (replace(desired.master, start=start) for start in starts(desired) if instant(start) not in excluded)
    return sorted(as_read(moved.get(instant(one.start), one)) for one in plain)


def as_read(one: Session) -> tuple[datetime, timedelta, str, str, str]:
    return instant(one.start), timedelta(minutes=one.minutes), one.summary, one.location, one.description


@settings(deadline=None)  # the machine may be busy
@given(rounds())
def test_any_wish_over_any_edit_means_the_wish(given_round: tuple[Desired, Edited]) -> None:
    """Whatever stood there, what is written has exactly the sessions and texts that the practice wants."""
    wanted, observed = given_round

    assert read(render(wanted, observed.body, LATER)) == meant(wanted)


@settings(deadline=None)  # the machine may be busy
@given(rounds())
def test_any_wish_over_any_edit_is_written_once(given_round: tuple[Desired, Edited]) -> None:
    """Rendering over what was rendered changes nothing."""
    wanted, observed = given_round
    once = render(wanted, observed.body, LATER)

    assert render(wanted, once, LATER) == once


@settings(deadline=None)  # the machine may be busy
@given(rounds())
def test_any_wish_over_any_edit_keeps_what_is_the_providers(given_round: tuple[Desired, Edited]) -> None:
    """The provider's lines stand on the master, marks and alarms on the instances that they were on."""
    wanted, observed = given_round

    texts = event_texts(render(wanted, observed.body, LATER))

    assert [line for line in observed.lines if line not in texts[0].split("\n")] == []
    remaining = {instant(start) for start in starts(wanted)} - {instant(one) for one in wanted.exdates}
    for at, mark in observed.marks:
        if wanted.rule is not None and at in remaining:
            [text] = [text for text in texts if identity_of(at, wanted) in text]
            assert mark in text.split("\n")
            assert "BEGIN:VALARM" in text


def identity_of(at: datetime, desired: Desired) -> str:
    zone = desired.master.start.tzinfo
    local = at.astimezone(zone)
    if str(zone) == "UTC":
        return f"RECURRENCE-ID:{local:%Y%m%dT%H%M%SZ}\n"
    return f"RECURRENCE-ID;TZID={zone}:{local:%Y%m%dT%H%M%S}\n"


JUNK = st.one_of(
    st.binary(max_size=20),
    st.sampled_from([b"\r\nBEGIN:VEVENT\r\n", b"\r\nEND:VEVENT\r\n", b"\r\n ", b'"', b":", b";", b"99999999T999999Z"]),
)
DAMAGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), JUNK), min_size=1, max_size=8)


@settings(deadline=None)  # the machine may be busy
@given(rounds(), DAMAGES)
def test_any_wish_over_a_damaged_body(
    given_round: tuple[Desired, Edited], damages: list[tuple[float, int, bytes]]
) -> None:
    """Whatever is left of a body, there is something to write, it is UTF-8, and it is written once."""
    wanted, observed = given_round
    body = observed.body
    for where, cut, junk in damages:
        at = int(where * len(body))
        body = body[:at] + junk + body[at + cut :]

    once = render(wanted, body, LATER)

    assert once.decode().startswith("BEGIN:VCALENDAR\r\n")
    assert render(wanted, once, LATER) == once
