"""Adding and listing providers and clients."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from syncd.core.errors import AlreadyExistsError, InvalidValueError, RefusalError, UnknownTimezoneError
from syncd.core.scheduling.money import Money
from syncd.ports.store.transaction import Store
from syncd.services.scheduling.people import (
    add_client,
    add_provider,
    edit_client,
    edit_provider,
    list_clients,
    list_providers,
)
from tests.builders import NOW, START, an_admin
from tests.services.booking_practice import BookingPractice


def added(store: Store, **changes: Any) -> Any:
    asked = {"name": "Dana Doe", "email": "dana@example.com", "timezone": "America/New_York", **changes}
    return add_provider(store, an_admin(), NOW, **asked)


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
    robin = add_client(sqlite_store, an_admin(), NOW, name="Robin Roe", email="robin@example.org")
    sasha = add_client(
        sqlite_store, an_admin(), NOW, name="Sasha Poe", email="sasha@example.org", timezone="Europe/Berlin"
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


def test_a_provider_who_changes(sqlite_store: Store) -> None:
    """Keeps what is not given; what is cleared is gone; which fields changed is on record, and by whom."""
    dana = added(
        sqlite_store, late_notice_hours=48, late_fee=Money(5000, "USD"), booking_url="https://book.example.com"
    )

    edited = edit_provider(
        sqlite_store,
        an_admin(),
        NOW,
        "DANA@example.com",
        name=" Dana  Dee ",
        email="dee@example.com",
        timezone="Europe/Berlin",
        late_notice_hours=0,
        clear=["late_fee"],
    )

    assert list_providers(sqlite_store) == [edited]
    assert edited == replace(
        dana, name="Dana Dee", email="dee@example.com", timezone="Europe/Berlin", late_notice_hours=0, late_fee=None
    )
    with sqlite_store.reading() as tx:
        record = tx.audit.list()[-1]
    assert (record.action, record.subject, record.actor) == ("provider.edited", dana.id, "usr-admin")
    assert record.details == {"fields": ["name", "email", "timezone", "late_notice_hours", "late_fee"]}


def test_a_client_who_changes(sqlite_store: Store) -> None:
    """Keeps what is not given; the same again is no change, and leaves nothing on record."""
    robin = add_client(sqlite_store, an_admin("a"), NOW, name="Robin Roe", email="robin@example.org", timezone="UTC")

    edited = edit_client(sqlite_store, an_admin("a"), NOW, robin.id, email="roe@example.org", clear=["timezone"])
    again = edit_client(sqlite_store, an_admin("a"), NOW, robin.id, email="roe@example.org", clear=["timezone"])

    assert edited == again == replace(robin, email="roe@example.org", timezone=None)
    with sqlite_store.reading() as tx:
        assert [record.action for record in tx.audit.list(robin.id)] == ["client.added", "client.edited"]


@pytest.mark.parametrize(
    ("error", "changes"),
    [
        (UnknownTimezoneError, {"timezone": ""}),
        (InvalidValueError, {"name": ""}),
        (InvalidValueError, {"email": "dana"}),
        (InvalidValueError, {"booking_url": "book.example.com"}),
        (InvalidValueError, {"late_notice_hours": -1}),
        (InvalidValueError, {"late_fee": Money(5000, "USD"), "clear": ["late_fee"]}),
        (AlreadyExistsError, {"email": "Olive@example.com"}),
    ],
)
def test_what_is_wrong_about_a_change(sqlite_store: Store, error: type[RefusalError], changes: dict[str, Any]) -> None:
    """Is refused as it is of somebody new, and nothing changes."""
    dana, olive = added(sqlite_store), added(sqlite_store, name="Olive", email="olive@example.com")

    with pytest.raises(error):
        edit_provider(sqlite_store, an_admin("a"), NOW, dana.id, **changes)

    assert list_providers(sqlite_store) == [dana, olive]


@pytest.mark.parametrize("whose", ["provider", "client"])
@pytest.mark.parametrize(("changes", "is_shown"), [({"name": "Other Name"}, True), ({"timezone": "UTC"}, False)])
def test_the_events_of_somebody_who_changes(
    sqlite_store: Store, whose: str, changes: dict[str, Any], is_shown: bool
) -> None:
    """Are looked at again where they show what changed: those of a series too, and of nobody else."""
    office, others = BookingPractice(sqlite_store), BookingPractice(sqlite_store)
    mine = [office.book(), office.book(START + timedelta(hours=2), repeat="FREQ=WEEKLY;COUNT=3")]
    theirs = others.book()
    office.settle()
    others.settle()

    if whose == "provider":
        edit_provider(sqlite_store, an_admin("a"), NOW, office.provider.id, **changes)
    else:
        edit_client(sqlite_store, an_admin("a"), NOW, office.client.id, **changes)

    assert [publication.dirty for one in mine for publication in office.publications(one.source)] == [is_shown] * 2
    assert [publication.dirty for publication in others.publications(theirs.source)] == [False]


def test_a_language(sqlite_store: Store) -> None:
    """It is kept in its usual spelling, of a client as of a provider; what is none is refused."""
    robin = add_client(sqlite_store, an_admin(), NOW, name="Robin Roe", email="robin@example.org", language="en_us")
    dana = added(sqlite_store, language="DE")

    assert (list_clients(sqlite_store), list_providers(sqlite_store)) == ([robin], [dana])
    assert (robin.language, dana.language) == ("en-US", "de")
    with pytest.raises(InvalidValueError, match="en-US"):
        add_client(sqlite_store, an_admin(), NOW, name="Sasha", email="sasha@example.org", language="plain")


def test_an_address_with_an_international_domain(sqlite_store: Store) -> None:
    """It is found, and known already, in either spelling."""
    robin = add_client(sqlite_store, an_admin(), NOW, name="Robin Roe", email="robin@b\u00fccher.example")

    with sqlite_store.reading() as tx:
        assert tx.clients.get("Robin@B\u00dcCHER.example") == tx.clients.get("robin@xn--bcher-kva.example") == robin
    with pytest.raises(AlreadyExistsError):
        add_client(sqlite_store, an_admin(), NOW, name="Robin", email="robin@xn--bcher-kva.example")
