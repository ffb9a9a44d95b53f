"""Ask the server what changed, and look at every resource of which that leaves a doubt."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from syncd.core.sync.calendars import Calendar
from syncd.core.sync.drift import Drift, DriftStatus
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

LIST_EVERY = 10
"""After so many cycles the members are listed where the server was not seen to tell deletions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What was seen: of ``publications``, those at ``looked_at`` as ``stored`` says, absent ones proved absent.

    Publications that were not looked at are believed to be as we last left them. ``standing`` counts all of ours.
    ``strangers`` are other resources that appeared: one of them may be a copy of ours. They are read for this cycle
    alone, and neither stored nor logged. ``proves``: everything was looked at, so that equality can be proven.
    ``told`` is what the server said of its own accord since we last asked, before anything was listed; None: it was not
    asked. ``known_strangers`` are the digests of the hrefs of others that need not be read again, None: as before.
    ``failed`` are those of ours for which the server would not answer: nothing is known of them, so they are none of
    this cycle's ``publications``.
    """

    changes: Changes
    publications: tuple[Publication, ...]
    looked_at: frozenset[str]
    stored: Mapping[str, Stored]
    standing: int
    strangers: Mapping[str, Stored] = field(default_factory=dict)
    proves: bool = False
    told: Changes | None = None
    known_strangers: frozenset[bytes] | None = None
    failed: Mapping[str, RemoteError] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """How many that stood there are proved absent."""
        return len(self.gone)

    @property
    def is_untold(self) -> bool:
        """Tell whether one of ours is gone of which the server did not say so."""
        told = self.told.removed if self.told is not None else frozenset()
        return any(publication.href not in told for publication in self.gone)

    @property
    def is_denied(self) -> bool:
        """Tell whether the server, asked what changed, named nothing of ours, and yet something of ours is gone."""
        told = self.told
        return told is not None and not told.complete and self.missing > 0 and self.is_untold

    @property
    def tells_deletions(self) -> bool:
        """Tell whether the server named one of ours as gone."""
        hrefs = {publication.href for publication in self.publications if publication.body is not None}
        return self.told is not None and not self.told.complete and not hrefs.isdisjoint(self.told.removed)

    @property
    def gone(self) -> list[Publication]:
        """Those that stood there and are proved absent."""
        return [one for one in self.publications if _is_missing(one, self.looked_at, self.stored)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaze:
    """How a cycle looks at its calendar: at every publication (``verify``), with the members listed (``prove``).

    ``look``: publications that were last written under other settings are in question, too; None: they are marked.
    """

    verify: bool = False
    prove: bool = False
    look: str | None = None


def observe(remote: Remote, store: Store, calendar: Calendar, gaze: Gaze, now: datetime) -> Sighting:
    """Look at a calendar since its cursor.

    What the server tells is believed of what it names. That nothing else is gone is proven by a list of the members:
    when its token moves without a word, when others' resources appear where ours may have gone, when one of ours is
    found gone untold, and now and then where the server was not seen to tell deletions.
    """
    told = remote.changes(None if gaze.verify else calendar.cursor)
    changes = told
    if not told.complete and (gaze.prove or _is_doubtful_token(told, calendar) or _is_time_to_list(store, calendar)):
        changes = _listed(remote, told)
    question = _in_question(store, calendar, changes, told, gaze, now)
    if not changes.complete and _has_suspicious_company(question, changes, calendar):
        changes = _listed(remote, told)
        question = _in_question(store, calendar, changes, told, gaze, now)
    sighting = _sight(remote, changes, question, told, verify=gaze.verify)
    if not changes.complete and sighting.is_untold:
        changes = _listed(remote, told)
        question = _in_question(store, calendar, changes, told, gaze, now)
        sighting = _sight(remote, changes, question, told, verify=gaze.verify)
    return _with_its_word(remote, calendar, sighting) if gaze.verify else sighting


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
    return _fetched(remote, nothing, question, {publication.href for publication in publications}, set(copies))


def digest(calendar_id: str, href: str) -> bytes:
    """Return what stands for the href of another's resource: enough to know it again, and nothing that tells it."""
    return hashlib.sha256(f"{calendar_id}|{href}".encode()).digest()[:8]


# Proof of membership


def _listed(remote: Remote, told: Changes) -> Changes:
    """List the members, and go on from where the server's own word ended: what changes meanwhile is told again."""
    listing = remote.changes(None)
    return replace(listing, removed=told.removed, cursor=told.cursor, cursor_lost=told.cursor_lost)


def _with_its_word(remote: Remote, calendar: Calendar, sighting: Sighting) -> Sighting:
    """Ask what changed, too, where a look at everything finds the only one gone: a deletion is told of."""
    if calendar.cursor is None or not sighting.missing == sighting.standing == 1:
        return sighting
    told = remote.changes(calendar.cursor)
    lost = sighting.changes.cursor_lost or told.cursor_lost
    return replace(sighting, told=told, changes=replace(sighting.changes, cursor_lost=lost))


def _is_doubtful_token(told: Changes, calendar: Calendar) -> bool:
    """Tell whether the token moved though nothing is said to have changed, which some servers do all the time."""
    is_silent = not told.present and not told.removed
    return is_silent and told.cursor != calendar.cursor and not calendar.capabilities.idle_tokens


def _is_time_to_list(store: Store, calendar: Calendar) -> bool:
    if calendar.capabilities.tells_deletions or calendar.unlisted + 1 < LIST_EVERY:
        return False
    with store.reading() as tx:
        return tx.publications.count(calendar.id) > 0


def _has_suspicious_company(question: "_Question", changes: Changes, calendar: Calendar) -> bool:
    if calendar.capabilities.tells_deletions or not question.standing:
        return False
    return not changes.present.keys() <= {publication.href for publication in question.publications}


# What is in question


class _Question(NamedTuple):
    """The publications that a cycle is about, how many stand there in all, and where copies on record stand.

    ``drifted`` are the publications with an edit that is open. ``strangers`` are the others' hrefs that need not be
    read, as digests; None: no listing has been seen yet.
    """

    publications: tuple[Publication, ...]
    standing: int
    copies: Mapping[str, str | None]
    drifted: frozenset[str] = frozenset()
    strangers: frozenset[bytes] | None = None


def _in_question(
    store: Store, calendar: Calendar, changes: Changes, told: Changes, gaze: Gaze, now: datetime
) -> _Question:
    with store.reading() as tx:
        is_due = calendar.deferred_until is not None and calendar.deferred_until <= now
        if changes.complete:
            every = tuple(tx.publications.of_calendar(calendar.id))
            standing = sum(publication.body is not None for publication in every)
            return _question(tx, calendar, every, standing, _open_drifts(tx, calendar))
        pending = tx.publications.pending(calendar.id)
        restyled = tx.publications.styled_otherwise(calendar.id, gaze.look) if gaze.look is not None else ()
        if not (pending or restyled or changes.present or changes.removed or is_due):
            return _Question((), 0, {})
        drifts = _open_drifts(tx, calendar)
        touched = told.present.keys() | told.removed
        named = {d.publication_id for d in drifts if is_due and d.due_at is not None and d.due_at <= now}
        named |= {d.publication_id for d in drifts if not touched.isdisjoint(d.copies)}
        reported = tx.publications.at(calendar.id, touched)
        also = [one for one in map(tx.publications.get, sorted(filter(None, named))) if one.state.is_watched]
        merged = {publication.id: publication for publication in (*reported, *also, *restyled, *pending)}
        return _question(tx, calendar, tuple(merged.values()), tx.publications.count(calendar.id), drifts)


def _question(
    tx: Transaction, calendar: Calendar, publications: tuple[Publication, ...], standing: int, drifts: Sequence[Drift]
) -> _Question:
    return _Question(
        publications,
        standing,
        {href: drift.publication_id for drift in drifts for href in drift.copies},
        frozenset(drift.publication_id for drift in drifts if drift.publication_id is not None),
        tx.calendars.strangers(calendar.id),
    )


def _open_drifts(tx: Transaction, calendar: Calendar) -> Sequence[Drift]:
    return tx.drifts.list(DriftQuery(calendar_id=calendar.id, status=DriftStatus.OPEN))


# The look itself


def _sight(remote: Remote, changes: Changes, question: _Question, told: Changes, *, verify: bool) -> Sighting:
    calendar_id = next((one.calendar_id for one in question.publications), "")
    ours = {publication.href for publication in question.publications}
    reported = frozenset[str]() if told.complete else told.present.keys() | told.removed
    doubtful = {
        one.href
        for one in question.publications
        if _is_doubtful(one, changes, verify=verify or one.id in question.drifted or one.href in reported)
    }
    told_of = frozenset[str]() if told.complete else told.present.keys()
    others = {href: digest(calendar_id, href) for href in changes.present.keys() - ours}
    known = _known_before(question, others, told_of)
    new = sorted(href for href, each in others.items() if href in told_of or each not in known)
    read = new[:_MOST_STRANGERS]
    on_record = {href for href, one in question.copies.items() if one in {each.id for each in question.publications}}
    sighting = _fetched(remote, changes, question, doubtful, (on_record | {*read}) - ours - changes.removed)
    now = {each for href, each in others.items() if each in known or href in sighting.strangers}
    if not changes.complete:
        now |= known - {digest(calendar_id, href) for href in changes.removed}
    is_known = bool(calendar_id) and (changes.complete or question.strangers is not None)
    news = frozenset(now)
    return replace(
        sighting,
        told=told,
        proves=verify and changes.complete,
        known_strangers=news if is_known and news != question.strangers else None,
    )


def _known_before(question: _Question, others: Mapping[str, bytes], told_of: Collection[str]) -> frozenset[bytes]:
    """Return which others' resources were known. Of those in the first listing all count as old that were not told."""
    if question.strangers is not None:
        return question.strangers
    return frozenset(each for href, each in others.items() if href not in told_of)


def _fetched(remote: Remote, changes: Changes, question: _Question, doubtful: set[str], strange: set[str]) -> Sighting:
    """Read what is in doubt, and of others what may be a copy. Raises where the server answers for none of ours."""
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
        return publication.etag is None
    return publication.etag is None or changes.present.get(publication.href) != publication.etag
