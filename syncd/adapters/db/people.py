"""Providers and clients."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, Table, func, or_, select, tuple_

from syncd.adapters.db import tables
from syncd.adapters.db.rows import Repository
from syncd.adapters.db.translation import unique
from syncd.core.scheduling.addresses import address_key
from syncd.core.scheduling.money import Money
from syncd.core.scheduling.people import Client, Provider


class _People(Repository):
    def _by_name(self, table: Table, after: str | None, limit: int | None, kind: str) -> Select[Any]:
        name = func.lower(table.c.name)
        query = select(table).order_by(name, table.c.id).limit(limit)
        if after is None:
            return query
        last = select(name).where(table.c.id == after)
        self._one(last, f"No {kind} {after!r}. See: syncd {kind} list")
        return query.where(tuple_(name, table.c.id) > tuple_(last.scalar_subquery(), after))


class SqlProviders(_People):
    """Providers, in the database."""

    def add(self, provider: Provider) -> None:
        """Store a new one; its e-mail address must be free."""
        self._insert(tables.providers, _provider_values(provider), _taken("provider", provider.email))

    def save(self, provider: Provider) -> None:
        """Store a changed one; its e-mail address must be free."""
        with unique(_taken("provider", provider.email)):
            self._save(tables.providers, _provider_values(provider), f"No provider {provider.id!r}.")

    def get(self, ref: str) -> Provider:
        """Return the one with that id or e-mail address."""
        query = select(tables.providers).where(_named(tables.providers, ref))
        return provider_of(self._one(query, f"No provider {ref!r}. See: syncd provider list"))

    def by_id(self, ids: Iterable[str]) -> Mapping[str, Provider]:
        """Return those of these ids that there are."""
        return {id_: provider_of(row) for id_, row in self._by_id(tables.providers, ids).items()}

    def list(self, *, after: str | None = None, limit: int | None = None) -> Sequence[Provider]:
        """Return all by name; at most ``limit``, after the one with id ``after``."""
        query = self._by_name(tables.providers, after, limit, "provider")
        return [provider_of(row) for row in self._many(query)]


class SqlClients(_People):
    """Clients, in the database."""

    def add(self, client: Client) -> None:
        """Store a new one; its e-mail address must be free."""
        self._insert(tables.clients, _client_values(client), _taken("client", client.email))

    def save(self, client: Client) -> None:
        """Store a changed one; its e-mail address must be free."""
        with unique(_taken("client", client.email)):
            self._save(tables.clients, _client_values(client), f"No client {client.id!r}.")

    def get(self, ref: str) -> Client:
        """Return the one with that id or e-mail address."""
        query = select(tables.clients).where(_named(tables.clients, ref))
        return client_of(self._one(query, f"No client {ref!r}. See: syncd client list"))

    def by_id(self, ids: Iterable[str]) -> Mapping[str, Client]:
        """Return those of these ids that there are."""
        return {id_: client_of(row) for id_, row in self._by_id(tables.clients, ids).items()}

    def list(self, *, after: str | None = None, limit: int | None = None) -> Sequence[Client]:
        """Return all by name; at most ``limit``, after the one with id ``after``."""
        query = self._by_name(tables.clients, after, limit, "client")
        return [client_of(row) for row in self._many(query)]


def _taken(kind: str, email: str) -> str:
    return f"There is a {kind} with the address {email} already."


def _key(email: str) -> str:
    return address_key(email)


def _named(table: Table, ref: str) -> ColumnElement[bool]:
    return or_(table.c.id == ref, table.c.email_key == _key(ref))


def _provider_values(provider: Provider) -> dict[str, Any]:
    fee = provider.late_fee
    return {
        "id": provider.id,
        "name": provider.name,
        "email": provider.email,
        "email_key": _key(provider.email),
        "timezone": provider.timezone,
        "booking_url": provider.booking_url,
        "late_notice_hours": provider.late_notice_hours,
        "late_fee_minor": fee.minor if fee else None,
        "late_fee_currency": fee.currency if fee else None,
        "active": provider.active,
        "language": provider.language,
    }


def _client_values(client: Client) -> dict[str, Any]:
    return {
        "id": client.id,
        "name": client.name,
        "email": client.email,
        "email_key": _key(client.email),
        "timezone": client.timezone,
        "active": client.active,
        "language": client.language,
    }


def provider_of(row: RowMapping) -> Provider:
    """Return the provider that stands in a row."""
    minor: Any = row["late_fee_minor"]
    return Provider(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        timezone=row["timezone"],
        booking_url=row["booking_url"],
        late_notice_hours=row["late_notice_hours"],
        late_fee=None if minor is None else Money(minor, row["late_fee_currency"]),
        active=row["active"],
        language=row["language"],
    )


def client_of(row: RowMapping) -> Client:
    """Return a client from its row."""
    return Client(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        timezone=row["timezone"],
        active=row["active"],
        language=row["language"],
    )
