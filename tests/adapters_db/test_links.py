"""Revoked links: the store's contract, on every database."""

from datetime import timedelta

from syncd.ports.store.transaction import Store
from tests.builders import NOW, an_appointment

APPOINTMENT = an_appointment()


def test_links_of_an_appointment_are_revoked_twice(practice_store: Store) -> None:
    """The later moment counts, and other appointments' links keep theirs."""
    other = an_appointment()
    with practice_store.transaction() as tx:
        tx.appointments.add([APPOINTMENT, other])
        tx.links.revoke(APPOINTMENT.id, NOW)
        tx.links.revoke(APPOINTMENT.id, NOW + timedelta(hours=1))
    with practice_store.reading() as tx:
        assert tx.links.revoked_until(APPOINTMENT.id) == NOW + timedelta(hours=1)
        assert tx.links.revoked_until(other.id) is None
