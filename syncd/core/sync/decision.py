"""The decision per resource: desired, observed and published, compared three ways.

| D | O         | P | then                                                                         |
|---|-----------|---|------------------------------------------------------------------------------|
| D | –         | – | create                                                                       |
| D | –         | P | drift: deleted                                                               |
| D | O = D     | * | adopt                                                                        |
| D | O = P ≠ D | P | update                                                                       |
| D | O ≠ P, D  | P | drift                                                                        |
| D | O ≠ D     | – | drift, flagged whatever the policy: of ours by UID, but we have no record    |
| – | O = P     | P | withdraw                                                                     |
| – | O ≠ P     | P | drift on a cancelled appointment                                             |
| – | –         | P | forget                                                                       |
| – | *         | – | leave: foreign, or nothing                                                   |

= means the same snapshot of practice-owned fields; * anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from syncd.core.events.comparison import compare, same_meaning
from syncd.core.events.findings import Comparison, Finding, Kind, Severity
from syncd.core.events.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A body stands there that nobody can read; ``why`` says what is wrong with it, without its content."""

    why: str


@dataclass(frozen=True, slots=True)
class Create:
    """Nothing stands there and nothing ever did: publish."""


@dataclass(frozen=True, slots=True)
class Adopt:
    """What stands there is what should: record it. ``comparison`` tells what was rewritten without changing meaning."""

    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Update:
    """The store changed and the calendar did not: write."""

    changes: Comparison


@dataclass(frozen=True, slots=True)
class Withdraw:
    """It should not stand there any more and is as we left it: delete."""


@dataclass(frozen=True, slots=True)
class Forget:
    """It should not stand there and does not."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Not ours to touch, or nothing to do."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """Somebody edited it.

    ``store_changed``: so did the practice, which wins. ``unrecorded``: no write of ours is known.
    """

    comparison: Comparison
    store_changed: bool = False
    unrecorded: bool = False


Decision = Create | Adopt | Update | Withdraw | Forget | Leave | Drifted


def decide(
    desired: Snapshot | None,
    observed: Snapshot | Unreadable | None,
    published: Snapshot | None,
    others: Sequence[Snapshot] = (),
) -> Decision:
    """Decide what is to be done about one resource, by the table above.

    ``others`` are further resources that appeared in the collection: among them may be a copy of ours, so that what
    should not stand there does so elsewhere.
    """
    if desired is None:
        return _decide_unwanted(observed, published, others)
    if observed is None:
        if published is None:
            return Create()
        return Drifted(compare(published, None, others), store_changed=not same_meaning(published, desired))
    if isinstance(observed, Unreadable):
        return Drifted(unreadable(observed), unrecorded=published is None)
    if published is None:
        found = compare(desired, observed, others)
        return Drifted(found, unrecorded=True) if found.drift else Adopt(found)
    return _decide_three_way(desired, observed, published, others)


def _decide_unwanted(
    observed: Snapshot | Unreadable | None, published: Snapshot | None, others: Sequence[Snapshot]
) -> Decision:
    if published is None:
        return Leave()
    if observed is None and not others:
        return Forget()
    if isinstance(observed, Unreadable):
        return Drifted(unreadable(observed))
    found = compare(published, observed, others)
    return Drifted(found) if found.drift else Withdraw()


def _decide_three_way(
    desired: Snapshot, observed: Snapshot, published: Snapshot, others: Sequence[Snapshot]
) -> Decision:
    edits = compare(published, observed, others)
    if not edits.drift:
        changes = compare(observed, desired)
        return Update(changes) if changes.drift else Adopt(edits)
    if not compare(desired, observed, others).drift:
        return Adopt(edits)
    return Drifted(edits, store_changed=not same_meaning(published, desired))


def unreadable(observed: Unreadable) -> Comparison:
    """Return the finding that a body cannot be read."""
    finding = Finding(
        kind=Kind.UNREADABLE, severity=Severity.PRESENCE, field="body", published=None, observed=observed.why
    )
    return Comparison(findings=(finding,))
