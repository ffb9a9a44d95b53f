"""The decision table, row by row."""

from datetime import datetime

import pytest

from syncd.core.events.desired import Desired, Session
from syncd.core.events.findings import Benign, Kind
from syncd.core.events.snapshot import Snapshot
from syncd.core.sync.decision import Act, Decision, Unreadable, decide
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
    ("desired", "observed", "published", "act", "is_edited"),
    [
        (AS_WANTED, NOTHING, NOTHING, Act.CREATE, False),
        (AS_WANTED, NOTHING, AS_WANTED, Act.CREATE, True),
        (AS_WANTED, AS_WANTED, NOTHING, Act.ADOPT, False),
        (AS_WANTED, AS_WANTED, AS_WANTED, Act.ADOPT, False),
        (AS_WANTED, AS_WANTED, ELSEWHEN, Act.ADOPT, False),
        (AS_WANTED, ELSEWHEN, ELSEWHEN, Act.UPDATE, False),
        (AS_WANTED, EDITED, AS_WANTED, Act.UPDATE, True),
        (AS_WANTED, EDITED, ELSEWHEN, Act.UPDATE, True),
        (AS_WANTED, EDITED, NOTHING, Act.UPDATE, True),
        (AS_WANTED, GARBAGE, AS_WANTED, Act.UPDATE, True),
        (AS_WANTED, GARBAGE, NOTHING, Act.UPDATE, True),
        (NOTHING, AS_WANTED, AS_WANTED, Act.DELETE, False),
        (NOTHING, EDITED, AS_WANTED, Act.DELETE, True),
        (NOTHING, GARBAGE, AS_WANTED, Act.DELETE, True),
        (NOTHING, NOTHING, AS_WANTED, Act.FORGET, False),
        (NOTHING, EDITED, NOTHING, Act.FORGET, False),
        (NOTHING, NOTHING, NOTHING, Act.FORGET, False),
    ],
)
def test_a_row(
    desired: Snapshot | None,
    observed: Snapshot | Unreadable | None,
    published: Snapshot | None,
    act: Act,
    *,
    is_edited: bool,
) -> None:
    """Desired, observed and published decide, and nothing else."""
    decision = decide(desired, observed, published)
    assert (decision.act, decision.is_edited) == (act, is_edited)


def test_a_deletion() -> None:
    """What is gone and should stand is an edit, whatever else the practice has changed meanwhile."""
    for published in (AS_WANTED, ELSEWHEN):
        gone = decide(AS_WANTED, NOTHING, published)
        assert (gone.edits.kinds, gone.overruled.drift) == ((Kind.DELETED,), False)


def test_both_sides_changed() -> None:
    """An edit of the field that the practice changed too is told as overruled."""
    both = decide(AS_WANTED, EDITED, ELSEWHEN)
    assert (both.edits.kinds, both.overruled.kinds, both.unrecorded) == ((), (Kind.MOVED,), False)


def test_one_of_ours_without_a_record() -> None:
    """A resource of ours by UID that we know no write of is told apart from an edit."""
    assert decide(AS_WANTED, EDITED, NOTHING).unrecorded
    assert decide(AS_WANTED, GARBAGE, NOTHING).unrecorded


def test_a_body_that_nobody_can_read() -> None:
    """It is said why, and nothing else is concluded."""
    (finding,) = decide(AS_WANTED, GARBAGE, AS_WANTED).edits.findings
    assert (finding.kind, finding.observed) == (Kind.UNREADABLE, "no event in it")


def test_a_copy_beside_ours() -> None:
    """A copy elsewhere is an edit though ours stands as it should."""
    decision = decide(AS_WANTED, AS_WANTED, AS_WANTED, [a_snapshot(uid="another")])
    assert decision.edits.kinds == (Kind.DUPLICATE,)


def test_a_rewrite_by_a_program() -> None:
    """What was rewritten without changing meaning is adopted, with its name."""
    session = Session(start=START, minutes=50, summary="Session A. E.", description="Ref. apt-1")
    body = render(Desired(uid="one", sequence=0, master=session), None, NOW)
    rewritten = read(body.replace(b"END:VEVENT", b"TRANSP:TRANSPARENT\r\nEND:VEVENT"), NEW_YORK)
    decision: Decision = decide(AS_WANTED, rewritten, AS_WANTED)
    assert (decision.act, decision.changes.benign) == (Act.ADOPT, (Benign.TRANSPARENCY,))
