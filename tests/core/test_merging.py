"""Whose change counts where two people changed one event: the table by rows, and its laws under any edits."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.events.comparison import compare
from syncd.core.events.desired import Desired, Person, Session
from syncd.core.events.findings import Kind
from syncd.core.events.snapshot import Snapshot
from syncd.core.sync.merging import merge
from syncd.ics.parse import read
from syncd.ics.render import render
from tests.builders import NEW_YORK, NOW, START, at

WANTED = Desired(
    uid="one",
    sequence=0,
    master=Session(start=START, minutes=50, summary="Session A. E.", location="Room 1", description="Ref. apt-1"),
    organizer=Person("office@example.com"),
    attendee=Person("pat@example.com"),
)
CHANGES: dict[str, dict[str, Any]] = {
    "start": {"start": START + timedelta(days=1)},
    "length": {"minutes": 80},
    "title": {"summary": "Another title"},
    "place": {"location": "Room 2"},
    "text": {"description": "Another text"},
}
OTHER_CHANGES: dict[str, dict[str, Any]] = {
    "start": {"start": START + timedelta(hours=3)},
    "length": {"minutes": 25},
    "title": {"summary": "A third title"},
    "place": {"location": "Room 3"},
    "text": {"description": "A third text"},
}
KINDS = {
    "start": Kind.MOVED,
    "length": Kind.RESIZED,
    "title": Kind.TITLE,
    "place": Kind.LOCATION,
    "text": Kind.DESCRIPTION,
}
FIELDS = st.sets(st.sampled_from(sorted(CHANGES)))


def shown(desired: Desired) -> Snapshot:
    return read(render(desired, None, NOW), NEW_YORK)


def changed(*fields: str, by: dict[str, dict[str, Any]] | None = None) -> Snapshot:
    values: dict[str, Any] = {}
    for name in fields:
        values |= (by or CHANGES)[name]
    return shown(replace(WANTED, master=replace(WANTED.master, **values)))


def kinds(*fields: str) -> set[Kind]:
    return {KINDS[name] for name in fields}


@pytest.mark.parametrize("field", sorted(CHANGES))
class TestTheTable:
    def test_only_the_practice(self, field: str) -> None:
        """What the practice changed is written."""
        merged = merge(changed(field), changed(), changed())
        assert (merged.is_edited, merged.changes.kinds) == (False, (KINDS[field],))

    def test_only_the_provider(self, field: str) -> None:
        """What the provider changed is an edit, and nothing is to be written."""
        merged = merge(changed(), changed(field), changed())
        assert (merged.edits.kinds, merged.overruled.drift, merged.changes.drift) == ((KINDS[field],), False, False)

    def test_both(self, field: str) -> None:
        """Where both changed it, the practice's counts."""
        merged = merge(changed(field), changed(field, by=OTHER_CHANGES), changed())
        assert (merged.edits.drift, merged.overruled.kinds) == (False, (KINDS[field],))
        assert merged.changes.kinds == (KINDS[field],)

    def test_both_the_same(self, field: str) -> None:
        """Where both say the same now, nothing is to be done."""
        merged = merge(changed(field), changed(field), changed())
        assert (merged.is_edited, merged.changes.drift) == (False, False)


@given(practice=FIELDS, provider=FIELDS)
def test_any_changes_at_two_hands(practice: set[str], provider: set[str]) -> None:
    """The provider's own stay edits, what both changed is overruled, and all of the practice's is to be written."""
    merged = merge(changed(*practice), changed(*provider, by=OTHER_CHANGES), changed())
    assert set(merged.edits.kinds) == kinds(*(provider - practice))
    assert set(merged.overruled.kinds) == kinds(*(practice & provider))
    assert set(merged.changes.kinds) == kinds(*practice)


@given(practice=FIELDS, provider=FIELDS)
def test_any_settings(practice: set[str], provider: set[str]) -> None:
    """Settings that render titles and texts overrule no edit of these."""
    merged = merge(changed(*practice), changed(*provider, by=OTHER_CHANGES), changed(), restyled=True)
    assert set(merged.overruled.kinds) == kinds(*((practice & provider) - {"title", "text"}))
    assert set(merged.edits.kinds) == kinds(*((provider - practice) | (provider & {"title", "text"})))


@given(practice=FIELDS, provider=FIELDS)
def test_nothing_is_lost(practice: set[str], provider: set[str]) -> None:
    """Every difference from what is desired is an edit, overruled, or about to be written."""
    desired, observed = changed(*practice), changed(*provider, by=OTHER_CHANGES)
    merged = merge(desired, observed, changed())
    told = {*merged.edits.kinds, *merged.overruled.kinds, *merged.changes.kinds}
    assert set(compare(desired, observed).kinds) <= told


class TestSeries:
    SERIES = replace(WANTED, rule="FREQ=WEEKLY;COUNT=6")
    SECOND = at("2026-12-08T10:00")

    def moved(self, weekday: str) -> Desired:
        override = replace(self.SERIES.master, start=at(weekday), recurrence_id=self.SECOND)
        return replace(self.SERIES, overrides=(override,))

    def test_another_title_and_an_instance_that_the_provider_deleted(self) -> None:
        """The deletion stays an edit of its own."""
        retitled = replace(self.SERIES, master=replace(self.SERIES.master, summary="Another title"))
        merged = merge(shown(retitled), shown(replace(self.SERIES, exdates=(self.SECOND,))), shown(self.SERIES))
        assert (merged.edits.kinds, merged.overruled.drift) == ((Kind.INSTANCE_DELETED,), False)
        assert merged.changes.kinds == (Kind.TITLE,)

    def test_both_moved_one_instance(self) -> None:
        """The practice's time counts for that instance."""
        merged = merge(shown(self.moved("2026-12-10T10:00")), shown(self.moved("2026-12-09T10:00")), shown(self.SERIES))
        assert (merged.edits.drift, merged.overruled.kinds) == (False, (Kind.INSTANCE_MOVED,))

    def test_each_moved_another_instance(self) -> None:
        """Each instance has a time of its own."""
        third = replace(self.SERIES.master, start=at("2026-12-16T10:00"), recurrence_id=at("2026-12-15T10:00"))
        merged = merge(
            shown(replace(self.SERIES, overrides=(third,))), shown(self.moved("2026-12-09T10:00")), shown(self.SERIES)
        )
        assert (merged.edits.kinds, merged.overruled.drift) == ((Kind.INSTANCE_MOVED,), False)
        assert merged.edits.findings[0].recurrence_id == self.SECOND

    def test_the_practice_moved_the_whole_series(self) -> None:
        """That is every instance's time, the one that the provider moved included."""
        later = replace(self.SERIES, master=replace(self.SERIES.master, start=START + timedelta(hours=2)))
        merged = merge(shown(later), shown(self.moved("2026-12-09T10:00")), shown(self.SERIES))
        assert (merged.edits.drift, merged.overruled.kinds) == (False, (Kind.INSTANCE_MOVED,))
