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

from syncd.core.access.principal import POLICY, Principal
from syncd.core.audit.record import AuditRecord
from syncd.core.messaging.outbox import Message
from syncd.core.sync.actions import Adopt, AnyAction, Create, Delete, Flag, Forget, Ignore, Revert, Update, Wait
from syncd.core.sync.decision import Act
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.core.sync.drifting import drift_of, fingerprint
from syncd.core.sync.plan import DAMAGED, ELSEWHERE
from syncd.core.sync.publication import Intent, IntentKind, Publication, PublicationState
from syncd.core.sync.resource import Resource
from syncd.core.sync.yielding import yield_to
from syncd.ports.remote.access import Remote
from syncd.ports.remote.errors import ForbiddenError, RejectedError, RemoteError, UidConflictError
from syncd.ports.remote.values import Receipt
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.sync.reconcile.bodies import Renderer, damage, without_people
from syncd.services.sync.reconcile.outcome import (
    as_observed,
    elsewhere,
    how_it_ended,
    ignored_in,
    looked_at,
    put_drift,
    sequence_of,
)

OnReverted = Callable[[Transaction, Drift], Iterable[Message]]
"""Makes the mail about an edit that was put back; it joins the outbox in the transaction that records the revert."""

_ACT_OF = {
    DriftStatus.REVERTED: Act.REVERT,
    DriftStatus.IGNORED: Act.IGNORE,
    DriftStatus.DISMISSED: Act.IGNORE,
}
"""The act by which a write settles a drift."""


def tell_nobody(_tx: Transaction, _drift: Drift) -> tuple[Message, ...]:
    """Make no mail about an edit that was put back."""
    return ()


@dataclass(frozen=True, slots=True)
class Executor:
    """Carries out the actions of one cycle of one calendar.

    ``look`` names the settings that bodies are rendered under. ``by`` is on whose word drifts are settled, ``note``
    what they said.
    Each method raises the `RemoteError` of its write; its intent then stays on record, so that the next look tells
    whether the write took place.
    """

    store: Store
    remote: Remote
    now: datetime
    look: str
    on_reverted: OnReverted = tell_nobody
    by: Principal = POLICY
    note: str = ""

    def apply(self, action: AnyAction) -> tuple[Drift, ...]:
        """Carry out one action; return the drifts that it recorded, as they stand now."""
        match action:
            case Create() | Update():
                return self._write(action, action.body)
            case Delete():
                self._delete(action)
            case Adopt():
                self._adopt(action)
            case Forget():
                with self.store.transaction() as tx:
                    self._end(tx, action, PublicationState.FORGOTTEN)
            case Revert():
                return self._revert(action)
            case Flag() | Wait():
                return self._hold(action)
            case Ignore():
                return self._ignore(action)
            case _:
                assert_never(action)
        return ()

    # Writes

    def _write(
        self, action: AnyAction, body: bytes, drift: Drift | None = None, status: DriftStatus = DriftStatus.REVERTED
    ) -> tuple[Drift, ...]:
        """Write a body; with ``drift`` it settles that by ``status``. Where it reverts, copies of ours go first.

        A server may refuse a UID that stands elsewhere, and a copy without its original is better than two events.
        Returns what the server damaged in it, as a drift, unless that is on record.
        """
        resource = action.resource
        seen = self.remote.capabilities
        if seen.refuses_people or (resource.observed is None and seen.mails_itself):  # learned since this was planned
            body = self._plain(action) or body
        kind = IntentKind.CREATE if resource.observed is None else IntentKind.UPDATE
        action = self._intend(action, Intent(kind, body.decode(), self.now), drift)
        if drift is not None and status is DriftStatus.REVERTED:
            self._remove_copies(resource)
        receipt, body = self._send(action, body)
        damaged = self._damaged(action, receipt, body)
        with self.store.transaction(durable=False) as tx:
            tx.publications.save(self._as_stored(action, receipt, body, damaged))
            self._close(tx, drift, status)
            self._record(tx, Act(kind) if drift is None else _ACT_OF[status], resource, drift)
            overruled = action.overruled if isinstance(action, Ignore) else None
            return (*self._exchange(tx, action, damaged), *self._overrule(tx, overruled, resource))

    def _send(self, action: AnyAction, body: bytes) -> tuple[Receipt, bytes]:
        """PUT a body where it belongs; return the one that was taken."""
        href, observed = action.resource.publication.href, action.resource.observed
        if observed is None:
            return self._create(action, body)
        return self.remote.replace(href, body, observed.etag, observed.schedule_tag), body

    def _create(self, action: AnyAction, body: bytes) -> tuple[Receipt, bytes]:
        """PUT what was not there; a body that is refused once more without people, which servers were seen to take.

        Returns the body that was taken. What the server does is remembered, on record, for the whole calendar.
        """
        try:
            return self.remote.create(action.resource.publication.href, body), body
        except (RejectedError, ForbiddenError) as error:
            plain = self._plain(action)
            if plain is None or plain == body:
                raise
            return self._create_plain(action, plain, error), plain

    def _plain(self, action: AnyAction) -> bytes | None:
        """Return what an action writes without people, None where it names nobody."""
        desired = action.resource.desired
        if desired is None or desired == without_people(desired):
            return None
        return Renderer(self.now).plain(action.resource, ignored_in(action))

    def _create_plain(self, action: AnyAction, body: bytes, why: RemoteError) -> Receipt:
        resource = action.resource
        with self.store.transaction() as tx:
            intent = Intent(IntentKind.CREATE, body.decode(), self.now)
            tx.publications.save(replace(looked_at(resource, self.now), intent=intent))
        try:
            receipt = self.remote.create(resource.publication.href, body)
        except (RejectedError, ForbiddenError):
            raise why from None
        self.remote.remember_people_refused()
        calendar = resource.publication.calendar_id
        told = {"plain_events": True, "why": why.code, "status": why.details.get("status")}
        record = AuditRecord(
            at=self.now, actor=self.by.name, action="calendar.plain_events", subject=calendar, details=told
        )
        with self.store.transaction(durable=False) as tx:
            tx.audit.append([record])
        return receipt

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
            drift = drift_of(resource, elsewhere(resource, error), ELSEWHERE, self.now, error.message)
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
                self._record(tx, Act.FLAG, resource, drift)
        return None if is_known else drift

    def _exchange(self, tx: Transaction, action: AnyAction, damaged: Drift | None) -> tuple[Drift, ...]:
        """Close what the write settled and record what the server damaged in it, unless that is the same."""
        if damaged is not None and damaged is action.closes:
            return ()
        self._close(tx, action.closes, DriftStatus.SUPERSEDED)
        if damaged is None:
            return ()
        tx.drifts.add(damaged)
        self._record(tx, Act.FLAG, action.resource, damaged)
        return (damaged,)

    def _delete(self, action: AnyAction, drift: Drift | None = None) -> None:
        resource = action.resource
        action = self._intend(action, Intent(IntentKind.DELETE, None, self.now), drift)
        if drift is not None:
            self._remove_copies(resource)
        self.remote.remove(resource.publication.href, resource.observed.etag if resource.observed else None)
        with self.store.transaction(durable=False) as tx:
            self._close(tx, drift, DriftStatus.REVERTED)
            self._end(tx, action, PublicationState.WITHDRAWN, Act.DELETE if drift is None else Act.REVERT)

    def _remove_copies(self, resource: Resource) -> None:
        for copy in resource.copies:
            self.remote.remove(copy.href, copy.etag)

    def _revert(self, action: Revert) -> tuple[Drift, ...]:
        settled = self._settled(action.drift, DriftStatus.REVERTED)
        if action.body is None:
            self._delete(action, action.drift)
            return (settled,)
        return (settled, *self._write(action, action.body, action.drift))

    # Edits that stay

    def _hold(self, action: Flag | Wait) -> tuple[Drift, ...]:
        """Record an edit that is left as it is, and write around it what the practice changed besides.

        What would stand there without the edit counts as published then, so that the edit is found again as it was.
        """
        resource, body = action.resource, action.body
        held = looked_at(resource, self.now)
        if body is not None:
            base = resource.body.decode()
            held = replace(held, intent=Intent(IntentKind.UPDATE, body.decode(), self.now, base))
        with self.store.transaction() as tx:
            tx.publications.save(held)
            self._close(tx, action.closes, DriftStatus.SUPERSEDED)
            if action.drift is not None:
                put_drift(tx, action.drift, resource)
                self._record(tx, action.act, resource, action.drift)
        recorded = (action.drift,) if action.drift is not None else ()
        if body is None:
            return recorded
        self._send(action, body)
        with self.store.transaction(durable=False) as tx:
            tx.publications.save(self._written_around(resource))
            if action.afterwards is not None:
                tx.drifts.save(action.afterwards)
            self._record(tx, Act.UPDATE, resource, None)
            return (*recorded, *self._overrule(tx, action.overruled, resource))

    def _written_around(self, resource: Resource) -> Publication:
        """Return the publication after a write that left an edit in place: its etag stays that of before the edit."""
        held, desired = looked_at(resource, self.now), resource.desired
        return replace(
            held,
            body=resource.body.decode(),
            look=self.look,
            sequence=max(held.sequence, desired.sequence if desired else 0, sequence_of(resource.observed)),
            published_at=self.now,
        )

    def _overrule(self, tx: Transaction, drift: Drift | None, resource: Resource) -> tuple[Drift, ...]:
        """Record what was put right because the practice changed it too."""
        if drift is None:
            return ()
        tx.drifts.add(drift)
        self._close(tx, drift, DriftStatus.REVERTED)
        self._record(tx, Act.REVERT, resource, drift)
        return (self._settled(drift, DriftStatus.REVERTED),)

    def _ignore(self, action: Ignore) -> tuple[Drift, ...]:
        status = self._how_ignored
        drift, resource = self._settled(action.drift, status), action.resource
        if action.body is not None:
            return (drift, *self._write(action, action.body, action.drift, status))
        with self.store.transaction() as tx:
            tx.publications.save(as_observed(resource, self.now, action.ignored, look=self.look))
            self._close(tx, action.closes, DriftStatus.SUPERSEDED)
            put_drift(tx, drift, resource)
            self._record(tx, Act.IGNORE, resource, drift)
        return (drift,)

    @property
    def _how_ignored(self) -> DriftStatus:
        return DriftStatus.IGNORED if self.by == POLICY else DriftStatus.DISMISSED

    def _adopt(self, action: Adopt) -> None:
        resource = action.resource
        with self.store.transaction() as tx:
            tx.publications.save(as_observed(resource, self.now, look=self.look))
            self._close(tx, action.closes, how_it_ended(action))
            if resource.publication.intent is not None or action.closes is not None:
                self._record(tx, Act.ADOPT, resource, action.closes)

    def _intend(self, action: AnyAction, intent: Intent, drift: Drift | None) -> AnyAction:
        """Commit what is about to be written, and the drift that it settles, before the server hears of it.

        Returns the action as it goes on: what the drift takes the place of is closed, since but one may be open.
        """
        with self.store.transaction() as tx:
            tx.publications.save(replace(looked_at(action.resource, self.now), intent=intent))
            if drift is None:
                return action
            self._close(tx, action.closes, DriftStatus.SUPERSEDED)
            put_drift(tx, drift, action.resource)
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

    def _as_stored(self, action: AnyAction, receipt: Receipt, sent: bytes, damaged: Drift | None) -> Publication:
        """Return the publication with what the server made of our body; what it damaged is none of ours.

        Without an etag that is looked at as long as it stands, and so its drift stays open.
        """
        body, publication = sent if receipt.stored is None or damaged else receipt.stored, action.resource.publication
        desired = action.resource.desired
        if desired is None:
            raise ValueError("nothing is desired, so nothing can have been written")
        return replace(
            publication.standing(self.now),
            href=receipt.href,
            etag=None if damaged else receipt.etag,
            schedule_tag=receipt.schedule_tag,
            body=body.decode(errors="replace"),
            sequence=max(publication.sequence, desired.sequence, sequence_of(action.resource.observed)),
            done=publication.wanted,
            intent=None,
            yielded=yield_to(ignored_in(action), desired, publication.yielded),
            look=self.look,
            published_at=self.now,
        )

    def _end(self, tx: Transaction, action: AnyAction, state: PublicationState, act: Act = Act.FORGET) -> None:
        self._close(tx, action.closes, how_it_ended(action))
        self._record(tx, act, action.resource, None)
        tx.publications.end(action.resource.publication.id, state)

    def _close(self, tx: Transaction, drift: Drift | None, status: DriftStatus) -> None:
        if drift is None:
            return
        settled = self._settled(drift, status)
        tx.drifts.save(settled)
        if status is DriftStatus.REVERTED:
            tx.messages.add(self.on_reverted(tx, settled))

    def _settled(self, drift: Drift, status: DriftStatus) -> Drift:
        note = self.note or drift.note
        return replace(drift, status=status, due_at=None, resolved_at=self.now, resolved_by=self.by.name, note=note)

    def _record(self, tx: Transaction, act: Act, resource: Resource, drift: Drift | None) -> None:
        details: dict[str, Any] = {"uid": resource.publication.uid, "href": resource.publication.href}
        if drift is not None:
            details |= {"drift": drift.id, "kinds": list(drift.kinds), "rule": drift.rule}
        subject = resource.publication.source.id
        tx.audit.append([AuditRecord(at=self.now, actor=self.by.name, action=act, subject=subject, details=details)])
