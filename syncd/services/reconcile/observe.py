"""Ask the server what changed, and look at every resource of which that leaves a doubt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from syncd.core.calendars import Publication
from syncd.ports.calendars import Changes, Remote, Stored
from syncd.ports.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What was seen: of ``publications``, those at ``looked_at`` as ``stored`` says, absent ones proved absent.

    Publications that were not looked at are believed to be as we last left them. ``standing`` counts all of ours.
    """

    changes: Changes
    publications: tuple[Publication, ...]
    looked_at: frozenset[str]
    stored: Mapping[str, Stored]
    standing: int

    @property
    def missing(self) -> int:
        """How many that stood there are proved absent."""
        return sum(p.body is not None and p.href in self.looked_at - self.stored.keys() for p in self.publications)


def observe(remote: Remote, store: Store, calendar_id: str, cursor: str | None, *, verify: bool) -> Sighting:
    """Look at a calendar since ``cursor``; with ``verify`` at every publication, whatever the server says of it."""
    changes = remote.changes(None if verify else cursor)
    publications, standing = _in_question(store, calendar_id, changes)
    doubtful = _doubtful(publications, changes, verify=verify)
    stored = remote.fetch(sorted(doubtful)) if doubtful else {}
    return Sighting(
        changes=changes,
        publications=tuple(publications),
        looked_at=frozenset(doubtful),
        stored=stored,
        standing=standing,
    )


def look_at(remote: Remote, store: Store, publication_ids: Iterable[str]) -> Sighting:
    """Look at some publications and at nothing else."""
    with store.reading() as tx:
        publications = tuple(tx.publications.get(publication_id) for publication_id in publication_ids)
    hrefs = frozenset(publication.href for publication in publications)
    return Sighting(
        changes=Changes(present={}, removed=frozenset(), cursor=None, complete=False),
        publications=publications,
        looked_at=hrefs,
        stored=remote.fetch(sorted(hrefs)),
        standing=len(publications),
    )


def _in_question(store: Store, calendar_id: str, changes: Changes) -> tuple[Sequence[Publication], int]:
    with store.reading() as tx:
        if changes.complete:
            publications = tx.publications.of_calendar(calendar_id)
            return publications, sum(publication.body is not None for publication in publications)
        pending = tx.publications.pending(calendar_id)
        if not (pending or changes.present or changes.removed):
            return (), 0
        reported = tx.publications.at(calendar_id, changes.present.keys() | changes.removed)
        merged = {publication.id: publication for publication in (*reported, *pending)}
        return tuple(merged.values()), tx.publications.count(calendar_id)


def _doubtful(publications: Iterable[Publication], changes: Changes, *, verify: bool) -> set[str]:
    return {p.href for p in publications if verify or _is_doubtful(p, changes)}


def _is_doubtful(publication: Publication, changes: Changes) -> bool:
    """Tell whether what stands there has to be seen.

    A resource that a delta reports is looked at even under the etag that we know: some servers give the same etag to
    another body. In a full listing the etag is what there is to go by; the daily verification looks at all bodies.
    """
    if publication.intent is not None:
        return True
    if publication.body is None:
        return publication.href in changes.present
    if not changes.complete:
        reported = publication.href in changes.present or publication.href in changes.removed
        return reported or publication.etag is None
    return publication.etag is None or changes.present.get(publication.href) != publication.etag
