"""What a publication, and a drift on it, is on record after an action."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from syncd.core.events.comparison import compare
from syncd.core.events.findings import Comparison, Finding, Kind, Severity
from syncd.core.sync.actions import AnyAction, Ignore, Revert
from syncd.core.sync.decision import Unreadable
from syncd.core.sync.drift import Drift, DriftAction, DriftStatus
from syncd.core.sync.publication import Publication
from syncd.core.sync.resource import Observed, Resource
from syncd.core.sync.yielding import yield_to
from syncd.ports.remote.errors import UidConflictError
from syncd.ports.store.transaction import Transaction


def as_observed(
    resource: Resource, now: datetime, ignored: Iterable[Finding] = (), look: str | None = None
) -> Publication:
    """Return the publication with what stands there taken as published; ``ignored`` texts are yielded to the provider.

    ``look`` names the settings that it agrees with. What else is to be written stays to be done. Only what stands
    there, can be read and should stand can be taken so; anything else raises ValueError.
    """
    publication, observed, desired = resource.publication, resource.observed, resource.desired
    if observed is None or isinstance(observed.snapshot, Unreadable) or desired is None:
        raise ValueError("only what stands there and should can be taken as published")
    return replace(
        publication.standing(now),
        etag=observed.etag,
        schedule_tag=observed.schedule_tag,
        body=observed.body.decode(errors="replace"),
        sequence=max(publication.sequence, observed.snapshot.sequence),
        done=publication.wanted - (0 if _agrees(resource, ignored) else 1),
        intent=None,
        yielded=yield_to(ignored, desired, publication.yielded),
        look=publication.look if look is None else look,
        verified_at=now if resource.seen else publication.verified_at,
    )


def _agrees(resource: Resource, ignored: Iterable[Finding]) -> bool:
    """Tell whether nothing is left to be written once these texts are left to the provider."""
    observed, desired = resource.observed, resource.desired_snapshot
    if observed is None or desired is None or isinstance(observed.snapshot, Unreadable):
        return True
    left = {(f.field, f.recurrence_id) for f in compare(desired, observed.snapshot).findings}
    return left <= {(f.field, f.recurrence_id) for f in ignored}


def elsewhere(resource: Resource, error: UidConflictError) -> Comparison:
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


def ignored_in(action: AnyAction) -> tuple[Finding, ...]:
    """Return the findings whose texts stay as the provider wrote them."""
    return action.ignored if isinstance(action, Revert | Ignore) else ()


def sequence_of(observed: Observed | None) -> int:
    """Return the SEQUENCE that a program wrote there: ours never falls below it."""
    return 0 if observed is None or isinstance(observed.snapshot, Unreadable) else observed.snapshot.sequence


def how_it_ended(action: AnyAction) -> DriftStatus:
    """Return what became of an open drift that is no more: our own revert, whose answer was lost, or another edit."""
    drift, was_writing = action.closes, action.resource.publication.intent is not None
    is_ours = was_writing and drift is not None and drift.action is DriftAction.REVERT
    return DriftStatus.REVERTED if is_ours else DriftStatus.SUPERSEDED


def looked_at(resource: Resource, now: datetime) -> Publication:
    """Return the publication with the store's change dealt with and nothing about to be written.

    A first write of which only the answer was lost is what stood there before it was edited.
    """
    publication, body = resource.publication, resource.publication.body
    if resource.seen and resource.observed is not None:
        publication = publication.standing(now)
    if body is None and publication.intent is not None and resource.published_snapshot is not None:
        body = publication.intent.body
    return replace(publication, body=body, done=publication.wanted, intent=None)


def put_drift(tx: Transaction, drift: Drift, resource: Resource) -> None:
    """Store a drift: anew, or as it stands now where it is the one that is open on the resource."""
    if resource.open_drift is not None and resource.open_drift.id == drift.id:
        tx.drifts.save(drift)
    else:
        tx.drifts.add(drift)
