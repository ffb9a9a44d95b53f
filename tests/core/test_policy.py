"""Policy: which drift is reverted, flagged or ignored."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from syncd.core.errors import InvalidValueError
from syncd.core.events.findings import Finding, Kind, Severity
from syncd.core.sync.drift import DriftAction
from syncd.core.sync.policy import DEFAULT_POLICY, Choice, Circumstances, Policy, PolicyRule

QUIET = Circumstances(in_quiet_window=True)


def a_finding(kind: Kind = Kind.MOVED, severity: Severity = Severity.TIME) -> Finding:
    return Finding(kind=kind, severity=severity, field="start", published="a", observed="b")


def action_on(*findings: Finding, policy: Policy = DEFAULT_POLICY, **circumstances: Any) -> DriftAction:
    return policy.choose(findings, replace(Circumstances(), **circumstances)).action


@pytest.mark.parametrize(
    "kind",
    [Kind.MOVED, Kind.RESIZED, Kind.DELETED, Kind.CANCELLED, Kind.RECURRENCE, Kind.LOCATION, Kind.INSTANCE_MOVED],
)
def test_time_presence_recurrence_and_location_by_default(kind: Kind) -> None:
    """What the claim and the client depend on is put right."""
    assert action_on(a_finding(kind)) is DriftAction.REVERT


def test_people_by_default() -> None:
    """Who takes part is a person's decision."""
    assert action_on(a_finding(Kind.ATTENDEES)) is DriftAction.FLAG


@pytest.mark.parametrize("kind", [Kind.TITLE, Kind.DESCRIPTION])
def test_words_by_default(kind: Kind) -> None:
    """Title and description keep the provider's words."""
    assert action_on(a_finding(kind)) is DriftAction.IGNORE


def test_a_moved_and_retitled_event() -> None:
    """One revert reverts the drift, and the words that may stay are named."""
    title = a_finding(Kind.TITLE, Severity.CONTENT)
    choice = DEFAULT_POLICY.choose([a_finding(), title], Circumstances())
    assert choice == Choice(DriftAction.REVERT, "practice", (title,))


def test_a_moved_event_with_somebody_added() -> None:
    """One flag holds the whole drift: half an edit is never put right."""
    assert action_on(a_finding(), a_finding(Kind.ATTENDEES)) is DriftAction.FLAG


@pytest.mark.parametrize("kind", [Kind.UNREADABLE, Kind.DECLINED, Kind.COUNTERED])
def test_what_no_write_can_answer(kind: Kind) -> None:
    """A body nobody can read and a provider's own answer are flagged, whatever the rules say."""
    everything = Policy((PolicyRule(name="all", action=DriftAction.REVERT),))
    assert action_on(a_finding(kind), policy=everything) is DriftAction.FLAG


def test_a_session_about_to_begin() -> None:
    """Nothing is reverted in the quiet window: it is flagged instead."""
    assert DEFAULT_POLICY.choose([a_finding()], QUIET) == Choice(DriftAction.FLAG, "quiet window")


def test_words_changed_in_the_quiet_window() -> None:
    """The quiet window holds reverts only."""
    assert DEFAULT_POLICY.choose([a_finding(Kind.TITLE)], QUIET).action is DriftAction.IGNORE


def test_two_rules_that_both_match() -> None:
    """The first match wins."""
    first = PolicyRule(name="first", action=DriftAction.FLAG, kinds=frozenset({Kind.MOVED}))
    policy = Policy((first, PolicyRule(name="second", action=DriftAction.REVERT)))
    assert policy.choose([a_finding()], Circumstances()).rule == "first"


def test_no_rule_that_matches() -> None:
    """What no rule speaks of is a person's decision."""
    assert Policy(()).choose([a_finding()], Circumstances()) == Choice(DriftAction.FLAG, "no rule")


@pytest.mark.parametrize(
    ("lead", "action"),
    [
        (timedelta(hours=2), DriftAction.FLAG),
        (timedelta(hours=24), DriftAction.REVERT),
        (timedelta(days=9), DriftAction.REVERT),
        (None, DriftAction.FLAG),
    ],
)
def test_rules_by_lead_time(lead: timedelta | None, action: DriftAction) -> None:
    """``within`` and ``beyond`` part the time before the session; a past session has none."""
    day = timedelta(hours=24)
    policy = Policy(
        (
            PolicyRule(name="soon", action=DriftAction.FLAG, within=day),
            PolicyRule(name="later", action=DriftAction.REVERT, beyond=day),
        )
    )
    assert action_on(a_finding(), policy=policy, lead=lead) is action


def test_a_rule_for_one_provider() -> None:
    """A rule may be about one provider, by id or address."""
    policy = Policy((PolicyRule(name="pat", action=DriftAction.REVERT, provider="pat@example.com"),))
    assert action_on(a_finding(), policy=policy, provider=frozenset({"prv-1", "pat@example.com"})) is DriftAction.REVERT
    assert action_on(a_finding(), policy=policy, provider=frozenset({"prv-2"})) is DriftAction.FLAG


def test_a_rule_by_severity() -> None:
    """A rule may be about how grave a finding is."""
    policy = Policy((PolicyRule(name="grave", action=DriftAction.REVERT, severity=frozenset({Severity.CLAIM_DATE})),))
    assert action_on(a_finding(severity=Severity.CLAIM_DATE), policy=policy) is DriftAction.REVERT
    assert action_on(a_finding(severity=Severity.TIME), policy=policy) is DriftAction.FLAG


@pytest.mark.parametrize("kinds", [frozenset[Kind](), frozenset({Kind.TITLE, Kind.MOVED})])
def test_a_rule_that_would_ignore_a_time(kinds: frozenset[Kind]) -> None:
    """Only texts may be ignored: a policy that would let a time differ is refused when it is made."""
    with pytest.raises(InvalidValueError, match="may ignore only"):
        PolicyRule(name="blind", action=DriftAction.IGNORE, kinds=kinds)
