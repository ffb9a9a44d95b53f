"""What the databases refuse about claims, and what they see to by themselves, whoever sends the statement."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import DBAPIError

from syncd.core.claims.claim import Attestation, Claim, ClaimStatus
from syncd.core.errors import AlreadyExistsError, InvalidValueError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.scheduling.people import Party
from syncd.core.sync.drift import DriftStatus
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store
from tests.builders import NOW, a_client, a_provider, an_appointment
from tests.claims.builders import a_drift
from tests.databases import Direct

APPOINTMENT = an_appointment(id="apt-1")
OTHER = an_appointment(id="apt-2")


@pytest.fixture
def kept(store: Store) -> Store:
    """A store with two appointments."""
    with store.transaction() as tx:
        tx.providers.add(a_provider(id="prv-1"))
        tx.clients.add(a_client(id="cli-1"))
        tx.appointments.add([APPOINTMENT, OTHER])
    return store


def claim_of(store: Store, one: Appointment = APPOINTMENT) -> Claim:
    with store.reading() as tx:
        return tx.claims.get(one.id)


def clear(store: Store, one: Appointment = APPOINTMENT) -> None:
    with store.transaction() as tx:
        tx.claims.save(replace(tx.claims.get(one.id), status=ClaimStatus.CLEAR, confirmed_at=one.end))


def file(store: Store, one: Appointment = APPOINTMENT, number: str = "A-1") -> None:
    clear(store, one)
    with store.transaction() as tx:
        tx.claims.save(replace(tx.claims.get(one.id), status=ClaimStatus.FILED, number=number, filed_at=NOW))


def save_appointment(store: Store, **changes: object) -> None:
    with store.transaction() as tx:
        tx.appointments.save(replace(tx.appointments.get(APPOINTMENT.id), **changes))  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE claims SET status = 'clear'",
        "UPDATE claims SET status = 'filed', number = 'A-1'",
        "UPDATE claims SET status = 'clear', confirmed_at = '2026-12-01 15:49:59.000000'",
        "UPDATE claims SET status = 'filed', number = 'A-1', confirmed_at = '2027-12-01 00:00:00.000000'",
        "INSERT INTO claims (id, appointment_id, date_of_service, status) VALUES ('c', 'apt-1', '2026-12-01', 'clear')",
    ],
)
def test_a_claim_said_to_be_clear_without_a_look(kept: Store, direct: Direct, statement: str) -> None:
    """No statement makes a claim clear whose calendar was not seen since the session's end, or filed before that."""
    with pytest.raises(DBAPIError):
        direct(statement)
    assert claim_of(kept).status is ClaimStatus.PENDING


@pytest.mark.parametrize("status", [AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW])
def test_a_claim_of_what_did_not_take_place(kept: Store, status: AppointmentStatus) -> None:
    """Does not become clear."""
    save_appointment(kept, status=status)
    with pytest.raises(InvalidValueError):
        clear(kept)


def test_a_claim_under_open_drift(kept: Store) -> None:
    """Does not become clear."""
    with kept.transaction() as tx:
        tx.drifts.add(a_drift(appointment_id=APPOINTMENT.id))
    with pytest.raises(InvalidValueError):
        clear(kept)


def test_a_drift_on_appointments_with_clear_claims(kept: Store) -> None:
    """Every claim of an appointment that it is about is held in the moment that it is recorded."""
    clear(kept)
    clear(kept, OTHER)
    with kept.transaction() as tx:
        tx.drifts.add(a_drift(appointment_id=APPOINTMENT.id, also_concerned=(OTHER.id,)))
    assert {claim_of(kept).status, claim_of(kept, OTHER).status} == {ClaimStatus.HELD}


def test_a_drift_on_another_appointment(kept: Store) -> None:
    """Leaves a clear claim alone."""
    clear(kept)
    with kept.transaction() as tx:
        tx.drifts.add(a_drift(appointment_id=OTHER.id))
    assert claim_of(kept).status is ClaimStatus.CLEAR


def test_a_drift_that_is_opened_again(kept: Store, direct: Direct) -> None:
    """Holds the claim as a new one does."""
    with kept.transaction() as tx:
        tx.drifts.add(a_drift(appointment_id=APPOINTMENT.id, status=DriftStatus.ACCEPTED))
    clear(kept)
    direct("UPDATE drifts SET status = 'open'")
    assert claim_of(kept).status is ClaimStatus.HELD


def test_drifts_by_what_they_concern(kept: Store) -> None:
    """A drift is found by every appointment that it is about, and comes back equal."""
    drift = a_drift(appointment_id=APPOINTMENT.id, also_concerned=(OTHER.id,))
    with kept.transaction() as tx:
        tx.drifts.add(drift)
    with kept.reading() as tx:
        assert tx.drifts.list(DriftQuery(appointment_id=OTHER.id)) == [drift]
        assert tx.drifts.list(DriftQuery(appointment_id="apt-none")) == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"start": APPOINTMENT.start.replace(hour=11)}, ClaimStatus.HELD),
        ({"minutes": 80}, ClaimStatus.HELD),
        ({"status": AppointmentStatus.NO_SHOW}, ClaimStatus.HELD),
        ({"status": AppointmentStatus.CANCELLED}, ClaimStatus.VOID),
        ({"status": AppointmentStatus.COMPLETED}, ClaimStatus.CLEAR),
        ({"location": "Room 2"}, ClaimStatus.CLEAR),
    ],
)
def test_an_appointment_with_a_clear_claim_that_changes(
    kept: Store, changes: dict[str, object], status: ClaimStatus
) -> None:
    """Another time needs another look; a session that did not take place has no claim; place and outcome matter not."""
    clear(kept)
    save_appointment(kept, **changes)
    claim = claim_of(kept)
    assert claim.status is status
    assert (claim.confirmed_at is None) is (status is not ClaimStatus.CLEAR)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE claims SET status = 'clear'",
        "UPDATE claims SET number = 'A-2'",
        "UPDATE claims SET number = NULL",
        "DELETE FROM claims",
        "UPDATE appointments SET status = 'cancelled' WHERE id = 'apt-1'",
        "UPDATE appointments SET ends_at = '2026-12-01 17:00:00.000000' WHERE id = 'apt-1'",
        "UPDATE appointments SET start_wall = '2026-12-02 10:00:00.000000', date_of_service = '2026-12-02'",
    ],
)
def test_a_filed_claim(kept: Store, direct: Direct, statement: str) -> None:
    """Is frozen, and so are time and presence of its appointment."""
    file(kept)
    before = claim_of(kept)
    with pytest.raises(DBAPIError):
        direct(statement)
    assert claim_of(kept) == before


def test_a_filed_claim_whose_session_is_completed(kept: Store) -> None:
    """The outcome may still be put on record, and so may a drift; the claim stays filed."""
    file(kept)
    save_appointment(kept, status=AppointmentStatus.COMPLETED)
    with kept.transaction() as tx:
        tx.drifts.add(a_drift(appointment_id=APPOINTMENT.id))
    assert claim_of(kept).status is ClaimStatus.FILED


def test_a_number_that_is_taken(kept: Store) -> None:
    """Two claims are never filed under one number, and by it the claim is found."""
    file(kept, number="A-1")
    with pytest.raises(AlreadyExistsError, match="filed under that number"):
        file(kept, OTHER, number="A-1")
    with kept.reading() as tx:
        assert tx.claims.get("A-1").appointment_id == APPOINTMENT.id


def test_claims_to_be_audited(kept: Store) -> None:
    """Those pending or held whose session is over."""
    with kept.reading() as tx:
        assert tx.claims.over(NOW) == []
        assert {claim.appointment_id for claim in tx.claims.over(APPOINTMENT.end)} == {"apt-1", "apt-2"}
    clear(kept)
    with kept.reading() as tx:
        assert [claim.appointment_id for claim in tx.claims.over(APPOINTMENT.end)] == ["apt-2"]


def test_filed_claims_among_appointments(kept: Store) -> None:
    """Those of the given appointments whose claims are filed."""
    file(kept)
    with kept.reading() as tx:
        assert tx.claims.filed_among(["apt-1", "apt-2"]) == {"apt-1"}
        assert tx.claims.filed_among([]) == frozenset()


@pytest.mark.parametrize("statement", ["UPDATE attestations SET note = 'other'", "DELETE FROM attestations"])
def test_attestations(kept: Store, direct: Direct, statement: str) -> None:
    """They come back in their order, and can be added to and nothing else."""
    word = Attestation(
        appointment_id=APPOINTMENT.id,
        at=NOW,
        date_of_service=APPOINTMENT.date_of_service,
        party=Party.PROVIDER,
        by="pat@example.com",
        actor="cli",
        note="by phone",
    )
    with kept.transaction() as tx:
        tx.claims.attest(word)
        tx.claims.attest(replace(word, note="again"))
    with pytest.raises(DBAPIError, match="append-only"):
        direct(statement)
    with kept.reading() as tx:
        assert tx.claims.attestations(APPOINTMENT.id) == [word, replace(word, note="again")]
        assert tx.claims.attestations(OTHER.id) == []
