"""The decision per resource: desired, observed and published, compared three ways.

| D | O         | P | then                                                                                     |
|---|-----------|---|------------------------------------------------------------------------------------------|
| D | –         | – | create                                                                                   |
| D | –         | P | an edit (deleted) for the policy; put right, it is created again                         |
| D | O = D     | * | adopt                                                                                    |
| D | O = P ≠ D | P | update                                                                                   |
| D | O ≠ P, D  | P | field by field (`syncd.core.sync.merging`): the policy's where only the provider changed it,  |
|   |           |   | an update where only the practice did; where both did, the practice wins                 |
| D | O ≠ D     | – | an edit, flagged whatever the policy: of ours by UID, but we have no record              |
| – | O = P     | P | delete                                                                                   |
| – | O ≠ P     | P | an edit of a cancelled appointment, for the policy; put right, it is deleted             |
| – | –         | P | forget                                                                                   |
| – | *         | – | forget: foreign, or nothing; never touched                                               |

= means the same snapshot of practice-owned fields; * anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from syncd.core.events.comparison import compare
from syncd.core.events.findings import Comparison, Finding, Kind, Severity
from syncd.core.events.snapshot import Snapshot
from syncd.core.sync.merging import merge


class Act(StrEnum):
    """What is done about a resource: the one word for it in decision, plan, report and audit."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"
    FORGET = "forget"
    REVERT = "revert"
    FLAG = "flag"
    IGNORE = "ignore"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A body stands there that nobody can read; ``why`` says what is wrong with it, without its content."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done about one resource.

    ``act``: create, update, delete, adopt or forget, and with an edit what puts it right. ``edits`` is what somebody
    did there, for the policy to judge; ``overruled`` what they did to fields that the practice changed as well.
    ``changes`` is what a write would make of what stands there, the edits left aside; of what is adopted it tells what
    was rewritten without changing meaning. ``unrecorded``: no write of ours is known.
    """

    act: Act
    edits: Comparison = field(default_factory=Comparison)
    overruled: Comparison = field(default_factory=Comparison)
    changes: Comparison = field(default_factory=Comparison)
    unrecorded: bool = False

    @property
    def is_edited(self) -> bool:
        """Tell whether somebody edited it."""
        return self.edits.drift or self.overruled.drift


def decide(
    desired: Snapshot | None,
    observed: Snapshot | Unreadable | None,
    published: Snapshot | None,
    others: Sequence[Snapshot] = (),
    *,
    restyled: bool = False,
) -> Decision:
    """Decide what is to be done about one resource, by the table above.

    ``others`` are further resources that appeared in the collection: among them may be a copy of ours, so that what
    should not stand there does so elsewhere. ``restyled``: settings have changed how events look since it was written.
    """
    if desired is None:
        return _decide_unwanted(observed, published, others)
    if observed is None and published is None:
        return Decision(act=Act.CREATE)
    if isinstance(observed, Unreadable):
        return Decision(act=Act.UPDATE, edits=unreadable(observed), unrecorded=published is None)
    if published is None:
        found = compare(desired, observed, others)
        if found.drift:
            return Decision(act=Act.UPDATE, edits=found, unrecorded=True)
        return Decision(act=Act.ADOPT, changes=found)
    return _decide_three_way(desired, observed, published, others, restyled=restyled)


def _decide_unwanted(
    observed: Snapshot | Unreadable | None, published: Snapshot | None, others: Sequence[Snapshot]
) -> Decision:
    if published is None or (observed is None and not others):
        return Decision(act=Act.FORGET)
    found = unreadable(observed) if isinstance(observed, Unreadable) else compare(published, observed, others)
    return Decision(act=Act.DELETE, edits=found if found.drift else Comparison())


def _decide_three_way(
    desired: Snapshot, observed: Snapshot | None, published: Snapshot, others: Sequence[Snapshot], *, restyled: bool
) -> Decision:
    merged = merge(desired, observed, published, others, restyled=restyled)
    if observed is None:
        act = Act.CREATE
    elif merged.is_edited or merged.changes.drift:
        act = Act.UPDATE
    else:
        act = Act.ADOPT
    return Decision(act=act, edits=merged.edits, overruled=merged.overruled, changes=merged.changes)


def unreadable(observed: Unreadable) -> Comparison:
    """Return the finding that a body cannot be read."""
    finding = Finding(
        kind=Kind.UNREADABLE, severity=Severity.PRESENCE, field="body", published=None, observed=observed.why
    )
    return Comparison(findings=(finding,))
