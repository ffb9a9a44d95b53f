"""Plans: their ids cover all that would be written, and one that was shown is carried out exactly or not at all."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.adapters.db import SqlStore
from syncd.adapters.memory import Operation
from syncd.core.errors import RefusalError
from syncd.core.sync.calendars import Privacy
from syncd.core.sync.plan import Plan
from syncd.presentation.documents.plans import round_document
from syncd.services.sync.reconcile import PlanChangedError
from syncd.services.sync.rounds import Round, run_round
from tests.builders import at
from tests.services.world import MOVED_A_DAY, World, replaced, with_alarm


@pytest.fixture
def world(sqlite_store: SqlStore) -> World:
    """Return a practice with one published event that the provider has moved."""
    world = World(sqlite_store)
    one = world.book()
    world.cycle()
    world.cycle()
    world.edit(one, MOVED_A_DAY)
    return world


def plan_of(world: World, later: int = 0) -> Plan:
    plan = world.reconciler.preview(world.calendar.id, world.now + timedelta(minutes=later)).plan
    assert plan is not None
    return plan


def carry_out(world: World, plan_id: str) -> Round:
    world.now += timedelta(minutes=3)
    return run_round(world.reconciler, world.now, only_plan=plan_id)


def edit_on(world: World, change: Callable[[bytes], bytes]) -> None:
    ((href, body),) = world.collection.bodies().items()
    world.collection.put(href, change(body))


def test_the_same_facts_at_another_time(world: World) -> None:
    """When a plan is made is no part of what it does."""
    assert plan_of(world).id == plan_of(world, later=7).id


@pytest.mark.parametrize(
    "change",
    [
        lambda world: edit_on(world, with_alarm),
        lambda world: edit_on(world, replaced("20261202T10", "20261203T10")),
        lambda world: edit_on(world, replaced("LOCATION:Room 1", "LOCATION:Elsewhere")),
        lambda world: world.book(start=at("2026-12-09T10:00"), id="apt-more", uid="more"),
        lambda world: setattr(world, "practice", replace(world.practice, privacy=Privacy.BUSY)),
        lambda world: setattr(world, "practice", replace(world.practice, name="Another name")),
    ],
)
def test_other_facts(world: World, change: Callable[[World], object]) -> None:
    """Whatever else would be written gives another id, and the plan that was shown is refused: nothing is done."""
    shown = plan_of(world).id
    change(world)
    assert plan_of(world).id != shown
    before = (list(world.collection.writes), world.drifts(), world.stored_calendar().cursor)
    with pytest.raises(PlanChangedError):
        carry_out(world, shown)
    assert (list(world.collection.writes), world.drifts(), world.stored_calendar().cursor) == before


def test_the_plan_that_was_shown(world: World) -> None:
    """It is carried out, and once."""
    shown = plan_of(world).id
    done = round_document(carry_out(world, shown))
    assert (done["reverted"], done["errors"]) == (1, [])
    with pytest.raises(PlanChangedError):
        carry_out(world, shown)


def test_an_edit_while_it_is_carried_out(world: World) -> None:
    """What changes under its hands is left for a cycle of its own."""
    shown = plan_of(world).id
    world.collection.interrupt(Operation.REPLACE, lambda: edit_on(world, replaced("20261202T10", "20261204T10")))
    done = round_document(carry_out(world, shown))
    assert (done["reverted"], done["errors"][0]["code"]) == (0, "restless")
    assert world.cycle().counts["reverted"] == 1


def test_a_held_calendar(world: World) -> None:
    """Its plan is shown with why it is held; carrying it out needs a person's word about the calendar first."""
    world.limits = replace(world.limits, mass_count=1, mass_share=0.1)
    world.cycle()
    assert world.stored_calendar().state == "mass_change"
    document = round_document(run_round(world.reconciler, world.now, dry_run=True))
    (plan,) = document["plan"]
    assert [action["action"] for action in plan["actions"]] == ["revert"]
    assert document["errors"][0]["code"] == "mass_change"
    with pytest.raises(RefusalError, match="calendar resume"):
        carry_out(world, plan["id"])
    assert world.stored_calendar().state == "mass_change"
