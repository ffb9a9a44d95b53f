"""When a calendar counts as gone or as answering by halves: after several failures over some time, never after one.

A redirect, half an answer, one 404 for the whole collection or a 304 that nobody asked for are what a server in trouble
says as well. Until they last the calendar is merely ``unreachable``, and tried again.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from syncd.core.sync.calendars import Calendar, CalendarState, Suspicion

TIMES = 3
"""So often in a row a calendar has to be found gone, or its answers halves, to count as that."""


class Verdict(NamedTuple):
    """The state that a failed cycle leaves, and what is suspected meanwhile."""

    state: CalendarState
    suspicion: Suspicion | None


def after_failure(
    calendar: Calendar, found: CalendarState, now: datetime, *, lasting: timedelta, proven: bool = False
) -> Verdict:
    """Return how a calendar is after a cycle that failed with ``found``.

    | found                     | the calendar was  | then                                                       |
    |---------------------------|-------------------|------------------------------------------------------------|
    | login refused, read only  | any               | that                                                       |
    | unreachable               | held until healed | as it was: what is not seen heals nothing                  |
    | unreachable               | any other         | unreachable; a suspicion begins anew                       |
    | vanished, partial answer  | held until healed | as it was                                                  |
    | vanished, and proven      | any other         | vanished                                                   |
    | vanished, partial answer  | any other         | that, if found so ``TIMES`` in a row over ``lasting``      |
    | vanished, partial answer  | any other         | else unreachable, with the suspicion                       |
    """
    if (found is CalendarState.UNREACHABLE or found.heals) and calendar.state.heals:
        return Verdict(calendar.state, calendar.suspicion)
    if proven or not found.heals:
        return Verdict(found, None)
    before = calendar.suspicion
    is_same = before is not None and before.state is found
    suspicion = before._replace(times=before.times + 1) if before and is_same else Suspicion(found, now)
    lasts = suspicion.times >= TIMES and now - suspicion.since >= lasting
    return Verdict(found if lasts else CalendarState.UNREACHABLE, suspicion)


def not_healed(missing: int, standing: int, unread: Iterable[str]) -> str | None:
    """Return why a calendar that was held is not whole again, None when a full look showed all of it."""
    failed = len(list(unread))
    if not missing and not failed:
        return None
    gone = f"{missing} of {standing} events are missing" if missing else ""
    open_ = f"{failed} could not be read" if failed else ""
    told = " and ".join(filter(None, (gone, open_)))
    return f"The calendar answers again, but {told}. Look with a calendar program, then: syncd calendar resume"
