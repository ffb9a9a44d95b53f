"""Lay what was seen beside what the store wants and what was published last: the planner's input."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from syncd.core.events.comparison import same_meaning
from syncd.core.events.comparison.copies import belongs_to
from syncd.core.events.desired import Desired
from syncd.core.events.snapshot import Snapshot
from syncd.core.scheduling.appointments import AppointmentStatus, Series, SourceKind, SourceRef
from syncd.core.scheduling.series import given_instances, identity
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.decision import Unreadable
from syncd.core.sync.drift import Drift, DriftAction, DriftStatus
from syncd.core.sync.plan import Limits
from syncd.core.sync.publication import Publication
from syncd.core.sync.publishing import Practice, Publishable, desired_of, for_calendar, look_of, references_in
from syncd.core.sync.resource import Observed, Resource, Stranger
from syncd.core.sync.yielding import carry_over, lay_texts
from syncd.core.times import instant
from syncd.ics.parse import read
from syncd.ics.render import render
from syncd.ports.remote.values import Stored
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.sync.publications import load
from syncd.services.sync.reconcile.bodies import laid_under, meaning, shown
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

    @property
    def look(self) -> str:
        """What names the settings under which events of this calendar are rendered now."""
        return look_of(for_calendar(self.practice, self.calendar))

    def gather(self, sighting: Sighting) -> list[Resource]:
        """Return what there is to decide; a publication that is as it was left, in store and calendar, is left out.

        Where equality is to be proven none is: what stands there is compared with what is desired now.
        """
        if not (sighting.publications or sighting.strangers):
            return []
        with self.store.reading() as tx:
            open_drifts = {
                drift.publication_id: drift
                for drift in tx.drifts.list(DriftQuery(calendar_id=self.calendar.id, status=DriftStatus.OPEN))
            }
            strangers = self._strangers(tx, sighting)
            copied = self._copied(tx, strangers)
            look = self.look
            every = {publication.id: publication for publication in (*copied, *sighting.publications)}
            in_doubt = {publication.id for publication in copied} | open_drifts.keys()
            return [
                self._resource(tx, publication, sighting, open_drifts.get(publication.id), strangers, look)
                for publication in every.values()
                if publication.id in in_doubt or not _is_settled(publication, sighting, look)
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

    def _copied(self, tx: Transaction, strangers: Sequence[Stranger]) -> list[Publication]:
        """Return the calendar's publications of which a stranger has the UID or our reference: it may be a copy."""
        claimed = list(tx.publications.with_uids({stranger.snapshot.uid for stranger in strangers}))
        for reference in {reference for stranger in strangers for reference in references_in(stranger.snapshot)}:
            for kind in SourceKind:
                claimed += tx.publications.of_source(SourceRef(kind, reference))
        return [publication for publication in claimed if publication.calendar_id == self.calendar.id]

    def _resource(
        self,
        tx: Transaction,
        publication: Publication,
        sighting: Sighting,
        open_drift: Drift | None,
        strangers: Sequence[Stranger],
        look: str,
    ) -> Resource:
        item = load(tx, publication.source)
        zone = ZoneInfo(item.provider.timezone)
        restyled = publication.look != look and publication.body is not None
        publication, desired = self._wanted(item, publication, restyled=restyled)
        seen = publication.href in sighting.looked_at
        published = meaning(publication.body.encode(), zone) if publication.body is not None else None
        stored = sighting.stored.get(publication.href)
        observed = _observed(stored, published, zone) if seen else _believed(publication, published)
        written = _written(publication, observed, zone)
        if written is not None:
            publication, published = written
        published_snapshot = published if isinstance(published, Snapshot) else None
        standing = observed.snapshot if observed is not None and isinstance(observed.snapshot, Snapshot) else None
        others = tuple(
            s for s in strangers if published_snapshot and belongs_to(s.snapshot, published_snapshot, standing)
        )
        may_drift = seen or bool(others)
        resource = Resource(
            publication=publication,
            provider=item.provider,
            sessions=item.sessions,
            desired=desired,
            desired_snapshot=None,
            published_snapshot=published_snapshot,
            observed=observed,
            seen=seen,
            restyled=restyled,
            open_drift=open_drift,
            reverted=self._lately_reverted(tx, publication) if may_drift else (),
            decided=self.decided.get(open_drift.id) if open_drift else None,
            others=others,
            filed=tx.claims.filed_among(session.id for session in item.sessions) if may_drift else frozenset(),
        )
        return self._drafted(resource, zone)

    def _wanted(
        self, item: Publishable, publication: Publication, *, restyled: bool
    ) -> tuple[Publication, Desired | None]:
        """Return what the practice wants, with the provider's words where they were yielded to and have not lapsed.

        Settings that word a title otherwise let no words lapse.
        """
        desired = desired_of(item, for_calendar(self.practice, self.calendar))
        if desired is None or not publication.yielded:
            return publication, desired
        alive = {None, *_instances(item)}
        yielded = tuple(words for words in publication.yielded if words.recurrence_id in alive)
        if restyled:
            yielded = carry_over(desired, yielded)
            publication = replace(publication, yielded=yielded)
        return publication, lay_texts(desired, yielded)

    def _drafted(self, resource: Resource, zone: ZoneInfo) -> Resource:
        """Return the resource with what is desired as it would be written now, rendered once for all uses."""
        if resource.desired is None:
            return resource
        left = resource.publication.body
        readable = left.encode() if left is not None and resource.published_snapshot is not None else None
        body = render(resource.desired, laid_under(resource.observed, resource.copies, readable), self.now)
        return replace(resource, body=body, desired_snapshot=read(body, zone))

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


def _written(
    publication: Publication, observed: Observed | None, zone: ZoneInfo
) -> tuple[Publication, Snapshot] | None:
    """Return what counts as published if what we were about to write stands there: its answer was lost.

    Where nothing of ours had stood before, what stands there now has come of that write, whoever edited it since.
    """
    intent = publication.intent
    if intent is None or intent.body is None or observed is None:
        return None
    intended = meaning(intent.body.encode(), zone)
    if isinstance(intended, Unreadable):
        return None
    seen, is_first = observed.snapshot, publication.body is None
    if isinstance(seen, Unreadable):
        took_place = is_first
    else:
        took_place = (is_first and seen.uid == intended.uid) or same_meaning(intended, seen)
    if not took_place:
        return None
    if intent.base is None:
        return publication, intended
    base = meaning(intent.base.encode(), zone)
    return None if isinstance(base, Unreadable) else (replace(publication, body=intent.base), base)


def _is_settled(publication: Publication, sighting: Sighting, look: str) -> bool:
    if publication.dirty or publication.intent is not None or sighting.proves:
        return False
    if publication.body is not None and publication.look != look:
        return False
    if publication.href not in sighting.looked_at:
        return True
    stored = sighting.stored.get(publication.href)
    return stored is not None and _is_as_recorded(publication, stored)


def _is_as_recorded(publication: Publication, stored: Stored) -> bool:
    return publication.body is not None and stored.body == publication.body.encode() and stored.etag == publication.etag
