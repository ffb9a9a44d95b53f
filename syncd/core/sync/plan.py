"""The plan: what a cycle would do in one calendar, as data. A pure function of values; nothing here carries it out."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, assert_never

from syncd.core.events.comparison import compare
from syncd.core.events.findings import START_FIELD, Comparison, Finding
from syncd.core.events.snapshot import Snapshot
from syncd.core.sync.actions import (
    Adopt,
    AnyAction,
    Create,
    Delete,
    Flag,
    Forget,
    Ignore,
    Revert,
    Update,
    Wait,
    body_of,
    drift_in,
)
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.decision import Act, Decision, decide
from syncd.core.sync.drift import Drift, DriftAction
from syncd.core.sync.drifting import concerned_sessions, drift_of, fingerprint
from syncd.core.sync.policy import Choice, Circumstances, Policy
from syncd.core.sync.publication import Publication
from syncd.core.sync.resource import Observed, Resource
from syncd.core.sync.rhythm import quiet_until
from syncd.core.times import DayHours, instant, zone

DAMAGED = Choice(DriftAction.FLAG, "the server damages it")
"""What is done about fields of ours that a server changes in what we write: another write would end the same."""

OVERRULED = Choice(DriftAction.REVERT, "the practice changed it too")
OVERRULED_NOTE = "The practice changed it too; its change was written."

ELSEWHERE = Choice(DriftAction.FLAG, "the account holds it in another place")
"""What is done about an event that the account holds elsewhere, where a UID may stand once: only a person can."""


class Around(NamedTuple):
    """What is written around edits, and the edits as they will be found then: an end moves along with its start."""

    body: bytes
    edits: Comparison


class Drafts(Protocol):
    """What would be written, as bytes that only a renderer can read."""

    def worded(self, resource: Resource, ignored: Sequence[Finding]) -> bytes:
        """Return what is desired with these texts as the provider wrote them."""
        ...

    def around(self, resource: Resource, kept: Sequence[Finding]) -> Around | None:
        """Return what is desired with these edits left as they stand; None where that cannot be written."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far syncd goes on its own.

    More than ``mass_share`` of what stands in a calendar, and at least ``mass_count``, or more than ``mass_most``
    whatever their share, edited within ``mass_window`` is a fault of the calendar, not so many decisions of a provider.
    The same edit put right ``war_count`` times within ``war_window`` is held for a person. From ``quiet_before`` the
    start of a session to its end nothing is reverted; at ``quiet_hours`` of the provider's day reverts wait.
    """

    mass_share: float = 0.3
    mass_count: int = 5
    mass_most: int = 20
    mass_window: timedelta = timedelta(days=1)
    war_count: int = 3
    war_window: timedelta = timedelta(days=1)
    quiet_before: timedelta = timedelta(minutes=60)
    quiet_hours: tuple[DayHours, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The actions of one cycle in one calendar, in the order in which they are to be done."""

    calendar_id: str
    actions: tuple[AnyAction, ...]
    made_at: datetime

    @property
    def id(self) -> str:
        """The plan's own id: the same for the same actions on the same facts, whenever it is made.

        It covers every byte that would be written, but the stamps that say when.
        """
        stamp = f"{self.made_at:%Y%m%dT%H%M%SZ}".encode()
        lines = [_line(action, stamp) for action in self.actions]
        return hashlib.sha256("\n".join((self.calendar_id, *lines)).encode()).hexdigest()[:12]

    @property
    def edited(self) -> frozenset[str]:
        """The publications whose edits this plan is the first to find, or puts right."""
        return frozenset(
            action.resource.publication.id
            for action in self.actions
            if isinstance(action, Revert | Flag) or (isinstance(action, Wait) and action.drift is not None)
        )

    @property
    def found(self) -> frozenset[str]:
        """The publications in which this plan finds an edit that is not on record: where nothing is put right."""
        drifts = ((action.resource, drift_in(action)) for action in self.actions)
        return frozenset(
            resource.publication.id
            for resource, drift in drifts
            if drift is not None and (resource.open_drift is None or resource.open_drift.id != drift.id)
        )

    @property
    def waits_until(self) -> datetime | None:
        """When the first of the edits that wait for quiet hours to end is to be put right."""
        return min((a.until for a in self.actions if isinstance(a, Wait) and a.until is not None), default=None)


def make_plan(
    calendar: Calendar, resources: Iterable[Resource], policy: Policy, limits: Limits, now: datetime, drafts: Drafts
) -> Plan:
    """Plan one cycle: decide each resource, let the policy choose for what was edited. Sorted by start, then by id.

    What is new comes first: where a series is cut in two, the later half stands before the earlier one is shortened.
    """
    planner = _Planner(calendar, policy, limits, now, drafts)
    decided = (planner.action_on(resource) for resource in sorted(resources, key=_order))
    actions = [action for action in decided if action is not None]
    new = [action for action in actions if isinstance(action, Create)]
    others = [action for action in actions if not isinstance(action, Create)]
    return Plan(calendar_id=calendar.id, actions=(*new, *others), made_at=now)


@dataclass(frozen=True, slots=True)
class _Planner:
    calendar: Calendar
    policy: Policy
    limits: Limits
    now: datetime
    drafts: Drafts

    def action_on(self, resource: Resource) -> AnyAction | None:
        observed = resource.observed.snapshot if resource.observed else None
        others = [other.snapshot for other in resource.others]
        decision = decide(
            resource.desired_snapshot, observed, resource.published_snapshot, others, restyled=resource.restyled
        )
        if decision.is_edited:
            return self._on_edit(resource, decision)
        closes = resource.open_drift
        match decision.act:
            case Act.CREATE:
                return Create(resource=resource, closes=closes, body=resource.body)
            case Act.UPDATE:
                return Update(resource=resource, closes=closes, changes=decision.changes, body=resource.body)
            case Act.DELETE:
                return Delete(resource=resource, closes=closes)
            case Act.ADOPT:
                return Adopt(resource=resource, closes=closes, benign=decision.changes) if _is_news(resource) else None
            case Act.FORGET:
                return Forget(resource=resource, closes=closes)
            case Act.REVERT | Act.FLAG | Act.IGNORE | Act.WAIT:
                raise AssertionError("only an edit is for the policy to judge")
            case act:
                assert_never(act)

    # Edits

    def _on_edit(self, resource: Resource, decision: Decision) -> AnyAction | None:
        if self._damaged_by_server(resource, decision):
            return self._renewal(resource)
        if not decision.edits.drift:
            return self._revert(resource, decision.overruled, OVERRULED, OVERRULED_NOTE)
        edits, around = decision.edits, None
        choice = self._choice(resource, decision, edits)
        if choice.action is not DriftAction.REVERT or choice.until is not None:
            around = self._draft(resource, decision, choice)
            if around is None and decision.overruled.drift:  # nothing can be written, so all of it stands there still
                edits = _whole(decision)
                choice = self._choice(resource, decision, edits)
        if choice.action is DriftAction.REVERT and choice.until is None:
            return self._revert(resource, _whole(decision), choice, OVERRULED_NOTE if decision.overruled.drift else "")
        return self._hold(resource, decision, edits, choice, around)

    def _draft(self, resource: Resource, decision: Decision, choice: Choice) -> Around | None:
        """Return what is to be written around an edit that is left as it is, None where nothing is or can be."""
        if not (decision.changes.drift or decision.overruled.drift):
            return None
        if choice.action is DriftAction.IGNORE:
            return Around(self.drafts.worded(resource, choice.ignored), decision.edits)
        return self.drafts.around(resource, decision.edits.findings)

    def _revert(self, resource: Resource, found: Comparison, choice: Choice, note: str) -> Revert:
        drift, closes = self._recorded(resource, found, choice, note)
        body = resource.body
        if resource.desired is not None and choice.ignored:
            body = self.drafts.worded(resource, choice.ignored)
        return Revert(
            resource=resource,
            closes=closes,
            drift=drift,
            ignored=choice.ignored,
            body=None if resource.desired is None else body,
        )

    def _hold(
        self, resource: Resource, decision: Decision, edits: Comparison, choice: Choice, around: Around | None
    ) -> AnyAction | None:
        drift, closes = self._recorded(resource, edits, choice)
        news = drift if drift != resource.open_drift else None
        body = overruled = afterwards = None
        if around is not None:
            body = around.body
            afterwards = _as_found(drift, around.edits)
            if decision.overruled.drift:
                overruled = drift_of(resource, decision.overruled, OVERRULED, self.now, OVERRULED_NOTE)
        held = Wait(
            resource=resource,
            closes=closes,
            drift=news,
            until=choice.until,
            body=body,
            overruled=overruled,
            afterwards=afterwards,
        )
        if choice.action is DriftAction.IGNORE:
            return Ignore(
                resource=resource, closes=closes, drift=drift, ignored=choice.ignored, body=body, overruled=overruled
            )
        if choice.until is None and news is not None:
            return Flag(
                resource=resource, closes=closes, drift=news, body=body, overruled=overruled, afterwards=afterwards
            )
        return held if choice.until is not None or body is not None or resource.has_news else None

    def _recorded(
        self, resource: Resource, found: Comparison, choice: Choice, note: str = ""
    ) -> tuple[Drift, Drift | None]:
        """Return the drift of what was found, the open one if it is the same edit, and the open one that ends by it."""
        known = resource.open_drift
        if known is not None and known.fingerprint == fingerprint(found.findings):
            return replace(known, action=choice.action, rule=choice.rule, due_at=choice.until), None
        return drift_of(resource, found, choice, self.now, note), known

    def _choice(self, resource: Resource, decision: Decision, edits: Comparison) -> Choice:
        """Return what is to be done; there is nothing to ignore about what should not stand there at all."""
        choice = self._choose(resource, decision, edits)
        if choice.action is DriftAction.IGNORE and resource.desired is None:
            return Choice(DriftAction.REVERT, choice.rule)
        return choice

    def _choose(self, resource: Resource, decision: Decision, edits: Comparison) -> Choice:
        findings, edit = edits.findings, fingerprint(edits.findings)
        known = resource.open_drift if resource.open_drift and resource.open_drift.fingerprint == edit else None
        if known is not None and resource.decided is not None:
            ignored = tuple(findings) if resource.decided is DriftAction.IGNORE else ()
            return Choice(resource.decided, "a person's decision", ignored)
        if decision.unrecorded:
            return Choice(DriftAction.FLAG, "no record of ours")
        if known is not None and known.action is DriftAction.FLAG:
            return Choice(DriftAction.FLAG, known.rule)
        if self._is_damage(resource, edit):
            return DAMAGED
        if resource.reverted.count(edit) >= self.limits.war_count:
            return Choice(DriftAction.FLAG, f"came back {self.limits.war_count} times")
        return self.policy.choose(findings, self._circumstances(resource, findings))

    def _damaged_by_server(self, resource: Resource, decision: Decision) -> bool:
        """Tell whether the server, and nobody else, changed what stood there, and something else is to be written."""
        observed, published = resource.observed, resource.published_snapshot
        if observed is None or not isinstance(observed.snapshot, Snapshot) or published is None:
            return False
        desired = resource.desired_snapshot
        if desired is None or not compare(published, desired).drift:
            return False
        return self._is_damage(resource, fingerprint(_whole(decision).findings))

    def _renewal(self, resource: Resource) -> Update:
        """Write what is wanted now over what the server made of it."""
        observed, desired = resource.observed, resource.desired_snapshot
        changes = Comparison()
        if observed is not None and isinstance(observed.snapshot, Snapshot) and desired is not None:
            changes = compare(observed.snapshot, desired)
        return Update(resource=resource, closes=resource.open_drift, changes=changes, body=resource.body)

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
            in_quiet_window=any(start - self.limits.quiet_before <= self.now <= end for start, end in spans),
            quiet_until=quiet_until(self.now, self.limits.quiet_hours, zone(resource.provider.timezone)),
        )


def _as_found(drift: Drift, edits: Comparison) -> Drift | None:
    """Return the drift as its edit will be found after a write around it, None where it is found as it was."""
    edit = fingerprint(edits.findings)
    return None if edit == drift.fingerprint else replace(drift, findings=edits.findings, fingerprint=edit)


def _whole(decision: Decision) -> Comparison:
    """Return all that somebody edited, what was overruled included."""
    edits, overruled = decision.edits, decision.overruled
    dated = edits.claim_date_changes or overruled.claim_date_changes
    return replace(edits, findings=(*edits.findings, *overruled.findings), claim_date_changes=dated)


def _line(action: AnyAction, stamp: bytes) -> str:
    """Return what a plan's id covers of one action."""
    publication, drift, body = action.resource.publication, drift_in(action), body_of(action)
    observed = action.resource.observed
    written = hashlib.sha256(body.replace(stamp, b"")).hexdigest() if body is not None else ""
    stands = hashlib.sha256(observed.body).hexdigest() if observed is not None else ""
    edit = f"{drift.fingerprint} {drift.action}" if drift is not None else ""
    return f"{action.act} {publication.id} {edit} {written} {stands}"


def _order(resource: Resource) -> tuple[str, str]:
    start = instant(resource.sessions[0].start).isoformat() if resource.sessions else "~"
    return start, resource.publication.id


def _is_news(resource: Resource) -> bool:
    publication, observed = resource.publication, resource.observed
    if resource.has_news or resource.open_drift is not None:
        return True
    return observed is not None and resource.seen and _differs_from_record(publication, observed)


def _differs_from_record(publication: Publication, observed: Observed) -> bool:
    return observed.etag != publication.etag or observed.body != (publication.body or "").encode()


def _edited_starts(findings: Iterable[Finding]) -> Iterable[datetime]:
    for finding in findings:
        if finding.field == START_FIELD and finding.observed and "T" in finding.observed:
            yield instant(datetime.fromisoformat(finding.observed))
