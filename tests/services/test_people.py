"""Adding and listing providers and clients."""

from typing import Any

import pytest

from syncd.core.errors import AlreadyExistsError, InvalidValueError, RefusalError, UnknownTimezoneError
from syncd.core.scheduling.money import Money
from syncd.ports.store.transaction import Store
from syncd.services.scheduling.people import add_client, add_provider, list_clients, list_providers
from tests.builders import NOW


def added(store: Store, **changes: Any) -> Any:
    asked = {"name": "Dana Doe", "email": "dana@example.com", "timezone": "America/New_York", **changes}
    return add_provider(store, NOW, "usr-admin", **asked)


def test_a_provider(sqlite_store: Store) -> None:
    """Is stored with all that was given, under an id, and on record."""
    dana = added(
        sqlite_store,
        name="  Dana   Doe ",
        email=" dana@example.com ",
        booking_url="https://book.example.com/dana",
        late_notice_hours=48,
        late_fee=Money(5000, "USD"),
    )

    assert list_providers(sqlite_store) == [dana]
    assert (dana.name, dana.email, dana.late_notice_hours) == ("Dana Doe", "dana@example.com", 48)
    with sqlite_store.reading() as tx:
        (record,) = tx.audit.list()
    assert (record.action, record.subject, record.actor, record.details) == ("provider.added", dana.id, "usr-admin", {})


def test_a_client(sqlite_store: Store) -> None:
    """Is stored, with a zone only if one was given."""
    robin = add_client(sqlite_store, NOW, "usr-admin", name="Robin Roe", email="robin@example.org")
    sasha = add_client(
        sqlite_store, NOW, "usr-admin", name="Sasha Poe", email="sasha@example.org", timezone="Europe/Berlin"
    )

    assert list_clients(sqlite_store) == [robin, sasha]
    assert (robin.timezone, sasha.timezone) == (None, "Europe/Berlin")


@pytest.mark.parametrize(
    ("error", "changes"),
    [
        (UnknownTimezoneError, {"timezone": "New York"}),
        (InvalidValueError, {"name": "  "}),
        (InvalidValueError, {"name": "Dana\x00Doe"}),
        (InvalidValueError, {"email": "dana"}),
        (InvalidValueError, {"email": "dana@example.com, robin@example.com"}),
        (InvalidValueError, {"email": "dana@example.com\r\nBcc: robin@example.com"}),
        (InvalidValueError, {"email": "Dana <dana@example.com>"}),
        (InvalidValueError, {"booking_url": "javascript:alert(1)"}),
        (InvalidValueError, {"booking_url": "book.example.com"}),
        (InvalidValueError, {"late_notice_hours": -1}),
        (InvalidValueError, {"late_fee": Money(0, "USD")}),
        (InvalidValueError, {"late_fee": Money(5000, "dollars")}),
    ],
)
def test_what_is_wrong_about_a_provider(
    sqlite_store: Store, error: type[RefusalError], changes: dict[str, Any]
) -> None:
    """Is refused, and nothing is stored."""
    with pytest.raises(error):
        added(sqlite_store, **changes)

    assert list_providers(sqlite_store) == []


def test_an_address_that_is_known(sqlite_store: Store) -> None:
    """Is refused, however it is spelled."""
    dana = added(sqlite_store)

    with pytest.raises(AlreadyExistsError):
        added(sqlite_store, email="DANA@example.com")

    assert list_providers(sqlite_store) == [dana]


def test_a_language(sqlite_store: Store) -> None:
    """It is kept in its usual spelling, of a client as of a provider; what is none is refused."""
    robin = add_client(sqlite_store, NOW, "usr", name="Robin Roe", email="robin@example.org", language="en_us")
    dana = added(sqlite_store, language="DE")

    assert (list_clients(sqlite_store), list_providers(sqlite_store)) == ([robin], [dana])
    assert (robin.language, dana.language) == ("en-US", "de")
    with pytest.raises(InvalidValueError, match="en-US"):
        add_client(sqlite_store, NOW, "usr", name="Sasha", email="sasha@example.org", language="plain")


def test_an_address_with_an_international_domain(sqlite_store: Store) -> None:
    """It is found, and known already, in either spelling."""
    robin = add_client(sqlite_store, NOW, "usr", name="Robin Roe", email="robin@b\u00fccher.example")

    with sqlite_store.reading() as tx:
        assert tx.clients.get("Robin@B\u00dcCHER.example") == tx.clients.get("robin@xn--bcher-kva.example") == robin
    with pytest.raises(AlreadyExistsError):
        add_client(sqlite_store, NOW, "usr", name="Robin", email="robin@xn--bcher-kva.example")
