"""Whatever is done to a series: the store, the calendars and the history of the past agree."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import icalendar
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.adapters.db import open_store
from syncd.core.claims.claim import ClaimStatus
from syncd.core.errors import RefusalError
from syncd.core.events.desired import Desired, Session
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope, SourceRef
from syncd.core.scheduling.booking import BookingRules, has_begun
from tests.builders import at
from tests.services.booking_practice import BookingPractice

FIRST = at("2027-02-16T10:00")
"""A Tuesday, four weeks before the clocks of New York go forward."""

END = FIRST.astimezone(UTC) + timedelta(days=90)
"""Up to here every series is kept extended, and compared."""

Occurrence = tuple[datetime, int, str]


class Op(NamedTuple):
    """One thing done to the ``which``th booked session, as far as the rules allow."""

    kind: str
    which: int
    scope: Scope = Scope.THIS
    days: int = 0
    hours: int = 0
    minutes: int | None = None
    location: str | None = None


rule_texts = st.sampled_from(
    [
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;COUNT=7",
        "FREQ=WEEKLY;UNTIL=20270401",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU",
        "FREQ=DAILY;INTERVAL=3;COUNT=12",
        "FREQ=MONTHLY;BYDAY=3TU",
        "FREQ=MONTHLY",
    ]
)
moves = st.builds(
    Op,
    kind=st.just("reschedule"),
    which=st.integers(0, 9),
    scope=st.sampled_from(Scope),
    days=st.integers(-2, 9),
    hours=st.sampled_from([-8, -1, 0, 0, 3, 13]),
    minutes=st.sampled_from([None, None, 30, 90]),
    location=st.sampled_from([None, None, "Room 2"]),
)
cancellations = st.builds(
    Op,
    kind=st.just("cancel"),
    which=st.integers(0, 9),
    scope=st.sampled_from([Scope.THIS, Scope.THIS, Scope.THIS, Scope.FUTURE, Scope.ALL]),
)
passages = st.builds(Op, kind=st.just("pass"), which=st.integers(0, 20))
ops = st.lists(st.one_of(moves, moves, moves, cancellations, passages), min_size=1, max_size=8)


@given(rules=st.lists(rule_texts, min_size=1, max_size=2), ops=ops)
@settings(max_examples=60, deadline=None)
def test_any_sequence_of_changes(rules: list[str], ops: list[Op], sqlite_template: Path) -> None:
    """The store's sessions are those of the published resources, none overlap, the past stays, a refusal is nothing."""
    with an_office(sqlite_template) as office:
        for number, rule in enumerate(rules):
            office.book(FIRST + timedelta(hours=2 * number), repeat=rule)
        office.extend(END)
        for op in ops:
            before, resources, now = office.all(), published(office), office.now
            is_done = carried_out(office, op)
            if not is_done:
                assert (office.all(), published(office)) == (before, resources)
            office.extend(END)
            check_past([one for one in before if has_begun(one, now)], office)
            check_sequences(resources, published(office))
            check_now(office)


@contextmanager
def an_office(template: Path) -> Iterator[BookingPractice]:
    path = template.with_name("property.db")
    shutil.copy(template, path)
    store = open_store(f"sqlite:///{path}")
    try:
        yield BookingPractice(
            store, rules=BookingRules(horizon=timedelta(days=60)), now=FIRST.astimezone(UTC) - timedelta(days=2)
        )
    finally:
        store.close()
        for leftover in path.parent.glob("property.db*"):
            leftover.unlink()


def carried_out(office: BookingPractice, op: Op) -> bool:
    """Carry out one thing; False when it was refused."""
    if op.kind == "pass":
        office.pass_time(timedelta(days=op.which, hours=3))
        return True
    booked = [one for one in office.all() if one.status is AppointmentStatus.BOOKED]
    if not booked:
        return False
    one = booked[op.which % len(booked)]
    try:
        if op.kind == "cancel":
            office.cancel(one, scope=op.scope)
        else:
            wall = one.start.replace(tzinfo=None) + timedelta(days=op.days, hours=op.hours)
            office.reschedule(one, start=wall, minutes=op.minutes, location=op.location, scope=op.scope)
    except RefusalError:
        return False
    return True


def published(office: BookingPractice) -> dict[SourceRef, Desired | None]:
    return {source: office.desired(source) for source in {one.source for one in office.all()}}


def check_past(past: list[Appointment], office: BookingPractice) -> None:
    """What has begun is left exactly as it was."""
    stored = {one.id: one for one in office.all()}
    assert [stored[one.id] for one in past] == past


def check_sequences(before: dict[SourceRef, Desired | None], after: dict[SourceRef, Desired | None]) -> None:
    """A resource that changes at all has a higher SEQUENCE than before."""
    for source, old in before.items():
        new = after[source]
        if old is not None and new is not None and new != old:
            assert new.sequence > old.sequence


def check_now(office: BookingPractice) -> None:
    """The store's booked sessions are what the calendars show, none overlap, and claims follow."""
    booked = [one for one in office.all() if one.status is AppointmentStatus.BOOKED]
    shown = [session for desired in published(office).values() if desired for session in expanded(desired)]
    assert sorted(shown) == sorted(
        (one.start.astimezone(UTC), one.minutes, one.location) for one in booked if one.start.astimezone(UTC) < END
    )
    for earlier, later in pairwise(booked):
        assert earlier.end.astimezone(UTC) <= later.start.astimezone(UTC)
    for one in office.all():
        claim = office.claim(one)
        assert claim.date_of_service == one.date_of_service
        assert (claim.status is ClaimStatus.VOID) == (one.status is AppointmentStatus.CANCELLED)


def expanded(desired: Desired) -> list[Occurrence]:
    """Return the sessions of a resource before `END`, as an independent reader of RFC 5545 finds them."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *event(desired, desired.master)]
    for override in desired.overrides:
        lines += event(desired, override)
    calendar = icalendar.Calendar.from_ical("\r\n".join([*lines, "END:VCALENDAR", ""]))
    found = recurring_ical_events.of(calendar).between(datetime(2027, 1, 1, tzinfo=UTC), END)
    return [
        (
            one.start.astimezone(UTC),
            int((one.end.astimezone(UTC) - one.start.astimezone(UTC)) / timedelta(minutes=1)),
            str(one["LOCATION"]),
        )
        for one in found
        if one.start.astimezone(UTC) < END
    ]


def event(desired: Desired, session: Session) -> list[str]:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{desired.uid}",
        "DTSTAMP:20260101T000000Z",
        local("DTSTART", session.start),
        f"DURATION:PT{session.minutes}M",
        f"LOCATION:{session.location}",
    ]
    if session.recurrence_id is not None:
        lines.append(local("RECURRENCE-ID", session.recurrence_id))
    else:
        lines.append(f"RRULE:{desired.rule}")
        lines += [local("EXDATE", excluded) for excluded in desired.exdates]
    return [*lines, "END:VEVENT"]


def local(name: str, moment: datetime) -> str:
    return f"{name};TZID=America/New_York:{moment:%Y%m%dT%H%M%S}"
