"""Guards: what is a fault of the calendar and must never be read as a provider's edits."""

from dataclasses import dataclass

from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.plan import Limits, Plan


@dataclass(frozen=True, slots=True)
class Alarm:
    """A guard's word: the state into which the calendar goes, and what a person should know and do."""

    state: CalendarState
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a cycle saw of a calendar as a whole.

    ``standing`` of ours stood there before, ``missing`` of them are proved absent now. ``empty``: a complete listing
    holds nothing at all. ``cursor_lost``: the server did not know where we left off.
    """

    standing: int
    missing: int
    empty: bool
    cursor_lost: bool


def check_sight(sight: Sight) -> Alarm | None:
    """Tell whether all of ours is gone at once: an emptied calendar, or another one under the same address.

    A single publication that is gone is an ordinary deletion, unless the server started anew.
    """
    if not sight.missing or sight.missing < sight.standing:
        return None
    if sight.cursor_lost:
        return Alarm(
            CalendarState.RECREATED,
            f"All {sight.missing} published appointments are gone and the server started the calendar anew: it was "
            "deleted and made again, or the account changed. Check the account, then: syncd calendar resume.",
        )
    if sight.empty and sight.missing > 1:
        return Alarm(
            CalendarState.EMPTIED,
            f"The calendar is empty: all {sight.missing} published appointments are gone at once. Check it with the "
            "provider, then: syncd calendar resume.",
        )
    return None


def check_plan(plan: Plan, standing: int, limits: Limits) -> Alarm | None:
    """Tell whether more was edited at once than one person edits by hand."""
    edited = plan.edited
    if edited < limits.mass_count or edited <= limits.mass_share * standing:
        return None
    return Alarm(
        CalendarState.MASS_CHANGE,
        f"{edited} of {standing} published appointments changed at once; nothing was put right. See: syncd reconcile "
        "--dry-run. Then: syncd calendar resume.",
    )
