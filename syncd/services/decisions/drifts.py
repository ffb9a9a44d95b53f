"""Decisions on drifts: a person reverts, accepts or dismisses what a policy left open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from syncd.core.access.permissions import Permission, require
from syncd.core.audit.record import AuditRecord
from syncd.core.claims.holds import remedy_of
from syncd.core.errors import DecisionError, SyncdError
from syncd.core.events.findings import TEXT_KINDS, Kind
from syncd.core.events.snapshot import Snapshot
from syncd.core.scheduling.reasons import CALENDAR_EDIT
from syncd.core.sync.acceptance import Cancelling, Request, requests_of
from syncd.core.sync.decision import Act
from syncd.core.sync.drift import Answer, Drift, DriftAction, DriftStatus
from syncd.core.sync.publication import Publication, PublicationState
from syncd.core.sync.resource import Resource
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.decisions.answers import hold_on, requests_by_mail, settled
from syncd.services.scheduling.cancelling import Cancel, cancel
from syncd.services.scheduling.changes import Terms
from syncd.services.scheduling.rescheduling import Reschedule, reschedule
from syncd.services.sync.reconcile import Reconciler, as_observed

DISMISSABLE = TEXT_KINDS | {Kind.LOCATION, Kind.DECLINED, Kind.COUNTERED}
"""What may stay as the provider has it; for time, presence and recurrence there is only revert or accept."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """Carries out what a person decides on an open drift, each after looking at what stands in the calendar now.

    Every method returns the drift as it stands then. Each raises `DecisionError` when the drift is not open or the
    decision does not fit it, `StaleDriftError` when the calendar has changed since, and the `RemoteError` of a calendar
    that cannot be reached; nothing is changed then.
    """

    reconciler: Reconciler

    def revert(self, drift_id: str, terms: Terms, note: str = "") -> Drift:
        """Put the edit right: the calendar gets what the record says. Of an answer by mail: hold on to the record."""
        drift = self._open(drift_id, terms)
        if drift.by_mail:
            return self._by_mail(drift_id, terms, lambda tx, one: hold_on(tx, one, terms, note), Act.REVERT)
        self._check_watched(drift)
        return self._settle(drift_id, DriftAction.REVERT, terms, note)

    def dismiss(self, drift_id: str, terms: Terms, note: str = "") -> Drift:
        """Leave texts as the provider wrote them, until either side changes them again.

        Where the event is watched no longer, an edit of any kind can be dismissed: the record stays as it is, and no
        calendar is looked at. So can one that was put back and that its provider stands by, once it is cleared up.
        """
        if meant := self._meant(drift_id, terms):
            return self._cleared_up(meant, terms, note)
        drift = self._open(drift_id, terms)
        if drift.by_mail:
            leave = partial(settled, status=DriftStatus.DISMISSED, terms=terms, note=note)
            return self._by_mail(drift_id, terms, leave, Act.IGNORE)
        if self._why_unwatched(drift):
            return self._put_down(drift, terms, note)
        others = sorted(set(drift.kinds) - DISMISSABLE)
        if others:
            raise DecisionError(
                f"A drift of the kind {', '.join(others)} cannot be dismissed: the record and the calendar would go on "
                f"to differ. {self._way_out(drift, terms.now)}",
                kinds=list(others),
            )
        return self._settle(drift_id, DriftAction.IGNORE, terms, note)

    def accept(self, drift_id: str, terms: Terms, note: str = "", *, allow_overlap: bool = False) -> Drift:
        """Take the edit over: a proper reschedule or cancellation of the record, with its history and messages.

        ``allow_overlap``: it is meant that the client has a session with another provider at the new time.
        """
        if self._open(drift_id, terms).by_mail:
            take = partial(_taken_over, terms=terms, note=note, allow_overlap=allow_overlap)
            return self._by_mail(drift_id, terms, take, "accept")
        with self.examined(drift_id, terms) as (drift, resource, store):
            requests = requests_seen(drift, resource, terms.now)
            with store.transaction() as tx:
                for request in requests:
                    carry_out(tx, request, terms, note, allow_overlap=allow_overlap)
                tx.publications.save(_seen(resource, drift, terms.now))
                return _accepted(tx, drift, terms, note)

    def _by_mail(
        self, drift_id: str, terms: Terms, decide: Callable[[Transaction, Drift], Drift], action: str
    ) -> Drift:
        """Decide on an answer by mail in one transaction, unless somebody else just has."""
        with self.reconciler.store.transaction() as tx:
            drift = tx.drifts.get(drift_id)
            _check_open(drift)
            done = decide(tx, drift)
            _record(tx, action, done, terms)
            return done

    @contextmanager
    def examined(self, drift_id: str, terms: Terms) -> Iterator[tuple[Drift, Resource, Store]]:
        """Hold an open drift's calendar; give the drift, its resource as it stands now, and the store to write by."""
        drift = self._open(drift_id, terms)
        self._check_watched(drift)
        with self.reconciler.examined(drift, terms.now) as (resource, store):
            yield drift, resource, store

    def _way_out(self, drift: Drift, now: datetime) -> str:
        """Return what can be done about a drift that cannot be dismissed: no advice that would be refused in turn."""
        try:
            with self.reconciler.examined(drift, now) as (resource, _):
                requests_seen(drift, resource, now)
        except DecisionError as error:
            return error.message
        except SyncdError:  # the calendar cannot be looked at now: what can be done then is for later to say
            pass
        return "Revert it or accept it."

    def _settle(self, drift_id: str, action: DriftAction, terms: Terms, note: str) -> Drift:
        drift = self._open(drift_id, terms)
        return self.reconciler.settle(drift, action, terms.by.who, terms.now, note=note)

    def _open(self, drift_id: str, terms: Terms) -> Drift:
        with self.reconciler.store.reading() as tx:
            drift = tx.drifts.get(drift_id)
        require(terms.by.who, Permission.DECIDE_DRIFT, provider_id=drift.provider_id)
        _check_open(drift)
        return drift

    def _meant(self, drift_id: str, terms: Terms) -> Drift | None:
        """Return an edit that was put back and that its provider says was meant."""
        with self.reconciler.store.reading() as tx:
            drift = tx.drifts.get(drift_id)
        require(terms.by.who, Permission.DECIDE_DRIFT, provider_id=drift.provider_id)
        return drift if drift.answer is Answer.MEANT else None

    def _cleared_up(self, drift: Drift, terms: Terms, note: str) -> Drift:
        with self.reconciler.store.transaction() as tx:
            settled = replace(tx.drifts.get(drift.id), answer=Answer.SETTLED, note=note or drift.note)
            tx.drifts.save(settled)
            _record(tx, Act.IGNORE, settled, terms)
            return settled

    def _check_watched(self, drift: Drift) -> None:
        """Raise `DecisionError` where nothing can be put back or taken over any more; it says what can be done."""
        if why := self._why_unwatched(drift):
            raise DecisionError(
                f"{why}: nothing can be put back there or taken over from there. Dismiss it, which leaves appointment "
                f"and calendar as they are (syncd drift dismiss {drift.id}); or put on record when its sessions took "
                f"place, which settles it too (syncd claim attest --drift {drift.id} --as-planned --by WHO)."
            )

    def _why_unwatched(self, drift: Drift) -> str | None:
        """Return why a drift's event is watched no longer, None where it is."""
        with self.reconciler.store.reading() as tx:
            return why_unwatched(tx, drift)

    def _put_down(self, drift: Drift, terms: Terms, note: str) -> Drift:
        with self.reconciler.store.transaction() as tx:
            return put_down(tx, drift, terms, note or "Dismissed when its event was watched no longer.")


_UNWATCHED = {
    PublicationState.WITHDRAWN: "syncd has deleted the event since",
    PublicationState.RETIRED: "The event is watched no longer, since its sessions were so long ago",
    PublicationState.FORGOTTEN: "The event, or the whole calendar, was let go of",
}


def _check_open(drift: Drift) -> None:
    if drift.status is not DriftStatus.OPEN:
        way_out = f" {remedy_of(drift)}" if drift.answer is Answer.MEANT else ""
        raise DecisionError(f"Drift {drift.id} was {drift.status} already.{way_out}", status=drift.status)


def _taken_over(tx: Transaction, drift: Drift, terms: Terms, note: str, *, allow_overlap: bool) -> Drift:
    """Do what an answer by mail asks for."""
    for request in requests_by_mail(tx, drift, terms):
        carry_out(tx, request, terms, note, allow_overlap=allow_overlap)
    return settled(tx, drift, DriftStatus.ACCEPTED, terms, note)


def why_unwatched(tx: Transaction, drift: Drift) -> str | None:
    """Return why a drift's event is watched no longer, None where it is; an answer by mail has none to watch."""
    if drift.by_mail:
        return None
    if drift.publication_id is None:
        return _UNWATCHED[PublicationState.FORGOTTEN]
    return _UNWATCHED.get(tx.publications.get(drift.publication_id).state)


def put_down(tx: Transaction, drift: Drift, terms: Terms, note: str) -> Drift:
    """Settle a drift whose event is watched no longer, without a look at any calendar."""
    settled = replace(
        drift,
        status=DriftStatus.DISMISSED,
        due_at=None,
        resolved_at=terms.now,
        resolved_by=terms.by.actor,
        note=note,
    )
    tx.drifts.save(settled)
    _record(tx, Act.IGNORE, settled, terms)
    return settled


def requests_seen(drift: Drift, resource: Resource, now: datetime) -> tuple[Request, ...]:
    """Return what taking the edit over asks for. Raises `DecisionError` where it cannot be, with what can be done."""
    snapshot = resource.observed.snapshot if resource.observed else None
    observed = snapshot if isinstance(snapshot, Snapshot) else None
    return requests_of(drift.findings, resource.sessions, observed, now)


def _seen(resource: Resource, drift: Drift, now: datetime) -> Publication:
    """Return the publication after a look: what stands there is the base of what comes, with the provider's words.

    Where nothing stands, no etag is left to believe, so that the next cycle looks before it writes.
    """
    if resource.observed is None or resource.desired is None:
        return replace(resource.publication, etag=None)
    return as_observed(resource, now, [finding for finding in drift.findings if finding.kind in TEXT_KINDS])


def carry_out(tx: Transaction, request: Request, terms: Terms, note: str, *, allow_overlap: bool) -> None:
    """Do what taking an edit over asks of the record."""
    if isinstance(request, Cancelling):
        asked = Cancel(appointment_id=request.appointment_id, reason=CALENDAR_EDIT.code, note=note, scope=request.scope)
        cancel(tx, asked, terms)
    else:
        reschedule(
            tx,
            Reschedule(
                appointment_id=request.appointment_id,
                start=request.start,
                minutes=request.minutes,
                location=request.location,
                scope=request.scope,
                allow_overlap=allow_overlap,
            ),
            terms,
        )


def _accepted(tx: Transaction, drift: Drift, terms: Terms, note: str) -> Drift:
    accepted = replace(
        drift,
        status=DriftStatus.ACCEPTED,
        due_at=None,
        resolved_at=terms.now,
        resolved_by=terms.by.actor,
        note=note or drift.note,
    )
    tx.drifts.save(accepted)
    _record(tx, "accept", drift, terms)
    return accepted


def _record(tx: Transaction, action: str, drift: Drift, terms: Terms) -> None:
    details = {"drift": drift.id, "kinds": list(drift.kinds)}
    known = AuditRecord(
        at=terms.now, actor=terms.by.actor, action=action, subject=drift.appointment_id, details=details
    )
    tx.audit.append([known])
