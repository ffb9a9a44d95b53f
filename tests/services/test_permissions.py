"""Every use case that changes something asks who may do it: a table of use cases × roles."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from syncd.core.access.permissions import NotPermittedError
from syncd.core.access.principal import Channel, Principal, Role
from syncd.core.errors import SyncdError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.scheduling.booking import BookingRules
from syncd.core.scheduling.people import Party
from syncd.core.sync.calendars import CalendarMode
from syncd.core.sync.drift import DriftAction
from syncd.core.sync.policy import Policy, PolicyRule
from syncd.ports.store.transaction import Store
from syncd.services.claims.attesting import Word, attest_drift, attest_range
from syncd.services.claims.claims import Attest, attest, file
from syncd.services.decisions.drifts import Decisions
from syncd.services.decisions.resuming import Resumer, Resumption
from syncd.services.messaging.links import revoke
from syncd.services.messaging.outbox import retry
from syncd.services.scheduling.booking import NewBooking, book
from syncd.services.scheduling.cancelling import Cancel, cancel
from syncd.services.scheduling.changes import By, Terms
from syncd.services.scheduling.deactivating import Deactivate, PersonKind, activate, deactivate
from syncd.services.scheduling.outcomes import Outcome, record_outcome
from syncd.services.scheduling.people import add_client, add_provider, edit_client, edit_provider
from syncd.services.scheduling.rescheduling import Reschedule, reschedule
from syncd.services.sync.calendars import CalendarService, NewCalendar
from tests.builders import START
from tests.claims.practice import RULES, ClaimsWorld
from tests.services.world import MOVED_A_DAY, VAULT

FLAG_ALL = Policy((PolicyRule(name="all", action=DriftAction.FLAG),))


class Stage(NamedTuple):
    """A session whose provider moved its event, and who asks now."""

    world: ClaimsWorld
    one: Appointment
    who: Principal

    @property
    def terms(self) -> Terms:
        by = By(Party.ADMIN, self.who)
        return Terms(rules=BookingRules(), messages_for=lambda _tx, _effect: (), by=by, now=self.world.now)

    @property
    def drift(self) -> str:
        (drift,) = self.world.drifts()
        return drift.id

    @property
    def decisions(self) -> Decisions:
        return Decisions(self.world.reconciler)

    @property
    def calendars(self) -> CalendarService:
        return CalendarService(store=self.world.store, servers=self.world.servers, vault=VAULT, by=self.who)


def _book(it: Stage) -> object:
    asked = NewBooking(provider=it.one.provider_id, client=it.one.client_id, start=START, minutes=50)
    with it.world.store.transaction() as tx:
        return book(tx, asked, it.terms)


def _reschedule(it: Stage) -> object:
    with it.world.store.transaction() as tx:
        return reschedule(tx, Reschedule(appointment_id=it.one.id, minutes=40), it.terms)


def _cancel(it: Stage) -> object:
    with it.world.store.transaction() as tx:
        return cancel(tx, Cancel(appointment_id=it.one.id, reason="client_request"), it.terms)


def _record_outcome(it: Stage) -> object:
    with it.world.store.transaction() as tx:
        return record_outcome(tx, Outcome(appointment_id=it.one.id, status=AppointmentStatus.NO_SHOW), it.terms)


def _deactivate(it: Stage) -> object:
    with it.world.store.transaction() as tx:
        return deactivate(tx, Deactivate(kind=PersonKind.CLIENT, ref=it.one.client_id), it.terms)


def _activate(it: Stage) -> object:
    with it.world.store.transaction() as tx:
        return activate(tx, PersonKind.CLIENT, it.one.client_id, it.terms)


def _attest(it: Stage) -> object:
    with it.world.store.transaction() as tx:
        return attest(tx, Attest(ref=it.one.id, date_of_service=START.date(), by="provider"), it.terms, RULES)


def _file(it: Stage) -> object:
    with it.world.store.transaction() as tx:
        return file(tx, it.one.id, "A-1", RULES, it.who, it.world.now)


def _resume_all(it: Stage) -> object:
    resumer = Resumer(it.calendars, it.world.reconciler)
    return resumer.resume(it.world.calendar.id, Resumption.ACCEPT, it.terms)


def _connect(it: Stage) -> object:
    url = "https://dav.example.com/"
    return it.calendars.connect(
        NewCalendar(provider=it.one.provider_id, url=url, username="pat", password="hush"), it.world.now
    )


ALL: frozenset[Role] = frozenset()
OWN = frozenset({Role.PROVIDER})
BOTH = frozenset({Role.PROVIDER, Role.CLIENT})
CLIENTS = frozenset({Role.CLIENT})

USE_CASES: dict[str, tuple[Callable[[Stage], object], frozenset[Role]]] = {
    "book": (_book, CLIENTS),
    "reschedule": (_reschedule, BOTH),
    "cancel": (_cancel, BOTH),
    "say what became of it": (_record_outcome, OWN),
    "add a provider": (
        lambda it: add_provider(it.world.store, it.who, it.world.now, name="X", email="x@example.com", timezone="UTC"),
        ALL,
    ),
    "add a client": (
        lambda it: add_client(it.world.store, it.who, it.world.now, name="X", email="x@example.org"),
        ALL,
    ),
    "edit a provider": (
        lambda it: edit_provider(it.world.store, it.who, it.world.now, it.one.provider_id, name="X"),
        ALL,
    ),
    "edit a client": (
        lambda it: edit_client(it.world.store, it.who, it.world.now, it.one.client_id, name="X"),
        ALL,
    ),
    "deactivate somebody": (_deactivate, ALL),
    "activate somebody": (_activate, ALL),
    "revert a drift": (lambda it: it.decisions.revert(it.drift, it.terms), OWN),
    "accept a drift": (lambda it: it.decisions.accept(it.drift, it.terms), OWN),
    "dismiss a drift": (lambda it: it.decisions.dismiss(it.drift, it.terms), OWN),
    "attest a claim": (_attest, OWN),
    "attest a drift": (
        lambda it: attest_drift(it.world.store, it.drift, Word(by="provider"), it.terms, RULES),
        OWN,
    ),
    "attest a range": (
        lambda it: attest_range(
            it.world.store, it.one.provider_id, (START.date(), START.date()), Word(by="provider"), it.terms, RULES
        ),
        OWN,
    ),
    "release a claim": (lambda it: it.world.audit.release(it.one.id, it.who, it.world.now), ALL),
    "file a claim": (_file, ALL),
    "retry a message": (lambda it: retry(it.world.store, "msg-1", it.who, it.world.now), ALL),
    "revoke links": (lambda it: revoke(it.world.store, it.one.id, it.who, it.world.now), ALL),
    "connect a calendar": (_connect, OWN),
    "pause a calendar": (lambda it: it.calendars.pause(it.world.calendar.id, it.world.now), OWN),
    "resume a calendar": (lambda it: it.calendars.resume(it.world.calendar.id, it.world.now), OWN),
    "resume a calendar for all events": (_resume_all, ALL),
    "set a calendar's mode": (
        lambda it: it.calendars.set(it.world.calendar.id, {"mode": CalendarMode.REPORT_ONLY}, it.world.now),
        ALL,
    ),
    "give a calendar's new password": (
        lambda it: it.calendars.set(it.world.calendar.id, {}, it.world.now, password="hush"),
        OWN,
    ),
    "remove a calendar": (
        lambda it: it.calendars.remove(it.world.calendar.id, it.world.now, withdraw=False),
        ALL,
    ),
}
"""Each with the roles that may do it with their own things; an admin may do all, a reviewer nothing."""


@pytest.fixture
def world(sqlite_store: Store) -> ClaimsWorld:
    """Return a world in which a provider has moved an event of theirs."""
    world = ClaimsWorld(sqlite_store, policy=FLAG_ALL)
    one = world.book(id="apt-1", uid="uid-1")
    world.cycle()
    world.edit(one, MOVED_A_DAY)
    world.cycle()
    return world


def the_session(world: ClaimsWorld) -> Appointment:
    with world.store.reading() as tx:
        return tx.appointments.get("apt-1")


def somebody(role: Role, one: Appointment | None = None) -> Principal:
    """Return somebody; a provider or client of ``one``, else strangers to it."""
    return Principal(
        name="usr-1",
        role=role,
        channel=Channel.WEB,
        provider_id=one.provider_id if one else "prv-other",
        client_id=one.client_id if one else "cli-other",
    )


@pytest.mark.parametrize("name", USE_CASES)
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.PROVIDER, Role.CLIENT])
def test_a_stranger(world: ClaimsWorld, name: str, role: Role) -> None:
    """Who has no say in it is refused, and nothing is changed or put on record."""
    use, _ = USE_CASES[name]
    one = the_session(world)
    with world.store.reading() as tx:
        before = tx.audit.head()

    with pytest.raises(NotPermittedError):
        use(Stage(world, one, somebody(role)))

    with world.store.reading() as tx:
        assert tx.audit.head() == before


@pytest.mark.parametrize("name", USE_CASES)
@pytest.mark.parametrize("role", [Role.PROVIDER, Role.CLIENT, Role.ADMIN])
def test_ones_own(world: ClaimsWorld, name: str, role: Role) -> None:
    """A provider and a client may do what the table says with what is their own; an admin everything."""
    use, allowed = USE_CASES[name]
    one = the_session(world)
    refused = False
    try:
        use(Stage(world, one, somebody(role, one)))
    except NotPermittedError:
        refused = True
    except SyncdError:  # it was permitted, and something else stands against it
        pass
    assert refused is (role is not Role.ADMIN and role not in allowed)
