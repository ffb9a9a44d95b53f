"""What should stand in a calendar for what the practice's record says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.core.events.desired import Person
from syncd.core.sync.calendars import Privacy
from syncd.core.sync.publishing import CancelledEvents, desired_of, initials
from tests.builders import (
    START,
    a_cancelled,
    a_client,
    a_practice,
    a_publishable,
    a_series,
    an_appointment,
    an_instance,
)

MARKING = a_practice(cancelled_events=CancelledEvents.MARK)


def test_a_booked_appointment() -> None:
    """Stands with its own time and place, under its own UID and reference."""
    booked = an_appointment(sequence=3)

    desired = desired_of(a_publishable(booked), a_practice())

    assert desired is not None
    assert (desired.uid, desired.sequence, desired.reference) == (booked.uid, 3, booked.id)
    assert (desired.master.start, desired.master.minutes, desired.master.location) == (START, 50, "Room 1")
    assert desired.rule is None


@pytest.mark.parametrize(
    ("privacy", "title"),
    [(Privacy.BUSY, "Busy"), (Privacy.INITIALS, "Session C. C."), (Privacy.NAME, "Session Chris Client")],
)
def test_the_title_tells_no_more_than_the_practice_allows(privacy: Privacy, title: str) -> None:
    """The privacy setting decides how much of the client the title shows."""
    desired = desired_of(a_publishable(), a_practice(privacy=privacy))

    assert desired is not None
    assert desired.master.summary == title


@pytest.mark.parametrize("privacy", [Privacy.BUSY, Privacy.INITIALS])
def test_a_client_name_that_may_not_be_shown(privacy: Privacy) -> None:
    """Stands nowhere in the event, nor does the client's address."""
    client = a_client(name="Quentin Questionmark", email="quentin@example.org")

    desired = desired_of(a_publishable(client=client), a_practice(privacy=privacy))

    assert "quentin" not in repr(desired).lower()
    assert "questionmark" not in repr(desired).lower()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada Example", "A. E."),
        ("Ada Bea Example", "A. E."),
        ("ada", "A."),
        ("", ""),
        ("(4) Ada", "A."),
        ("Ö Ä", "Ö. Ä."),
    ],
)
def test_initials(name: str, expected: str) -> None:
    """Are those of the first and the last word that begin with a letter."""
    assert initials(name) == expected


def test_the_description_sends_the_provider_to_the_practice() -> None:
    """It names the practice and the appointment, and says where to change it."""
    booked = an_appointment()

    desired = desired_of(a_publishable(booked), a_practice(name="Elm Street Practice"))

    assert desired is not None
    assert "managed by Elm Street Practice" in desired.master.description
    assert desired.master.description.endswith(f"Ref. {booked.id}")


def test_an_event_is_an_invitation_of_the_provider_alone() -> None:
    """The practice organizes, the provider attends, the client stands nowhere (minimum necessary)."""
    item = a_publishable()

    desired = desired_of(item, a_practice())

    assert desired is not None
    assert desired.organizer == Person("office@example.com", "Example Practice")
    assert desired.attendee == Person(item.provider.email, item.provider.name)


@pytest.mark.parametrize(("of_practice", "of_calendar"), [(True, False), (False, True)])
def test_plain_events(of_practice: bool, of_calendar: bool) -> None:
    """Nobody is invited where the practice or the calendar wants plain events."""
    desired = desired_of(a_publishable(), a_practice(plain_events=of_practice), plain_events=of_calendar)

    assert desired is not None
    assert (desired.organizer, desired.attendee) == (None, None)


def test_a_cancelled_appointment() -> None:
    """Leaves the calendar."""
    assert desired_of(a_publishable(a_cancelled(an_appointment())), a_practice()) is None


def test_a_cancelled_appointment_that_stays_marked() -> None:
    """Stands as CANCELLED where the practice wants to keep it in sight."""
    desired = desired_of(a_publishable(a_cancelled(an_appointment())), MARKING)

    assert desired is not None
    assert desired.master.cancelled


def test_a_series_as_the_rule_has_it() -> None:
    """Is a master with the rule, and nothing else."""
    series = a_series()

    desired = desired_of(a_publishable(series, [an_instance(series, week) for week in range(4)]), a_practice())

    assert desired is not None
    assert (desired.master.start, desired.rule) == (START, "FREQ=WEEKLY;COUNT=4")
    assert (desired.exdates, desired.overrides, desired.related_to) == ((), (), None)


def test_a_cancelled_instance() -> None:
    """Is an EXDATE."""
    series = a_series()
    gone = a_cancelled(an_instance(series, 2))

    desired = desired_of(a_publishable(series, [an_instance(series), gone]), a_practice())

    assert desired is not None
    assert desired.exdates == (START + timedelta(weeks=2),)
    assert desired.overrides == ()


def test_a_cancelled_instance_that_stays_marked() -> None:
    """Is a cancelled override where the practice wants to keep it in sight."""
    series = a_series()
    gone = a_cancelled(an_instance(series, 2))

    desired = desired_of(a_publishable(series, [an_instance(series), gone]), MARKING)

    assert desired is not None
    assert desired.exdates == ()
    assert [(one.recurrence_id, one.cancelled) for one in desired.overrides] == [(gone.recurrence_id, True)]


@pytest.mark.parametrize("change", [{"start": START + timedelta(days=1)}, {"minutes": 80}, {"location": "Room 2"}])
def test_an_instance_agreed_otherwise(change: dict[str, object]) -> None:
    """Is an override with its own fields, under the start that the rule gave it."""
    series = a_series()
    own = an_instance(series, 0, **change)

    desired = desired_of(a_publishable(series, [own, an_instance(series, 1)]), a_practice())

    assert desired is not None
    assert len(desired.overrides) == 1
    override = desired.overrides[0]
    assert (override.start, override.minutes, override.location) == (own.start, own.minutes, own.location)
    assert override.recurrence_id == START


def test_the_second_half_of_a_split() -> None:
    """Names the series that it carries on."""
    series = a_series(split_from="first-half.example")

    desired = desired_of(a_publishable(series, [an_instance(series)]), a_practice())

    assert desired is not None
    assert desired.related_to == "first-half.example"


def test_a_series_whose_every_session_is_cancelled() -> None:
    """Leaves the calendar once the rule gives no more: a resource without an instance helps nobody."""
    series = a_series()
    none_left = [a_cancelled(an_instance(series, week)) for week in range(4)]

    assert desired_of(a_publishable(series, none_left), a_practice()) is None
    endless = replace(series, rule="FREQ=WEEKLY", extended_until=START + timedelta(weeks=4))
    assert desired_of(a_publishable(endless, none_left), a_practice()) is not None


def test_a_cancelled_series() -> None:
    """Leaves the calendar, or stands there as CANCELLED as a whole."""
    series = a_series(cancelled=True)
    item = a_publishable(series, [a_cancelled(an_instance(series))])

    assert desired_of(item, a_practice()) is None
    marked = desired_of(item, MARKING)
    assert marked is not None
    assert marked.master.cancelled
    assert marked.overrides == ()
