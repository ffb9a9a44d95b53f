"""Guards: what is a fault of the calendar and must never be read as a provider's edits."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.plan import Limits


@dataclass(frozen=True, slots=True)
class Alarm:
    """A guard's word: the state into which the calendar goes, and what a person should know and do."""

    state: CalendarState
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a cycle saw of a calendar as a whole.

    ``standing`` of ours stood there before, ``missing`` of them are proved absent now. ``empty``: a complete listing
    holds nothing at all. ``cursor_lost``: the server did not know where we left off. ``denied``: it was asked what
    changed, and named none that is missing.
    """

    standing: int
    missing: int
    empty: bool
    cursor_lost: bool
    denied: bool = False


def check_sight(sight: Sight) -> Alarm | None:
    """Tell whether all of ours is gone at once: an emptied calendar, or another one under the same address.

    A single publication that is gone is an ordinary deletion, unless the server started anew, or was asked what changed
    and did not name it. A server that never names deletions tells no difference, and is asked by listings.
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
    if sight.denied and sight.missing == 1:
        return Alarm(
            CalendarState.RECREATED,
            "The only published appointment is gone, and the server tells of no deletion: the calendar may have been "
            "deleted and made again. Look at it with the provider, then: syncd calendar resume.",
        )
    return None


def check_plan(edited: AbstractSet[str], lately: AbstractSet[str], standing: int, limits: Limits) -> Alarm | None:
    """Tell whether more was edited than one person edits by hand: now, or now and lately together.

    ``edited`` are the publications that a plan finds edited, ``lately`` those in which edits were put back within the
    window.
    """
    count = len(edited | lately)
    is_mass = count >= limits.mass_count and count > limits.mass_share * standing
    if not edited or not (is_mass or count > limits.mass_most):
        return None
    is_new = lately <= edited
    when = "at once" if is_new else f"within {_hours(limits)}, {len(edited)} of them now"
    return Alarm(
        CalendarState.MASS_CHANGE,
        f"{count} of {standing} published appointments changed {when}; nothing {'' if is_new else 'more '}was put "
        "right. See: syncd reconcile --dry-run. Then: syncd calendar resume.",
    )


def _hours(limits: Limits) -> str:
    hours = limits.mass_window.total_seconds() / 3600
    return f"{hours:g} hours" if hours != 1 else "an hour"
