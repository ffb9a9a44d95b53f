"""How syncd is: what it did last, what waits, and how old the proof is that calendars and record agree."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncd.core.messaging.outbox import MessageStatus
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.drift import DriftStatus
from syncd.core.work import Load, Work, WorkKind
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store
from syncd.services.work.showing import LATE_AFTER, failing_document, work_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of the whole at one moment.

    ``overdue``: ids of calendars that nobody came to. ``failed_messages`` were put aside and wait for a person.
    ``work`` is how much is due by kind, ``failing`` what failed at its last attempt.
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
    work: Mapping[WorkKind, Load]
    failing: tuple[Work, ...]

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
            "work": work_document(self.work),
            "failing": [failing_document(work) for work in self.failing],
        }


def status(store: Store, now: datetime) -> Status:
    """Look at the record; no calendar is asked."""
    with store.reading() as tx:
        calendars = tx.calendars.list()
        worked = [calendar for calendar in calendars if calendar.state.is_worked]
        proofs = [calendar.last_proven_equal_at for calendar in worked]
        works = tx.works.list(WorkKind.CALENDAR, [calendar.id for calendar in worked])
        return Status(
            calendars=Counter(str(calendar.state) for calendar in calendars),
            overdue=tuple(calendar.id for calendar in worked if _is_overdue(works.get(calendar.id), now)),
            last_cycle_at=_latest(calendars),
            pending_publications=sum(len(tx.publications.pending(calendar.id)) for calendar in calendars),
            queued_messages=len(tx.messages.list(MessageStatus.QUEUED)),
            failed_messages=len(tx.messages.list(MessageStatus.FAILED)),
            open_drifts=len(tx.drifts.list(DriftQuery(status=DriftStatus.OPEN))),
            least_recent_proof_at=min((proof for proof in proofs if proof), default=None),
            never_proven=sum(proof is None for proof in proofs),
            work=tx.works.load(now, LATE_AFTER),
            failing=tuple(tx.works.failing()),
        )


def _is_overdue(work: Work | None, now: datetime) -> bool:
    return work is not None and work.due_at is not None and work.due_at + LATE_AFTER < now


def _latest(calendars: Sequence[Calendar]) -> datetime | None:
    return max((calendar.last_tried_at for calendar in calendars if calendar.last_tried_at), default=None)


def _age(moment: datetime | None, now: datetime) -> int | None:
    return int((now - moment).total_seconds()) if moment else None
