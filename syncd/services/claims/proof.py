"""The claim audit: look at a session's calendars after its end, and only then let its claim become clear."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import ClaimRules, HoldCode
from syncd.core.errors import RefusalError
from syncd.core.sync.calendars import Calendar, CalendarState
from syncd.core.sync.publication import Publication
from syncd.core.times import instant
from syncd.ports.store.transaction import Store
from syncd.services.claims.claims import ClaimView, settle, view
from syncd.services.sync.reconcile import CalendarBusyError

AUDITOR = "claim-audit"
"""Who clears claims that nobody asked about."""

Look = Callable[[str, datetime], bool]
"""Looks at the publication with that id and tells whether it could be seen (`Reconciler.verify_publication`)."""


@dataclass(frozen=True, slots=True)
class ClaimAudit:
    """Releases claims, each after a look at every calendar in which its session stands."""

    store: Store
    look: Look
    rules: ClaimRules

    def release(self, ref: str, now: datetime, *, actor: str) -> ClaimView:
        """Look at the session's calendars now and give its claim the status that follows; it may still be held."""
        return self._examine(ref, now, actor, _Round(self.look, now))

    def run(self, now: datetime) -> int:
        """Examine every claim whose session is over and that waits for a look alone; return how many became clear.

        No publication is looked at twice, and no calendar again that could not be read.
        """
        with self.store.reading() as tx:
            due = [claim.id for claim in tx.claims.to_audit(now)]
        sights = _Round(self.look, now)
        return sum(self._clears(claim_id, now, sights) for claim_id in due)

    def _clears(self, claim_id: str, now: datetime, sights: "_Round") -> bool:
        try:
            shown = self._examine(claim_id, now, AUDITOR, sights, only_if_it_helps=True)
        except RefusalError:  # it was changed at the same moment; the next round sees to it
            return False
        return shown.status is ClaimStatus.CLEAR

    def _examine(
        self, ref: str, now: datetime, actor: str, sights: "_Round", *, only_if_it_helps: bool = False
    ) -> ClaimView:
        with self.store.reading() as tx:
            before = view(tx, ref, self.rules, now)
            one = before.evidence.appointment
            stands = [(p, tx.calendars.get(p.calendar_id)) for p in tx.publications.of_source(one.source)]
        wanted = before.codes <= {HoldCode.NOT_OBSERVED} if only_if_it_helps else instant(one.end) <= instant(now)
        if not wanted and before.status is before.claim.status:
            return before
        # Every one, whatever the first shows: each may hold an edit of its own.
        sightings = [sights.see(publication, calendar) for publication, calendar in stands if wanted]
        with self.store.transaction() as tx:
            seen = one.version if wanted and all(sightings) else 0
            return settle(tx, ref, self.rules, now, actor=actor, seen=seen)


@dataclass(slots=True)
class _Round:
    """What one round of looks has seen so far."""

    look: Look
    now: datetime
    seen: dict[str, bool] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)

    def see(self, publication: Publication, calendar: Calendar) -> bool:
        """Tell whether a publication was seen in this round, looking at it if nobody has yet."""
        if publication.id not in self.seen:
            rests = calendar.state is CalendarState.UNREACHABLE and (calendar.due_at or self.now) > self.now
            self.seen[publication.id] = not rests and calendar.id not in self.unreadable and self._look(publication)
        if not self.seen[publication.id]:
            self.unreadable.add(calendar.id)
        return self.seen[publication.id]

    def _look(self, publication: Publication) -> bool:
        try:
            return self.look(publication.id, self.now)
        except CalendarBusyError:
            return False
