"""Rescheduling and cancelling single appointments: the rules, and what every change leaves behind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syncd.core.claims.claim import ClaimStatus
from syncd.core.errors import (
    AlreadyBilledError,
    AppointmentStateError,
    ConflictError,
    LateNoticeError,
    NonexistentTimeError,
    OverlapError,
    PastStartError,
    ReasonError,
    RefusalError,
)
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, LateFee
from syncd.core.scheduling.booking import BookingRules
from syncd.core.scheduling.money import Money
from syncd.core.scheduling.people import Party
from syncd.core.scheduling.reasons import Reason
from syncd.ports.store.transaction import Store
from syncd.services.scheduling.changes import By
from syncd.services.scheduling.rescheduling import Reschedule, reschedule
from tests.builders import NOW, START, a_provider, an_admin
from tests.services.booking_practice import CLIENT, BookingPractice

LATER = START + timedelta(days=1, hours=1)
FEE = Money(7500, "USD")


@pytest.fixture
def office(sqlite_store: Store) -> BookingPractice:
    return BookingPractice(sqlite_store)


def an_hour_before(one: Appointment) -> datetime:
    return one.start.astimezone(UTC) - timedelta(hours=1)


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text)


# --- reschedule -------------------------------------------------------------------------------------------------------


def test_a_rescheduled_appointment(office: BookingPractice) -> None:
    """Keeps its id and UID; its time, its claim's date and its SEQUENCE follow."""
    booked = office.book()

    moved = office.reschedule(booked, start=naive("2026-12-02T11:00"), minutes=80, location="Room 2")

    assert (moved.id, moved.uid) == (booked.id, booked.uid)
    assert (moved.start, moved.minutes, moved.location) == (LATER, 80, "Room 2")
    assert (moved.sequence, moved.version) == (booked.sequence + 1, booked.version + 1)
    assert office.get(moved) == moved
    assert office.claim(moved).date_of_service == LATER.date()


def test_what_a_reschedule_leaves_behind(office: BookingPractice) -> None:
    """History keeps old and new, the calendars are to be looked at, and the mail knows both."""
    booked = office.book()
    office.settle()

    moved = office.reschedule(booked, start=LATER)

    with office.store.transaction() as tx:
        line = tx.appointments.history(booked.id)[-1]
    assert line.kind == "rescheduled"
    assert (line.before, line.after) == ({"start": START.isoformat()}, {"start": LATER.isoformat()})
    assert all(publication.dirty for publication in office.publications(booked.source))
    assert office.effects[-1].steps == ((booked, moved),)


def test_rescheduling_to_what_already_is(office: BookingPractice) -> None:
    """Changes nothing: no version, no SEQUENCE, no history, no write to a calendar."""
    booked = office.book()
    office.settle()
    office.effects.clear()

    same = office.reschedule(booked, start=START, minutes=50, location=" Room 1 ")

    assert same == booked == office.get(booked)
    assert office.effects == []
    assert not any(publication.dirty for publication in office.publications(booked.source))


def test_another_place_raises_the_sequence(office: BookingPractice) -> None:
    """Some programs ignore whatever does not raise SEQUENCE, so every change does."""
    assert office.reschedule(office.book(), location="Room 2").sequence == 1


def test_a_sequence_that_a_program_of_the_provider_raised(office: BookingPractice) -> None:
    """Is left behind: SEQUENCE never falls below what stands in a calendar."""
    booked = office.book()
    with office.store.transaction() as tx:
        (publication,) = tx.publications.of_source(booked.source)
        tx.publications.save(replace(publication, sequence=7))

    assert office.reschedule(booked, start=LATER).sequence == 8


def test_half_an_hour_later(office: BookingPractice) -> None:
    """An appointment never overlaps with itself."""
    assert office.reschedule(office.book(), start=START + timedelta(minutes=30)).sequence == 1


@pytest.mark.parametrize(
    ("error", "changes"),
    [
        (OverlapError, {"start": START + timedelta(hours=2)}),
        (OverlapError, {"minutes": 180}),
        (PastStartError, {"start": NOW - timedelta(hours=1)}),
        (NonexistentTimeError, {"start": naive("2027-03-14T02:30")}),
        (RefusalError, {"minutes": 0}),
        (ConflictError, {"location": "Room 2", "version": 9}),
    ],
)
def test_a_reschedule_that_is_refused(
    office: BookingPractice, error: type[RefusalError], changes: dict[str, Any]
) -> None:
    """Changes nothing."""
    booked = office.book()
    office.book(START + timedelta(hours=2))
    office.effects.clear()

    with pytest.raises(error):
        office.reschedule(booked, **changes)

    assert office.get(booked) == booked
    assert office.effects == []


def test_mail_that_cannot_be_made(office: BookingPractice) -> None:
    """Lets the change fail with it: they are one transaction."""
    booked = office.book()

    def fail(*_: object) -> tuple[Message, ...]:
        raise RuntimeError("no template")

    with pytest.raises(RuntimeError, match="no template"), office.store.transaction() as tx:
        reschedule(tx, Reschedule(appointment_id=booked.id, start=LATER), replace(office.terms(), messages_for=fail))

    assert office.get(booked) == booked


# --- cancel -----------------------------------------------------------------------------------------------------------


def test_a_cancelled_appointment(office: BookingPractice) -> None:
    """Stays on record with reason, note, message, who and when; its claim is void, its event leaves the calendar."""
    booked = office.book()

    gone = office.cancel(booked, "provider_ill", note="flu", message="I am sorry.")

    assert gone.status is AppointmentStatus.CANCELLED
    assert gone.cancellation is not None
    assert (gone.cancellation.reason, gone.cancellation.by, gone.cancellation.at) == ("provider_ill", Party.ADMIN, NOW)
    assert (gone.cancellation.note, gone.cancellation.message) == ("flu", "I am sorry.")
    assert (gone.start, gone.sequence) == (START, 1)
    assert office.get(gone) == gone
    assert office.claim(gone).status is ClaimStatus.VOID
    assert office.desired(gone.source) is None


@pytest.mark.parametrize(("reason", "note"), [("", ""), ("boredom", ""), ("other", ""), ("other", "  ")])
def test_a_cancellation_without_a_proper_reason(office: BookingPractice, reason: str, note: str) -> None:
    """Is refused: a reason of the list is required, and with "Other" a note (provider guide, cancelling, step 4)."""
    booked = office.book()

    with pytest.raises(ReasonError):
        office.cancel(booked, reason, note=note)

    assert office.get(booked) == booked


def test_other_with_a_note(office: BookingPractice) -> None:
    """Is a reason."""
    assert office.cancel(office.book(), "other", note="The building is closed.").cancellation is not None


def test_a_reason_of_the_practice(office: BookingPractice) -> None:
    """The list is the practice's own; what is not in it is refused, naming what is."""
    office.rules = BookingRules(reasons=(Reason(code="storm", label="A storm"),))
    booked = office.book()

    with pytest.raises(ReasonError, match=r"Choose one of: storm\."):
        office.cancel(booked, "provider_ill")

    assert office.cancel(booked, "storm").cancellation is not None


# --- what can no longer be changed ------------------------------------------------------------------------------------


@pytest.fixture(params=["reschedule", "cancel"])
def change(request: pytest.FixtureRequest, office: BookingPractice) -> Any:
    """Return a function that tries to reschedule, and one that tries to cancel, an appointment."""

    def attempt(one: Appointment, **more: Any) -> Appointment:
        return (
            office.reschedule(one, start=LATER, **more) if request.param == "reschedule" else office.cancel(one, **more)
        )

    return attempt


def test_a_past_appointment(office: BookingPractice, change: Any) -> None:
    """Cannot be changed once it has begun."""
    booked = office.book()
    office.now = START.astimezone(UTC)

    with pytest.raises(AppointmentStateError, match="is past"):
        change(booked)

    assert office.get(booked) == booked


def test_an_appointment_that_is_cancelled(office: BookingPractice, change: Any) -> None:
    """Cannot be changed any more."""
    gone = office.cancel(office.book())

    with pytest.raises(AppointmentStateError, match="is cancelled"):
        change(gone)

    assert office.get(gone) == gone


def test_an_appointment_that_is_billed(office: BookingPractice, change: Any) -> None:
    """Cannot be changed: the claim would have to be corrected first."""
    booked = office.book()
    office.bill(booked)

    with pytest.raises(AlreadyBilledError, match="corrected claim is needed"):
        change(booked)

    assert office.get(booked) == booked


def test_an_appointment_that_changed_since_it_was_looked_at(office: BookingPractice, change: Any) -> None:
    """Is left as it is."""
    booked = office.book()
    office.reschedule(booked, location="Room 2")

    with pytest.raises(ConflictError):
        change(booked, version=booked.version)

    assert office.get(booked).location == "Room 2"


# --- who may when -----------------------------------------------------------------------------------------------------


def test_a_client_inside_the_late_notice_window(office: BookingPractice, change: Any) -> None:
    """Is told to contact the provider, and how (provider guide, way two)."""
    office.rules = BookingRules(contact="+1 555 0100")
    booked = office.book()
    office.now = an_hour_before(booked)

    with pytest.raises(LateNoticeError) as refusal:
        change(booked, by=CLIENT)

    assert refusal.value.code == "late_notice"
    assert f"{office.provider.email} or +1 555 0100" in refusal.value.message
    assert "fee" not in refusal.value.message
    assert office.get(booked) == booked


@pytest.mark.parametrize(
    ("hours", "own", "is_late"), [(24, None, True), (23, None, False), (24, 48, True), (24, 0, False)]
)
def test_the_width_of_the_window(sqlite_store: Store, hours: int, own: int | None, is_late: bool) -> None:
    """Is the provider's own where there is one, else the practice's; at its very edge a client is in time."""
    office = BookingPractice(
        sqlite_store,
        rules=BookingRules(late_notice_hours=hours),
        provider=a_provider(late_notice_hours=own),
    )
    booked = office.book()
    office.now = START.astimezone(UTC) - timedelta(hours=23, minutes=30)

    if is_late:
        with pytest.raises(LateNoticeError):
            office.cancel(booked, by=CLIENT)
    else:
        assert office.cancel(booked, by=CLIENT).cancellation is not None


@pytest.mark.parametrize("party", [Party.PROVIDER, Party.ADMIN, Party.SYSTEM])
def test_others_inside_the_late_notice_window(office: BookingPractice, change: Any, party: Party) -> None:
    """The window binds clients alone."""
    booked = office.book()
    office.now = an_hour_before(booked)

    assert change(booked, by=By(party, an_admin("somebody"))).version == booked.version + 1


@pytest.mark.parametrize("waived", [False, True])
def test_a_late_cancellation_for_the_client(sqlite_store: Store, waived: bool) -> None:
    """Puts the fee set in the provider's account on record: charged or waived, and by whom."""
    office = BookingPractice(sqlite_store, provider=a_provider(late_fee=FEE))
    booked = office.book()
    office.now = an_hour_before(booked)

    gone = office.get(
        office.cancel(booked, "client_request", waive_fee=waived, by=By(Party.PROVIDER, an_admin("usr-pat")))
    )

    assert gone.cancellation is not None
    assert gone.cancellation.fee == LateFee(FEE, waived=waived, decided_by="usr-pat")


@pytest.mark.parametrize(
    ("fee", "reason", "hours"),
    [(None, "client_request", 1), (FEE, "provider_ill", 1), (FEE, "client_request", 25)],
)
def test_a_cancellation_that_costs_nothing(sqlite_store: Store, fee: Money | None, reason: str, hours: int) -> None:
    """No fee is due unless one is set, the client's doing is the reason, and the time is inside the window."""
    office = BookingPractice(sqlite_store, provider=a_provider(late_fee=fee))
    booked = office.book()
    office.now = START.astimezone(UTC) - timedelta(hours=hours)

    gone = office.cancel(booked, reason)

    assert gone.cancellation is not None
    assert gone.cancellation.fee is None


def test_a_client_who_is_late_where_a_fee_is_set(sqlite_store: Store) -> None:
    """The refusal says that the fee may apply."""
    office = BookingPractice(sqlite_store, provider=a_provider(late_fee=FEE))
    booked = office.book()
    office.now = an_hour_before(booked)

    with pytest.raises(LateNoticeError, match="fee may apply"):
        office.cancel(booked, by=CLIENT)
