"""Writing around an edit: what the practice changed is there, and the edit stands as it did, whatever it is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.events.comparison import compare
from syncd.core.events.desired import Desired, Person, Session
from syncd.core.events.findings import Comparison
from syncd.core.sync.drifting import fingerprint
from syncd.core.sync.merging import merge
from syncd.ics.around import lay_around
from syncd.ics.parse import read
from syncd.ics.render import render
from tests.builders import NEW_YORK, NOW, START, at
from tests.stateful import edits
from tests.stateful.edits import Edit

SINGLE = Desired(
    uid="one",
    sequence=0,
    master=Session(start=START, minutes=50, summary="Session A. E.", location="Room 1", description="Ref. apt-1"),
    organizer=Person("office@example.com", "Example Practice"),
    attendee=Person("pat@example.com", "Pat Provider"),
    reference="apt-1",
)
SERIES = replace(SINGLE, rule="FREQ=WEEKLY;COUNT=5")

EDITS: dict[str, Edit] = {
    "moved": edits.on_master(edits.moving(timedelta(days=1))),
    "longer": edits.on_master(edits.lasting(80)),
    "all day": edits.on_master(edits.all_day),
    "cancelled": edits.on_master(edits.saying("STATUS:CANCELLED")),
    "retitled": edits.on_master(edits.saying("SUMMARY:Mine")),
    "relocated": edits.on_master(edits.saying("LOCATION:Elsewhere")),
    "described": edits.on_master(edits.saying("DESCRIPTION:Bring forms")),
    "guest": edits.on_master(edits.inviting("guest@example.net")),
    "declined": edits.on_master(edits.answering("DECLINED")),
}
OF_AN_INSTANCE: dict[str, Edit] = {
    "instance moved": edits.on_instance(edits.moving(timedelta(hours=26)), 1),
    "instance longer": edits.on_instance(edits.lasting(80), 1),
    "instance retitled": edits.on_instance(edits.saying("SUMMARY:Mine"), 1),
    "instance relocated": edits.on_instance(edits.saying("LOCATION:Elsewhere"), 1),
    "instance deleted": edits.excluding(1),
    "fewer": edits.cutting(2),
}


def in_master(desired: Desired, **fields: object) -> Desired:
    return replace(desired, master=replace(desired.master, **fields))  # type: ignore[arg-type]  # fields by name


CHANGES: dict[str, Callable[[Desired], Desired]] = {
    "start": lambda desired: in_master(desired, start=START + timedelta(days=3)),
    "length": lambda desired: in_master(desired, minutes=30),
    "title": lambda desired: in_master(desired, summary="Session B. N."),
    "place": lambda desired: in_master(desired, location="Room 2"),
    "text": lambda desired: in_master(desired, description="Another text"),
    "plain": lambda desired: replace(desired, organizer=None, attendee=None),
}
ONE_FIELD = {
    ("moved", "start"),
    ("all day", "start"),
    ("longer", "length"),
    ("all day", "length"),
    ("retitled", "title"),
    ("relocated", "place"),
    ("described", "text"),
    ("guest", "plain"),
    ("declined", "plain"),
    ("instance retitled", "title"),
    ("instance relocated", "place"),
}


def written(before: Desired, after: Desired, edit: Edit) -> tuple[Comparison, bytes | None, bytes]:
    """Return the edit that was found, what is written around it, and what would be written without it."""
    published = render(before, None, NOW)
    observed = edit(published)
    rendered = render(after, observed, NOW)
    seen, wanted = read(observed, NEW_YORK), read(rendered, NEW_YORK)
    found = merge(wanted, seen, read(published, NEW_YORK)).edits
    return found, lay_around(rendered, observed, found.findings, after), rendered


def is_laid_around(before: Desired, after: Desired, edit: Edit) -> bool:
    found, body, rendered = written(before, after, edit)
    assert found.drift, "nothing was edited"
    if body is None:
        return False
    left = compare(read(rendered, NEW_YORK), read(body, NEW_YORK))
    if before.master.start != after.master.start:  # ends move along
        return left.kinds == found.kinds
    return fingerprint(left.findings) == fingerprint(found.findings)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("edit", EDITS)
def test_single_event(edit: str, change: str) -> None:
    """Every kind of edit of an event stays beside every change of another field."""
    if (edit, change) in ONE_FIELD:
        found, _, _ = written(SINGLE, CHANGES[change](SINGLE), EDITS[edit])
        assert not found.drift or edit in {"all day", "declined"}
    else:
        assert is_laid_around(SINGLE, CHANGES[change](SINGLE), EDITS[edit])


@pytest.mark.parametrize(
    ("edit", "change"),
    [
        (edit, change)
        for edit in (*EDITS, *OF_AN_INSTANCE)
        for change in ("title", "place", "text", "plain")
        if (edit, change) not in ONE_FIELD
    ],
)
def test_series(edit: str, change: str) -> None:
    """So it is with a series and with each of its instances."""
    assert is_laid_around(SERIES, CHANGES[change](SERIES), {**EDITS, **OF_AN_INSTANCE}[edit])


@pytest.mark.parametrize("edit", ["instance moved", "instance longer", "instance retitled", "instance deleted"])
def test_another_instance_that_the_practice_moved(edit: str) -> None:
    """Each instance is a place of its own."""
    third = replace(SERIES.master, start=at("2026-12-16T15:00"), recurrence_id=at("2026-12-15T10:00"))
    assert is_laid_around(SERIES, replace(SERIES, overrides=(third,)), OF_AN_INSTANCE[edit])


@pytest.mark.parametrize("edit", ["instance moved", "instance retitled", "instance deleted"])
def test_another_instance_that_the_practice_cancelled(edit: str) -> None:
    """An instance that the practice takes away goes, and the edited one stays as it is."""
    assert is_laid_around(SERIES, replace(SERIES, exdates=(at("2026-12-22T10:00"),)), OF_AN_INSTANCE[edit])


@given(st.sets(st.sampled_from(sorted(EDITS))), st.sets(st.sampled_from(sorted(CHANGES)), min_size=1))
def test_any_edits_and_changes(made: set[str], changed: set[str]) -> None:
    """What is written around edits differs from what is wanted by them alone, or it is seen not to."""
    after = SINGLE
    for name in sorted(changed):
        after = CHANGES[name](after)

    def edit(body: bytes) -> bytes:
        for name in sorted(made):
            body = EDITS[name](body)
        return body

    found, body, rendered = written(SINGLE, after, edit)
    if not found.drift:
        return
    assert body is not None
    left = compare(read(rendered, NEW_YORK), read(body, NEW_YORK)).findings
    kinds = {(finding.kind, finding.field) for finding in left}
    assert {(finding.kind, finding.field) for finding in found.findings} <= kinds


def test_what_cannot_be_written_around() -> None:
    """A resource that is gone or that nobody can read has no place for anything else."""
    published = render(SINGLE, None, NOW)
    gone = compare(read(published, NEW_YORK), None).findings
    assert lay_around(published, published, gone, SINGLE) is None


def test_lines_of_the_providers() -> None:
    """Alarms and private properties stay, and the zone of a kept time stays defined."""
    edit = edits.on_master(edits.moving(timedelta(days=1)))
    alarm, note = edits.alarm(1), edits.note(2)
    _, body, _ = written(SINGLE, CHANGES["title"](SINGLE), lambda body: edit(alarm.edit(note.edit(body))))
    text = (body or b"").replace(b"\r\n ", b"").decode()
    assert alarm.mark in text
    assert note.mark in text
    assert "BEGIN:VTIMEZONE" in text
    assert text.count("DTSTART;TZID=America/New_York:20261202T100000") == 1
