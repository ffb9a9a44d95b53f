"""How syncd is: what it did last, what waits, and how old the proof is that calendars and record agree."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from syncd.core.messaging.outbox import MessageStatus
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.drift import DriftStatus
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store

OVERDUE_AFTER = timedelta(minutes=15)
"""A calendar that has waited so long past its time tells that nobody works: the daemon is down or stuck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of the whole at one moment.

    ``overdue``: ids of calendars that nobody came to. ``unpublished``: those in which nothing was ever published, each
    with how many events wait for it. ``failed_messages`` were put aside and wait for a person.
    """

    calendars: Counter[str]
    overdue: tuple[str, ...]
    last_cycle_at: datetime | None
    pending_publications: int
    queued_messages: int
    failed_messages: int
    open_drifts: int
    least_recent_proof_at: datetime | None
    never_proven: int
    unpublished: Mapping[str, int] = field(default_factory=dict)

    def document(self, now: datetime) -> dict[str, Any]:
        """Return it as plain data; ages in whole seconds."""
        return {
            "last_cycle_at": self.last_cycle_at.isoformat(timespec="seconds") if self.last_cycle_at else None,
            "calendars": dict(sorted(self.calendars.items())),
            "overdue": list(self.overdue),
            "queue": {"publications": self.pending_publications, "messages": self.queued_messages},
            "failed_messages": self.failed_messages,
            "open_drifts": self.open_drifts,
            "proof_age_seconds": _age(self.least_recent_proof_at, now),
            "never_proven": self.never_proven,
            "unpublished": dict(sorted(self.unpublished.items())),
        }


def status(store: Store, now: datetime) -> Status:
    """Look at the record; no calendar is asked."""
    with store.reading() as tx:
        calendars = tx.calendars.list()
        worked = [calendar for calendar in calendars if calendar.state.is_worked]
        proofs = [calendar.last_proven_equal_at for calendar in worked]
        return Status(
            calendars=Counter(str(calendar.state) for calendar in calendars),
            overdue=tuple(calendar.id for calendar in worked if _is_overdue(calendar, now)),
            last_cycle_at=_latest(calendars),
            pending_publications=sum(len(tx.publications.pending(calendar.id)) for calendar in calendars),
            queued_messages=len(tx.messages.list(MessageStatus.QUEUED)),
            failed_messages=len(tx.messages.list(MessageStatus.FAILED)),
            open_drifts=len(tx.drifts.list(DriftQuery(status=DriftStatus.OPEN))),
            least_recent_proof_at=min((proof for proof in proofs if proof), default=None),
            never_proven=sum(proof is None for proof in proofs),
            unpublished=tx.publications.unpublished(),
        )


def _is_overdue(calendar: Calendar, now: datetime) -> bool:
    return calendar.due_at is not None and calendar.due_at + OVERDUE_AFTER < now


def _latest(calendars: Sequence[Calendar]) -> datetime | None:
    return max((calendar.last_tried_at for calendar in calendars if calendar.last_tried_at), default=None)


def _age(moment: datetime | None, now: datetime) -> int | None:
    return int((now - moment).total_seconds()) if moment else None
