"""The plan: what a cycle would do in one calendar, as data. A pure function of values; nothing here carries it out."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from syncd.core.events.comparison import compare
from syncd.core.events.desired import Desired
from syncd.core.events.findings import START_FIELD, Comparison, Finding, Severity
from syncd.core.events.snapshot import Snapshot
from syncd.core.scheduling.appointments import Appointment
from syncd.core.scheduling.people import Provider
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.decision import Adopt, Create, Drifted, Forget, Leave, Unreadable, Update, Withdraw, decide
from syncd.core.sync.drift import Drift, DriftAction
from syncd.core.sync.policy import Choice, Circumstances, Policy
from syncd.core.sync.publication import Publication
from syncd.core.times import DayHours, instant, zone

DAMAGED = Choice(DriftAction.FLAG, "the server damages it")
"""What is done about fields of ours that a server changes in what we write: another write would end the same."""

ELSEWHERE = Choice(DriftAction.FLAG, "the account holds it in another place")
"""What is done about an event that the account holds elsewhere, where a UID may stand once: only a person can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What stands at a publication's href now: the bytes, the etag, and what they mean."""

    etag: str | None
    body: bytes = field(repr=False)
    snapshot: Snapshot | Unreadable
    schedule_tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Another resource that reads like a copy of ours. It is looked at for this cycle alone and never stored."""

    href: str
    etag: str | None
    body: bytes = field(repr=False)
    snapshot: Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """All that is known of one publication in this cycle.

    ``sessions`` are the appointments that it stands for, by start. ``observed`` None: proved absent or never published.
    ``seen``: it was looked at in this cycle; otherwise ``observed`` is what we last left there. ``open_drift`` awaits a
    decision; ``reverted`` holds the fingerprints of this publication's edits that were lately put right. ``decided`` is
    what a person has decided about the open drift. ``filed`` are the ids of those sessions whose claims are filed.
    ``others`` are resources elsewhere that read like copies of this one.
    """

    publication: Publication
    provider: Provider
    sessions: tuple[Appointment, ...]
    desired: Desired | None
    desired_snapshot: Snapshot | None
    published_snapshot: Snapshot | None
    observed: Observed | None
    seen: bool = True
    open_drift: Drift | None = None
    reverted: tuple[str, ...] = ()
    decided: DriftAction | None = None
    filed: frozenset[str] = frozenset()
    others: tuple[Stranger, ...] = ()

    @property
    def copies(self) -> tuple[Stranger, ...]:
        """The copies that are surely ours: by UID, by our private reference, or by the reference in our own text.

        Only these may ever be removed; one that merely reads alike is a person's to judge.
        """
        return tuple(other for other in self.others if self._is_surely_ours(other.snapshot))

    def _is_surely_ours(self, other: Snapshot) -> bool:
        reference = self.publication.source.id
        first = other.first
        return other.uid == self.publication.uid or first.reference == reference or reference in first.description


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do about one resource. ``closes``: an open drift that this settles, and how it ends."""

    resource: Resource
    closes: Drift | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish(Action):
    """Write for the first time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew(Action):
    """Write what the store changed; the provider's own fields stay. ``changes`` from what stands there."""

    changes: Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Retract(Action):
    """Delete what should not stand there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Action):
    """Record what stands there as published: no write."""

    benign: Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(Action):
    """Forget the publication: it stands nowhere and should not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revert(Action):
    """Put an edit right: write back, write again, or delete what should be gone. ``ignored`` texts stay as they are."""

    drift: Drift
    ignored: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Action):
    """Hold an edit for a person's decision and leave the calendar alone."""

    drift: Drift


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore(Action):
    """Keep the provider's words and record that they differ: no write."""

    drift: Drift
    ignored: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Await(Action):
    """Leave an edit that awaits its decision as it is, and note that the store's change of it was looked at."""


AnyAction = Publish | Renew | Retract | Note | Drop | Revert | Flag | Ignore | Await


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far syncd goes on its own.

    More than ``mass_share`` of what stands in a calendar, and at least ``mass_count``, edited at once is a fault of the
    calendar, not so many decisions of a provider. The same edit put right ``war_count`` times within ``war_window`` is
    held for a person. Nothing is reverted from ``quiet_before`` the start of a session to its end, nor at
    ``quiet_hours`` of the provider's day.
    """

    mass_share: float = 0.3
    mass_count: int = 5
    war_count: int = 3
    war_window: timedelta = timedelta(days=1)
    quiet_before: timedelta = timedelta(minutes=60)
    quiet_hours: tuple[DayHours, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The actions of one cycle in one calendar, in the order in which they are to be done."""

    calendar_id: str
    actions: tuple[AnyAction, ...]

    @property
    def id(self) -> str:
        """The plan's own id: the same for the same actions on the same facts."""
        lines = (f"{type(a).__name__} {a.resource.publication.id} {_edit_of(a)}" for a in self.actions)
        return hashlib.sha256("\n".join((self.calendar_id, *lines)).encode()).hexdigest()[:12]

    @property
    def edited(self) -> int:
        """How many resources somebody edited in a way that matters."""
        return sum(isinstance(action, Revert | Flag) for action in self.actions)


def make_plan(calendar: Calendar, resources: Iterable[Resource], policy: Policy, limits: Limits, now: datetime) -> Plan:
    """Plan one cycle: decide each resource, let the policy choose for what drifted. Sorted by start, then by id.

    What is new comes first: where a series is cut in two, the later half stands before the earlier one is shortened.
    """
    planner = _Planner(calendar, policy, limits, now)
    decided = (planner.action_on(resource) for resource in sorted(resources, key=_order))
    actions = [action for action in decided if action is not None]
    new = [action for action in actions if isinstance(action, Publish)]
    others = [action for action in actions if not isinstance(action, Publish)]
    return Plan(calendar_id=calendar.id, actions=(*new, *others))


@dataclass(frozen=True, slots=True)
class _Planner:
    calendar: Calendar
    policy: Policy
    limits: Limits
    now: datetime

    def action_on(self, resource: Resource) -> AnyAction | None:
        observed = resource.observed.snapshot if resource.observed else None
        closes = resource.open_drift
        others = [other.snapshot for other in resource.others]
        match decide(resource.desired_snapshot, observed, resource.published_snapshot, others):
            case Create():
                return Publish(resource=resource, closes=closes)
            case Update(changes):
                return Renew(resource=resource, closes=closes, changes=changes)
            case Withdraw():
                return Retract(resource=resource, closes=closes)
            case Adopt(comparison):
                return Note(resource=resource, closes=closes, benign=comparison) if _is_news(resource) else None
            case Forget() | Leave():
                return Drop(resource=resource, closes=closes)
            case Drifted() as drifted:
                return self._action_on_drift(resource, drifted)
            case decision:
                assert_never(decision)

    def _action_on_drift(self, resource: Resource, drifted: Drifted) -> AnyAction | None:
        edit = fingerprint(drifted.comparison.findings)
        known = resource.open_drift
        if drifted.store_changed and self._is_damage(resource, edit):
            return self._renewal(resource)
        choice = self._choice(resource, drifted, edit)
        if known is not None and known.fingerprint == edit:
            if choice.action is DriftAction.FLAG:
                has_news = resource.publication.dirty or resource.publication.intent is not None
                return Await(resource=resource) if has_news else None
            drift, closes = replace(known, action=choice.action, rule=choice.rule), None
        else:
            note = "The practice changed it too; its change was written." if drifted.store_changed else ""
            drift, closes = drift_of(resource, drifted.comparison, choice, self.now, note), known
        match choice.action:
            case DriftAction.REVERT:
                return Revert(resource=resource, closes=closes, drift=drift, ignored=choice.ignored)
            case DriftAction.FLAG:
                return Flag(resource=resource, closes=closes, drift=drift)
            case DriftAction.IGNORE:
                return Ignore(resource=resource, closes=closes, drift=drift, ignored=choice.ignored)
            case action:
                assert_never(action)

    def _choice(self, resource: Resource, drifted: Drifted, edit: str) -> Choice:
        """Return what is to be done; there is nothing to ignore about what should not stand there at all."""
        choice = self._choose(resource, drifted, edit)
        if choice.action is DriftAction.IGNORE and resource.desired is None:
            return Choice(DriftAction.REVERT, choice.rule)
        return choice

    def _choose(self, resource: Resource, drifted: Drifted, edit: str) -> Choice:
        findings = drifted.comparison.findings
        known = resource.open_drift if resource.open_drift and resource.open_drift.fingerprint == edit else None
        if known is not None and resource.decided is not None:
            ignored = tuple(findings) if resource.decided is DriftAction.IGNORE else ()
            return Choice(resource.decided, "a person's decision", ignored)
        if drifted.unrecorded:
            return Choice(DriftAction.FLAG, "no record of ours")
        if drifted.store_changed:
            return Choice(DriftAction.REVERT, "the practice changed it too")
        if known is not None and known.action is DriftAction.FLAG:
            return Choice(DriftAction.FLAG, known.rule)
        if self._is_damage(resource, edit):
            return DAMAGED
        if resource.reverted.count(edit) >= self.limits.war_count:
            return Choice(DriftAction.FLAG, f"came back {self.limits.war_count} times")
        return self.policy.choose(findings, self._circumstances(resource, findings))

    def _renewal(self, resource: Resource) -> Renew | None:
        """Write what the store changed where the server, and nobody else, changed what stood there."""
        observed = resource.observed.snapshot if resource.observed else None
        if isinstance(observed, Snapshot) and resource.desired_snapshot is not None:
            changes = compare(observed, resource.desired_snapshot)
            return Renew(resource=resource, closes=resource.open_drift, changes=changes)
        return None

    def _is_damage(self, resource: Resource, edit: str) -> bool:
        """Tell whether the server did it: it was flagged as such, or the version is the one that our write made.

        An ETag proves that only where the server has none twice.
        """
        known, observed = resource.open_drift, resource.observed
        if known is not None and known.fingerprint == edit and known.rule == DAMAGED.rule:
            return True
        if observed is None or observed.etag is None or not isinstance(observed.snapshot, Snapshot):
            return False
        return bool(self.calendar.capabilities.distinct_etags) and observed.etag == resource.publication.etag

    def _circumstances(self, resource: Resource, findings: Sequence[Finding]) -> Circumstances:
        concerned = concerned_sessions(resource.sessions, findings)
        spans = [(instant(session.start), instant(session.end)) for session in concerned]
        spans += [(start, start) for start in _edited_starts(findings)]
        ahead = [start - self.now for start, end in spans if end >= self.now]
        return Circumstances(
            lead=min(ahead, default=None),
            provider=frozenset({resource.provider.id, resource.provider.email}),
            in_quiet_window=self._is_quiet_hour(resource.provider)
            or any(start - self.limits.quiet_before <= self.now <= end for start, end in spans),
        )

    def _is_quiet_hour(self, provider: Provider) -> bool:
        clock = self.now.astimezone(zone(provider.timezone)).time()
        return any(hours.holds(clock) for hours in self.limits.quiet_hours)


def drift_of(resource: Resource, found: Comparison, choice: Choice, now: datetime, note: str = "") -> Drift:
    """Return the record of what was found on a resource and of what is done about it."""
    edit = fingerprint(found.findings)
    concerned = concerned_sessions(resource.sessions, found.findings)
    ahead = [session for session in concerned if instant(session.end) >= now]
    named, *others = dict.fromkeys(session.id for session in (*ahead, *concerned))
    is_filed = not resource.filed.isdisjoint((named, *others))
    return Drift(
        id=_drift_id(resource.publication, edit, now),
        publication_id=resource.publication.id,
        appointment_id=named,
        also_concerned=tuple(others),
        calendar_id=resource.publication.calendar_id,
        provider_id=resource.provider.id,
        kinds=found.kinds,
        severity=Severity.CLAIM_DATE if is_filed else found.severity or Severity.CONTENT,
        findings=found.findings,
        fingerprint=edit,
        action=choice.action,
        rule=choice.rule,
        claim_date_changes=found.claim_date_changes,
        detected_at=now,
        edited_at=_edited_at(resource),
        copies=tuple(other.href for other in resource.others),
        note=note,
    )


def fingerprint(findings: Sequence[Finding]) -> str:
    """Return what identifies an edit: the same fields of the same instances now say the same."""
    lines = sorted(f"{f.kind}|{f.recurrence_id}|{f.field}|{f.observed}" for f in findings)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def concerned_sessions(sessions: Sequence[Appointment], findings: Sequence[Finding]) -> tuple[Appointment, ...]:
    """Return the sessions that the findings are about: the instances they name, or all when one is about the whole."""
    named = {instant(f.recurrence_id) for f in findings if f.recurrence_id is not None}
    if not named or any(f.recurrence_id is None for f in findings):
        return tuple(sessions)
    hit = tuple(s for s in sessions if s.recurrence_id is not None and instant(s.recurrence_id) in named)
    return hit or tuple(sessions)


def _edit_of(action: AnyAction) -> str:
    return action.drift.fingerprint if isinstance(action, Revert | Flag | Ignore) else ""


def _order(resource: Resource) -> tuple[str, str]:
    start = instant(resource.sessions[0].start).isoformat() if resource.sessions else "~"
    return start, resource.publication.id


def _is_news(resource: Resource) -> bool:
    publication, observed = resource.publication, resource.observed
    on_record = publication.dirty or publication.intent is not None or resource.open_drift is not None
    return on_record or (observed is not None and resource.seen and _differs_from_record(publication, observed))


def _differs_from_record(publication: Publication, observed: Observed) -> bool:
    return observed.etag != publication.etag or observed.body != (publication.body or "").encode()


def _edited_starts(findings: Iterable[Finding]) -> Iterable[datetime]:
    for finding in findings:
        if finding.field == START_FIELD and finding.observed and "T" in finding.observed:
            yield instant(datetime.fromisoformat(finding.observed))


def _edited_at(resource: Resource) -> datetime | None:
    snapshot = resource.observed.snapshot if resource.observed else None
    return snapshot.last_modified if isinstance(snapshot, Snapshot) else None


def _drift_id(publication: Publication, edit: str, now: datetime) -> str:
    digest = hashlib.sha256(f"{publication.id}|{edit}|{now.isoformat()}".encode()).digest()
    return "drift-" + base64.b32hexencode(digest)[:10].decode().lower()
