"""Providers and clients: the store's contract, on every database."""

import pytest

from syncd.core.errors import AlreadyExistsError, NotFoundError
from syncd.core.scheduling.money import Money
from syncd.ports.store.transaction import Store
from tests.builders import a_client, a_provider


def test_a_provider_with_every_field(store: Store) -> None:
    """What was stored comes back equal, by id."""
    provider = a_provider(booking_url="https://example.com/pat", late_notice_hours=48, late_fee=Money(2500, "USD"))
    with store.transaction() as tx:
        tx.providers.add(provider)
    with store.reading() as tx:
        assert tx.providers.get(provider.id) == provider


def test_a_client_without_a_timezone(store: Store) -> None:
    """What was not given stays not given."""
    client = a_client(timezone=None)
    with store.transaction() as tx:
        tx.clients.add(client)
    with store.reading() as tx:
        assert tx.clients.get(client.id) == client


def test_people_by_address(store: Store) -> None:
    """An e-mail address is a reference, whatever its case."""
    provider, client = a_provider(email="Pat@Example.com"), a_client(email="chris@example.org")
    with store.transaction() as tx:
        tx.providers.add(provider)
        tx.clients.add(client)
    with store.reading() as tx:
        assert tx.providers.get("pat@EXAMPLE.com") == provider
        assert tx.clients.get("Chris@example.org") == client


def test_an_address_that_is_taken(store: Store) -> None:
    """An address belongs to one provider and to one client, compared without case."""
    with store.transaction() as tx:
        tx.providers.add(a_provider(email="pat@example.com"))
        tx.clients.add(a_client(email="pat@example.com"))
    with (
        pytest.raises(AlreadyExistsError, match=r"provider with the address PAT@example\.com"),
        store.transaction() as tx,
    ):
        tx.providers.add(a_provider(email="PAT@example.com"))
    with pytest.raises(AlreadyExistsError, match="client with the address"), store.transaction() as tx:
        tx.clients.add(a_client(email="PAT@example.com"))


def test_people_that_are_not_there(store: Store) -> None:
    """The refusal names the reference and the command that lists what there is."""
    with store.reading() as tx:
        with pytest.raises(NotFoundError, match=r"No provider 'prv-none'\. See: syncd provider list"):
            tx.providers.get("prv-none")
        with pytest.raises(NotFoundError, match=r"No client 'cli-none'\. See: syncd client list"):
            tx.clients.get("cli-none")


def test_lists_of_people(store: Store) -> None:
    """People are listed by name, without case."""
    with store.transaction() as tx:
        for name in ("Émile", "bela", "Ada"):
            tx.providers.add(a_provider(name=name))
            tx.clients.add(a_client(name=name))
    with store.reading() as tx:
        assert [provider.name for provider in tx.providers.list()] == ["Ada", "bela", "Émile"]
        assert [client.name for client in tx.clients.list()] == ["Ada", "bela", "Émile"]
