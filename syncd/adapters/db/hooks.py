"""What webhooks are told: noticed where the record changes, and queued in the same transaction.

Without subscribers nothing is looked at and nothing is written.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select

from syncd.adapters.db import tables
from syncd.adapters.db.api_tables import hook_deliveries as _table
from syncd.adapters.db.rows import Repository, parts
from syncd.adapters.db.works import SqlWorks
from syncd.core.claims.claim import ClaimStatus
from syncd.core.reporting.hooks import HookDelivery, HookEvent, Subscription
from syncd.core.scheduling.appointments import Change
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.work import Key, WorkKind
from syncd.ports.store.ids import new_id

_CLAIM_EVENTS = {ClaimStatus.HELD: HookEvent.CLAIM_HELD, ClaimStatus.CLEAR: HookEvent.CLAIM_CLEAR}
_NO_NEWS = "carried_over"
"""A line of history that tells of no change that anybody agreed on."""


class SqlHooks(Repository):
    """Deliveries to webhooks, in the database."""

    def find(self, delivery_id: str) -> HookDelivery | None:
        """Return one."""
        rows = self._many(self._locked(select(_table).where(_table.c.id == delivery_id)))
        return _delivery(rows[0]) if rows else None

    def save(self, delivery: HookDelivery) -> None:
        """Store how it went."""
        self._save(_table, _values(delivery), f"No delivery {delivery.id!r}.")

    def latest(self, hook: str | None, most: int) -> Sequence[HookDelivery]:
        """Return the newest ones."""
        query = select(_table) if hook is None else select(_table).where(_table.c.hook == hook)
        return [_delivery(row) for row in self._many(query.order_by(_table.c.at.desc(), _table.c.id).limit(most))]


class Happenings:
    """Queues what subscribers want to hear of what one transaction changes."""

    def __init__(
        self,
        connection: Connection,
        works: SqlWorks,
        subscriptions: Sequence[Subscription],
        clock: Callable[[], datetime],
    ) -> None:
        """Queue over ``connection`` and make the deliveries due by ``works``."""
        self._connection = connection
        self._works = works
        self._subscriptions = subscriptions
        self._clock = clock

    def wants(self, *events: HookEvent) -> bool:
        """Tell whether anybody wants to hear of one of these."""
        return any(subscription.events.intersection(events) for subscription in self._subscriptions)

    def drift(self, drift: Drift, before: DriftStatus | None) -> None:
        """Tell of a drift that is new (``before`` None), or whose status may have changed."""
        if drift.status is before:
            return
        is_open = drift.status is DriftStatus.OPEN
        event = HookEvent.DRIFT_OPENED if is_open else HookEvent.DRIFT_RESOLVED
        if not is_open and before not in {None, DriftStatus.OPEN}:
            return
        data = {
            "drift": drift.id,
            "appointment": drift.appointment_id,
            "calendar": drift.calendar_id,
            "provider": drift.provider_id,
            "kinds": [str(kind) for kind in drift.kinds],
            "severity": str(drift.severity),
            "claim_date_changes": drift.claim_date_changes,
            "status": str(drift.status),
        }
        self._tell(event, drift.id, data)

    def changes(self, changes: Iterable[Change]) -> None:
        """Tell of lines that were added to appointments' histories."""
        for change in changes:
            if change.kind != _NO_NEWS:
                data = {
                    "appointment": change.appointment_id,
                    "change": change.kind,
                    "fields": sorted(change.after),
                    "by": str(change.by),
                }
                self._tell(HookEvent.APPOINTMENT_CHANGED, change.appointment_id, data)

    def calendar(self, calendar: Calendar, before: str | None) -> None:
        """Tell of a calendar's state, if it is another than before."""
        if before is not None and calendar.state != before:
            data = {
                "calendar": calendar.id,
                "provider": calendar.provider_id,
                "state": str(calendar.state),
                "before": before,
            }
            self._tell(HookEvent.CALENDAR_STATE, calendar.id, data)

    def state_of(self, calendar_id: str) -> str | None:
        """Return the state that a calendar has in the record; None where nobody wants to know."""
        if not self.wants(HookEvent.CALENDAR_STATE):
            return None
        query = select(tables.calendars.c.state).where(tables.calendars.c.id == calendar_id)
        return self._connection.execute(query).scalar_one_or_none()

    @contextmanager
    def of_claims(self, appointment_ids: Iterable[str]) -> Iterator[None]:
        """Tell of the claims of these appointments that the block holds or clears; the database's own triggers too."""
        if not self.wants(*_CLAIM_EVENTS.values()):
            yield
            return
        ids = tuple(appointment_ids)
        before = {row["id"]: row["status"] for row in self._claims(ids)}
        yield
        for row in self._claims(ids):
            event = _CLAIM_EVENTS.get(ClaimStatus(row["status"]))
            if event is not None and before.get(row["id"]) != row["status"]:
                self._tell(event, row["id"], _claim_data(row))

    def _claims(self, appointment_ids: Sequence[str]) -> list[RowMapping]:
        claims, sessions = tables.claims, tables.appointments
        query = select(claims, sessions.c.provider_id).join(sessions, sessions.c.id == claims.c.appointment_id)
        found = (query.where(claims.c.appointment_id.in_(part)) for part in parts(appointment_ids))
        return [row for one in found for row in self._connection.execute(one.order_by(claims.c.id)).mappings()]

    def _tell(self, event: HookEvent, subject: str, data: Mapping[str, Any]) -> None:
        for subscription in self._subscriptions:
            if event in subscription.events:
                delivery = HookDelivery(
                    id=new_id("evt"), hook=subscription.name, event=event, subject=subject, at=self._clock(), data=data
                )
                self._connection.execute(insert(_table), _values(delivery))
                self._works.poke(Key(WorkKind.WEBHOOK, delivery.id), at_once=True)


def _claim_data(row: RowMapping) -> dict[str, Any]:
    return {
        "claim": row["id"],
        "appointment": row["appointment_id"],
        "provider": row["provider_id"],
        "date_of_service": row["date_of_service"].isoformat(),
        "status": row["status"],
    }


def _values(delivery: HookDelivery) -> dict[str, Any]:
    return {name: getattr(delivery, name) for name in HookDelivery.__slots__}


def _delivery(row: RowMapping) -> HookDelivery:
    return HookDelivery(**{**row, "event": HookEvent(row["event"])})
