"""Plans as people read them: what a cycle would write, and about which sessions."""

from collections.abc import Iterator
from typing import NamedTuple

from syncd.core.sync.actions import writes
from syncd.core.sync.decision import Act
from syncd.core.sync.plan import Plan
from syncd.core.wording import counted
from syncd.presentation import moments

_DOES = {
    Act.CREATE: "Written",
    Act.UPDATE: "Brought up to date",
    Act.DELETE: "Taken away",
    Act.REVERT: "Put back",
    Act.WAIT: "Put back after quiet hours",
    Act.FLAG: "Brought up to date around an edit that waits for a decision",
    Act.IGNORE: "Brought up to date around words that stay as written",
}


class Planned(NamedTuple):
    """One event that would be written: what is done, and the sessions that it stands for."""

    does: str
    sessions: str


def planned_writes(plan: Plan | None) -> Iterator[Planned]:
    """Yield what a plan would write, in its order."""
    for action in plan.actions if plan else ():
        if not writes(action):
            continue
        sessions = action.resource.sessions
        if not sessions:
            yield Planned(_DOES[action.act], "an event that is no session any more")
        elif len(sessions) == 1:
            yield Planned(_DOES[action.act], f"session of {moments.span(sessions[0].start, sessions[0].end)}")
        else:
            first = moments.when(sessions[0].start)
            yield Planned(_DOES[action.act], f"series of {counted(len(sessions), 'session')} from {first}")
