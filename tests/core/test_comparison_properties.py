"""What must hold of every comparison, whatever is compared."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from syncd.core.events.comparison import compare, same_meaning
from syncd.core.events.findings import Comparison, Kind, Severity
from syncd.ics.parse import read
from tests.corpus.generated import ZONE, Meaning, Style, meanings, styles, written

Edit = Callable[[Meaning], Meaning]


def verdict(before: Meaning, after: Meaning, one: Style, other: Style) -> Comparison:
    return compare(read(written(before, one), ZONE), read(written(after, other), ZONE))


def _free(meaning: Meaning) -> int:
    """Return the number of an instance that nothing was done to yet."""
    taken = {*meaning.deleted, *dict(meaning.moved), *meaning.retitled}
    return next((number for number in range(meaning.count or 0) if number not in taken), -1)


TEXT_EDITS: dict[Kind, Edit] = {
    Kind.TITLE: lambda meaning: replace(meaning, summary="Anna"),
    Kind.LOCATION: lambda meaning: replace(meaning, location="Home"),
    Kind.DESCRIPTION: lambda meaning: replace(meaning, description="Bring the forms"),
    Kind.ATTENDEES: lambda meaning: replace(meaning, attendee="other@example.com"),
}
TIME_EDITS: dict[Kind, Edit] = {
    Kind.MOVED: lambda meaning: replace(meaning, start=meaning.start + timedelta(minutes=5)),
    Kind.RESIZED: lambda meaning: replace(meaning, minutes=meaning.minutes + 5),
    Kind.TIMEZONE_SHIFT: lambda meaning: replace(meaning, zone="America/Chicago"),
    Kind.CANCELLED: lambda meaning: replace(meaning, cancelled=True),
}
SERIES_EDITS: dict[Kind, Edit] = {
    Kind.INSTANCE_DELETED: lambda meaning: replace(meaning, deleted=meaning.deleted | {_free(meaning)}),
    Kind.INSTANCE_MOVED: lambda meaning: replace(meaning, moved=(*meaning.moved, (_free(meaning), 30))),
    Kind.TITLE: lambda meaning: replace(meaning, retitled=meaning.retitled | {_free(meaning)}),
    Kind.RECURRENCE: lambda meaning: replace(meaning, count=(meaning.count or 0) + 2),
}


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_benign_rewrites_in_any_composition(data: st.DataObject) -> None:
    """However differently two programs write one meaning, it is no drift."""
    meaning = data.draw(meanings())
    one, other = data.draw(styles(meaning)), data.draw(styles(meaning))
    found = verdict(meaning, meaning, one, other)
    assert found.findings == ()
    assert not found.claim_date_changes
    assert bool(found.benign) is (written(meaning, one) != written(meaning, other))


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_material_edit_under_benign_rewrites(data: st.DataObject) -> None:
    """A material edit is found with its kind, with other edits and however the body was rewritten beside it."""
    meaning = data.draw(meanings())
    kind, edit = data.draw(st.sampled_from(sorted(TIME_EDITS.items())))
    words = data.draw(st.lists(st.sampled_from(sorted(TEXT_EDITS)), unique=True))
    edited = edit(meaning)
    for word in words:
        edited = TEXT_EDITS[word](edited)
    one, other = data.draw(styles(meaning)), data.draw(styles(edited))
    if kind is Kind.TIMEZONE_SHIFT:  # in UTC there is no zone that could shift
        one, other = replace(one, in_utc=False), replace(other, in_utc=False)
    found = verdict(meaning, edited, one, other)
    assert set(found.kinds) >= {kind, *words}


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_material_edit_of_a_series(data: st.DataObject) -> None:
    """An edit of one instance, or of the rule, is found with its kind and nothing but it."""
    meaning = data.draw(meanings(series=True))
    assume(_free(meaning) >= 0)
    kind, edit = data.draw(st.sampled_from(sorted(SERIES_EDITS.items())))
    edited = edit(meaning)
    found = verdict(meaning, edited, data.draw(styles(meaning)), data.draw(styles(edited)))
    assert found.kinds == (kind,)
    if kind is not Kind.RECURRENCE:
        assert {finding.recurrence_id for finding in found.findings} == {
            meaning.wall(_free(meaning)).replace(tzinfo=ZONE)
        }


def _seen(found: Comparison) -> list[tuple[str, str]]:
    """Return what is found whichever way one looks; an instance deleted one way is restored the other way."""
    kinds = {Kind.INSTANCE_DELETED: Kind.RECURRENCE}
    return sorted((kinds.get(finding.kind, finding.kind), finding.field) for finding in found.findings)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_comparison_both_ways(data: st.DataObject) -> None:
    """What differs one way differs the other way, in the same fields of as many instances."""
    one = data.draw(meanings())
    other = data.draw(meanings())
    if data.draw(st.booleans()):
        shift = timedelta(minutes=data.draw(st.sampled_from([0, 30])))
        other = replace(one, start=one.start + shift, deleted=data.draw(st.frozensets(st.integers(0, 2), max_size=1)))
    first, second = data.draw(styles(one)), data.draw(styles(other))
    there, back = verdict(one, other, first, second), verdict(other, one, second, first)
    assert _seen(there) == _seen(back)
    assert there.benign == back.benign
    snapshots = read(written(one, first), ZONE), read(written(other, second), ZONE)
    assert same_meaning(*snapshots) is same_meaning(*reversed(snapshots)) is not there.drift


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_claim_date_verdict_and_severities(data: st.DataObject) -> None:
    """A claim date changes exactly if some finding has that severity."""
    one, other = data.draw(meanings()), data.draw(meanings())
    found = verdict(one, other, data.draw(styles(one)), data.draw(styles(other)))
    assert found.claim_date_changes is any(finding.severity is Severity.CLAIM_DATE for finding in found.findings)


@pytest.mark.parametrize("kind", sorted(TEXT_EDITS))
def test_text_edit_alone(kind: Kind) -> None:
    """An edit of one text is found as that and nothing else."""
    meaning = Meaning(start=datetime.fromisoformat("2026-03-03T10:00"))
    assert verdict(meaning, TEXT_EDITS[kind](meaning), Style(), Style()).kinds == (kind,)
