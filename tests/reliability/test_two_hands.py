"""Both ends change one event: each keeps what it alone changed, and a decision that waits goes on waiting."""

from collections.abc import Callable
from dataclasses import replace
from datetime import time

import pytest

from syncd.core.events.findings import Kind
from syncd.core.scheduling.appointments import Appointment
from syncd.core.sync.calendars import Privacy
from syncd.core.sync.drift import DriftAction, DriftStatus
from syncd.core.sync.plan import Limits
from syncd.core.sync.policy import DEFAULT_POLICY, Policy, PolicyRule
from syncd.core.times import DayHours
from tests.builders import a_client, a_series, at
from tests.reliability.dav_world import ScriptedWorld
from tests.servers.scripted import Fault
from tests.services.world import MOVED_A_DAY, dragging, replaced, with_alarm, with_guest

FLAG_ALL = Policy((PolicyRule(name="ask", action=DriftAction.FLAG),))
SHORTENED = replaced("20261201T105000", "20261201T103000")
RENAMED = replaced("SUMMARY:Session A. E.", "SUMMARY:Mine")
RELOCATED = replaced("LOCATION:Room 1", "LOCATION:Elsewhere")

Practice = Callable[[ScriptedWorld, Appointment], object]


def rename_practice(world: ScriptedWorld, _: Appointment) -> None:
    world.practice = replace(world.practice, name="Another name")


def hide_client(world: ScriptedWorld, _: Appointment) -> None:
    world.practice = replace(world.practice, privacy=Privacy.BUSY)


def go_plain(world: ScriptedWorld, _: Appointment) -> None:
    world.practice = replace(world.practice, plain_events=True)


def reschedule(world: ScriptedWorld, one: Appointment) -> None:
    world.change(one, start=at("2026-12-04T09:00"))


def relocate(world: ScriptedWorld, one: Appointment) -> None:
    world.change(one, location="Room 2")


def rename_client(world: ScriptedWorld, one: Appointment) -> None:
    with world.store.transaction() as tx:
        tx.clients.add(a_client(id="cli-other", name="Bo Newname"))
    world.change(one, client_id="cli-other")


WRITTEN: dict[Practice, str] = {
    rename_practice: "Another name",
    hide_client: "SUMMARY:Busy",
    reschedule: "20261204T09",
    relocate: "LOCATION:Room 2",
    rename_client: "SUMMARY:Session B. N.",
}


AT_TWO_HANDS = {
    (MOVED_A_DAY, reschedule),
    (SHORTENED, reschedule),  # its end moves along: below
    (RELOCATED, relocate),
    (RENAMED, rename_client),
    (RENAMED, hide_client),
}
"""Pairs that are about one field, or of which a text of the body cannot tell both."""


@pytest.mark.parametrize(
    ("edit", "practice"),
    [
        (edit, practice)
        for edit in (MOVED_A_DAY, SHORTENED, with_guest, RELOCATED, RENAMED)
        for practice in WRITTEN
        if (edit, practice) not in AT_TWO_HANDS
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_each_field_has_its_own_change(
    world: ScriptedWorld, practice: Practice, edit: Callable[[bytes], bytes], when: str
) -> None:
    """What the practice changes is written around an edit that is flagged; the edit stands and awaits its decision."""
    world.policy = FLAG_ALL
    (one,) = world.published()
    if when == "before":
        practice(world, one)
    world.edit(one, edit)
    (drift,) = world.cycle().drifts
    assert drift.status is DriftStatus.OPEN
    if when == "after":
        practice(world, one)
        world.cycle()
    body = world.body(one)
    assert WRITTEN[practice] in body
    assert world.drifts() == [drift]
    assert world.settles()
    world.decide(drift)
    assert world.drifts()[0].status is DriftStatus.REVERTED
    assert WRITTEN[practice] in world.body(one)
    assert world.settles()


@pytest.mark.parametrize("practice", [rename_practice, hide_client, go_plain, relocate, rename_client, reschedule])
def test_a_deletion_keeps_its_policy(world: ScriptedWorld, practice: Practice) -> None:
    """A flagged deletion is put back by no change of the practice's or of settings."""
    world.policy = FLAG_ALL
    one, _ = world.published(2)
    practice(world, one)
    world.delete(one)
    (drift,) = world.cycle().drifts
    assert (drift.kinds, drift.status) == ((Kind.DELETED,), DriftStatus.OPEN)
    assert not world.stands(one)
    assert world.settles()
    world.decide(drift)
    assert world.stands(one)
    assert world.settles()


@pytest.mark.parametrize("practice", ["title", "settings", "place"])
@pytest.mark.parametrize("edit", ["moved", "deleted"])
def test_an_edited_instance_keeps_its_policy(world: ScriptedWorld, practice: str, edit: str) -> None:
    """So it is with one session of a series, which stays as it is while the others are written."""
    world.policy = FLAG_ALL
    series = world.publish(a_series())
    if edit == "moved":
        world.edit(series, dragging("20261208T100000", to="20261209T140000"))
    else:
        excluded = "EXDATE;TZID=America/New_York:20261208T100000\r\nEND:VEVENT"
        world.edit(series, replaced("END:VEVENT", excluded))
    (drift,) = world.cycle().drifts
    if practice == "settings":
        world.practice = replace(world.practice, privacy=Privacy.BUSY)
    else:
        with world.store.transaction() as tx:
            tx.clients.add(a_client(id="cli-other", name="Bo Newname"))
            stored = tx.series.get(series.id)
            changes = {"client_id": "cli-other"} if practice == "title" else {"location": "Room 2"}
            tx.series.save(replace(stored, **changes))  # type: ignore[arg-type]  # fields by name
            for one in world.sessions(tx, series):
                tx.appointments.save(replace(one, **changes))  # type: ignore[arg-type]  # fields by name
            tx.publications.mark_dirty(series.source)
    world.cycle()
    body = world.body(series)
    assert {"title": "Session B. N.", "settings": "Busy", "place": "Room 2"}[practice] in body
    assert ("20261209T140000" if edit == "moved" else "EXDATE") in body
    assert world.drifts() == [drift]
    assert world.settles()


def test_one_field_at_two_hands(world: ScriptedWorld) -> None:
    """The practice's value is written and the drift says so; an edit of another field keeps waiting."""
    world.policy = FLAG_ALL
    (one,) = world.published()
    world.change(one, start=at("2026-12-04T09:00"))
    world.edit(one, lambda body: RELOCATED(MOVED_A_DAY(body)))
    found = {drift.kinds: drift for drift in world.cycle().drifts}
    assert found[(Kind.MOVED,)].status is DriftStatus.REVERTED
    assert found[(Kind.MOVED,)].note == "The practice changed it too; its change was written."
    assert found[(Kind.LOCATION,)].status is DriftStatus.OPEN
    body = world.body(one)
    assert "20261204T09" in body
    assert "LOCATION:Elsewhere" in body
    assert world.settles()


def test_longer_session_that_the_practice_moves(world: ScriptedWorld) -> None:
    """The new start is written with the length that the provider gave it, which awaits its decision as before."""
    world.policy = FLAG_ALL
    (one,) = world.published()
    world.edit(one, replaced("20261201T105000", "20261201T112000"))
    (drift,) = world.cycle().drifts
    reschedule(world, one)
    world.cycle()
    (held,) = world.drifts()
    assert (held.id, held.status, held.kinds) == (drift.id, DriftStatus.OPEN, (Kind.RESIZED,))
    assert held.findings[0].observed == "2026-12-04T10:20:00-05:00"
    assert world.settles()
    world.decide(held)
    assert "20261204T095000" in world.body(one)
    assert world.settles()


def test_words_that_were_left_to_the_provider(world: ScriptedWorld) -> None:
    """Settings that word titles otherwise take no ignored words away."""
    (one,) = world.published()
    world.edit(one, RENAMED)
    assert world.cycle().counts["ignored"] == 1
    hide_client(world, one)
    world.cycle()
    assert "SUMMARY:Mine" in world.body(one)
    assert world.settles()


def test_words_ignored_while_the_practice_reschedules(world: ScriptedWorld) -> None:
    """The new time and the provider's words stand together at once."""
    (one,) = world.published()
    world.edit(one, RENAMED)
    reschedule(world, one)
    (drift,) = world.cycle().drifts
    assert drift.status is DriftStatus.IGNORED
    assert "SUMMARY:Mine" in world.body(one)
    assert "20261204T09" in world.body(one)
    assert world.settles()


@pytest.mark.parametrize("carried_out", [True, False])
def test_lost_answer_to_a_write_around_an_edit(world: ScriptedWorld, *, carried_out: bool) -> None:
    """Whether it took place or not, the edit is found again as it was, and the other field is written once."""
    (one,) = world.published()
    world.edit(one, with_guest)
    (drift,) = world.cycle().drifts
    reschedule(world, one)
    world.server.fail("PUT", Fault(drops=True, carried_out=carried_out))
    world.cycle()
    world.change(one, location="Room 2")
    world.cycle()
    body = world.body(one)
    assert "new@example.net" in body
    assert "20261204T09" in body
    assert "LOCATION:Room 2" in body
    assert world.drifts() == [drift]
    assert world.settles()


def test_what_is_the_providers_own_stays(world: ScriptedWorld) -> None:
    """A write around an edit keeps alarms as every write does."""
    (one,) = world.published()
    world.edit(one, lambda body: with_alarm(with_guest(body)))
    world.cycle()
    reschedule(world, one)
    world.cycle()
    assert "TRIGGER:-PT15M" in world.body(one)
    assert "new@example.net" in world.body(one)


def test_a_change_of_the_practices_at_night(world: ScriptedWorld) -> None:
    """It is written at once; the edit beside it is put right when the quiet hours end."""
    world.limits = Limits(quiet_hours=(DayHours(time(22), time(6)),))
    (one,) = world.published()
    world.now = at("2026-11-24T23:00").astimezone(world.now.tzinfo)
    world.edit(one, MOVED_A_DAY)
    relocate(world, one)
    (drift,) = world.cycle().drifts
    assert (drift.kinds, drift.due_at) == ((Kind.MOVED,), at("2026-11-25T06:00"))
    assert "LOCATION:Room 2" in world.body(one)
    assert world.settles()
    world.now = at("2026-11-25T06:00").astimezone(world.now.tzinfo)
    assert world.cycle().counts["reverted"] == 1
    assert "20261201T10" in world.body(one)
    assert world.settles()


def test_quiet_hours_before_an_early_session(world: ScriptedWorld) -> None:
    """When the morning comes so near to the session that nothing is put right any more, a person is asked."""
    world.limits = Limits(quiet_hours=(DayHours(time(22), time(9, 30)),))
    (one,) = world.published()
    world.now = at("2026-12-01T01:00").astimezone(world.now.tzinfo)
    world.edit(one, replaced("20261201T10", "20261201T13"))
    (drift,) = world.cycle().drifts
    assert drift.due_at == at("2026-12-01T09:30")
    world.now = at("2026-12-01T09:30").astimezone(world.now.tzinfo)
    assert world.cycle().counts["flagged"] == 1
    (held,) = world.drifts()
    assert (held.id, held.action, held.rule, held.due_at) == (drift.id, DriftAction.FLAG, "quiet window", None)
    assert world.settles()


def test_time_of_the_edit(world: ScriptedWorld) -> None:
    """A program that leaves LAST-MODIFIED alone leaves our own write's time there, which is nobody's edit's."""
    world.policy = DEFAULT_POLICY
    one, other = world.published(2)
    world.edit(one, MOVED_A_DAY)
    stamped = replaced("20261202T10", "20261203T10")
    world.edit(other, lambda body: _modified(stamped(body), "20261124T090000Z"))
    found = {drift.appointment_id: drift.edited_at for drift in world.cycle().drifts}
    assert found == {one.id: None, other.id: at("2026-11-24T09:00", "UTC")}


def _modified(body: bytes, stamp: str) -> bytes:
    lines = [f"LAST-MODIFIED:{stamp}" if x.startswith("LAST-MODIFIED") else x for x in body.decode().splitlines()]
    return "\r\n".join([*lines, ""]).encode()
