"""The corpus's verdicts."""

from zoneinfo import ZoneInfo

import pytest

from syncd.ics.explain import explain
from tests.corpus import copies, odd, rules, series, single, zones
from tests.corpus.bodies import Case

CASES = [*single.CASES, *zones.CASES, *rules.CASES, *series.CASES, *copies.CASES, *odd.CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.situation)
def test_verdict_on_a_pair(case: Case) -> None:
    """Each pair gets exactly its kinds, benign kinds and claim-date verdict."""
    verdict = explain(case.published, case.observed, case.also, ZoneInfo(case.zone))
    assert frozenset(verdict.kinds) == case.kinds
    assert frozenset(verdict.benign) == case.benign
    assert verdict.claim_date_changes is case.claim


def test_situations_are_told_apart() -> None:
    """There are at least 150 pairs, each with a name of its own."""
    situations = [case.situation for case in CASES]
    assert len(situations) == len(set(situations)) >= 150
