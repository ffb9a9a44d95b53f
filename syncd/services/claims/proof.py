"""The proof of a claim: look at a session's calendars after its end, and only then let its claim become clear."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Principal, part_of_syncd
from syncd.core.claims.claim import ClaimStatus
from syncd.core.claims.holds import ClaimRules, HoldCode
from syncd.core.errors import SyncdError
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.publication import Publication
from syncd.core.times import instant
from syncd.core.work import WorkKind
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.claims.claims import ClaimView, settle, view
from syncd.services.sync.reconcile import Seen
from syncd.services.work.stopping import Stop
from syncd.services.work.units import Done, Unit, trouble_of

AUDITOR = part_of_syncd("claim-audit")
"""Who clears claims that nobody asked about."""

Look = Callable[[str, datetime], Seen]
"""Looks at the publication with that id and tells what was seen (`Reconciler.verify_publication`)."""


class NotSeenError(SyncdError):
    """A calendar in which the session stands could not be read."""

    code = "not_observed"


class _Stands(NamedTuple):
    """Where a session stands: the publication, and its calendar's state; ``rests_until``: when that is tried again."""

    publication: Publication
    state: CalendarState
    rests_until: datetime | None


@dataclass(frozen=True, slots=True)
class ClaimAudit:
    """Releases claims, each after a look at every calendar in which its session stands."""

    store: Store
    look: Look
    rules: ClaimRules

    def release(self, ref: str, by: Principal, now: datetime) -> ClaimView:
        """Look at the session's calendars now and give its claim the status that follows; it may still be held."""
        require(by, Permission.MANAGE_CLAIMS)
        shown, stands = self._found(ref, now)
        one = shown.evidence.appointment
        seen = instant(one.end) <= instant(now) and self._seen(stands, now) <= {Seen.KNOWN}
        with self.store.transaction() as tx:
            return settle(tx, ref, self.rules, by, now, seen=one.version if seen else 0)

    def prove(self, unit: Unit) -> Done:
        """Examine one claim, and look at its calendars where a look alone can clear it.

        It rests when it is clear, and while it waits for a person: news about it wakes it, and so does another mode of
        a calendar in which nothing is written. While a calendar cannot be read it is tried again.
        """
        now = unit.now
        shown, stands = self._found(unit.subject, now)
        one = shown.evidence.appointment
        if instant(one.end) > instant(now) and shown.status is ClaimStatus.PENDING:
            return Done(settle=lambda _tx: one.end)
        helps = shown.codes == {HoldCode.NOT_OBSERVED} and shown.status is not ClaimStatus.FILED
        sleeps = [place.rests_until for place in stands if place.rests_until and place.rests_until > now]
        if helps and sleeps:
            return Done(settle=lambda _tx: max(sleeps))
        sights = self._seen(stands, now, unit.stop) if helps else frozenset[Seen]()
        is_seen = helps and sights <= {Seen.KNOWN}
        unseen = Seen.UNSEEN in sights and all(place.state.is_worked for place in stands)

        def settled(tx: Transaction) -> datetime | None:
            settle(tx, unit.subject, self.rules, AUDITOR, now, seen=one.version if is_seen else 0)
            return None

        trouble = trouble_of(NotSeenError()) if unseen else None
        return Done(settle=settled, trouble=trouble, backs_off=unseen, durable=True)

    def _found(self, ref: str, now: datetime) -> tuple[ClaimView, list[_Stands]]:
        with self.store.reading() as tx:
            shown = view(tx, ref, self.rules, now)
            publications = tx.publications.of_source(shown.evidence.appointment.source)
            works = tx.works.list(WorkKind.CALENDAR, [p.calendar_id for p in publications])
            stands = []
            for publication in publications:
                state, work = tx.calendars.get(publication.calendar_id).state, works.get(publication.calendar_id)
                rests = work.due_at if work and state is CalendarState.UNREACHABLE else None
                stands.append(_Stands(publication, state, rests))
        return shown, stands

    def _seen(self, stands: Sequence[_Stands], now: datetime, stop: Stop | None = None) -> frozenset[Seen]:
        """Look at every publication, whatever the first shows, since each may hold an edit of its own."""
        sights = set()
        for place in stands:
            if stop is not None:
                stop.check()
            sights.add(self.look(place.publication.id, now))
        return frozenset(sights)
