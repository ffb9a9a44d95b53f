"""Connecting, pausing, resuming and removing providers' calendars."""

from dataclasses import replace

import pytest

from syncd.adapters.memory import Operation
from syncd.core.errors import AlreadyExistsError, InvalidValueError, NotFoundError
from syncd.core.scheduling.appointments import Appointment
from syncd.core.sync.calendars import Calendar, CalendarState
from syncd.core.sync.publication import PublicationState
from syncd.core.work import BusyError, WorkKind
from syncd.ports.remote.errors import CollectionGoneError, LoginRefusedError, UnavailableError
from syncd.ports.store.transaction import Store
from syncd.presentation.documents.calendars import calendar_document
from syncd.services.sync.calendars import CalendarService, NewCalendar, listing
from syncd.services.work.leases import Leases
from tests.builders import NOW, START, an_admin
from tests.services.world import MOVED_A_DAY, VAULT, World, replaced

HOME = "https://dav.example.org/pat/"


@pytest.fixture
def world(store: Store) -> World:
    world = World(store)
    world.servers.add_account(HOME, username="pat2", secret="hush")
    return world


def service(world: World) -> CalendarService:
    return CalendarService(store=world.store, servers=world.servers, vault=VAULT, by=an_admin("admin"))


def asked(world: World, **changes: str) -> NewCalendar:
    new = NewCalendar(provider=world.provider.email, url=HOME, username="pat2", password="hush")
    return replace(new, **changes)  # type: ignore[arg-type]  # fields by name


def audited(world: World, subject: str) -> list[str]:
    with world.store.reading() as tx:
        return [record.action for record in tx.audit.list(subject)]


def states(world: World, one: Appointment) -> list[PublicationState]:
    with world.store.reading() as tx:
        return sorted((p.state for p in tx.publications.ever_of_source(one.source)), key=list(PublicationState).index)[
            ::-1
        ]


def resumed(world: World) -> Calendar:
    return service(world).resume(world.calendar.id, world.now)


class TestConnecting:
    def test_the_collection_is_absent(self, world: World) -> None:
        """It is made, and its password is stored sealed only."""
        calendar = service(world).connect(asked(world), NOW)
        assert (calendar.name, calendar.state) == ("Practice appointments", CalendarState.NEW)
        assert b"hush" not in calendar.secret
        assert VAULT.unseal(calendar.secret) == "hush"
        assert audited(world, calendar.id) == ["calendar.connected"]

    def test_what_was_found_is_seen_first(self, world: World) -> None:
        """Looking stores nothing; what was found is then stored without looking again."""
        found = service(world).find(asked(world))
        assert len(listing(world.store)) == 1
        calendar = service(world).connect(asked(world), NOW, found)
        assert (calendar.url, found.created) == (found.url, True)

    @pytest.mark.parametrize(
        ("url", "warns"),
        [
            ("http://dav.example.org/", True),
            ("http://192.0.2.7:8080/", True),
            ("https://dav.example.org/", False),
            ("http://127.0.0.1:5232/", False),
            ("http://[::1]:5232/", False),
            ("http://localhost/", False),
            ("http://[bad", False),
        ],
    )
    def test_an_address_that_can_be_overheard(self, world: World, url: str, warns: bool) -> None:
        """Plain HTTP to another machine is warned of."""
        assert bool(asked(world, url=url).warnings) is warns

    def test_sessions_lie_ahead(self, world: World) -> None:
        """What is booked already is published there too by the next cycle."""
        world.book()
        calendar = service(world).connect(asked(world), NOW)
        assert world.reconciler.run(calendar.id, NOW).counts["published"] == 1

    def test_it_is_connected_already(self, world: World) -> None:
        """The same collection is not connected twice."""
        service(world).connect(asked(world), NOW)
        with pytest.raises(AlreadyExistsError):
            service(world).connect(asked(world), NOW)

    def test_the_password_is_wrong(self, world: World) -> None:
        """The login's refusal is told, and nothing is stored."""
        with pytest.raises(LoginRefusedError):
            service(world).connect(asked(world, password="loud"), NOW)
        assert len(listing(world.store)) == 1

    def test_the_provider_is_unknown(self, world: World) -> None:
        """Nothing is asked of the server for a provider that there is not."""
        with pytest.raises(NotFoundError):
            service(world).connect(asked(world, provider="nobody@example.com"), NOW)

    def test_the_address_is_no_web_address(self, world: World) -> None:
        """What cannot be an address is refused before anything is asked."""
        with pytest.raises(InvalidValueError, match="https://"):
            service(world).connect(asked(world, url="dav.example.org"), NOW)


class TestPausing:
    def test_a_calendar_is_paused(self, world: World) -> None:
        """Nothing is written there until it is resumed, and then what waited is."""
        world.book()
        service(world).pause(world.calendar.id, NOW)
        assert not world.cycle().counts
        assert world.collection.writes == []
        resumed(world)
        assert world.cycle().counts["published"] == 1
        assert audited(world, world.calendar.id) == ["calendar.paused", "calendar.resumed"]

    def test_a_login_was_refused(self, world: World) -> None:
        """Resuming forgets the failure and looks at everything anew."""
        world.collection.fail(Operation.CHANGES, LoginRefusedError())
        world.cycle()
        calendar = resumed(world)
        assert (calendar.state, world.work().attempts, calendar.cursor) == (CalendarState.OK, 0, None)
        assert not calendar.guards_waived

    def test_a_guard_had_stopped_it(self, world: World) -> None:
        """A person's word lets the next cycle act on what the guard held, once."""
        booked = [world.book(start=START.replace(day=day)) for day in (1, 2, 3)]
        world.cycle()
        for one in booked:
            world.delete(one)
        assert world.cycle(verify=True).state is CalendarState.EMPTIED
        assert resumed(world).guards_waived
        assert world.cycle().counts["reverted"] == 3
        assert not world.stored_calendar().guards_waived

    def test_the_calendar_is_unknown(self, world: World) -> None:
        """The message says where to look."""
        with pytest.raises(NotFoundError, match="syncd calendar list"):
            service(world).pause("cal-none", NOW)


class TestRemoving:
    def test_events_stay(self, world: World) -> None:
        """Without withdrawing, the calendar is forgotten and what stands in it is left."""
        world.book()
        world.cycle()
        removal = service(world).remove(world.calendar.id, NOW, withdraw=False)
        assert (removal.withdrawn, len(world.collection.bodies())) == (0, 1)
        assert listing(world.store) == []

    def test_events_are_withdrawn(self, world: World) -> None:
        """What syncd published is deleted there; what it did not publish is not."""
        world.book()
        world.collection.put(f"{world.collection.path}dentist.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
        world.cycle()
        removal = service(world).remove(world.calendar.id, NOW, withdraw=True)
        assert removal.withdrawn == 1
        assert list(world.collection.bodies()) == [f"{world.collection.path}dentist.ics"]

    def test_an_event_was_edited_since(self, world: World) -> None:
        """An event that somebody edited is not deleted unseen: it is left, and counted."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        removal = service(world).remove(world.calendar.id, NOW, withdraw=True)
        assert (removal.withdrawn, removal.left) == (0, 1)
        assert len(world.collection.bodies()) == 1

    def test_the_server_is_gone(self, world: World) -> None:
        """What could not be withdrawn stays on record, and the calendar waits as paused."""
        world.book()
        world.cycle()
        world.collection.fail(Operation.REMOVE, UnavailableError())
        with pytest.raises(UnavailableError):
            service(world).remove(world.calendar.id, NOW, withdraw=True)
        assert world.stored_calendar().state is CalendarState.PAUSED
        assert service(world).remove(world.calendar.id, NOW, withdraw=True).withdrawn == 1

    def test_a_first_write_whose_answer_was_lost(self, world: World) -> None:
        """It is withdrawn if it stands there as we wrote it; edited since it is left."""
        one, other = world.book(), world.book(start=START.replace(hour=15))
        for _ in range(2):
            world.collection.fail(Operation.CREATE, UnavailableError(), carried_out=True)
        world.cycle()
        assert len(world.collection.bodies()) == 2
        world.edit(other, replaced("20261201T15", "20261202T15"))
        removal = service(world).remove(world.calendar.id, NOW, withdraw=True)
        assert (removal.withdrawn, removal.left) == (1, 1)
        assert states(world, one) == [PublicationState.WITHDRAWN]
        assert states(world, other) == [PublicationState.FORGOTTEN]

    def test_a_collection_that_is_gone(self, world: World) -> None:
        """Nothing is known to be withdrawn: it may come back with all that stood in it."""
        one = world.book()
        world.cycle()
        world.collection.fail(Operation.CHANGES, CollectionGoneError())
        removal = service(world).remove(world.calendar.id, NOW, withdraw=True)
        assert (removal.withdrawn, removal.left) == (0, 1)
        assert states(world, one) == [PublicationState.FORGOTTEN]

    def test_the_publications_of_one_that_is_removed(self, world: World) -> None:
        """Stay on record, with when each was first seen; connected anew, what lies ahead is published there again."""
        one = world.book()
        world.cycle()
        seen = world.publication(one.source).first_seen_at
        service(world).remove(world.calendar.id, NOW, withdraw=False)
        with world.store.reading() as tx:
            (publication,) = tx.publications.ever_of_source(one.source)
        assert (publication.first_seen_at, seen is not None) == (seen, True)
        calendar = service(world).connect(asked(world), NOW)
        assert world.reconciler.run(calendar.id, NOW).counts["published"] == 1
        assert states(world, one) == [PublicationState.FORGOTTEN, PublicationState.LIVE]

    def test_a_cycle_is_running(self, world: World) -> None:
        """A calendar is not removed under a worker's hands."""
        with Leases(world.store).now(WorkKind.CALENDAR, world.calendar.id), pytest.raises(BusyError):
            service(world).remove(world.calendar.id, NOW, withdraw=False)


def test_a_calendar_as_json(world: World) -> None:
    """The document has the contract's keys, and nothing of the login's secret."""
    world.cycle()
    shown = calendar_document(world.stored_calendar())
    assert {"id", "url", "capabilities", "state", "last_synced_at", "last_error"} <= shown.keys()
    assert shown["state"] == "ok"
    assert not any("secret" in key or "cursor" in key for key in shown)
