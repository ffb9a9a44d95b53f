"""Ask the server what changed, and look at every resource of which that leaves a doubt."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from syncd.core.sync.drift import DriftStatus
from syncd.core.sync.publication import Publication
from syncd.ports.remote.access import Remote
from syncd.ports.remote.errors import RemoteError
from syncd.ports.remote.values import Changes, Fetched, Stored
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store, Transaction

_MOST_STRANGERS = 50
"""So many new resources of others are read in one cycle to see whether one is a copy of ours."""

_OUTAGE = 3
"""So many of ours that cannot be read, and none that can, are the server's trouble and not each one's own."""

_MOST_SEARCHES = 5
"""So many missing ones are searched for by UID; more are a guard's matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What was seen: of ``publications``, those at ``looked_at`` as ``stored`` says, absent ones proved absent.

    Publications that were not looked at are believed to be as we last left them. ``standing`` counts all of ours.
    ``strangers`` are other resources that appeared: one of them may be a copy of ours. They are read for this cycle
    alone, and neither stored nor logged. ``failed`` are those of ours for which the server would not answer: nothing is
    known of them, so they are none of this cycle's ``publications``.
    """

    changes: Changes
    publications: tuple[Publication, ...]
    looked_at: frozenset[str]
    stored: Mapping[str, Stored]
    standing: int
    strangers: Mapping[str, Stored] = field(default_factory=dict)
    failed: Mapping[str, RemoteError] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """How many that stood there are proved absent."""
        return sum(_is_missing(publication, self.looked_at, self.stored) for publication in self.publications)


def observe(remote: Remote, store: Store, calendar_id: str, cursor: str | None, *, verify: bool) -> Sighting:
    """Look at a calendar since ``cursor``; with ``verify`` at every publication, whatever the server says of it."""
    changes = remote.changes(None if verify else cursor)
    question = _in_question(store, calendar_id, changes)
    doubtful = _doubtful(question.publications, changes, verify=verify)
    strange = _strange(question, changes)
    return _sight(remote, changes, question, doubtful, strange)


def look_at(remote: Remote, store: Store, publication_ids: Iterable[str]) -> Sighting:
    """Look at some publications, and at the copies of them that are on record, and at nothing else."""
    with store.reading() as tx:
        publications = tuple(tx.publications.get(publication_id) for publication_id in publication_ids)
        copies = {
            href: drift.publication_id
            for publication in publications
            for drift in tx.drifts.list(DriftQuery(publication_id=publication.id, status=DriftStatus.OPEN))
            for href in drift.copies
        }
    nothing = Changes(present={}, removed=frozenset(), cursor=None, complete=False)
    question = _Question(publications, len(publications), copies)
    return _sight(remote, nothing, question, {publication.href for publication in publications}, set(copies))


class _Question(NamedTuple):
    """The publications that a cycle is about, how many stand there in all, and where copies on record stand."""

    publications: tuple[Publication, ...]
    standing: int
    copies: Mapping[str, str | None]


def _sight(remote: Remote, changes: Changes, question: _Question, doubtful: set[str], strange: set[str]) -> Sighting:
    ours = remote.fetch(sorted(doubtful)) if doubtful else Fetched()
    if len(ours.failed) >= _OUTAGE and not ours.found:
        raise next(iter(ours.failed.values()))
    publications = tuple(p for p in question.publications if p.href not in ours.failed)
    looked_at = doubtful - ours.failed.keys()
    missing = [p for p in publications if _is_missing(p, looked_at, ours)]
    others = (strange | _elsewhere(remote, missing)) - doubtful
    return Sighting(
        changes=changes,
        publications=publications,
        looked_at=frozenset(looked_at),
        stored=ours.found,
        standing=question.standing,
        strangers=remote.fetch(sorted(others)).found if others else {},  # what fails of others is not ours to mend
        failed=ours.failed,
    )


def _is_missing(publication: Publication, looked_at: Collection[str], stored: Collection[str]) -> bool:
    return publication.body is not None and publication.href in looked_at and publication.href not in stored


def _elsewhere(remote: Remote, missing: Sequence[Publication]) -> set[str]:
    """Return where else in the calendar the UIDs of missing ones stand: some programs rename what they edit."""
    if len(missing) > _MOST_SEARCHES:
        return set()
    return {href for publication in missing for href in remote.find_uid(publication.uid)}


def _in_question(store: Store, calendar_id: str, changes: Changes) -> _Question:
    with store.reading() as tx:
        if changes.complete:
            every = tuple(tx.publications.of_calendar(calendar_id))
            return _Question(
                every, sum(publication.body is not None for publication in every), _copies(tx, calendar_id)
            )
        pending = tx.publications.pending(calendar_id)
        if not (pending or changes.present or changes.removed):
            return _Question((), 0, {})
        touched = changes.present.keys() | changes.removed
        copies = _copies(tx, calendar_id)
        reported = tx.publications.at(calendar_id, touched)
        copied = [tx.publications.get(one) for href, one in copies.items() if href in touched and one is not None]
        merged = {publication.id: publication for publication in (*reported, *copied, *pending)}
        return _Question(tuple(merged.values()), tx.publications.count(calendar_id), copies)


def _copies(tx: Transaction, calendar_id: str) -> dict[str, str | None]:
    """Return the hrefs of copies that open drifts of the calendar tell of, each with the publication's id."""
    drifts = tx.drifts.list(DriftQuery(calendar_id=calendar_id, status=DriftStatus.OPEN))
    return {href: drift.publication_id for drift in drifts for href in drift.copies}


def _strange(question: _Question, changes: Changes) -> set[str]:
    """Return the hrefs of others' resources that are to be read: new ones, and copies that are on record.

    A full listing does not tell what is new, and the whole of a provider's calendar is not ours to read.
    """
    ours = {publication.href for publication in question.publications}
    new = [] if changes.complete else sorted(changes.present.keys() - ours)
    in_question = {publication.id for publication in question.publications}
    known = {href for href, one in question.copies.items() if one in in_question}
    return (set(new[:_MOST_STRANGERS]) | known) - ours - changes.removed


def _doubtful(publications: Iterable[Publication], changes: Changes, *, verify: bool) -> set[str]:
    return {p.href for p in publications if _is_doubtful(p, changes, verify=verify)}


def _is_doubtful(publication: Publication, changes: Changes, *, verify: bool) -> bool:
    """Tell whether what stands there has to be seen.

    What was never published is asked for only where the server names it: writing it has a precondition of its own.

    A resource that a delta reports is looked at even under the etag that we know: some servers give the same etag to
    another body. In a full listing the etag is what there is to go by; the daily verification looks at all bodies.
    """
    if publication.body is None:
        return publication.href in changes.present
    if verify or publication.intent is not None:
        return True
    if not changes.complete:
        reported = publication.href in changes.present or publication.href in changes.removed
        return reported or publication.etag is None
    return publication.etag is None or changes.present.get(publication.href) != publication.etag
