"""The store: transactions over one engine, each with its repositories."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, QueuePool

from syncd.adapters.db.access import (
    SqlApiTokens,
    SqlOneTimeLinks,
    SqlSessions,
    SqlSignInTries,
    SqlUnsentForms,
    SqlUsers,
)
from syncd.adapters.db.alerting import SqlConditions, SqlNotices, SqlObservations
from syncd.adapters.db.answers import SqlKeptAnswers
from syncd.adapters.db.appointments import SqlAppointments
from syncd.adapters.db.audit import SqlAudit
from syncd.adapters.db.calendars import SqlCalendars
from syncd.adapters.db.claims import SqlClaims
from syncd.adapters.db.counts import SqlCounts
from syncd.adapters.db.drifts import SqlDrifts
from syncd.adapters.db.due import DueWork
from syncd.adapters.db.engine import MOST_CONNECTIONS, lazily, make_engine, place_of, reading_engine
from syncd.adapters.db.external import SqlExternalIds
from syncd.adapters.db.feeds import SqlFeeds
from syncd.adapters.db.hooks import Happenings, SqlHooks
from syncd.adapters.db.hours import SqlFormKeys, SqlHours
from syncd.adapters.db.inbound import SqlInbound
from syncd.adapters.db.links import SqlLinks
from syncd.adapters.db.lists import SqlLists
from syncd.adapters.db.messages import SqlMessages
from syncd.adapters.db.people import SqlClients, SqlProviders
from syncd.adapters.db.prunings import SqlPrunings
from syncd.adapters.db.publications import SqlPublications
from syncd.adapters.db.schema import current_revision, require_current
from syncd.adapters.db.series import SqlSeries
from syncd.adapters.db.translation import translated
from syncd.adapters.db.works import OnDue, SqlWorks
from syncd.core.messaging.outbox import Message
from syncd.core.reporting.hooks import Subscription

Clock = Callable[[], datetime]


class SqlTransaction:
    """The repositories over one connection, in one transaction."""

    def __init__(
        self,
        connection: Connection,
        *,
        read_only: bool,
        clock: Clock,
        on_due: OnDue | None = None,
        subscriptions: Sequence[Subscription] = (),
    ) -> None:
        """Work over ``connection``; ``read_only``: take no locks. ``clock`` says when news is due.

        ``subscriptions``: who is told of what changes.
        """
        self.works = SqlWorks(connection, read_only=read_only, clock=clock, on_due=on_due)
        making = DueWork(connection, self.works, clock, Happenings(connection, self.works, subscriptions, clock))
        self.providers = SqlProviders(connection, read_only=read_only)
        self.clients = SqlClients(connection, read_only=read_only)
        self.appointments = SqlAppointments(connection, read_only=read_only, making=making)
        self.series = SqlSeries(connection, read_only=read_only, making=making)
        self.calendars = SqlCalendars(connection, read_only=read_only, making=making)
        self.publications = SqlPublications(connection, read_only=read_only, making=making)
        self.drifts = SqlDrifts(connection, read_only=read_only, making=making)
        self.messages = SqlMessages(connection, read_only=read_only, making=making)
        self.inbound = SqlInbound(connection, read_only=read_only)
        self.links = SqlLinks(connection, read_only=read_only)
        self.claims = SqlClaims(connection, read_only=read_only, making=making)
        self.audit = SqlAudit(connection, read_only=read_only)
        self.users = SqlUsers(connection, read_only=read_only)
        self.sessions = SqlSessions(connection, read_only=read_only)
        self.unsent_forms = SqlUnsentForms(connection, read_only=read_only)
        self.one_time_links = SqlOneTimeLinks(connection, read_only=read_only)
        self.api_tokens = SqlApiTokens(connection, read_only=read_only)
        self.sign_in_tries = SqlSignInTries(connection, read_only=read_only)
        self.hours = SqlHours(connection, read_only=read_only)
        self.form_keys = SqlFormKeys(connection, read_only=read_only)
        self.feeds = SqlFeeds(connection, read_only=read_only)
        self.external_ids = SqlExternalIds(connection, read_only=read_only)
        self.counts = SqlCounts(connection, read_only=read_only)
        self.conditions = SqlConditions(connection, read_only=read_only)
        self.notices = SqlNotices(connection, read_only=read_only, making=making)
        self.observations = SqlObservations(connection, read_only=read_only)
        self.prunings = SqlPrunings(connection, read_only=read_only)
        self.lists = SqlLists(connection, read_only=read_only, drifts=self.drifts)
        self.kept_answers = SqlKeptAnswers(connection, read_only=read_only)
        self.hooks = SqlHooks(connection, read_only=read_only)


class SqlStore:
    """The practice's store in an SQL database; to be shared by threads."""

    def __init__(
        self,
        engine: Engine,
        reader: Engine,
        clock: Clock | None = None,
        on_due: OnDue | None = None,
        subscriptions: Sequence[Subscription] = (),
    ) -> None:
        """Write by ``engine`` and look by ``reader``; nothing is asked of the database yet.

        ``clock`` says when news is due (default: UTC now). ``on_due`` is told, on the driver's connection and in the
        transaction, what that makes due. ``subscriptions``: which webhooks are told of what changes.
        """
        self._engine = engine
        self._reader = reader
        self._place = place_of(engine)
        self._on_due = on_due
        self._subscriptions = subscriptions
        self.clock = clock or _utc_now
        self._known_current = False

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[SqlTransaction]:
        """Begin a unit of work that may change things; on SQLite one at a time."""
        with translated(self._place), self._engine.connect() as connection, _set(connection, durable=durable).begin():
            self._check(connection)
            work = SqlTransaction(
                connection,
                read_only=False,
                clock=self.clock,
                on_due=self._on_due,
                subscriptions=self._subscriptions,
            )
            yield work
            work.audit.flush()
            work.works.flush()
        if work.messages.queued:  # now that it is true
            _tell(work.messages.queued)

    @contextmanager
    def reading(self) -> Iterator[SqlTransaction]:
        """Begin a unit of work that only looks."""
        with translated(self._place), self._reader.connect() as connection, connection.begin():
            self._check(connection)
            yield SqlTransaction(connection, read_only=True, clock=self.clock)

    def ping(self) -> None:
        """Raise `StoreUnavailableError` unless the database answers and is of a revision that this code works with.

        A process that outlives an upgrade by another asks now and then: once it is refused, it does nothing more.
        """
        is_known, self._known_current = self._known_current, False
        with translated(self._place), self._engine.connect() as connection:
            require_current(connection)
        self._known_current = is_known

    def revision(self) -> str | None:
        """Return the database's schema revision, None when it was never set up."""
        with translated(self._place), self._engine.connect() as connection:
            return current_revision(connection)

    def connections(self) -> Mapping[str, int]:
        """Return how many connections this process has in use and idle, and how many it may have at most."""
        pools = [pool for pool in {self._engine.pool, self._reader.pool} if isinstance(pool, QueuePool)]
        return {
            "in_use": sum(pool.checkedout() for pool in pools),
            "idle": sum(pool.checkedin() for pool in pools),
            "most": len(pools) * MOST_CONNECTIONS,
        }

    def close(self) -> None:
        """Give all connections back. The store may be used again and then opens new ones."""
        self._engine.dispose()
        self._reader.dispose()

    def _check(self, connection: Connection) -> None:
        if not self._known_current:
            require_current(connection)
            self._known_current = True


def _tell(queued: Iterable[Message]) -> None:
    import structlog  # most commands queue no mail, and wait for no library of logs

    if not structlog.is_configured():  # a log that nobody set up would go to standard output, among the answers
        return
    log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
    for message in queued:
        drift, appointment = message.facts.get("drift"), message.appointment_id
        log.info("mail queued", message=message.id, kind=message.kind, appointment=appointment, drift=drift)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _set(connection: Connection, *, durable: bool) -> Connection:
    return connection if durable else lazily(connection)


def open_store(url: str, on_due: OnDue | None = None, subscriptions: Sequence[Subscription] = ()) -> SqlStore:
    """Return the store at ``url`` (SQLite file or PostgreSQL). Connects at its first use, not here.

    ``on_due`` and ``subscriptions``: see `SqlStore`.
    """
    engine = make_engine(url)
    return SqlStore(engine, reading_engine(url, engine), on_due=on_due, subscriptions=subscriptions)
