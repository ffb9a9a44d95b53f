"""Which records are to stand in which calendars."""

from datetime import timedelta

import pytest

from syncd.core.sync.calendars import CalendarKind
from syncd.ports.store.transaction import Store
from syncd.services.sync.publications import publish_to, sources_from
from tests.builders import NOW, START, a_calendar
from tests.services.booking_practice import BookingPractice


@pytest.fixture
def office(sqlite_store: Store) -> BookingPractice:
    return BookingPractice(sqlite_store)


def test_a_new_calendar(office: BookingPractice) -> None:
    """Is to show what is booked from now on, a series once, and nothing that is past or cancelled."""
    single = office.book(START + timedelta(hours=2))
    series = office.book(repeat="FREQ=WEEKLY;COUNT=3")
    office.cancel(office.book(START + timedelta(hours=4)))
    second = a_calendar(provider_id=office.provider.id)

    with office.store.transaction() as tx:
        tx.calendars.add(second)
        sources = sources_from(tx, office.provider.id, NOW)
        assert publish_to(tx, second, sources) == 2
        assert publish_to(tx, second, sources) == 0
        assert {one.source for one in tx.publications.of_calendar(second.id)} == {single.source, series.source}
        assert sources_from(tx, office.provider.id, START + timedelta(weeks=9)) == []


def test_a_feed(office: BookingPractice) -> None:
    """Takes nothing: it can only be read."""
    booked = office.book()
    feed = a_calendar(provider_id=office.provider.id, kind=CalendarKind.FEED)

    with office.store.transaction() as tx:
        tx.calendars.add(feed)
        assert publish_to(tx, feed, [booked.source]) == 0


def test_every_calendar_of_the_provider(office: BookingPractice) -> None:
    """Is to show what is booked; those of others are not."""
    second = a_calendar(provider_id=office.provider.id, url="https://elsewhere.example.net/dav/pat/second")
    with office.store.transaction() as tx:
        tx.calendars.add(second)
    other = BookingPractice(office.store)

    booked = office.book()

    hrefs = {one.calendar_id: one.href for one in office.publications(booked.source)}
    assert hrefs.keys() == {office.calendar.id, second.id}
    assert hrefs[second.id] == f"/dav/pat/second/{booked.uid}.ics"
    assert other.calendar.id not in hrefs
