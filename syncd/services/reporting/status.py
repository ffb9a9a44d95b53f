"""How syncd is: what it did last, what waits, and how old the proof is that calendars and record agree."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core.claims.claim import ClaimStatus
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.reporting.alerts import Objectives
from syncd.core.sync.calendars import Calendar, CalendarMode, CalendarState
from syncd.core.work import Load, Work, WorkKind
from syncd.ports.store.counts import Standing
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.reporting.alerts import number_of_alerts
from syncd.services.work.showing import LATE_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of the whole at one moment.

    ``overdue``: ids of calendars that nobody came to. ``failed_messages`` were put aside and wait for a person.
    ``standing``: how many publications stand how. ``work`` is how much is due by kind, ``failing`` what failed at its
    last attempt. ``unpublished``: calendars in which nothing was ever published, each with how many events wait for it.
    ``modes``: calendars by their mode; ``withheld``: events that would be written there if the mode allowed it.
    """

    calendars: Counter[str]
    overdue: tuple[str, ...]
    last_cycle_at: datetime | None
    pending_publications: int
    queued_messages: int
    failed_messages: int
    open_drifts: int
    held_claims: int
    alerts: int
    standing: Mapping[Standing, int]
    least_recent_proof_at: datetime | None
    never_proven: int
    work: Mapping[WorkKind, Load]
    failing: tuple[Work, ...]
    unpublished: Mapping[str, int] = field(default_factory=dict)
    modes: Mapping[CalendarMode, int] = field(default_factory=dict)
    withheld: int = 0

    @property
    def ok(self) -> bool:
        """Tell whether nobody has to act: there is no alert, and no calendar is overdue."""
        return not (self.alerts or self.overdue)


def status(store: Store, now: datetime, within: Objectives) -> Status:
    """Look at the record; no calendar is asked. ``within``: how long things may take before somebody should act."""
    with store.reading() as tx:
        calendars = tx.calendars.list()
        worked = [calendar for calendar in calendars if calendar.state.is_worked]
        messages = tx.counts.messages()
        proofs = [calendar.last_proven_equal_at for calendar in worked]
        works = tx.works.list(WorkKind.CALENDAR, [calendar.id for calendar in worked])
        return Status(
            calendars=Counter(str(calendar.state) for calendar in calendars),
            overdue=tuple(calendar.id for calendar in worked if _is_overdue(works.get(calendar.id), now)),
            last_cycle_at=_latest(calendars),
            pending_publications=tx.counts.pending(),
            queued_messages=messages[MessageStatus.QUEUED],
            failed_messages=messages[MessageStatus.FAILED],
            open_drifts=tx.counts.open_drifts(),
            held_claims=tx.counts.claims()[ClaimStatus.HELD],
            alerts=number_of_alerts(tx, now, within),
            standing=standings(tx, now, within),
            least_recent_proof_at=min((proof for proof in proofs if proof), default=None),
            never_proven=sum(proof is None for proof in proofs),
            work=tx.works.load(now, LATE_AFTER),
            failing=tuple(tx.works.failing()),
            unpublished=tx.publications.unpublished(),
            modes=tx.counts.modes(),
            withheld=tx.counts.withheld(),
        )


def standings(tx: Transaction, now: datetime, within: Objectives) -> Mapping[Standing, int]:
    """Return how many publications stand how."""
    return tx.counts.standings(_READABLE, now, within)


_READABLE = tuple(state for state in CalendarState if state.is_readable)


def _is_overdue(work: Work | None, now: datetime) -> bool:
    return work is not None and work.due_at is not None and work.due_at + LATE_AFTER < now


def _latest(calendars: Sequence[Calendar]) -> datetime | None:
    return max((calendar.last_tried_at for calendar in calendars if calendar.last_tried_at), default=None)
