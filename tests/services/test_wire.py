"""What a cycle makes of a server's trouble: glitches, people refused, events that moved away, odd resources."""

from datetime import timedelta

import pytest

from syncd.adapters.memory import Operation
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftStatus
from syncd.core.work import WorkKind
from syncd.ports.remote.errors import CollectionGoneError, PartialAnswerError, RemoteError, UnavailableError
from syncd.ports.remote.values import Account
from syncd.ports.store.transaction import Store
from syncd.presentation.documents.calendars import calendar_document
from syncd.presentation.documents.standing import status_document
from syncd.services.reporting.alerts import objectives
from syncd.services.reporting.check import CheckFailedError, ask
from syncd.services.reporting.status import status
from syncd.services.sync.calendars import unpublished
from tests.services.world import VAULT, World
from tests.working import is_due

_HOUR = timedelta(hours=1)


@pytest.fixture
def world(sqlite_store: Store) -> World:
    return World(sqlite_store)


def fails(world: World, *errors: RemoteError, apart: timedelta = timedelta(minutes=10)) -> list[CalendarState]:
    """Run a cycle that fails for each of the errors; return the states that they leave."""
    states = []
    for error in errors:
        world.now += apart
        world.collection.fail(Operation.CHANGES, error)
        states.append(world.cycle().state)
    return states


class TestGlitches:
    @pytest.mark.parametrize("error", [CollectionGoneError, PartialAnswerError])
    def test_once_or_twice(self, world: World, error: type[RemoteError]) -> None:
        """One or two failures are an outage, after which the calendar goes on by itself."""
        one = world.book()
        world.cycle()
        assert fails(world, error(), error()) == [CalendarState.UNREACHABLE] * 2
        assert world.cycle().state is CalendarState.OK
        assert world.stored_calendar().suspicion is None
        assert world.stands(one)

    @pytest.mark.parametrize(
        ("error", "state"),
        [(CollectionGoneError, CalendarState.VANISHED), (PartialAnswerError, CalendarState.PARTIAL_ANSWER)],
    )
    def test_they_last(self, world: World, error: type[RemoteError], state: CalendarState) -> None:
        """Three over some time are what they seem; a full look that shows all there lifts it, on record."""
        world.book()
        world.cycle()
        assert fails(world, *[error()] * 3)[-1] is state
        assert world.stored_calendar().state is state
        world.now += _HOUR
        assert world.cycle().state is CalendarState.OK
        with world.store.reading() as tx:
            assert "calendar.healed" in [record.action for record in tx.audit.list(world.calendar.id)]
        assert world.drifts() == []

    def test_several_within_seconds(self, world: World) -> None:
        """Failures that follow each other at once have not lasted."""
        world.book()
        world.cycle()
        assert fails(world, *[PartialAnswerError()] * 4, apart=timedelta())[-1] is CalendarState.UNREACHABLE

    def test_an_outage_in_between(self, world: World) -> None:
        """Only what is found again and again counts: an outage begins the count anew."""
        world.cycle()
        gone = CollectionGoneError()
        assert fails(world, gone, gone, UnavailableError(), gone)[-1] is CalendarState.UNREACHABLE

    def test_something_is_missing_when_it_answers(self, world: World) -> None:
        """A calendar that is back without all of ours stays held, and nothing in it is put back."""
        one, other = world.book(), world.book(id="apt-2", uid="two", start=world.now + timedelta(days=9))
        world.cycle()
        fails(world, *[CollectionGoneError()] * 3)
        world.delete(one)
        world.now += _HOUR
        report = world.cycle()
        assert report.state is CalendarState.VANISHED
        assert "1 of 2 events are missing" in report.errors[0].message
        assert world.stands(other)
        assert not world.stands(one)
        assert world.drifts() == []

    def test_it_comes_due_by_itself(self, world: World) -> None:
        """A calendar that may heal is looked at again without a person."""
        world.cycle()
        fails(world, *[CollectionGoneError()] * 3)
        assert is_due(world.store, WorkKind.CALENDAR, world.now) == []
        assert is_due(world.store, WorkKind.CALENDAR, world.now + 2 * _HOUR) == [world.calendar.id]

    def test_unreachable_while_it_is_held(self, world: World) -> None:
        """What is not seen heals nothing."""
        world.cycle()
        fails(world, *[CollectionGoneError()] * 3)
        assert fails(world, UnavailableError()) == [CalendarState.VANISHED]


class TestPeople:
    def test_refused_with_them(self, world: World) -> None:
        """A server that takes no event with people gets it without, and so from then on; that is on record."""
        world.collection.rejects = lambda body: b"ORGANIZER" in body
        one = world.book()
        world.book(id="apt-2", uid="two", start=world.now + timedelta(days=9))
        report = world.cycle()
        assert (report.counts["published"], report.errors) == (2, ())
        assert "ORGANIZER" not in world.body(one)
        calendar = world.stored_calendar()
        assert calendar.is_plain
        assert calendar_document(calendar)["plain_events"] is True
        with world.store.reading() as tx:
            assert [r.action for r in tx.audit.list(world.calendar.id)].count("calendar.plain_events") == 1
        assert +world.cycle(verify=True).counts == {"adopted": 2}  # as what the new look writes, too
        assert world.cycle(verify=True).counts.total() == 0

    def test_server_that_invites_itself(self, world: World) -> None:
        """Where a server was seen to process an invitation, what is published from then on names nobody."""
        world.collection.mails_itself = True
        one = world.book()
        two = world.book(id="apt-2", uid="two", start=world.now + timedelta(days=9))
        world.cycle()
        assert world.stored_calendar().is_plain
        assert ["ORGANIZER" in world.body(each) for each in (one, two)].count(False) == 1
        with world.store.reading() as tx:
            assert [r.action for r in tx.audit.list(world.calendar.id)].count("calendar.plain_events") == 1

    def test_refused_without_them_too(self, world: World) -> None:
        """Where people are not the reason, nothing is concluded about them."""
        world.collection.rejects = lambda _: True
        world.book()
        assert [error.code for error in world.cycle().errors] == ["rejected"]
        assert not world.stored_calendar().is_plain


class TestNothingPublished:
    def test_said_until_something_is(self, world: World) -> None:
        """The list, the check and the status say so, and stop when it is no longer true."""
        world.collection.rejects = lambda _: True
        world.book()
        world.cycle()
        waiting = unpublished(world.store)
        assert waiting == {world.calendar.id: 1}
        assert "Nothing has been published" in calendar_document(world.stored_calendar(), waiting=1)["note"]
        assert (
            status_document(status(world.store, world.now, objectives(timedelta(minutes=5))), world.now)["unpublished"]
            == waiting
        )
        with pytest.raises(CheckFailedError, match="Nothing has been published"):
            ask(world.stored_calendar(), world.servers, VAULT, 1)
        world.collection.rejects = None
        world.cycle()
        assert unpublished(world.store) == {}


class TestOddResources:
    def test_one_of_ours(self, world: World) -> None:
        """One of ours that cannot be read stays open, alone; the others are looked at."""
        one, other = world.book(), world.book(id="apt-2", uid="two", start=world.now + timedelta(days=9))
        world.cycle()
        href = world.publication(one.source).href
        world.collection.failing[href] = UnavailableError("The server answered 500", status=500)
        world.delete(other)
        report = world.cycle(verify=True)
        assert [error.code for error in report.errors] == ["unreachable"]
        assert href in report.errors[0].message
        assert report.counts["reverted"] == 1
        assert world.stored_calendar().last_proven_equal_at != world.now

    def test_a_strangers(self, world: World) -> None:
        """One of somebody else's that cannot be read is passed over."""
        world.book()
        world.cycle()
        href = f"{world.collection.path}theirs.ics"
        world.collection.put(href, b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
        world.collection.failing[href] = UnavailableError("The server answered 400", status=400)
        report = world.cycle()
        assert (report.state, report.errors) == (CalendarState.OK, ())


class TestMovedToAnotherCalendar:
    @pytest.mark.parametrize("uid_once", [False, True])
    def test_it_is_named(self, world: World, uid_once: bool) -> None:
        """The drift says where it stands now; where a UID may stand once, it stays open until that one is gone."""
        other = world.servers.add_collection(the_account(world), "Private")
        world.collection.uid_once = uid_once
        one = world.book()
        world.cycle()
        href = world.publication(one.source).href
        moved = f"{other.path}{href.rpartition('/')[2]}"
        other.put(moved, world.collection.bodies()[href])
        world.delete(one)
        report = world.cycle()
        (drift,) = world.drifts()
        assert (moved in drift.note, report.errors) == (True, ())
        assert drift.status is (DriftStatus.OPEN if uid_once else DriftStatus.REVERTED)
        again = world.cycle()
        assert (again.errors, again.counts["flagged"], len(world.drifts())) == ((), 0, 1)
        other.delete(moved)
        world.cycle()
        assert world.stands(one)
        assert [one.status for one in world.drifts()] == [DriftStatus.REVERTED]


def the_account(world: World) -> Account:
    return Account(url=world.collection.url.rstrip("/").rpartition("/")[0] + "/", username="provider", secret="secret")
