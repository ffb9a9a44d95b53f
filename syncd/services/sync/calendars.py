"""Providers' calendars: connect, list, pause, resume, remove. Credentials are sealed before they are stored."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from syncd.core.audit.record import AuditRecord
from syncd.core.errors import InvalidValueError
from syncd.core.sync.calendars import Calendar, CalendarKind, CalendarState
from syncd.core.sync.publication import Publication
from syncd.core.work import Work, WorkKind
from syncd.ports.remote.access import CalendarServers, Remote
from syncd.ports.remote.errors import PreconditionFailedError
from syncd.ports.remote.values import Account
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Store, Transaction
from syncd.ports.vault import Vault
from syncd.services.sync.publications import publish_to, sources_from
from syncd.services.work.leases import Held, Leases

DEFAULT_NAME = "Practice appointments"
_HELD_BY_GUARDS = frozenset({CalendarState.EMPTIED, CalendarState.RECREATED, CalendarState.MASS_CHANGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCalendar:
    """What a person gives to connect a CalDAV account. ``url``: a server's root, a principal or a collection."""

    provider: str
    url: str
    username: str
    password: str
    name: str = DEFAULT_NAME
    plain_events: bool = False


ProviderChanged = Callable[[Transaction, str, datetime], None]
"""Told, in the same transaction, that a calendar of the provider with that id was connected."""
CalendarGoes = Callable[[Transaction, str, datetime, str], None]
"""Told, in the same transaction, that a provider's calendar (the second id) is about to be removed."""


def _nothing(*_: object) -> None:
    """Nobody is told."""


class Removal(NamedTuple):
    """How a calendar was removed: events withdrawn from it, and those left there because somebody had edited them."""

    withdrawn: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarService:
    """The use cases about calendars. ``actor`` is on record as the one who did it.

    ``on_connected`` and ``on_removing`` see to the invitations that a provider has by mail.
    """

    store: Store
    servers: CalendarServers
    vault: Vault
    actor: str
    on_connected: ProviderChanged = _nothing
    on_removing: CalendarGoes = _nothing
    leases: Leases | None = None

    def connect(self, new: NewCalendar, now: datetime) -> Calendar:
        """Find or make the collection and note what is to stand there; the next cycle publishes it.

        Raises the `RemoteError` that says what is wrong with address or login; nothing is stored then.
        """
        if not new.url.startswith(("https://", "http://")):
            raise InvalidValueError("The address of a calendar begins with https:// (or http://).", url=new.url)
        with self.store.transaction() as tx:
            provider = tx.providers.get(new.provider)
        found = self.servers.discover(Account(new.url, new.username, new.password), new.name)
        calendar = Calendar(
            id=new_id("cal"),
            provider_id=provider.id,
            kind=CalendarKind.CALDAV,
            name=found.name,
            url=found.url,
            username=new.username,
            secret=self.vault.seal(new.password),
            capabilities=found.capabilities,
            plain_events=new.plain_events,
        )
        with self.store.transaction() as tx:
            tx.calendars.add(calendar)
            self.on_connected(tx, provider.id, now)
            publish_to(tx, calendar, sources_from(tx, provider.id, now))
            self._record(tx, "calendar.connected", calendar, now)
        return calendar

    def pause(self, calendar_id: str, now: datetime) -> Calendar:
        """Leave a calendar alone until it is resumed: nothing is read and nothing written."""
        return self._change(calendar_id, "calendar.paused", now, state=CalendarState.PAUSED)

    def resume(self, calendar_id: str, now: datetime, password: str | None = None) -> Calendar:
        """Work a calendar again, from a full look. What a guard had held there is now acted upon, once, by policy.

        ``password``: the account's new one.
        """
        changes = {} if password is None else {"secret": self.vault.seal(password)}
        return self._change(calendar_id, "calendar.resumed", now, resumed=True, **changes)

    def remove(self, calendar_id: str, now: datetime, *, withdraw: bool) -> Removal:
        """Forget a calendar; with ``withdraw`` delete there first what syncd published and nobody has edited since.

        A server that cannot be reached leaves the calendar paused, with what was not withdrawn yet still on record.
        """
        with self._alone(calendar_id) as held:
            calendar = self.pause(calendar_id, now)
            removal = self._withdraw(calendar) if withdraw else Removal(0, 0)
            with self.store.transaction() as tx:
                self.on_removing(tx, calendar.provider_id, now, calendar_id)
                tx.calendars.remove(calendar_id)
                self._record(tx, "calendar.removed", calendar, now, withdrawn=removal.withdrawn, left=removal.left)
            held.leases.forget(held)
        return removal

    def _withdraw(self, calendar: Calendar) -> Removal:
        with self.store.transaction() as tx:
            standing = [p for p in tx.publications.of_calendar(calendar.id) if p.body is not None]
        account = Account(calendar.url, calendar.username, self.vault.unseal(calendar.secret))
        with closing(self.servers.open(calendar, account)) as remote:
            withdrawn = sum(self._withdraw_one(remote, publication) for publication in standing)
        return Removal(withdrawn, len(standing) - withdrawn)

    def _withdraw_one(self, remote: Remote, publication: Publication) -> bool:
        try:
            remote.remove(publication.href, publication.etag)
        except PreconditionFailedError:
            return False
        with self.store.transaction() as tx:
            tx.publications.remove(publication.id)
        return True

    @contextmanager
    def _alone(self, calendar_id: str) -> Iterator[Held]:
        with self.store.reading() as tx:
            tx.calendars.get(calendar_id)
        with (self.leases or Leases(self.store)).now(WorkKind.CALENDAR, calendar_id) as held:
            yield held

    def _change(
        self, calendar_id: str, action: str, now: datetime, *, resumed: bool = False, **changes: Any
    ) -> Calendar:
        with self.store.transaction() as tx:
            calendar = tx.calendars.get(calendar_id)
            calendar = replace(_resumed(calendar) if resumed else calendar, **changes)
            tx.calendars.save(calendar)
            self._record(tx, action, calendar, now)
        return calendar

    def _record(self, tx: Transaction, action: str, calendar: Calendar, now: datetime, **details: Any) -> None:
        record = AuditRecord(
            at=now, actor=self.actor, action=action, subject=calendar.id, details={"state": calendar.state, **details}
        )
        tx.audit.append([record])


def _resumed(calendar: Calendar) -> Calendar:
    waived = calendar.state in _HELD_BY_GUARDS
    return replace(calendar, state=CalendarState.OK, guards_waived=waived, cursor=None, last_error=None)


def listing(store: Store, provider: str | None = None) -> Sequence[Calendar]:
    """Return all calendars, or those of one provider."""
    with store.reading() as tx:
        return tx.calendars.list(tx.providers.get(provider).id if provider else None)


def works_of(store: Store, calendars: Iterable[Calendar]) -> Mapping[str, Work]:
    """Return how the cycles of these calendars go, by the calendar's id."""
    with store.reading() as tx:
        return tx.works.list(WorkKind.CALENDAR, [calendar.id for calendar in calendars])


def document(calendar: Calendar, work: Work | None = None) -> dict[str, Any]:
    """Return a calendar as the interface contract's JSON; neither the login's secret nor the cursor is in it."""
    return {
        "id": calendar.id,
        "provider": calendar.provider_id,
        "kind": str(calendar.kind),
        "name": calendar.name,
        "url": calendar.url,
        "state": str(calendar.state),
        "capabilities": asdict(calendar.capabilities),
        "plain_events": calendar.plain_events,
        "due_at": _text(work.due_at) if work else None,
        "attempts": work.attempts if work else 0,
        "last_tried_at": _text(calendar.last_tried_at),
        "last_synced_at": _text(calendar.last_synced_at),
        "last_proven_equal_at": _text(calendar.last_proven_equal_at),
        "last_error": (work.last_error if work else None) or calendar.last_error,
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
