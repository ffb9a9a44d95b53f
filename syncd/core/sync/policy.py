"""Policy: which drift is reverted, flagged or ignored. Rules are values; the first that matches a finding decides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.core.errors import InvalidValueError
from syncd.core.events.findings import TEXT_KINDS, Finding, Kind, Severity
from syncd.core.sync.drift import DriftAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a policy may know of a drift beyond its findings.

    ``lead`` is the time from now to the start of the nearest session concerned, negative once it has begun, None when
    nothing lies ahead. ``provider`` holds the provider's id and e-mail address. ``in_quiet_window``: a session
    concerned is so near, or under way, that nothing may be reverted without a person. ``quiet_until``: the provider's
    quiet hours end then, and what is to be reverted waits until they do; None: it is no quiet hour.
    """

    lead: timedelta | None = None
    provider: frozenset[str] = frozenset()
    in_quiet_window: bool = False
    quiet_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """One rule; every condition that is given must hold. An empty condition holds for all.

    ``within``: the session starts in less than that; ``beyond``: in that or more. ``provider``: id or e-mail address.
    """

    name: str
    action: DriftAction
    kinds: frozenset[Kind] = frozenset()
    severity: frozenset[Severity] = frozenset()
    within: timedelta | None = None
    beyond: timedelta | None = None
    provider: str | None = None

    def __post_init__(self) -> None:
        """Refuse a rule that would leave a time or a presence wrong without anybody knowing."""
        if self.action is DriftAction.IGNORE and not (self.kinds and self.kinds <= TEXT_KINDS):
            raise InvalidValueError(
                f"Policy rule {self.name!r} may ignore only {_listed(TEXT_KINDS)}: name them as its kinds, "
                "or let it flag or revert.",
                rule=self.name,
            )

    def matches(self, finding: Finding, circumstances: Circumstances) -> bool:
        """Tell whether the rule is about this finding under these circumstances."""
        return (
            (not self.kinds or finding.kind in self.kinds)
            and (not self.severity or finding.severity in self.severity)
            and (self.provider is None or self.provider in circumstances.provider)
            and self._fits_lead(circumstances.lead)
        )

    def _fits_lead(self, lead: timedelta | None) -> bool:
        if self.within is None and self.beyond is None:
            return True
        if lead is None:
            return False
        return (self.within is None or lead < self.within) and (self.beyond is None or lead >= self.beyond)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the policy says about a whole drift. ``ignored``: findings whose texts stay as the provider wrote them.

    ``until``: it is to be reverted, but not before then.
    """

    action: DriftAction
    rule: str
    ignored: tuple[Finding, ...] = ()
    until: datetime | None = None


_FLAG_ALWAYS = frozenset({Kind.UNREADABLE, Kind.COUNTERED, Kind.DECLINED})
"""Reverting these says nothing: a body nobody could read, or a provider's own answer."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in their order. What no rule matches is flagged."""

    rules: tuple[PolicyRule, ...]

    def choose(self, findings: Sequence[Finding], circumstances: Circumstances) -> Choice:
        """Choose for a drift as a whole: one flag holds all of it; else one revert reverts, and keeps ignored texts."""
        choices = [(finding, *self._rule_for(finding, circumstances)) for finding in findings]
        ignored = tuple(finding for finding, action, _ in choices if action is DriftAction.IGNORE)
        for _, chosen, name in choices:
            if chosen is DriftAction.FLAG:
                return Choice(DriftAction.FLAG, name)
        for _, chosen, name in choices:
            if chosen is DriftAction.REVERT:
                return Choice(DriftAction.REVERT, name, ignored, circumstances.quiet_until)
        return Choice(DriftAction.IGNORE, choices[0][2], ignored)

    def _rule_for(self, finding: Finding, circumstances: Circumstances) -> tuple[DriftAction, str]:
        if finding.kind in _FLAG_ALWAYS:
            return DriftAction.FLAG, f"always: {finding.kind}"
        for rule in self.rules:
            if rule.matches(finding, circumstances):
                if rule.action is DriftAction.REVERT and circumstances.in_quiet_window:
                    return DriftAction.FLAG, "quiet window"
                return rule.action, rule.name
        return DriftAction.FLAG, "no rule"


def _listed(kinds: Iterable[Kind]) -> str:
    return " and ".join(sorted(kinds))


DEFAULT_POLICY = Policy(
    (
        PolicyRule(name="people", action=DriftAction.FLAG, kinds=frozenset({Kind.ATTENDEES})),
        PolicyRule(name="copies", action=DriftAction.FLAG, kinds=frozenset({Kind.DUPLICATE})),
        PolicyRule(name="words", action=DriftAction.IGNORE, kinds=TEXT_KINDS),
        PolicyRule(name="practice", action=DriftAction.REVERT),
    )
)
"""The safe default: people and copies are flagged, words stay the provider's, all else is put right."""
