"""Providers' calendars: connect, list, pause, resume, remove. Credentials are sealed before they are stored."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypedDict

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Channel, Principal
from syncd.core.audit.record import AuditRecord
from syncd.core.errors import ConflictError, InvalidValueError
from syncd.core.events.comparison import same_meaning
from syncd.core.events.snapshot import Snapshot
from syncd.core.sync.calendars import Calendar, CalendarKind, CalendarMode, CalendarState, Privacy
from syncd.core.sync.publication import Publication, PublicationState
from syncd.core.times import zone
from syncd.core.work import Work, WorkKind
from syncd.ports.addresses import is_in_the_clear
from syncd.ports.remote.access import CalendarServers, Remote
from syncd.ports.remote.errors import CollectionGoneError, PreconditionFailedError
from syncd.ports.remote.values import Account, Discovered, Stored
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Store, Transaction
from syncd.ports.vault import Vault
from syncd.services.sync.publications import publish_to, sources_from
from syncd.services.sync.reconcile import check_writes
from syncd.services.sync.reconcile.bodies import meaning
from syncd.services.work.leases import Held, Leases

DEFAULT_NAME = "Practice appointments"
_UTC = zone("UTC")
_IN_THE_CLEAR = (
    "The address begins with http:// and leads to another machine: what syncd sends and reads there, events included, "
    "can be read and changed on the way. Use https:// where the server has it."
)
_HELD_BY_GUARDS = frozenset(
    {CalendarState.EMPTIED, CalendarState.RECREATED, CalendarState.MASS_CHANGE, CalendarState.VANISHED}
)
"""States of which a person's word waives the guards; a collection that vanished may come back empty or recreated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCalendar:
    """What a person gives to connect a CalDAV account. ``url``: a server's root, a principal or a collection."""

    provider: str
    url: str
    username: str
    password: str
    name: str = DEFAULT_NAME
    plain_events: bool = False
    plain_http: bool = False
    mode: CalendarMode = CalendarMode.NORMAL
    privacy: Privacy | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know about the address before it is used."""
        return (_IN_THE_CLEAR,) if is_in_the_clear(self.url) else ()


ProviderChanged = Callable[[Transaction, str, datetime], None]
"""Told, in the same transaction, that a calendar of the provider with that id was connected."""
CalendarGoes = Callable[[Transaction, str, datetime, str], None]
"""Told, in the same transaction, that a provider's calendar (the second id) is about to be removed."""


def _nothing(*_: object) -> None:
    """Nobody is told."""


class Wishes(TypedDict, total=False):
    """What a person sets for one calendar; what is left out stays. ``privacy`` and ``objective`` None: as usual."""

    mode: CalendarMode
    privacy: Privacy | None
    objective: timedelta | None


def as_wished(calendar: Calendar, wishes: Wishes) -> Calendar:
    """Return a calendar as a person wants it. In another mode all of it is looked at anew.

    Raises `InvalidValueError` for a feed, in which nothing is ever written.
    """
    if calendar.kind is CalendarKind.FEED and wishes.keys() & {"mode", "privacy"}:
        raise InvalidValueError(f"{calendar.id} is a feed: nothing is ever written there.", calendar=calendar.id)
    wished = replace(calendar, **wishes)
    return wished if wished.mode is calendar.mode else replace(wished, cursor=None, last_verified_at=None)


class Removal(NamedTuple):
    """How a calendar was removed: events withdrawn from it, and those left there because somebody had edited them."""

    withdrawn: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarService:
    """The use cases about calendars. ``by`` is who acts, and stands on record.

    ``on_connected`` and ``on_removing`` see to the invitations that a provider has by mail.
    """

    store: Store
    servers: CalendarServers
    vault: Vault
    by: Principal
    on_connected: ProviderChanged = _nothing
    on_removing: CalendarGoes = _nothing
    leases: Leases | None = None

    @property
    def _is_inside(self) -> bool:
        """Whether an address may lead into a private network: from who runs the machine, not from a page or the API."""
        return self.by.channel in {Channel.COMMAND_LINE, Channel.DAEMON}

    def find(self, new: NewCalendar) -> Discovered:
        """Find or make the collection, and store nothing: a person may want to see first what it is.

        Raises the `RemoteError` that says what is wrong with address or login.
        """
        if not new.url.startswith(("https://", "http://")):
            raise InvalidValueError("The address of a calendar begins with https:// (or http://).", url=new.url)
        with self.store.reading() as tx:
            provider = tx.providers.get(new.provider)
        require(self.by, Permission.CONNECT_CALENDAR, provider_id=provider.id)
        account = Account(new.url, new.username, new.password, plain_http=new.plain_http, inside=self._is_inside)
        return self.servers.discover(account, new.name)

    def connect(self, new: NewCalendar, now: datetime, found: Discovered | None = None) -> Calendar:
        """Store a calendar, as ``found`` before or now, and note what is to stand there; the next cycle publishes it.

        Raises the `RemoteError` that says what is wrong with address or login; nothing is stored then.
        """
        found = found or self.find(new)
        with self.store.reading() as tx:
            provider = tx.providers.get(new.provider)
        require(self.by, Permission.CONNECT_CALENDAR, provider_id=provider.id)
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
            plain_http=new.plain_http,
            mode=new.mode,
            privacy=new.privacy,
            inside=self._is_inside,
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

    def set(
        self,
        calendar_id: str,
        wishes: Wishes,
        now: datetime,
        password: str | None = None,
        *,
        revision: int | None = None,
    ) -> Calendar:
        """Set what is meant for one calendar, while no cycle is at it: once this returns, the new mode holds.

        ``password``: the account's new one. ``revision``: the one that was looked at; if a person has changed the
        calendar since, it is refused. Raises `BusyError` while another worker is at it for too long.
        """
        needed = Permission.MANAGE_CALENDAR if wishes else Permission.MEND_CALENDAR
        with self._alone(calendar_id), self.store.transaction() as tx:
            before = tx.calendars.get(calendar_id)
            require(self.by, needed, provider_id=before.provider_id)
            _check_revision(before, revision)
            calendar = as_wished(before, wishes)
            if password is not None:
                was_refused = calendar.state is CalendarState.LOGIN_REFUSED
                state = CalendarState.OK if was_refused else calendar.state
                calendar = replace(calendar, secret=self.vault.seal(password), state=state)
            tx.calendars.save(calendar)
            calendar = tx.calendars.get(calendar_id)
            told = {name: None if value is None else str(value) for name, value in wishes.items()}
            self._record(tx, "calendar.set", calendar, now, **told, password=password is not None)
        return calendar

    def resume(self, calendar_id: str, now: datetime, password: str | None = None) -> Calendar:
        """Work a calendar again, from a full look. What a guard had held there is now acted upon, once, by policy.

        ``password``: the account's new one.
        """
        with self.store.transaction() as tx:
            before = tx.calendars.get(calendar_id)
            self._may_resume(before)
            # Said twice before a cycle has run, it still is the word that the guard waits for.
            is_waived = before.guards_waived or before.state in _HELD_BY_GUARDS
            calendar = replace(self.as_resumed(before, password), guards_waived=is_waived)
            tx.calendars.save(calendar)
            self._record(tx, "calendar.resumed", calendar, now)
        return calendar

    def _may_resume(self, calendar: Calendar) -> None:
        """Refuse where a guard holds the calendar, unless to who may decide about all its events."""
        needed = Permission.MANAGE_CALENDAR if calendar.state in _HELD_BY_GUARDS else Permission.MEND_CALENDAR
        require(self.by, needed, provider_id=calendar.provider_id)

    def as_resumed(self, calendar: Calendar, password: str | None = None) -> Calendar:
        """Return a calendar as it is worked again: from a full look, with its guards waived."""
        return replace(
            calendar,
            secret=calendar.secret if password is None else self.vault.seal(password),
            state=CalendarState.OK,
            guards_waived=True,
            cursor=None,
            suspicion=None,
            last_error=None,
        )

    def resumed(self, calendar: Calendar, now: datetime, **details: Any) -> None:
        """Put on record that a calendar was resumed, and how that went."""
        with self.store.transaction() as tx:
            self._record(tx, "calendar.resumed", calendar, now, **details)

    def remove(self, calendar_id: str, now: datetime, *, withdraw: bool) -> Removal:
        """Forget a calendar; with ``withdraw`` delete there first what syncd published and nobody has edited since.

        A server that cannot be reached leaves the calendar paused, with what was not withdrawn yet still on record.
        Where the calendar's mode lets nothing be written, withdrawing raises `WriteWithheldError`.
        """
        require(self.by, Permission.MANAGE_CALENDAR)
        with self._alone(calendar_id) as held:
            if withdraw:
                with self.store.reading() as tx:
                    check_writes(tx.calendars.get(calendar_id))
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
            standing = [p for p in tx.publications.of_calendar(calendar.id) if p.may_have_stood]
        account = Account(calendar.url, calendar.username, self.vault.unseal(calendar.secret))
        withdrawn = 0
        with closing(self.servers.open(calendar, account)) as remote, suppress(CollectionGoneError):
            remote.changes(None)  # in a collection that is gone all seems deleted, and it may come back
            for publication in standing:
                withdrawn += self._withdraw_one(remote, publication)
        return Removal(withdrawn, len(standing) - withdrawn)

    def _withdraw_one(self, remote: Remote, publication: Publication) -> bool:
        etag = publication.etag
        if publication.body is None:  # the answer to its first write was lost
            fetched = remote.fetch([publication.href])
            for error in fetched.failed.values():
                raise error
            stored = fetched.get(publication.href)
            if stored is not None and not _is_what_was_written(publication, stored):
                return False
            etag = stored.etag if stored else None
        try:
            remote.remove(publication.href, etag)
        except PreconditionFailedError:
            return False
        with self.store.transaction() as tx:
            tx.publications.end(publication.id, PublicationState.WITHDRAWN)
        return True

    @contextmanager
    def _alone(self, calendar_id: str) -> Iterator[Held]:
        with self.store.reading() as tx:
            tx.calendars.get(calendar_id)
        with (self.leases or Leases(self.store)).now(WorkKind.CALENDAR, calendar_id) as held:
            yield held

    def _change(self, calendar_id: str, action: str, now: datetime, **changes: Any) -> Calendar:
        with self.store.transaction() as tx:
            before = tx.calendars.get(calendar_id)
            require(self.by, Permission.MEND_CALENDAR, provider_id=before.provider_id)
            calendar = replace(before, **changes)
            tx.calendars.save(calendar)
            self._record(tx, action, calendar, now)
        return calendar

    def _record(self, tx: Transaction, action: str, calendar: Calendar, now: datetime, **details: Any) -> None:
        record = AuditRecord(
            at=now, actor=self.by.name, action=action, subject=calendar.id, details={"state": calendar.state, **details}
        )
        tx.audit.append([record])


def _check_revision(calendar: Calendar, looked_at: int | None) -> None:
    if looked_at not in {None, calendar.revision}:
        raise ConflictError(
            f"{calendar.id} has changed since you looked at it (revision {looked_at}, now {calendar.revision}).",
            version=calendar.revision,
        )


def _is_what_was_written(publication: Publication, stored: Stored) -> bool:
    """Tell whether what stands there means what we were about to write."""
    intent = publication.intent
    if intent is None or intent.body is None:
        return False
    written, found = (meaning(body, _UTC) for body in (intent.body.encode(), stored.body))
    return isinstance(written, Snapshot) and isinstance(found, Snapshot) and same_meaning(written, found)


def listing(store: Store, provider: str | None = None) -> Sequence[Calendar]:
    """Return all calendars, or those of one provider."""
    with store.reading() as tx:
        return tx.calendars.list(tx.providers.get(provider).id if provider else None)


def works_of(store: Store, calendars: Iterable[Calendar]) -> Mapping[str, Work]:
    """Return how the cycles of these calendars go, by the calendar's id."""
    with store.reading() as tx:
        return tx.works.list(WorkKind.CALENDAR, [calendar.id for calendar in calendars])


def unpublished(store: Store) -> Mapping[str, int]:
    """Return the calendars in which nothing was ever published, each with how many events wait for it."""
    with store.reading() as tx:
        return tx.publications.unpublished()


def nothing_published(waiting: int) -> str:
    """Return the sentence that says so."""
    events = "1 event waits" if waiting == 1 else f"{waiting} events wait"
    return f"Nothing has been published there yet: {events}."
