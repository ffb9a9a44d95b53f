"""Alerts in the database: what is remembered of each, what leaves to tell of them, what was seen of machines."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, or_, select, tuple_

from syncd.adapters.db import alerting_tables as tables
from syncd.adapters.db.due import DueWork
from syncd.adapters.db.rows import Repository
from syncd.adapters.db.work_statements import insert_into
from syncd.core.reporting.alerts import Alert, Urgency
from syncd.core.reporting.notices import AlertChannel, Notice
from syncd.core.reporting.telling import Condition
from syncd.core.reporting.watching import Observation, Watched

_conditions, _notices, _seen = tables.alert_conditions, tables.alert_notices, tables.observations


class SqlConditions(Repository):
    """What is remembered of alerts, in the database."""

    def list(self) -> Sequence[Condition]:
        """Return all."""
        query = select(_conditions).order_by(_conditions.c.code, _conditions.c.subject)
        return [_condition(row) for row in self._many(query)]

    def replace(self, conditions: Iterable[Condition]) -> None:
        """Remember these, and no others; only rows that differ are written."""
        before = {one.name: one for one in self.list()}
        after = {one.name: one for one in conditions}
        outdated = [name for name, one in before.items() if after.get(name) != one]
        if outdated:
            key = tuple_(_conditions.c.code, _conditions.c.subject)
            self._connection.execute(delete(_conditions).where(key.in_(outdated)))
        fresh = [_condition_values(one) for name, one in after.items() if before.get(name) != one]
        self._insert(_conditions, fresh, "That alert is remembered already.")


class SqlNotices(Repository):
    """What leaves to tell people, in the database."""

    def __init__(self, connection: Connection, *, read_only: bool, making: DueWork) -> None:
        """Use ``connection``; ``read_only``: take no locks; ``making``: what makes work due."""
        super().__init__(connection, read_only=read_only)
        self._making = making

    def add(self, notice: Notice) -> None:
        """Store a new one; its delivery is due at once."""
        self._insert(_notices, _notice_values(notice), "That notice is on its way already.")
        self._making.for_notice(notice)

    def find(self, notice_id: str) -> Notice | None:
        """Return one, None when there is none."""
        rows = self._many(self._locked(select(_notices).where(_notices.c.id == notice_id)))
        return _notice(rows[0]) if rows else None

    def save(self, notice: Notice) -> None:
        """Store how its delivery went."""
        self._save(_notices, _notice_values(notice), f"No notice {notice.id!r}.")

    def undelivered(self, since: datetime, attempts: int) -> Sequence[Notice]:
        """Return for each address the newest that did not leave, unless a later one arrived."""
        ended = or_(_notices.c.sent_at.is_not(None), _notices.c.given_up, _notices.c.attempts >= attempts)
        query = select(_notices).where(_notices.c.created_at >= since, ended)
        newest = {(row["channel"], row["recipient"]): row for row in self._many(query.order_by(_notices.c.created_at))}
        return [_notice(row) for row in newest.values() if row["sent_at"] is None]


class SqlObservations(Repository):
    """What processes see of their machines and servers, in the database."""

    def see(self, observations: Iterable[Observation]) -> None:
        """Note what is so now; when a thing was first seen is kept."""
        insertion = insert_into(self._connection.dialect.name, _seen)
        changed = {name: insertion.excluded[name] for name in ("seen_at", "amount", "moment")}
        statement = insertion.on_conflict_do_update(index_elements=["kind", "subject"], set_=changed)
        in_order = sorted(observations, key=lambda one: (one.kind, one.subject))  # no two writers wait for each other
        for one in in_order:
            self._connection.execute(statement, {name: getattr(one, name) for name in Observation.__slots__})

    def list(self) -> Sequence[Observation]:
        """Return all, by kind and subject."""
        query = select(_seen).order_by(_seen.c.kind, _seen.c.subject)
        return [Observation(**{**row, "kind": Watched(row["kind"])}) for row in self._many(query)]

    def forget(self, kind: Watched, but: Iterable[str]) -> None:
        """Forget the things of a kind but these."""
        known = {row["subject"] for row in self._many(select(_seen.c.subject).where(_seen.c.kind == kind))}
        for subject in sorted(known.difference(but)):
            self._connection.execute(delete(_seen).where(_seen.c.kind == kind, _seen.c.subject == subject))

    def prune(self, before: datetime) -> int:
        """Forget what was last seen before then; return how many things these were."""
        return self._connection.execute(delete(_seen).where(_seen.c.seen_at < before)).rowcount


_OF_AN_ALERT = ("code", "subject", "severity", "since", "cause", "remedy", "place")
_OF_A_CONDITION = ("first_seen_at", "gone_at", "told_at", "over_at", "times", "returns")


def _condition_values(one: Condition) -> dict[str, Any]:
    of_alert = {name: getattr(one.alert, name) for name in _OF_AN_ALERT}
    return {**of_alert, **{name: getattr(one, name) for name in _OF_A_CONDITION}}


def _condition(row: RowMapping) -> Condition:
    said = {name: row[name] for name in _OF_AN_ALERT}
    alert = Alert(**{**said, "severity": Urgency(row["severity"])})
    return Condition(alert=alert, **{name: row[name] for name in _OF_A_CONDITION})


def _notice_values(notice: Notice) -> dict[str, Any]:
    return {name: getattr(notice, name) for name in Notice.__slots__}


def _notice(row: RowMapping) -> Notice:
    return Notice(**{**row, "channel": AlertChannel(row["channel"])})
