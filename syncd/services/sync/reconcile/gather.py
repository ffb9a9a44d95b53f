"""Lay what was seen beside what the store wants and what was published last: the planner's input."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from syncd.core.events.comparison import same_meaning
from syncd.core.events.comparison.copies import is_copy
from syncd.core.events.desired import Desired
from syncd.core.events.snapshot import Snapshot
from syncd.core.scheduling.appointments import AppointmentStatus, Series, SourceKind, SourceRef
from syncd.core.scheduling.series import given_instances, identity
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.decision import Unreadable
from syncd.core.sync.drift import Drift, DriftAction, DriftStatus
from syncd.core.sync.plan import Limits, Observed, Resource, Stranger
from syncd.core.sync.publication import Publication
from syncd.core.sync.publishing import Practice, Publishable, desired_of, references_in
from syncd.core.sync.yielding import lay_texts
from syncd.core.times import instant
from syncd.ics.parse import read
from syncd.ics.render import render
from syncd.ports.remote.values import Stored
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.sync.publications import load
from syncd.services.sync.reconcile.bodies import meaning, shown
from syncd.services.sync.reconcile.observe import Sighting


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Builds the resources of one cycle of one calendar. ``decided``: what a person has decided, by drift."""

    store: Store
    practice: Practice
    calendar: Calendar
    limits: Limits
    now: datetime
    decided: Mapping[str, DriftAction] = field(default_factory=dict)

    def gather(self, sighting: Sighting) -> list[Resource]:
        """Return what there is to decide; a publication that is as it was left, in store and calendar, is left out."""
        if not (sighting.publications or sighting.strangers):
            return []
        with self.store.reading() as tx:
            open_drifts = {
                drift.publication_id: drift
                for drift in tx.drifts.list(DriftQuery(calendar_id=self.calendar.id, status=DriftStatus.OPEN))
            }
            strangers = self._strangers(tx, sighting)
            copied = self._copied(tx, sighting, strangers)
            return [
                self._resource(tx, publication, sighting, open_drifts.get(publication.id), strangers)
                for publication in (*sighting.publications, *copied)
                if publication in copied or publication.id in open_drifts or not _is_settled(publication, sighting)
            ]

    def _strangers(self, tx: Transaction, sighting: Sighting) -> tuple[Stranger, ...]:
        """Read the other resources; what nobody can read is no copy of ours."""
        if not sighting.strangers:
            return ()
        zone = ZoneInfo(tx.providers.get(self.calendar.provider_id).timezone)
        found = ((stored, meaning(stored.body, zone)) for stored in sighting.strangers.values())
        return tuple(
            Stranger(href=stored.href, etag=stored.etag, body=stored.body, snapshot=snapshot)
            for stored, snapshot in found
            if isinstance(snapshot, Snapshot)
        )

    def _copied(self, tx: Transaction, sighting: Sighting, strangers: Sequence[Stranger]) -> list[Publication]:
        """Return the calendar's publications of which a stranger has the UID or our reference: it may be a copy."""
        claimed = list(tx.publications.with_uids({stranger.snapshot.uid for stranger in strangers}))
        for reference in {reference for stranger in strangers for reference in references_in(stranger.snapshot)}:
            for kind in SourceKind:
                claimed += tx.publications.of_source(SourceRef(kind, reference))
        known = {publication.id for publication in sighting.publications}
        fresh = {p.id: p for p in claimed if p.calendar_id == self.calendar.id and p.id not in known}
        return list(fresh.values())

    def _resource(
        self,
        tx: Transaction,
        publication: Publication,
        sighting: Sighting,
        open_drift: Drift | None,
        strangers: Sequence[Stranger],
    ) -> Resource:
        item = load(tx, publication.source)
        zone = ZoneInfo(item.provider.timezone)
        desired = self._wanted(item, publication)
        seen = publication.href in sighting.looked_at
        published = meaning(publication.body.encode(), zone) if publication.body is not None else None
        stored = sighting.stored.get(publication.href)
        observed = _observed(stored, published, zone) if seen else _believed(publication, published)
        published = _written(publication, observed, zone) or published
        published_snapshot = published if isinstance(published, Snapshot) else None
        others = tuple(s for s in strangers if published_snapshot and is_copy(s.snapshot, published_snapshot))
        may_drift = seen or bool(others)
        return Resource(
            publication=publication,
            provider=item.provider,
            sessions=item.sessions,
            desired=desired,
            desired_snapshot=self._meaning_of(desired, observed, zone),
            published_snapshot=published_snapshot,
            observed=observed,
            seen=seen,
            open_drift=open_drift,
            reverted=self._lately_reverted(tx, publication) if may_drift else (),
            decided=self.decided.get(open_drift.id) if open_drift else None,
            others=others,
            filed=tx.claims.filed_among(session.id for session in item.sessions) if may_drift else frozenset(),
        )

    def _wanted(self, item: Publishable, publication: Publication) -> Desired | None:
        """Return what the practice wants, with the provider's words where they were yielded to and have not lapsed."""
        desired = desired_of(item, self.practice, plain_events=self.calendar.is_plain)
        if desired is None:
            return None
        alive = {None, *_instances(item)}
        return lay_texts(desired, (words for words in publication.yielded if words.recurrence_id in alive))

    def _meaning_of(self, desired: Desired | None, observed: Observed | None, zone: ZoneInfo) -> Snapshot | None:
        if desired is None:
            return None
        over = observed.body if observed is not None and isinstance(observed.snapshot, Snapshot) else None
        return read(render(desired, over, self.now), zone)

    def _lately_reverted(self, tx: Transaction, publication: Publication) -> tuple[str, ...]:
        lately = DriftQuery(
            publication_id=publication.id, status=DriftStatus.REVERTED, since=self.now - self.limits.war_window
        )
        return tuple(drift.fingerprint for drift in tx.drifts.list(lately))


def _instances(item: Publishable) -> Iterator[str]:
    """Yield the instances of a series that still stand, as words yielded to the provider name them."""
    if isinstance(item.record, Series):
        for one in given_instances(item.record, item.instances):
            if one.status is not AppointmentStatus.CANCELLED:
                yield instant(identity(one)).isoformat()


def _observed(stored: Stored | None, left: Snapshot | Unreadable | None, zone: ZoneInfo) -> Observed | None:
    if stored is None:
        return None
    return Observed(
        etag=stored.etag, body=stored.body, snapshot=shown(stored.body, zone, left), schedule_tag=stored.schedule_tag
    )


def _believed(publication: Publication, published: Snapshot | Unreadable | None) -> Observed | None:
    if publication.body is None or published is None:
        return None
    return Observed(
        etag=publication.etag,
        body=publication.body.encode(),
        snapshot=published,
        schedule_tag=publication.schedule_tag,
    )


def _written(publication: Publication, observed: Observed | None, zone: ZoneInfo) -> Snapshot | None:
    """Return what we were about to write if that is what stands there: the write took place, its outcome was lost.

    Where nothing of ours had stood before, what stands there now has come of that write, whoever edited it since.
    """
    if publication.intent is None or publication.intent.body is None or observed is None:
        return None
    intended = meaning(publication.intent.body.encode(), zone)
    if isinstance(intended, Unreadable):
        return None
    if isinstance(observed.snapshot, Unreadable):
        return intended if publication.body is None else None
    is_first = publication.body is None and observed.snapshot.uid == intended.uid
    return intended if is_first or same_meaning(intended, observed.snapshot) else None


def _is_settled(publication: Publication, sighting: Sighting) -> bool:
    if publication.dirty or publication.intent is not None:
        return False
    if publication.href not in sighting.looked_at:
        return True
    stored = sighting.stored.get(publication.href)
    return stored is not None and _is_as_recorded(publication, stored)


def _is_as_recorded(publication: Publication, stored: Stored) -> bool:
    return publication.body is not None and stored.body == publication.body.encode() and stored.etag == publication.etag
