"""The guide's FAQ, end to end: what becomes of a claim whose event somebody drags to another day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from syncd.adapters.memory.collection import Operation
from syncd.core.claims.billing import Verdict
from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import ClaimHeldError, HoldCode
from syncd.core.events.findings import Severity
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.scheduling.money import Money
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftAction, DriftStatus
from syncd.core.sync.policy import Policy, PolicyRule
from syncd.ports.remote.errors import UnavailableError
from syncd.ports.store.transaction import Store
from tests.builders import a_provider, a_series, at
from tests.claims.practice import ClaimsWorld, dragged
from tests.services.world import MOVED_A_DAY, replaced

TUESDAY, WEDNESDAY = date(2026, 12, 1), date(2026, 12, 2)
MONDAY_BEFORE = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
THURSDAY = datetime(2026, 12, 3, 12, 0, tzinfo=UTC)
FLAG_ALL = Policy((PolicyRule(name="all", action=DriftAction.FLAG),))


@pytest.fixture
def world(store: Store) -> ClaimsWorld:
    return ClaimsWorld(store)


def test_the_faq_when_the_edit_is_put_back(world: ClaimsWorld) -> None:
    """Held before anybody looks, held after it for want of an explanation, and right after the attestation."""
    one = world.book()
    world.cycle()
    world.at(MONDAY_BEFORE)
    world.edit(one, MOVED_A_DAY)

    assert world.shown(one).status is ClaimStatus.PENDING
    assert world.billed(one, "20261201") is Verdict.HELD

    world.at(THURSDAY)
    world.cycle()
    world.revert()
    assert world.release(one).status is ClaimStatus.HELD
    assert world.codes(one) == {HoldCode.UNEXPLAINED_EDIT}
    assert world.billed(one, "20261201") is Verdict.HELD
    assert world.billed(one, "20261202") is Verdict.WRONG_DATE
    with pytest.raises(ClaimHeldError):
        world.file(one, "A-1")

    assert world.attest(one, WEDNESDAY).claim.date_of_service == WEDNESDAY
    assert world.stored(one).start == at("2026-12-02T10:00")
    assert world.billed(one, "20261202") is Verdict.HELD, "nobody has looked at the calendar since"
    assert world.release(one).status is ClaimStatus.CLEAR
    assert "20261202T10" in world.body(one)
    assert world.billed(one, "20261202") is Verdict.AGREES
    assert world.billed(one, "20261201") is Verdict.WRONG_DATE

    world.file(one, "A-1")
    assert world.billed(one, "20261202") is Verdict.AGREES


def test_the_faq_when_the_session_took_place_as_agreed(world: ClaimsWorld) -> None:
    """The attestation of the appointment's own date explains the edit; nothing moves."""
    one = world.book()
    world.cycle()
    world.edit(one, MOVED_A_DAY)
    world.at(THURSDAY)
    world.cycle()
    world.revert()
    assert world.release(one).codes == {HoldCode.UNEXPLAINED_EDIT}
    assert world.attest(one, TUESDAY).status is ClaimStatus.CLEAR
    assert world.billed(one, "20261201") is Verdict.AGREES


def test_the_faq_when_the_edit_is_put_back_long_before(world: ClaimsWorld) -> None:
    """The calendar showed the agreed time from then to the session's end: nobody needs to be asked."""
    one = world.book()
    world.cycle()
    world.edit(one, MOVED_A_DAY)
    world.cycle()
    assert [drift.status for drift in world.drifts()] == [DriftStatus.REVERTED]
    world.at(THURSDAY)
    assert world.release(one).status is ClaimStatus.CLEAR
    assert world.billed(one, "20261201") is Verdict.AGREES


@pytest.mark.parametrize("is_seen", [True, False])
def test_the_faq_when_the_provider_drags_it_back_after_the_session(world: ClaimsWorld, is_seen: bool) -> None:
    """The edit stood when the session was to begin: its claim waits for a word, however the edit ended."""
    world.policy = FLAG_ALL
    one = world.book()
    world.cycle()
    before = world.collection.bodies()
    world.edit(one, MOVED_A_DAY)
    world.cycle()
    world.at(THURSDAY)
    for href, body in before.items():
        world.collection.put(href, body)
    if is_seen:
        world.cycle()
    assert world.release(one).codes == {HoldCode.UNEXPLAINED_EDIT}
    assert [drift.status for drift in world.drifts()] == [DriftStatus.SUPERSEDED]
    assert world.attest(one, TUESDAY).status is ClaimStatus.CLEAR


def test_a_first_write_whose_answer_was_lost_in_a_calendar_that_is_removed(world: ClaimsWorld) -> None:
    """May have arrived: the provider may have moved what nobody can see any more."""
    one = world.book()
    world.collection.fail(Operation.CREATE, UnavailableError(), carried_out=True)
    world.cycle()
    with world.store.transaction() as tx:
        tx.calendars.remove(world.calendar.id)
    world.at(THURSDAY)
    assert world.release(one).codes == {HoldCode.CALENDAR_GONE, HoldCode.NOT_OBSERVED}


def test_the_faq_when_nobody_looked_before_the_session(world: ClaimsWorld) -> None:
    """The release itself finds the edit, and holds the claim for it."""
    one = world.book()
    world.cycle()
    world.edit(one, MOVED_A_DAY)
    world.at(THURSDAY)
    assert world.shown(one).codes == {HoldCode.NOT_OBSERVED}
    assert world.billed(one, "20261201") is Verdict.HELD
    assert world.release(one).status is ClaimStatus.HELD
    assert len(world.drifts()) == 1
    assert world.codes(one) & {HoldCode.OPEN_DRIFT, HoldCode.UNEXPLAINED_EDIT}


def test_the_faq_when_the_edit_waits_for_a_decision(world: ClaimsWorld) -> None:
    """The open drift holds the claim; accepted, the claim's date is the new one at once, and clear after a look."""
    world.policy = FLAG_ALL
    one = world.book()
    world.cycle()
    world.edit(one, MOVED_A_DAY)
    world.cycle()
    assert world.codes(one) == {HoldCode.OPEN_DRIFT, HoldCode.NOT_OVER}
    world.accept()
    assert world.claim(one).date_of_service == WEDNESDAY
    world.at(THURSDAY)
    assert world.billed(one, "20261202") is Verdict.HELD
    assert world.release(one).status is ClaimStatus.CLEAR
    assert world.billed(one, "20261202") is Verdict.AGREES


def test_an_attestation_of_the_day_to_which_an_open_edit_moved_it(world: ClaimsWorld) -> None:
    """Makes the record what the calendar says, and with the next look the drift is no more."""
    world.policy = FLAG_ALL
    one = world.book()
    world.cycle()
    world.edit(one, MOVED_A_DAY)
    world.cycle()
    world.at(THURSDAY)
    assert world.attest(one, WEDNESDAY).codes == {HoldCode.OPEN_DRIFT, HoldCode.NOT_OBSERVED}
    assert world.release(one).status is ClaimStatus.CLEAR
    assert [drift.status for drift in world.drifts()] == [DriftStatus.SUPERSEDED]


def test_a_session_that_nobody_touched(world: ClaimsWorld) -> None:
    """The claim audit looks at its event once after its end, and clears it without writing anything."""
    one = world.book()
    world.cycle()
    writes = len(world.collection.writes)
    assert world.prove() == 0
    assert world.claim(one).status is ClaimStatus.PENDING
    world.at(THURSDAY)
    assert world.prove() == 1
    assert world.claim(one).status is ClaimStatus.CLEAR
    assert world.prove() == 0
    assert len(world.collection.writes) == writes


@pytest.mark.parametrize("state", [CalendarState.PAUSED, CalendarState.MASS_CHANGE, CalendarState.LOGIN_REFUSED])
def test_a_calendar_that_waits_for_a_person(world: ClaimsWorld, state: CalendarState) -> None:
    """Is not looked at, and its claims stay held with its state in the words."""
    one = world.book()
    world.cycle()
    with world.store.transaction() as tx:
        tx.calendars.save(replace(tx.calendars.get(world.calendar.id), state=state))
    world.at(THURSDAY)
    shown = world.release(one)
    assert shown.codes == {HoldCode.NOT_OBSERVED}
    assert state in shown.holds[0].message
    assert world.prove() == 0


def test_a_calendar_that_cannot_be_reached(world: ClaimsWorld) -> None:
    """Holds its claims until it can."""
    one = world.book()
    world.cycle()
    world.at(THURSDAY)
    world.collection.fail(Operation.FETCH, UnavailableError())
    assert world.release(one).codes == {HoldCode.NOT_OBSERVED}
    assert world.release(one).status is ClaimStatus.CLEAR


def test_a_calendar_that_was_emptied(world: ClaimsWorld) -> None:
    """Is a fault of the calendar: the look that finds it makes no drift of it, and clears no claim."""
    sessions = [world.book(start=at(f"2026-12-01T{hour}:00")) for hour in (10, 12, 14)]
    world.cycle()
    for one in sessions:
        world.delete(one)
    world.at(THURSDAY)
    assert world.prove() == 0
    assert world.drifts() == []
    assert world.stored_calendar().state is CalendarState.EMPTIED
    assert {world.claim(one).status for one in sessions} == {ClaimStatus.HELD}


def test_a_late_cancellation(world: ClaimsWorld) -> None:
    """Has no date of service: a bill may tell of it without one, and never with one."""
    with world.store.transaction() as tx:
        dear = a_provider(late_fee=Money(5000, "USD"))
        tx.providers.add(dear)
    one = world.book()
    world.cycle()
    world.at(MONDAY_BEFORE + timedelta(hours=12))
    world.cancel(one)
    assert world.claim(one).status is ClaimStatus.VOID
    world.at(THURSDAY)
    assert world.billed(one, "20261201") is Verdict.CANCELLED
    assert world.billed(one, "") is Verdict.AGREES
    assert world.release(one).status is ClaimStatus.VOID


def test_an_edit_after_the_claim_was_filed(world: ClaimsWorld) -> None:
    """Is reported at the highest severity, whatever it is, and the bill no longer agrees; the claim stays filed."""
    world.policy = FLAG_ALL
    one = world.book()
    world.cycle()
    world.at(THURSDAY)
    world.release(one)
    world.file(one, "A-1")
    world.edit(one, replaced("LOCATION:Room 1", "LOCATION:Elsewhere"))
    (drift,) = world.cycle().drifts
    assert drift.severity is Severity.CLAIM_DATE
    assert world.claim(one).status is ClaimStatus.FILED
    assert world.billed(one, "20261201") is Verdict.HELD


def test_an_edit_of_one_session_of_a_series(world: ClaimsWorld) -> None:
    """Holds that session's claim, and no other."""
    series = a_series()
    first, second, *_ = world.book_series(series)
    world.cycle()
    world.at(datetime(2026, 12, 10, 12, 0, tzinfo=UTC))
    gone = "EXDATE;TZID=America/New_York:20261208T100000"
    world.edit(series, replaced("RRULE:FREQ=WEEKLY", f"{gone}\r\nRRULE:FREQ=WEEKLY"))
    world.prove()
    assert world.codes(first) == set()
    assert world.codes(second) & {HoldCode.OPEN_DRIFT, HoldCode.UNEXPLAINED_EDIT}
    assert (world.claim(first).status, world.claim(second).status) == (ClaimStatus.CLEAR, ClaimStatus.HELD)


def test_a_session_before_midnight_dragged_past_it(world: ClaimsWorld) -> None:
    """From 23:30 to 00:30 is another date of service."""
    one = world.book(start=at("2026-12-01T23:30"))
    world.cycle()
    world.edit(one, dragged("2026-12-02T00:30", one.minutes))
    (drift,) = world.cycle().drifts
    assert drift.claim_date_changes
    world.at(THURSDAY)
    assert world.billed(one, "20261201") is Verdict.HELD
    assert world.attest(one, WEDNESDAY).claim.date_of_service == WEDNESDAY
    assert world.stored(one).start == at("2026-12-02T00:30")
    world.release(one)
    assert world.billed(one, "20261202") is Verdict.AGREES


def test_a_provider_in_another_zone_than_the_practice(store: Store) -> None:
    """The date of service is the local date where the session was agreed, whatever day it is in New York or in UTC."""
    world = ClaimsWorld(store, provider=a_provider(timezone="Pacific/Honolulu"))
    one = world.book(start=at("2026-12-01T20:00", "Pacific/Honolulu"))
    world.cycle()
    world.at(THURSDAY)
    assert world.release(one).status is ClaimStatus.CLEAR
    assert one.end.astimezone(UTC).date() == WEDNESDAY
    assert world.billed(one, "20261201") is Verdict.AGREES
    assert world.billed(one, "20261202") is Verdict.WRONG_DATE


@pytest.mark.parametrize(
    ("start", "minutes", "date_of_service"),
    [("2026-10-31T23:30", 50, date(2026, 11, 1)), ("2027-03-13T23:30", 80, date(2027, 3, 14))],
)
def test_a_session_dragged_into_the_night_of_a_clock_change(
    store: Store, start: str, minutes: int, date_of_service: date
) -> None:
    """Has the date that the wall clock shows at its start."""
    world = ClaimsWorld(store, now=datetime(2026, 10, 1, tzinfo=UTC))
    one = world.book(start=at(start), minutes=minutes)
    world.cycle()
    world.edit(one, dragged(f"{date_of_service}T00:30", minutes))
    world.cycle()
    world.at(one.end.astimezone(UTC) + timedelta(days=2))
    assert world.attest(one, date_of_service).claim.date_of_service == date_of_service
    assert world.stored(one).start == at(f"{date_of_service}T00:30")
    assert world.release(one).status is ClaimStatus.CLEAR


def test_a_completed_session(world: ClaimsWorld) -> None:
    """Is billed like one whose outcome nobody put on record."""
    one = world.book()
    world.cycle()
    world.at(THURSDAY)
    with world.store.transaction() as tx:
        tx.appointments.save(replace(tx.appointments.get(one.id), status=AppointmentStatus.COMPLETED))
    assert world.release(one).status is ClaimStatus.CLEAR
