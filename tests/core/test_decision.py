"""The decision table, row by row."""

from datetime import datetime

import pytest

from syncd.core.events.desired import Desired, Session
from syncd.core.events.findings import Benign, Kind
from syncd.core.events.snapshot import Snapshot
from syncd.core.sync.decision import (
    Adopt,
    Create,
    Decision,
    Drifted,
    Forget,
    Leave,
    Unreadable,
    Update,
    Withdraw,
    decide,
)
from syncd.ics.parse import read
from syncd.ics.render import render
from tests.builders import NEW_YORK, NOW, START, at

NOTHING = None
GARBAGE = Unreadable("no event in it")


def a_snapshot(start: datetime = START, summary: str = "Session A. E.", uid: str = "one") -> Snapshot:
    session = Session(start=start, minutes=50, summary=summary, description="Ref. apt-1")
    return read(render(Desired(uid=uid, sequence=0, master=session), None, NOW), NEW_YORK)


AS_WANTED = a_snapshot()
ELSEWHEN = a_snapshot(at("2026-12-02T10:00"))
EDITED = a_snapshot(at("2026-12-04T17:00"))


@pytest.mark.parametrize(
    ("desired", "observed", "published", "then"),
    [
        (AS_WANTED, NOTHING, NOTHING, Create),
        (AS_WANTED, NOTHING, AS_WANTED, Drifted),
        (AS_WANTED, AS_WANTED, NOTHING, Adopt),
        (AS_WANTED, AS_WANTED, AS_WANTED, Adopt),
        (AS_WANTED, AS_WANTED, ELSEWHEN, Adopt),
        (AS_WANTED, ELSEWHEN, ELSEWHEN, Update),
        (AS_WANTED, EDITED, AS_WANTED, Drifted),
        (AS_WANTED, EDITED, ELSEWHEN, Drifted),
        (AS_WANTED, EDITED, NOTHING, Drifted),
        (AS_WANTED, GARBAGE, AS_WANTED, Drifted),
        (AS_WANTED, GARBAGE, NOTHING, Drifted),
        (NOTHING, AS_WANTED, AS_WANTED, Withdraw),
        (NOTHING, EDITED, AS_WANTED, Drifted),
        (NOTHING, GARBAGE, AS_WANTED, Drifted),
        (NOTHING, NOTHING, AS_WANTED, Forget),
        (NOTHING, EDITED, NOTHING, Leave),
        (NOTHING, NOTHING, NOTHING, Leave),
    ],
)
def test_a_row(
    desired: Snapshot | None,
    observed: Snapshot | Unreadable | None,
    published: Snapshot | None,
    then: type[Decision],
) -> None:
    """Desired, observed and published decide, and nothing else."""
    assert isinstance(decide(desired, observed, published), then)


def drifted(*facts: Snapshot | Unreadable | None) -> Drifted:
    decision = decide(facts[0], facts[1], facts[2])  # type: ignore[arg-type]  # the rows above say which may be what
    assert isinstance(decision, Drifted)
    return decision


def test_a_deletion() -> None:
    """What is gone and should stand is a deletion; the practice's own change meanwhile is told."""
    gone = drifted(AS_WANTED, NOTHING, AS_WANTED)
    assert (gone.comparison.kinds, gone.store_changed) == ((Kind.DELETED,), False)
    assert drifted(AS_WANTED, NOTHING, ELSEWHEN).store_changed


def test_both_sides_changed() -> None:
    """The provider's edit is found against what was published, and that the practice changed it too is told."""
    both = drifted(AS_WANTED, EDITED, ELSEWHEN)
    assert (both.comparison.kinds, both.store_changed, both.unrecorded) == ((Kind.MOVED,), True, False)


def test_one_of_ours_without_a_record() -> None:
    """A resource of ours by UID that we know no write of is told apart from an edit."""
    assert drifted(AS_WANTED, EDITED, NOTHING).unrecorded
    assert drifted(AS_WANTED, GARBAGE, NOTHING).unrecorded


def test_a_body_that_nobody_can_read() -> None:
    """It is said why, and nothing else is concluded."""
    (finding,) = drifted(AS_WANTED, GARBAGE, AS_WANTED).comparison.findings
    assert (finding.kind, finding.observed) == (Kind.UNREADABLE, "no event in it")


def test_a_copy_beside_ours() -> None:
    """A copy elsewhere is drift though ours stands as it should."""
    copy = a_snapshot(uid="another")
    decision = decide(AS_WANTED, AS_WANTED, AS_WANTED, [copy])
    assert isinstance(decision, Drifted)
    assert decision.comparison.kinds == (Kind.DUPLICATE,)


def test_a_rewrite_by_a_program() -> None:
    """What was rewritten without changing meaning is adopted, with its name."""
    session = Session(start=START, minutes=50, summary="Session A. E.", description="Ref. apt-1")
    body = render(Desired(uid="one", sequence=0, master=session), None, NOW)
    rewritten = read(body.replace(b"END:VEVENT", b"TRANSP:TRANSPARENT\r\nEND:VEVENT"), NEW_YORK)
    decision = decide(AS_WANTED, rewritten, AS_WANTED)
    assert isinstance(decision, Adopt)
    assert decision.comparison.benign == (Benign.TRANSPARENCY,)
