"""Words left to the provider: a text of theirs stays until the practice changes its own."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from syncd.core.events.desired import Desired, Session
from syncd.core.events.findings import Finding, Kind
from syncd.core.sync.publication import Yielded
from syncd.core.times import instant

_FIELDS: Mapping[Kind, str] = {Kind.TITLE: "summary", Kind.DESCRIPTION: "description", Kind.LOCATION: "location"}


def yield_to(findings: Iterable[Finding], desired: Desired, before: Iterable[Yielded] = ()) -> tuple[Yielded, ...]:
    """Return what is yielded once these findings are left as they are, in place of what was yielded ``before``.

    ``desired`` may have that laid over it. Findings about anything but texts yield nothing.
    """
    kept = {(item.field, item.recurrence_id): item for item in before}
    for finding in findings:
        if finding.kind not in _FIELDS:
            continue
        field, instance = _FIELDS[finding.kind], _key(finding.recurrence_id)
        own, earlier = str(getattr(_session(desired, instance), field)), kept.get((field, instance))
        if earlier is not None and earlier.text == own:
            own = earlier.value  # what stands in ``desired`` are the provider's former words
        kept[field, instance] = Yielded(field, instance, own, finding.observed or "")
    return tuple(kept.values())


def lay_texts(desired: Desired, yielded: Iterable[Yielded]) -> Desired:
    """Return ``desired`` with the provider's words where the practice has not changed its own since."""
    for item in yielded:
        session = _session(desired, item.recurrence_id)
        if getattr(session, item.field) == item.value:
            worded: dict[str, Any] = {item.field: item.text}
            desired = _with_session(desired, replace(session, **worded))
    return desired


def carry_over(desired: Desired, yielded: Iterable[Yielded]) -> tuple[Yielded, ...]:
    """Return the yielded words as they hold now that settings word titles and descriptions otherwise.

    Settings are no change of the practice's own: the provider's words stay.
    """
    return tuple(
        item
        if item.field == "location"
        else item._replace(value=str(getattr(_session(desired, item.recurrence_id), item.field)))
        for item in yielded
    )


def _session(desired: Desired, instance: str | None) -> Session:
    if instance is None:
        return desired.master
    for override in desired.overrides:
        if _key(override.recurrence_id) == instance:
            return override
    start = datetime.fromisoformat(instance).astimezone(desired.master.start.tzinfo)
    return replace(desired.master, start=start, recurrence_id=start)


def _with_session(desired: Desired, session: Session) -> Desired:
    if session.recurrence_id is None:
        return replace(desired, master=session)
    instance = _key(session.recurrence_id)
    others = tuple(o for o in desired.overrides if _key(o.recurrence_id) != instance)
    return replace(desired, overrides=(*others, session))


def _key(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment).isoformat()
