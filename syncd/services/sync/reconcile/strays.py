"""Events of ours that somebody moved to another calendar of the account: named, so that a person can delete them there.

What stands in other calendars is never written, and read only to find the UID of an event that is gone from ours.
"""

from dataclasses import replace

from syncd.core.events.findings import Kind
from syncd.core.sync.actions import AnyAction, Flag, Revert, Wait
from syncd.core.sync.plan import Plan
from syncd.ports.remote.access import Remote

_MOST_SEARCHES = 5
"""So many that are gone are looked for elsewhere; more are no work of a person's hand."""


def with_strays_named(plan: Plan, remote: Remote) -> Plan:
    """Return the plan with a note in each new drift about an event that is gone, where it stands now."""
    gone = [action for action in plan.actions if _is_gone(action)]
    if not 0 < len(gone) <= _MOST_SEARCHES:
        return plan
    return replace(plan, actions=tuple(_named(one, remote) if one in gone else one for one in plan.actions))


def _is_gone(action: AnyAction) -> bool:
    if not isinstance(action, Revert | Flag | Wait) or action.drift is None:
        return False
    known = action.resource.open_drift
    is_new = known is None or known.id != action.drift.id
    return is_new and Kind.DELETED in action.drift.kinds and not action.resource.others


def _named(action: AnyAction, remote: Remote) -> AnyAction:
    hrefs = remote.find_elsewhere(action.resource.publication.uid)
    if not hrefs or not isinstance(action, Revert | Flag | Wait) or action.drift is None:
        return action
    where = ", ".join(hrefs)
    told = f"It was moved or copied to another calendar of the account, {where}. Delete it there: it is not kept right."
    return replace(action, drift=replace(action.drift, note=" ".join(filter(None, (action.drift.note, told)))))
