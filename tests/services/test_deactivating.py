"""People who leave: nobody can book them any more, and what was agreed with them is settled."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from syncd.core.errors import HasAppointmentsError, InactiveError, ReasonError
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.scheduling.booking import BookingRules
from syncd.ports.store.transaction import Store
from syncd.services.scheduling.deactivating import Deactivate, Deactivated, PersonKind, activate, deactivate
from tests.builders import START
from tests.services.booking_practice import BookingPractice

WEEK = timedelta(weeks=1)
KINDS = pytest.mark.parametrize("kind", list(PersonKind))


@pytest.fixture
def office(store: Store) -> BookingPractice:
    return BookingPractice(store)


def leave(office: BookingPractice, kind: PersonKind, **more: Any) -> Deactivated:
    person = office.provider if kind is PersonKind.PROVIDER else office.client
    with office.store.transaction() as tx:
        return deactivate(tx, Deactivate(kind=kind, ref=person.email, **more), office.terms())


def is_active(office: BookingPractice, kind: PersonKind) -> bool:
    with office.store.reading() as tx:
        if kind is PersonKind.PROVIDER:
            return tx.providers.get(office.provider.id).active
        return tx.clients.get(office.client.id).active


@KINDS
def test_somebody_without_appointments_to_come(office: BookingPractice, kind: PersonKind) -> None:
    """Is deactivated, on record, and can be booked no more, until activated again."""
    past = office.book()
    office.now = past.end.astimezone(UTC)

    gone = leave(office, kind)

    assert (gone.person.active, gone.cancelled, is_active(office, kind)) == (False, (), False)
    with pytest.raises(InactiveError, match=f"syncd {kind} activate {gone.person.id}"):
        office.book(START + WEEK)
    with office.store.transaction() as tx:
        assert tx.audit.list(gone.person.id)[-1].action == f"{kind}.deactivated"
        assert activate(tx, kind, gone.person.id, office.terms()).active
    assert office.book(START + WEEK).start == START + WEEK
    assert office.get(past).status is AppointmentStatus.BOOKED


@KINDS
def test_somebody_with_appointments_to_come(office: BookingPractice, kind: PersonKind) -> None:
    """Is not deactivated without a word about them; the refusal says how many there are and what to do."""
    one = office.book()
    office.book_series("FREQ=WEEKLY;COUNT=3", START + timedelta(hours=2))

    with pytest.raises(
        HasAppointmentsError, match=f"4 appointments to come, the first {one.id}.*--cancel-appointments"
    ):
        leave(office, kind)

    assert is_active(office, kind)
    assert {each.status for each in office.all()} == {AppointmentStatus.BOOKED}


@KINDS
def test_somebody_whose_appointments_are_cancelled(office: BookingPractice, kind: PersonKind) -> None:
    """Each is, with its messages; series end, what has begun stays, and a cancelled one keeps its own reason."""
    singles = [office.book(START + timedelta(hours=3)), office.book(START + 2 * WEEK + timedelta(hours=3))]
    instances = office.book_series("FREQ=WEEKLY")
    own = office.get(office.cancel(instances[3], reason="client_ill"))
    office.now = instances[0].start.astimezone(UTC) + timedelta(minutes=10)

    gone = leave(office, kind, cancel_for="care_ended", message="Farewell.")

    after = {each.id: each for each in office.all()}
    assert after.pop(instances[0].id).status is AppointmentStatus.BOOKED
    assert {each.status for each in after.values()} == {AppointmentStatus.CANCELLED}
    assert after.pop(own.id) == own
    assert set(gone.cancelled) == after.keys()
    assert {single.id for single in singles} <= after.keys()
    assert {each.cancellation.reason for each in after.values() if each.cancellation} == {"care_ended"}
    assert office.extend(START.astimezone(UTC) + 100 * WEEK) == 0
    assert [effect.kind for effect in office.effects].count("cancelled") == 4
    assert not is_active(office, kind)


def test_a_series_of_which_a_later_session_was_held_already(office: BookingPractice) -> None:
    """Is cancelled session by session up to there, since what has begun stays as it was."""
    instances = office.book_series("FREQ=DAILY;COUNT=5")
    held = office.reschedule(instances[2], start=START + timedelta(hours=3))
    office.now = held.end.astimezone(UTC)

    leave(office, PersonKind.CLIENT, cancel_for="care_ended")

    statuses = {each.id: each.status.value for each in office.all()}
    assert [statuses[one.id] for one in instances] == ["booked", "cancelled", "booked", "cancelled", "cancelled"]
    desired = office.desired(held.source)
    assert desired is not None
    assert desired.exdates == (instances[1].start,)


def test_a_series_whose_next_session_is_beyond_the_horizon(office: BookingPractice) -> None:
    """Ends as well: it would book on for somebody who is gone."""
    office.rules = BookingRules(horizon=2 * WEEK)
    only = office.book_series("FREQ=YEARLY")[0]
    office.now = only.end.astimezone(UTC)

    with pytest.raises(HasAppointmentsError, match="a series that goes on"):
        leave(office, PersonKind.PROVIDER)

    leave(office, PersonKind.PROVIDER, cancel_for="provider_unavailable")
    assert office.extend(START.astimezone(UTC) + 200 * WEEK) == 0
    assert office.series(only.series_id).rule == "FREQ=YEARLY;UNTIL=20261201T150000Z"
    assert all(publication.dirty for publication in office.publications(only.source))


def test_a_reason_that_the_practice_does_not_have(office: BookingPractice) -> None:
    """Is refused, and nobody is deactivated."""
    office.book()

    with pytest.raises(ReasonError):
        leave(office, PersonKind.PROVIDER, cancel_for="retired")

    assert is_active(office, PersonKind.PROVIDER)


@KINDS
def test_somebody_who_is_deactivated_already(office: BookingPractice, kind: PersonKind) -> None:
    """Stays so; nothing is put on record twice."""
    leave(office, kind)

    assert leave(office, kind).cancelled == ()
    with office.store.reading() as tx:
        assert [record.action for record in tx.audit.list(leave(office, kind).person.id)] == [f"{kind}.deactivated"]
