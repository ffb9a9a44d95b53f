"""Providers and clients: add them, list them."""

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from syncd.core.audit.record import AuditRecord
from syncd.core.errors import InvalidValueError
from syncd.core.scheduling.addresses import checked_address, checked_name
from syncd.core.scheduling.languages import checked_language
from syncd.core.scheduling.money import Money
from syncd.core.scheduling.people import Client, Provider
from syncd.core.times import zone
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Store, Transaction

_CURRENCY = re.compile(r"[A-Z]{3}")


def add_provider(
    store: Store,
    now: datetime,
    actor: str,
    *,
    name: str,
    email: str,
    timezone: str,
    booking_url: str | None = None,
    late_notice_hours: int | None = None,
    late_fee: Money | None = None,
    language: str | None = None,
) -> Provider:
    """Store a new provider and return it.

    Raises `InvalidValueError` and `UnknownTimezoneError` for what is wrong, `AlreadyExistsError` for a known address.
    """
    _check_terms(late_notice_hours, late_fee)
    provider = Provider(
        id=new_id("prv"),
        name=checked_name(name),
        email=checked_address(email),
        timezone=zone(timezone).key,
        booking_url=_checked_url(booking_url),
        late_notice_hours=late_notice_hours,
        late_fee=late_fee,
        language=checked_language(language) if language else None,
    )
    with store.transaction() as tx:
        tx.providers.add(provider)
        _note_added(tx, now, actor, "provider", provider.id)
    return provider


def add_client(
    store: Store,
    now: datetime,
    actor: str,
    *,
    name: str,
    email: str,
    timezone: str | None = None,
    language: str | None = None,
) -> Client:
    """Store a new client and return it; without a zone, mails give the provider's time. Raises as `add_provider`."""
    client = Client(
        id=new_id("cli"),
        name=checked_name(name),
        email=checked_address(email),
        timezone=zone(timezone).key if timezone else None,
        language=checked_language(language) if language else None,
    )
    with store.transaction() as tx:
        tx.clients.add(client)
        _note_added(tx, now, actor, "client", client.id)
    return client


def list_providers(store: Store) -> Sequence[Provider]:
    """Return all providers by name."""
    with store.reading() as tx:
        return tx.providers.list()


def list_clients(store: Store) -> Sequence[Client]:
    """Return all clients by name."""
    with store.reading() as tx:
        return tx.clients.list()


def _note_added(tx: Transaction, now: datetime, actor: str, kind: str, subject: str) -> None:
    tx.audit.append([AuditRecord(at=now, actor=actor, action=f"{kind}.added", subject=subject)])


def _check_terms(late_notice_hours: int | None, late_fee: Money | None) -> None:
    if late_notice_hours is not None and late_notice_hours < 0:
        raise InvalidValueError(f"The notice that clients must give is 0 hours or more, not {late_notice_hours}.")
    if late_fee is not None and (late_fee.minor < 1 or not _CURRENCY.fullmatch(late_fee.currency)):
        raise InvalidValueError("A late-cancellation fee is an amount above 0 in a currency such as USD.")


def _checked_url(url: str | None) -> str | None:
    if url is not None and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
        raise InvalidValueError("The booking link must be a web address such as https://book.example.com/pat.", url=url)
    return url
