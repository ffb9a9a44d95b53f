"""Words left to the provider."""

from dataclasses import replace

from syncd.core.events.desired import Desired, Session
from syncd.core.events.findings import Finding, Kind, Severity
from syncd.core.sync.yielding import lay_texts, yield_to
from tests.builders import START, at

SECOND = at("2026-12-08T10:00")


def a_desired(summary: str = "Session A. E.") -> Desired:
    return Desired(
        uid="u", sequence=0, master=Session(start=START, minutes=50, summary=summary), rule="FREQ=WEEKLY;COUNT=4"
    )


def retitled(text: str, instance: bool = False) -> Finding:
    return Finding(
        kind=Kind.TITLE,
        severity=Severity.CONTENT,
        field="summary",
        published="Session A. E.",
        observed=text,
        recurrence_id=SECOND if instance else None,
    )


def test_a_title_of_the_provider() -> None:
    """The provider's title stands in for the practice's."""
    yielded = yield_to([retitled("Ada!")], a_desired())
    assert lay_texts(a_desired(), yielded).master.summary == "Ada!"


def test_the_practice_changes_its_own_title() -> None:
    """Once the practice changes that field, its own value counts again."""
    yielded = yield_to([retitled("Ada!")], a_desired())
    assert lay_texts(a_desired("Session B. E."), yielded).master.summary == "Session B. E."


def test_a_title_changed_twice() -> None:
    """The last words of the provider count."""
    first = yield_to([retitled("First")], a_desired())
    second = yield_to([retitled("Second")], lay_texts(a_desired(), first), first)
    assert lay_texts(a_desired(), second).master.summary == "Second"


def test_an_emptied_title() -> None:
    """No words are words, too."""
    finding = replace(retitled(""), observed=None)
    assert lay_texts(a_desired(), yield_to([finding], a_desired())).master.summary == ""


def test_one_instance_retitled() -> None:
    """Words about one instance of a series make an override of it, with the rule's own time."""
    (override,) = lay_texts(a_desired(), yield_to([retitled("Ada!", instance=True)], a_desired())).overrides
    assert override == Session(start=SECOND, minutes=50, summary="Ada!", recurrence_id=SECOND)


def test_an_instance_that_was_moved_and_is_retitled() -> None:
    """An override that the practice wants anyway keeps its time and takes the words."""
    moved = Session(start=at("2026-12-09T15:00"), minutes=50, summary="Session A. E.", recurrence_id=SECOND)
    desired = replace(a_desired(), overrides=(moved,))
    laid = lay_texts(desired, yield_to([retitled("Ada!", instance=True)], desired))
    assert laid.overrides == (replace(moved, summary="Ada!"),)


def test_a_description_of_the_provider() -> None:
    """Descriptions are yielded like titles."""
    finding = replace(retitled("bring forms"), kind=Kind.DESCRIPTION, field="description")
    assert lay_texts(a_desired(), yield_to([finding], a_desired())).master.description == "bring forms"
