"""Whether a server tells all changes, seen where a full look found one: a report that leaves it out is a lie."""

from typing import NamedTuple

from syncd.core.sync.drift import DriftStatus
from syncd.core.sync.publication import Publication
from syncd.ports.remote.access import Remote
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store
from syncd.services.sync.reconcile.observe import Sighting


class Told(NamedTuple):
    """Whether a server names all that a full look found changed, and whether it still knows where we left off."""

    is_all: bool = True
    cursor_lost: bool = False


def ask_again(remote: Remote, store: Store, calendar_id: str, cursor: str, sighting: Sighting) -> Told:
    """Ask for the changes since ``cursor`` and see whether they name all those of ours that a full look has found.

    They are asked for after the look, so that a change in between can only be named too many.
    """
    changed = [publication for publication in sighting.publications if _has_changed(publication, sighting)]
    if not changed:
        return Told()
    with store.reading() as tx:
        drifts = tx.drifts.list(DriftQuery(calendar_id=calendar_id, status=DriftStatus.OPEN))
    told_before = {drift.publication_id for drift in drifts}
    told = remote.changes(cursor)
    named = told.present.keys() | told.removed
    is_all = told.complete or all(one.href in named or one.id in told_before for one in changed)
    return Told(is_all=is_all, cursor_lost=told.cursor_lost)


def _has_changed(publication: Publication, sighting: Sighting) -> bool:
    """Tell whether another version stands there than the one that was recorded when all was told."""
    if publication.body is None or publication.etag is None or publication.intent is not None:
        return False
    if publication.href not in sighting.looked_at:
        return False
    stored = sighting.stored.get(publication.href)
    return stored is None or stored.etag != publication.etag
