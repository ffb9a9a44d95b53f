"""Carry a plan out: intent recorded first, one conditional write, the outcome in the transaction that makes it true.

An intent on record is looked at in the next cycle whatever else happens, so a write that failed or was cut off by a
crash is never lost, and never wakes the calendar before its time either. That is why the intent alone has to be on the
disk before anything is done; an outcome that a loss of power takes away is found out again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from syncd.core.audit.record import AuditRecord
from syncd.core.events.desired import Desired
from syncd.core.events.findings import Comparison, Finding, Kind, Severity
from syncd.core.messaging.outbox import Message
from syncd.core.sync.decision import Unreadable
from syncd.core.sync.drift import Drift, DriftAction, DriftStatus
from syncd.core.sync.plan import (
    DAMAGED,
    ELSEWHERE,
    AnyAction,
    Await,
    Drop,
    Flag,
    Ignore,
    Note,
    Observed,
    Publish,
    Renew,
    Resource,
    Retract,
    Revert,
    drift_of,
    fingerprint,
)
from syncd.core.sync.publication import Intent, IntentKind, Publication
from syncd.core.sync.yielding import lay_texts, yield_to
from syncd.ics.render import render
from syncd.ports.remote.access import Remote
from syncd.ports.remote.errors import ForbiddenError, RejectedError, RemoteError, UidConflictError
from syncd.ports.remote.values import Receipt
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.sync.reconcile.bodies import damage

OnReverted = Callable[[Transaction, Drift], Iterable[Message]]
"""Makes the mail about an edit that was put back; it joins the outbox in the transaction that records the revert."""

POLICY = "policy"
"""Who resolves a drift that no person decided."""


def tell_nobody(_tx: Transaction, _drift: Drift) -> tuple[Message, ...]:
    """Make no mail about an edit that was put back."""
    return ()


@dataclass(frozen=True, slots=True)
class Executor:
    """Carries out the actions of one cycle of one calendar.

    ``actor`` is on whose word drifts are settled, ``note`` what they said.
    Each method raises the `RemoteError` of its write; its intent then stays on record, so that the next look tells
    whether the write took place.
    """

    store: Store
    remote: Remote
    now: datetime
    on_reverted: OnReverted = tell_nobody
    actor: str = POLICY
    note: str = ""

    def apply(self, action: AnyAction) -> tuple[Drift, ...]:
        """Carry out one action; return the drifts that it recorded, as they stand now."""
        match action:
            case Publish() | Renew():
                return self._write(action)
            case Retract():
                self._delete(action)
            case Note():
                self._note(action)
            case Drop():
                with self.store.transaction() as tx:
                    self._forget(tx, action, "forgotten")
            case Revert():
                return self._revert(action)
            case Flag():
                return (self._flag(action),)
            case Ignore():
                return (self._ignore(action),)
            case Await():
                with self.store.transaction() as tx:
                    tx.publications.save(_looked_at(action.resource))
            case _:
                assert_never(action)
        return ()

    def _write(self, action: AnyAction, drift: Drift | None = None) -> tuple[Drift, ...]:
        """Write what is desired over what was observed; with ``drift``, as its revert: then copies of ours go first.

        A server may refuse a UID that stands elsewhere, and a copy without its original is better than two events.
        Returns what the server damaged in it, as a drift, unless that is on record.
        """
        resource, desired, observed = action.resource, action.resource.desired, action.resource.observed
        if desired is None:
            raise ValueError("nothing is desired, so nothing can be written")
        worded = lay_texts(desired, yield_to(_ignored(action), desired))
        seen = self.remote.capabilities
        if seen.refuses_people or (observed is None and seen.mails_itself):
            worded = replace(worded, organizer=None, attendee=None)
        body = render(worded, _laid_under(resource), self.now)
        kind = IntentKind.CREATE if observed is None else IntentKind.UPDATE
        action = self._intend(action, Intent(kind, body.decode(), self.now), drift)
        if drift is not None:
            self._remove_copies(resource)
        href = resource.publication.href
        if observed is None:
            receipt, body = self._create(action, worded, body)
        else:
            receipt = self.remote.replace(href, body, observed.etag, observed.schedule_tag)
        damaged = self._damaged(action, receipt, body)
        with self.store.transaction(durable=False) as tx:
            tx.publications.save(self._as_stored(action, desired, receipt, body, damaged))
            self._close(tx, drift, DriftStatus.REVERTED)
            self._record(tx, "reverted" if drift else f"{kind}d", resource, drift)
            return self._exchange(tx, action, damaged)

    def _create(self, action: AnyAction, wanted: Desired, body: bytes) -> tuple[Receipt, bytes]:
        """PUT what was not there; a body that is refused once more without people, which servers were seen to take.

        Returns the body that was taken. What the server does is remembered, on record, for the whole calendar.
        """
        href = action.resource.publication.href
        try:
            return self.remote.create(href, body), body
        except (RejectedError, ForbiddenError) as error:
            if wanted.organizer is None and wanted.attendee is None:
                raise
            return self._create_plain(action, replace(wanted, organizer=None, attendee=None), error)

    def _create_plain(self, action: AnyAction, plain: Desired, why: RemoteError) -> tuple[Receipt, bytes]:
        resource = action.resource
        body = render(plain, _laid_under(resource), self.now)
        with self.store.transaction() as tx:
            intent = Intent(IntentKind.CREATE, body.decode(), self.now)
            tx.publications.save(replace(_looked_at(resource), intent=intent))
        try:
            receipt = self.remote.create(resource.publication.href, body)
        except (RejectedError, ForbiddenError):
            raise why from None
        self.remote.remember_people_refused()
        calendar = resource.publication.calendar_id
        told = {"plain_events": True, "why": why.code, "status": why.details.get("status")}
        record = AuditRecord(
            at=self.now, actor=self.actor, action="calendar.plain_events", subject=calendar, details=told
        )
        with self.store.transaction(durable=False) as tx:
            tx.audit.append([record])
        return receipt, body

    def hold(self, action: AnyAction, error: UidConflictError) -> Drift | None:
        """Put an event that the account holds in another place before a person, with the remedy.

        Its intent stays on record: each cycle tries once more, and without a word, so that it is written as soon as the
        other one is gone. Returns the drift; None when that one is open already.
        """
        resource, known = action.resource, action.resource.open_drift
        if isinstance(action, Revert):  # on record since its intent is
            drift = replace(action.drift, note=error.message)
            is_known = known is not None and known.id == drift.id
        else:
            drift = drift_of(resource, _elsewhere(resource, error), ELSEWHERE, self.now, error.message)
            is_known = known is not None and known.fingerprint == drift.fingerprint
        if is_known and not isinstance(action, Revert):
            return None
        with self.store.transaction() as tx:
            if isinstance(action, Revert):
                tx.drifts.save(drift)
            else:
                self._close(tx, known, DriftStatus.SUPERSEDED)
                tx.drifts.add(drift)
            if not is_known:
                self._record(tx, "flagged", resource, drift)
        return None if is_known else drift

    def _exchange(self, tx: Transaction, action: AnyAction, damaged: Drift | None) -> tuple[Drift, ...]:
        """Close what the write settled and record what the server damaged in it, unless that is the same."""
        if damaged is action.closes:
            return ()
        self._close(tx, action.closes, DriftStatus.SUPERSEDED)
        if damaged is None:
            return ()
        tx.drifts.add(damaged)
        self._record(tx, "flagged", action.resource, damaged)
        return (damaged,)

    def _delete(self, action: AnyAction, drift: Drift | None = None) -> None:
        resource = action.resource
        action = self._intend(action, Intent(IntentKind.DELETE, None, self.now), drift)
        if drift is not None:
            self._remove_copies(resource)
        self.remote.remove(resource.publication.href, resource.observed.etag if resource.observed else None)
        with self.store.transaction(durable=False) as tx:
            self._close(tx, drift, DriftStatus.REVERTED)
            self._forget(tx, action, "reverted" if drift else "withdrawn")

    def _remove_copies(self, resource: Resource) -> None:
        for copy in resource.copies:
            self.remote.remove(copy.href, copy.etag)

    def _revert(self, action: Revert) -> tuple[Drift, ...]:
        settled = self._settled(action.drift, DriftStatus.REVERTED)
        if action.resource.desired is None:
            self._delete(action, action.drift)
            return (settled,)
        return (settled, *self._write(action, action.drift))

    def _flag(self, action: Flag) -> Drift:
        with self.store.transaction() as tx:
            tx.publications.save(_looked_at(action.resource))
            self._close(tx, action.closes, DriftStatus.SUPERSEDED)
            _put_drift(tx, action.drift, action.resource)
            self._record(tx, "flagged", action.resource, action.drift)
        return action.drift

    def _ignore(self, action: Ignore) -> Drift:
        by_policy = self.actor == POLICY
        drift = self._settled(action.drift, DriftStatus.IGNORED if by_policy else DriftStatus.DISMISSED)
        resource = action.resource
        with self.store.transaction() as tx:
            tx.publications.save(as_observed(resource, self.now, action.ignored))
            self._close(tx, action.closes, DriftStatus.SUPERSEDED)
            _put_drift(tx, drift, resource)
            self._record(tx, "ignored", resource, drift)
        return drift

    def _note(self, action: Note) -> None:
        resource = action.resource
        with self.store.transaction() as tx:
            tx.publications.save(as_observed(resource, self.now))
            self._close(tx, action.closes, _how_it_ended(action))
            if resource.publication.intent is not None or action.closes is not None:
                self._record(tx, "adopted", resource, action.closes)

    def _intend(self, action: AnyAction, intent: Intent, drift: Drift | None) -> AnyAction:
        """Commit what is about to be written, and the drift that it settles, before the server hears of it.

        Returns the action as it goes on: what the drift takes the place of is closed, since but one may be open.
        """
        with self.store.transaction() as tx:
            tx.publications.save(replace(_looked_at(action.resource), intent=intent))
            if drift is None:
                return action
            self._close(tx, action.closes, DriftStatus.SUPERSEDED)
            _put_drift(tx, drift, action.resource)
        return replace(action, closes=None)

    def _damaged(self, action: AnyAction, receipt: Receipt, sent: bytes) -> Drift | None:
        """Return what the server damaged in our body: the drift that is open about it, or else a new one."""
        found = damage(sent, receipt.stored, ZoneInfo(action.resource.provider.timezone))
        if found is None:
            return None
        known = action.closes
        if known is not None and known.fingerprint == fingerprint(found.findings):
            return known
        return drift_of(action.resource, found, DAMAGED, self.now)

    def _as_stored(
        self, action: AnyAction, desired: Desired, receipt: Receipt, sent: bytes, damaged: Drift | None
    ) -> Publication:
        """Return the publication with what the server made of our body; what it damaged is none of ours.

        Without an etag that is looked at as long as it stands, and so its drift stays open.
        """
        body, publication = sent if receipt.stored is None or damaged else receipt.stored, action.resource.publication
        return replace(
            publication,
            href=receipt.href,
            etag=None if damaged else receipt.etag,
            schedule_tag=receipt.schedule_tag,
            body=body.decode(errors="replace"),
            sequence=max(publication.sequence, desired.sequence, _sequence_of(action.resource.observed)),
            done=publication.wanted,
            intent=None,
            yielded=yield_to(_ignored(action), desired, publication.yielded),
            published_at=self.now,
        )

    def _forget(self, tx: Transaction, action: AnyAction, word: str) -> None:
        self._close(tx, action.closes, _how_it_ended(action))
        self._record(tx, word, action.resource, None)
        tx.publications.remove(action.resource.publication.id)

    def _close(self, tx: Transaction, drift: Drift | None, status: DriftStatus) -> None:
        if drift is None:
            return
        settled = self._settled(drift, status)
        tx.drifts.save(settled)
        if status is DriftStatus.REVERTED:
            tx.messages.add(self.on_reverted(tx, settled))

    def _settled(self, drift: Drift, status: DriftStatus) -> Drift:
        note = self.note or drift.note
        return replace(drift, status=status, resolved_at=self.now, resolved_by=self.actor, note=note)

    def _record(self, tx: Transaction, word: str, resource: Resource, drift: Drift | None) -> None:
        details: dict[str, Any] = {"uid": resource.publication.uid, "href": resource.publication.href}
        if drift is not None:
            details |= {"drift": drift.id, "kinds": list(drift.kinds), "rule": drift.rule}
        subject = resource.publication.source.id
        tx.audit.append([AuditRecord(at=self.now, actor=self.actor, action=word, subject=subject, details=details)])


def as_observed(resource: Resource, now: datetime, ignored: Iterable[Finding] = ()) -> Publication:
    """Return the publication with what stands there taken as published; ``ignored`` texts are yielded to the provider.

    Only what stands there, can be read and should stand can be taken so; anything else raises ValueError.
    """
    publication, observed, desired = resource.publication, resource.observed, resource.desired
    if observed is None or isinstance(observed.snapshot, Unreadable) or desired is None:
        raise ValueError("only what stands there and should can be taken as published")
    return replace(
        publication,
        etag=observed.etag,
        schedule_tag=observed.schedule_tag,
        body=observed.body.decode(errors="replace"),
        sequence=max(publication.sequence, observed.snapshot.sequence),
        done=publication.wanted,
        intent=None,
        yielded=yield_to(ignored, desired, publication.yielded),
        verified_at=now if resource.seen else publication.verified_at,
    )


def _elsewhere(resource: Resource, error: UidConflictError) -> Comparison:
    """Return the finding that the account holds an event in another place, where it lets a UID stand but once."""
    where = error.details.get("href") or "another place of the account"
    finding = Finding(
        kind=Kind.DUPLICATE,
        severity=Severity.PRESENCE,
        field="href",
        published=resource.publication.href,
        observed=str(where),
    )
    return Comparison(findings=(finding,))


def _ignored(action: AnyAction) -> tuple[Finding, ...]:
    """Return the findings whose texts stay as the provider wrote them."""
    return action.ignored if isinstance(action, Revert | Ignore) else ()


def _sequence_of(observed: Observed | None) -> int:
    """Return the SEQUENCE that a program wrote there: ours never falls below it."""
    return 0 if observed is None or isinstance(observed.snapshot, Unreadable) else observed.snapshot.sequence


def _how_it_ended(action: AnyAction) -> DriftStatus:
    """Return what became of an open drift that is no more: our own revert, whose answer was lost, or another edit."""
    drift, was_writing = action.closes, action.resource.publication.intent is not None
    is_ours = was_writing and drift is not None and drift.action is DriftAction.REVERT
    return DriftStatus.REVERTED if is_ours else DriftStatus.SUPERSEDED


def _laid_under(resource: Resource) -> bytes | None:
    """Return the body to write over, for what the provider owns in it: what stands there, or else a copy of ours.

    A body that is gone or that nobody can read is written anew over what we last left there.
    """
    observed, left = resource.observed, resource.publication.body
    if observed is not None and not isinstance(observed.snapshot, Unreadable):
        return observed.body
    if observed is None and resource.copies:
        return resource.copies[0].body
    return left.encode() if left is not None and resource.published_snapshot is not None else None


def _looked_at(resource: Resource) -> Publication:
    """Return the publication with the store's change dealt with and nothing about to be written.

    A first write of which only the answer was lost is what stood there before it was edited.
    """
    publication, body = resource.publication, resource.publication.body
    if body is None and publication.intent is not None and resource.published_snapshot is not None:
        body = publication.intent.body
    return replace(publication, body=body, done=publication.wanted, intent=None)


def _put_drift(tx: Transaction, drift: Drift, resource: Resource) -> None:
    if resource.open_drift is not None and resource.open_drift.id == drift.id:
        tx.drifts.save(drift)
    else:
        tx.drifts.add(drift)
