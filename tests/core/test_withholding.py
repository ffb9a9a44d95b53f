"""What counts as a write, and what a plan has found where nothing is put right."""

from dataclasses import replace

import pytest

from syncd.core.events.findings import Comparison
from syncd.core.sync.actions import (
    Adopt,
    AnyAction,
    Create,
    Delete,
    Flag,
    Forget,
    Ignore,
    Revert,
    Update,
    Wait,
    writes,
)
from syncd.core.sync.calendars import CalendarMode
from syncd.core.sync.plan import Plan
from syncd.core.sync.resource import Resource
from tests.builders import NOW, a_calendar, a_provider, a_publication, an_appointment
from tests.claims.builders import a_drift

BODY = b"BEGIN:VCALENDAR"
DRIFT = a_drift(id="drift-1")
RESOURCE = Resource(
    publication=a_publication(a_calendar(), an_appointment().source, id="pub-1"),
    provider=a_provider(),
    sessions=(),
    desired=None,
    desired_snapshot=None,
    published_snapshot=None,
    observed=None,
)
KNOWN = replace(RESOURCE, open_drift=DRIFT)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (Create(resource=RESOURCE, body=BODY), True),
        (Update(resource=RESOURCE, body=BODY, changes=Comparison()), True),
        (Delete(resource=RESOURCE), True),
        (Adopt(resource=RESOURCE, benign=Comparison()), False),
        (Forget(resource=RESOURCE), False),
        (Revert(resource=RESOURCE, drift=DRIFT, body=BODY), True),
        (Revert(resource=RESOURCE, drift=DRIFT, body=None), True),
        (Flag(resource=RESOURCE, drift=DRIFT), False),
        (Flag(resource=RESOURCE, drift=DRIFT, body=BODY), True),
        (Wait(resource=RESOURCE), False),
        (Wait(resource=RESOURCE, until=NOW), True),
        (Wait(resource=RESOURCE, body=BODY), True),
        (Ignore(resource=RESOURCE, drift=DRIFT, ignored=()), False),
        (Ignore(resource=RESOURCE, drift=DRIFT, ignored=(), body=BODY), True),
    ],
)
def test_what_counts_as_a_write(action: AnyAction, expected: bool) -> None:
    """Whatever changes the calendar, now or at its time; and nothing else does."""
    assert writes(action) is expected


@pytest.mark.parametrize(
    ("action", "found"),
    [
        (Revert(resource=RESOURCE, drift=DRIFT, body=BODY), {"pub-1"}),
        (Revert(resource=KNOWN, drift=DRIFT, body=BODY), set()),
        (Revert(resource=KNOWN, drift=replace(DRIFT, id="drift-2"), body=BODY), {"pub-1"}),
        (Wait(resource=RESOURCE, drift=DRIFT), {"pub-1"}),
        (Delete(resource=RESOURCE), set()),
    ],
)
def test_what_a_plan_has_found(action: AnyAction, found: set[str]) -> None:
    """Edits that are not on record: those that are open already are no news, however often they are planned."""
    assert Plan(calendar_id="cal-1", actions=(action,), made_at=NOW).found == found


def test_which_modes_write() -> None:
    """All but the one that only reports."""
    assert {mode for mode in CalendarMode if not mode.writes} == {CalendarMode.REPORT_ONLY}
