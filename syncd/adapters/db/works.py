"""The record of work: what is due, who has it, and how it went.

A lease holds off others by the row's due time: while somebody has the row it says when the lease ends, so that one
range of one index answers what is due, and a lease that runs out makes its work due by itself.

On PostgreSQL `hold` takes the weakest lock, which takers and nobody else wait for. Pokes, ends and give-backs are
written last of all in a transaction and in the order of their keys: no two transactions wait for each other.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    bindparam,
    case,
    delete,
    func,
    select,
    update,
)

from syncd.adapters.db import tables
from syncd.adapters.db import work_statements as sql
from syncd.adapters.db.rows import Repository, parts
from syncd.core.work import (
    LEASE,
    BusyError,
    Key,
    Lease,
    LeaseLostError,
    Load,
    Pace,
    Trouble,
    Work,
    Worker,
    WorkKind,
    lease_too_far,
)

_table = tables.work
_TAKE_LOCK = 0x73796E63  # "sync": PostgreSQL's advisory lock of whoever takes under a limit per queue


OnDue = Callable[[Any, Sequence[Key]], None]
"""Is told, on the driver's own connection, what a transaction makes due, before it ends."""


class _Poke(NamedTuple):
    queue: str
    due_at: datetime
    at_once: bool


class SqlWorks(Repository):
    """Work, in the database. ``clock`` says when news that has no time of its own is due."""

    def __init__(
        self, connection: Connection, *, read_only: bool, clock: Callable[[], datetime], on_due: OnDue | None = None
    ) -> None:
        """Use ``connection``; ``read_only``: take no locks. ``on_due`` is told what a transaction makes due."""
        super().__init__(connection, read_only=read_only)
        self._clock = clock
        self._on_due = on_due
        self._pokes: dict[tuple[WorkKind, str], _Poke] = {}
        self._ends: dict[tuple[WorkKind, str], dict[str, Any]] = {}
        self._removals: list[Key] = []

    def poke(self, *keys: Key, due_at: datetime | None = None, at_once: bool = False) -> None:
        """Say that there is news about subjects; written when the transaction ends."""
        due = due_at or self._clock()
        for key in keys:
            before = self._pokes.get(key[:2])
            told = _Poke(key.queue, due, at_once)
            if before is not None:
                told = _Poke(key.queue, min(before.due_at, due), before.at_once or at_once)
            self._pokes[key[:2]] = told

    def add(self, key: Key, due_at: datetime) -> None:
        """Put a unit on record, unless it is there."""
        self._connection.execute(sql.addition(self._dialect), sql.new(key, due_at))

    def remove(self, *keys: Key) -> None:
        """Forget units; written when the transaction ends."""
        self._removals += keys

    def get(self, kind: WorkKind, subject: str) -> Work | None:
        """Return one unit."""
        return self.list(kind, [subject]).get(subject)

    def list(self, kind: WorkKind, subjects: Iterable[str]) -> Mapping[str, Work]:
        """Return these units of a kind by subject."""
        of_kind = select(_table).where(_table.c.kind == kind)
        found = (self._many(of_kind.where(_table.c.subject.in_(part))) for part in parts(subjects))
        return {row["subject"]: _work(row) for rows in found for row in rows}

    def failing(self) -> Sequence[Work]:
        """Return what failed at its last attempt, by kind and subject."""
        failing = self._many(select(_table).where(tables.BUSY_OR_FAILING, _table.c.attempts > 0))
        return sorted(map(_work, failing), key=lambda work: (work.kind, work.subject))

    def taken(self) -> Sequence[Work]:
        """Return what somebody has, by owner."""
        taken = self._many(select(_table).where(tables.BUSY_OR_FAILING, _table.c.owner.is_not(None)))
        return sorted(map(_work, taken), key=lambda work: (str(work.owner), work.kind, work.subject))

    def load(self, now: datetime, late_after: timedelta) -> Mapping[WorkKind, Load]:
        """Return how much of each kind is due."""
        late = func.sum(case((_table.c.due_at <= now - late_after, 1), else_=0))
        found = select(
            _table.c.kind, func.count().label("due"), late.label("late"), func.min(_table.c.due_at).label("a")
        )
        # The kinds are named so that of each a range of the index is read, not all of it.
        is_due = (_table.c.kind.in_(list(WorkKind)), _table.c.due_at <= now)
        due = {row["kind"]: row for row in self._many(found.where(*is_due).group_by(_table.c.kind))}
        return {kind: _load(due.get(kind), now) for kind in WorkKind}

    def due(self, kind: WorkKind, pace: Pace, now: datetime, *, most: int, per_queue: int) -> Sequence[Key]:
        """Return what of a kind is due and free: ranges of indexes that hold all that is asked for."""
        asked = sql.times(pace, now) | {"the_kind": kind, "most": most, "per_queue": per_queue}
        return [Key(kind, subject, queue) for subject, queue in self._connection.execute(sql.DUE, asked)]

    def take(
        self, kind: WorkKind, pace: Pace, subjects: Sequence[str], owner: str, now: datetime, *, per_queue: int | None
    ) -> Sequence[Lease]:
        """Take those that are still due and free; one statement asks and takes."""
        wanted = list(subjects) if per_queue is None else self._with_room(kind, subjects, now, per_queue)
        if not wanted:
            return []
        values = {"the_kind": kind, "subjects": wanted, "the_owner": owner, "until": now + LEASE}
        rows = self._connection.execute(sql.TAKE[self._dialect], sql.times(pace, now) | values).mappings().all()
        place = {subject: number for number, subject in enumerate(wanted)}
        return sorted((_lease(row) for row in rows), key=lambda lease: place[lease.subject])

    def take_now(self, key: Key, owner: str, now: datetime) -> Lease:
        """Take one whether it is due or not."""
        one = {"the_kind": key.kind, "the_subject": key.subject}
        before = self._connection.execute(sql.ONE, one).mappings().first()
        if before is None:
            self.add(key, now)
            before = self._connection.execute(sql.ONE, one).mappings().one()
        is_good = before["due_at"] is not None and now < before["due_at"] <= lease_too_far(now)
        if before["owner"] is not None and is_good:
            raise BusyError(owner=before["owner"], kind=key.kind, subject=key.subject)
        taken = one | {"the_owner": owner, "now": now, "until": now + LEASE}
        row = self._connection.execute(sql.TAKE_NOW, taken).mappings().one()
        was_due = before["due_at"] if before["owner"] is None else now
        return _lease(row, was_due)

    def hold(self, lease: Lease) -> None:
        """Raise `LeaseLostError` unless the lease is good; takers wait until the transaction ends."""
        if self._connection.execute(sql.HOLD, sql.named(lease)).first() is None:
            raise LeaseLostError(kind=lease.kind, subject=lease.subject)

    def heartbeat(self, leases: Iterable[Lease], now: datetime) -> frozenset[Lease]:
        """Renew leases; return those that are lost."""
        renewal = update(_table).where(*sql.ours()).values(due_at=bindparam("until"))
        in_order = sorted(leases, key=lambda lease: (lease.kind, lease.subject))
        return frozenset(
            lease
            for lease in in_order
            if self._connection.execute(renewal, {**sql.named(lease), "until": now + LEASE}).rowcount == 0
        )

    def finish(self, lease: Lease, now: datetime, due_at: datetime | None, trouble: Trouble | None = None) -> None:
        """Give back what was done or failed; written when the transaction ends."""
        self._ends[lease.kind, lease.subject] = {
            **sql.named(lease),
            "next": due_at,
            "now": now,
            "pokes_then": lease.pokes,
            "failed": trouble is not None,
            "code": trouble.code if trouble else None,
            "message": trouble.message if trouble else None,
        }

    def give_back(self, lease: Lease, due_at: datetime | None) -> None:
        """Give back what was not done; written when the transaction ends."""
        self._ends[lease.kind, lease.subject] = {**sql.named(lease), "next": due_at, "pokes_then": lease.pokes}

    def free(self, owner: str, but: Iterable[Lease] = ()) -> int:
        """Give back, as due now, what ``owner`` has, but for these leases."""
        good = {(lease.kind, lease.subject, lease.token) for lease in but}
        columns = (_table.c.kind, _table.c.subject, _table.c.token)
        theirs = self._connection.execute(select(*columns).where(tables.BUSY_OR_FAILING, _table.c.owner == owner)).all()
        freed = update(_table).where(*sql.ours()).values({**sql.NOBODYS, _table.c.due_at: bindparam("at")})
        gone = sorted(row for row in theirs if tuple(row) not in good)
        for kind, subject, token in gone:
            named = {"the_kind": kind, "the_subject": subject, "the_owner": owner, "the_token": token}
            self._connection.execute(freed, {**named, "at": self._clock()})
        return len(gone)

    def owners(self) -> frozenset[str]:
        """Return who has any work."""
        query = select(_table.c.owner).where(tables.BUSY_OR_FAILING, _table.c.owner.is_not(None)).distinct()
        return frozenset(self._connection.execute(query).scalars())

    def see(self, worker: Worker) -> None:
        """Note that a worker is there."""
        values = {
            "id": worker.id,
            "host": worker.host,
            "pid": worker.pid,
            "engine": worker.engine,
            "started_at": worker.started_at,
            "seen_at": worker.seen_at,
        }
        statement = sql.insert_into(self._dialect, tables.workers)
        seen = statement.on_conflict_do_update(index_elements=["id"], set_={"seen_at": worker.seen_at})
        self._connection.execute(seen, values)

    def leave(self, worker_id: str) -> None:
        """Note that a worker is there no more."""
        self._connection.execute(delete(tables.workers).where(tables.workers.c.id == worker_id))

    def workers(self) -> Sequence[Worker]:
        """Return the workers that are on record, by host and process."""
        query = select(tables.workers).order_by(tables.workers.c.host, tables.workers.c.pid, tables.workers.c.id)
        return [Worker(**row) for row in self._many(query)]

    def flush(self) -> None:
        """Write what was left for the transaction's end. Raises `LeaseLostError`."""
        for gone in self._removals:
            self._pokes.pop(gone[:2], None)
            self._connection.execute(delete(_table).where(_table.c.kind == gone.kind, _table.c.subject == gone.subject))
        for key in sorted(self._pokes.keys() | self._ends.keys()):
            if key in self._ends:  # who ends it knows what this very transaction changes
                self._write_end(self._ends[key])
            else:
                self._write_poke(key, self._pokes[key])
        self._tell()

    def _tell(self) -> None:
        now = self._clock()
        due = [Key(*key, poke.queue) for key, poke in sorted(self._pokes.items()) if poke.due_at <= now]
        if due and self._on_due is not None:
            self._on_due(self._connection.connection.driver_connection, due)

    def _write_poke(self, key: tuple[WorkKind, str], poke: _Poke) -> None:
        self._connection.execute(
            sql.poke(self._dialect), sql.new(Key(*key, poke.queue), poke.due_at) | {"at_once": poke.at_once}
        )

    def _write_end(self, values: dict[str, Any]) -> None:
        statement = sql.FINISH if "failed" in values else sql.GIVE_BACK
        if self._connection.execute(statement, values | {"at": self._clock()}).rowcount == 0:
            raise LeaseLostError(kind=values["the_kind"], subject=values["the_subject"])

    def _with_room(self, kind: WorkKind, subjects: Sequence[str], now: datetime, per_queue: int) -> Sequence[str]:
        """Return the subjects for which their queues have room; nobody else takes under a limit meanwhile."""
        if self._dialect == "postgresql":
            self._connection.execute(select(func.pg_advisory_xact_lock(_TAKE_LOCK)))
        held = select(_table.c.queue).where(tables.BUSY_OR_FAILING, _table.c.kind == kind, _table.c.owner.is_not(None))
        room = Counter(self._connection.execute(held.where(_table.c.due_at > now)).scalars())
        of_kind = select(_table.c.subject, _table.c.queue).where(_table.c.kind == kind)
        queues = {row["subject"]: row["queue"] for p in parts(subjects) for row in self._many(_among(of_kind, p))}
        chosen = []
        for subject in subjects:
            if subject in queues and room[queues[subject]] < per_queue:
                room[queues[subject]] += 1
                chosen.append(subject)
        return chosen

    @property
    def _dialect(self) -> str:
        return self._connection.dialect.name


def _among(query: Select[Any], subjects: list[str]) -> Select[Any]:
    return query.where(_table.c.subject.in_(subjects))


def _lease(row: RowMapping, was_due: datetime | None = None) -> Lease:
    return Lease(**{**row, "kind": WorkKind(row["kind"])}, was_due=was_due)


def _load(row: RowMapping | None, now: datetime) -> Load:
    if row is None:
        return Load()
    return Load(due=row["due"], late=row["late"], late_seconds=int((now - row["a"]).total_seconds()))


def _work(row: RowMapping) -> Work:
    names = Work.__slots__
    return Work(**{**{name: row[name] for name in names}, "kind": WorkKind(row["kind"])})
