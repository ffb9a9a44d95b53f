"""Providers and clients: add them, change them, list them."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Principal
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
_SHOWN = frozenset({"name", "email"})
"""What events show of people."""


OnMoved = Callable[[Transaction, Provider | Client, datetime], None]
"""Makes the mail of which a person with another address is in need."""


def no_mail(_tx: Transaction, _before: Provider | Client, _now: datetime) -> None:
    """Make none."""


def add_provider(
    store: Store,
    by: Principal,
    now: datetime,
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
    require(by, Permission.MANAGE_PEOPLE)
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
        _note_added(tx, by, now, "provider", provider.id)
    return provider


def add_client(
    store: Store,
    by: Principal,
    now: datetime,
    *,
    name: str,
    email: str,
    timezone: str | None = None,
    language: str | None = None,
) -> Client:
    """Store a new client and return it; without a zone, mails give the provider's time. Raises as `add_provider`."""
    require(by, Permission.MANAGE_PEOPLE)
    client = Client(
        id=new_id("cli"),
        name=checked_name(name),
        email=checked_address(email),
        timezone=zone(timezone).key if timezone else None,
        language=checked_language(language) if language else None,
    )
    with store.transaction() as tx:
        tx.clients.add(client)
        _note_added(tx, by, now, "client", client.id)
    return client


def edit_provider(
    store: Store,
    by: Principal,
    now: datetime,
    ref: str,
    *,
    name: str | None = None,
    email: str | None = None,
    timezone: str | None = None,
    booking_url: str | None = None,
    late_notice_hours: int | None = None,
    late_fee: Money | None = None,
    language: str | None = None,
    clear: Collection[str] = (),
    on_moved: OnMoved = no_mail,
) -> Provider:
    """Change what is given of a provider (by id or e-mail address) and return them; None leaves a value as it is.

    ``clear`` names values to be taken away: booking_url, late_notice_hours, late_fee, language. Appointments keep the
    zone in which they were agreed; their events follow the name and the address. ``on_moved`` gets them as they were
    before another address, in the transaction. Raises as `add_provider`.
    """
    require(by, Permission.MANAGE_PEOPLE)
    _check_terms(late_notice_hours, late_fee)
    given = {
        "name": checked_name(name) if name is not None else None,
        "email": checked_address(email) if email is not None else None,
        "timezone": zone(timezone).key if timezone is not None else None,
        "booking_url": _checked_url(booking_url),
        "late_notice_hours": late_notice_hours,
        "late_fee": late_fee,
        "language": checked_language(language) if language is not None else None,
    }
    with store.transaction() as tx:
        before = tx.providers.get(ref)
        after = replace(before, **_changes(given, clear))
        if after != before:
            tx.providers.save(after)
            _note_edited(tx, by, now, "provider", before, after)
            if after.email.casefold() != before.email.casefold():
                on_moved(tx, before, now)
    return after


def edit_client(
    store: Store,
    by: Principal,
    now: datetime,
    ref: str,
    *,
    name: str | None = None,
    email: str | None = None,
    timezone: str | None = None,
    language: str | None = None,
    clear: Collection[str] = (),
    on_moved: OnMoved = no_mail,
) -> Client:
    """Change what is given of a client (by id or e-mail address) and return them; as `edit_provider`.

    ``clear`` may name the timezone and the language.
    """
    require(by, Permission.MANAGE_PEOPLE)
    given = {
        "name": checked_name(name) if name is not None else None,
        "email": checked_address(email) if email is not None else None,
        "timezone": zone(timezone).key if timezone is not None else None,
        "language": checked_language(language) if language is not None else None,
    }
    with store.transaction() as tx:
        before = tx.clients.get(ref)
        after = replace(before, **_changes(given, clear))
        if after != before:
            tx.clients.save(after)
            _note_edited(tx, by, now, "client", before, after)
            if after.email.casefold() != before.email.casefold():
                on_moved(tx, before, now)
    return after


def list_providers(store: Store) -> Sequence[Provider]:
    """Return all providers by name."""
    with store.reading() as tx:
        return tx.providers.list()


def list_clients(store: Store) -> Sequence[Client]:
    """Return all clients by name."""
    with store.reading() as tx:
        return tx.clients.list()


def _note_added(tx: Transaction, by: Principal, now: datetime, kind: str, subject: str) -> None:
    tx.audit.append([AuditRecord(at=now, actor=by.name, action=f"{kind}.added", subject=subject)])


def _changes(given: Mapping[str, Any], clear: Collection[str]) -> dict[str, Any]:
    """Return the new values by field; one that is both given and cleared is a contradiction."""
    changes = {name: value for name, value in given.items() if value is not None}
    both = sorted(set(clear) & changes.keys())
    if both:
        raise InvalidValueError(f"{both[0]} is given and cleared at once. Do one of them.", field=both[0])
    return changes | dict.fromkeys(clear)


def _note_edited(
    tx: Transaction, by: Principal, now: datetime, kind: str, before: Provider | Client, after: Provider | Client
) -> None:
    """Put on record which fields changed, and have the events looked at that show them."""
    changed = [each.name for each in fields(before) if getattr(before, each.name) != getattr(after, each.name)]
    record = AuditRecord(at=now, actor=by.name, action=f"{kind}.edited", subject=before.id, details={"fields": changed})
    tx.audit.append([record])
    if _SHOWN.intersection(changed):
        tx.publications.mark_dirty_of_person(before.id)


def _check_terms(late_notice_hours: int | None, late_fee: Money | None) -> None:
    if late_notice_hours is not None and late_notice_hours < 0:
        raise InvalidValueError(f"The notice that clients must give is 0 hours or more, not {late_notice_hours}.")
    if late_fee is not None and (late_fee.minor < 1 or not _CURRENCY.fullmatch(late_fee.currency)):
        raise InvalidValueError("A late-cancellation fee is an amount above 0 in a currency such as USD.")


def _checked_url(url: str | None) -> str | None:
    if url is not None and not _is_web_address(url):
        raise InvalidValueError("The booking link must be a web address such as https://book.example.com/pat.", url=url)
    return url


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0 and " " not in url
    except ValueError:  # no address of version 6, or no port
        return False
