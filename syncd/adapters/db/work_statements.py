"""The statements of the record of work. They are made once: making one costs more than running it.

A lease holds off others by the row's due time: while somebody has the row it says when the lease ends, so that one
range of one index answers what is due, and a lease that runs out makes its work due by itself.
"""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Insert,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    union_all,
    update,
)

from syncd.adapters.db import tables
from syncd.core.work import Key, Lease, Pace, lease_too_far

_table = tables.work

_LEASED = [_table.c[name] for name in ("kind", "subject", "queue", "owner", "token", "pokes", "attempts")]
NOBODYS = {_table.c.owner: None, _table.c.leased_at: None}


def ours() -> list[ColumnElement[bool]]:
    """Return the conditions by which a lease that is still good finds its row; `named` gives their values."""
    return [
        _table.c.kind == bindparam("the_kind"),
        _table.c.subject == bindparam("the_subject"),
        _table.c.owner == bindparam("the_owner"),
        _table.c.token == bindparam("the_token"),
    ]


def named(lease: Lease) -> dict[str, Any]:
    """Return the values by which a lease finds its row."""
    return {
        "the_kind": lease.kind,
        "the_subject": lease.subject,
        "the_owner": lease.owner,
        "the_token": lease.token,
    }


def new(key: Key, due_at: datetime) -> dict[str, Any]:
    """Return the row of a unit that is not on record yet."""
    return {
        "kind": key.kind,
        "subject": key.subject,
        "queue": key.queue,
        "due_at": due_at,
        "attempts": 0,
        "token": 0,
        "pokes": 1,
    }


def insert_into(dialect: str, table: Table) -> Any:
    """Return an insertion that can say what happens on a conflict; each dialect is loaded where it is used alone."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


@cache
def addition(dialect: str) -> Insert:
    """Return the statement that adds a unit unless it is there."""
    added: Insert = insert_into(dialect, _table).on_conflict_do_nothing(index_elements=["kind", "subject"])
    return added


@cache
def poke(dialect: str) -> Insert:
    """Return the statement that says there is news about a unit, adding it if it is not there."""
    insertion = insert_into(dialect, _table)
    at_once = bindparam("at_once", type_=Boolean)
    sooner = or_(_table.c.due_at.is_(None), _table.c.due_at > insertion.excluded.due_at)
    may = and_(_table.c.owner.is_(None), or_(at_once, _table.c.attempts == 0), sooner)
    changed = {
        "queue": insertion.excluded.queue,
        "pokes": _table.c.pokes + 1,
        "attempts": case((at_once, 0), else_=_table.c.attempts),
        "due_at": case((may, insertion.excluded.due_at), else_=_table.c.due_at),
    }
    poked: Insert = insertion.on_conflict_do_update(index_elements=["kind", "subject"], set_=changed)
    return poked


_DUE_AGAIN = case(
    (_table.c.pokes == bindparam("pokes_then"), bindparam("next", type_=_table.c.due_at.type)),
    else_=bindparam("at", type_=_table.c.due_at.type),
)
_FAILED = bindparam("failed", type_=Boolean)
FINISH = (
    update(_table)
    .where(*ours())
    .values(
        {
            **NOBODYS,
            _table.c.due_at: _DUE_AGAIN,
            _table.c.attempts: case((_FAILED, _table.c.attempts + 1), else_=0),
            _table.c.last_error: bindparam("message"),
            _table.c.last_error_code: bindparam("code"),
            _table.c.last_tried_at: bindparam("now"),
            _table.c.last_success_at: case((_FAILED, _table.c.last_success_at), else_=bindparam("now")),
        }
    )
)
GIVE_BACK = update(_table).where(*ours()).values({**NOBODYS, _table.c.due_at: _DUE_AGAIN})


def _taken(owner: Any, now: Any, until: Any) -> dict[Any, Any]:
    return {
        _table.c.owner: owner,
        _table.c.token: _table.c.token + 1,
        _table.c.leased_at: now,
        _table.c.due_at: until,
    }


def times(pace: Pace, now: datetime) -> dict[str, Any]:
    """Return the moments by which is judged what is due."""
    return {
        "now": now,
        "lease_too_far": lease_too_far(now),
        "too_far": pace.too_far(now),
        "failing_too_far": pace.too_far_failing(now),
    }


def _moment(name: str) -> BindParameter[Any]:
    return bindparam(name, type_=_table.c.due_at.type)


_HELD_TOO_LONG = and_(_table.c.owner.is_not(None), _table.c.due_at > _moment("lease_too_far"))
_FAILS_TOO_LONG = and_(_table.c.owner.is_(None), _table.c.attempts > 0, _table.c.due_at > _moment("failing_too_far"))
_IS_DUE = (
    _table.c.due_at <= _moment("now"),
    and_(_table.c.due_at > _moment("too_far"), _table.c.owner.is_(None), _table.c.attempts == 0),
    and_(tables.BUSY_OR_FAILING, _table.c.due_at > _moment("now"), or_(_HELD_TOO_LONG, _FAILS_TOO_LONG)),
)
"""What makes work due: its time has come; or it is later than it may ever be; or a lease or an attempt is."""

_OF_KIND = _table.c.kind == bindparam("the_kind")


def _due() -> Select[Any]:
    asked = select(_table.c.subject, _table.c.queue, _table.c.due_at)
    found = union_all(*(asked.where(_OF_KIND, is_due) for is_due in _IS_DUE)).subquery()
    place = func.row_number().over(partition_by=found.c.queue, order_by=found.c.due_at).label("place")
    placed = select(found, place).subquery()
    return (
        select(placed.c.subject, placed.c.queue)
        .where(placed.c.place <= bindparam("per_queue"))
        .order_by(placed.c.due_at, placed.c.subject)
        .limit(bindparam("most"))
    )


def _take(dialect: str) -> Update:
    wanted = _table.c.subject.in_(bindparam("subjects", expanding=True))
    still = and_(_OF_KIND, wanted, or_(*_IS_DUE))
    if dialect == "postgresql":
        free = select(_table.c.subject).where(still).with_for_update(skip_locked=True)
        still = and_(_OF_KIND, _table.c.subject.in_(free))
    taken = _taken(bindparam("the_owner"), _moment("now"), _moment("until"))
    return update(_table).where(still).values(taken).returning(*_LEASED)


DUE = _due()
_THIS = (_OF_KIND, _table.c.subject == bindparam("the_subject"))
ONE = select(_table).where(*_THIS).with_for_update()
TAKE_NOW = (
    update(_table)
    .where(*_THIS)
    .values(_taken(bindparam("the_owner"), _moment("now"), _moment("until")))
    .returning(*_LEASED)
)
HOLD = select(_table.c.token).where(*ours()).with_for_update(read=True, key_share=True)
TAKE = {dialect: _take(dialect) for dialect in ("sqlite", "postgresql")}
