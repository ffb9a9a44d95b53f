"""Two hands at once: the practice and the provider, a look and an edit, a decision and a change of facts (point 6)."""

from datetime import timedelta
from itertools import pairwise

import pytest

from syncd.core.errors import StaleDriftError
from syncd.core.events.findings import Kind
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.sync.drift import DriftStatus
from tests.builders import at
from tests.reliability.dav_world import ScriptedWorld, WorldMaker
from tests.servers.base import Answer
from tests.servers.scripted import Fault
from tests.services.world import MOVED_A_DAY, replaced, with_alarm

ADDED = replaced("END:VEVENT", "ATTENDEE:mailto:new@example.net\r\nEND:VEVENT")


class TestBetweenOurReadAndOurWrite:
    def test_edit_of_another_field(self, world: ScriptedWorld) -> None:
        """The 412 leads to another look and another decision: both changes stand (pimutils/vdirsyncer#696, #739)."""
        (one,) = world.published()
        world.change(one, start=at("2026-12-03T14:00"))
        world.server.fail("PUT", Fault(before=lambda: world.edit(one, with_alarm)))
        assert world.cycle().counts["updated"] == 1
        assert all(part in world.body(one) for part in ("20261203T14", "TRIGGER:-PT15M"))
        assert world.settles()

    def test_edit_of_the_same_field(self, world: ScriptedWorld) -> None:
        """What the provider wrote is not lost without a word: the practice wins, both values are on record."""
        (one,) = world.published()
        world.change(one, start=at("2026-12-03T14:00"))
        world.server.fail("PUT", Fault(before=lambda: world.edit(one, MOVED_A_DAY)))
        (drift,) = world.cycle().drifts
        assert (drift.kinds, drift.status) == ((Kind.MOVED,), DriftStatus.REVERTED)
        assert drift.findings[0].published == "2026-12-01T10:00:00-05:00"
        assert drift.findings[0].observed == "2026-12-02T10:00:00-05:00"
        assert "20261203T14" in world.body(one)
        assert world.settles()

    def test_deletion(self, world: ScriptedWorld) -> None:
        """A deletion before our write is found in the same cycle, and is one."""
        one, _ = world.published(2)
        world.change(one, start=at("2026-12-03T14:00"))
        world.server.fail("PUT", Fault(before=lambda: world.delete(one)))
        assert world.cycle().drifts[0].kinds == (Kind.DELETED,)
        assert "20261203T14" in world.body(one)
        assert world.settles()

    def test_edit_before_a_withdrawal(self, world: ScriptedWorld) -> None:
        """What was edited a moment before it is deleted is decided anew and on record."""
        (one,) = world.published()
        world.change(one, status=AppointmentStatus.CANCELLED)
        world.server.fail("GET", Fault(before=lambda: world.edit(one, MOVED_A_DAY)))
        (drift,) = world.cycle().drifts
        assert (drift.kinds, drift.status) == ((Kind.MOVED,), DriftStatus.REVERTED)
        assert world.bodies() == {}
        assert world.settles()

    def test_reply_that_only_moved_the_etag(self, stage: WorldMaker) -> None:
        """A Schedule-Tag that stayed says that a reply was merged: the write goes on (RFC 6638 section 3.2.10)."""
        world = stage(schedule_tags=True)
        (one,) = world.published()
        world.change(one, start=at("2026-12-03T14:00"))
        accepted = replaced("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED")
        world.server.fail("PUT", Fault(before=lambda: world.server.dav.merge_reply(world.href(one), accepted)))
        report = world.cycle()
        assert (report.counts["updated"], report.drifts) == (1, ())
        assert [seen.headers.get("If-Schedule-Tag-Match") is None for seen in world.server.seen[-1:]] == [False]
        assert "20261203T14" in world.body(one)

    def test_never_a_blind_repetition(self, world: ScriptedWorld) -> None:
        """Between two writes of one resource there is always a look at it (pimutils/vdirsyncer#696)."""
        (one,) = world.published()
        world.change(one, start=at("2026-12-03T14:00"))
        world.server.seen.clear()
        world.server.fail("PUT", *[Fault(before=lambda: world.edit(one, with_alarm))] * 9)
        assert world.cycle().errors[0].code == "restless"
        methods = [seen.method for seen in world.server.seen]
        assert methods.count("PUT") <= 3
        assert all("GET" in methods[first:second] for first, second in pairs_of(methods, "PUT"))


def pairs_of(methods: list[str], method: str) -> list[tuple[int, int]]:
    places = [place for place, name in enumerate(methods) if name == method]
    return list(pairwise(places))


class TestBothWritersWin:
    def test_provider_is_last(self, world: ScriptedWorld) -> None:
        """Both were told that they had won; the next cycle sees whose edit stands, and nothing stays unseen."""
        (one,) = world.published()
        edited = MOVED_A_DAY(world.hand.get(world.href(one)))
        world.change(one, start=at("2026-12-03T14:00"))
        world.cycle()
        world.hand.put(world.href(one), edited)
        (drift,) = world.cycle().drifts
        assert (drift.kinds, drift.status) == ((Kind.MOVED,), DriftStatus.REVERTED)
        assert "20261203T14" in world.body(one)
        assert world.settles()

    def test_practice_is_last(self, world: ScriptedWorld) -> None:
        """The provider's lost edit is the practice's win; the calendar is right and a further cycle does nothing."""
        (one,) = world.published()
        world.change(one, start=at("2026-12-03T14:00"))
        world.server.fail("PUT", Fault(during=lambda: world.edit(one, MOVED_A_DAY)))
        world.cycle()
        assert "20261203T14" in world.body(one)
        assert world.settles()

    def test_server_that_heeds_no_precondition(self, stage: WorldMaker) -> None:
        """There each write is preceded by a look of its own, so that an edit before it is found."""
        world = stage(heeds_preconditions=False)
        (one,) = world.published()
        world.change(one, start=at("2026-12-03T14:00"))
        world.server.fail("GET", Fault(before=lambda: world.edit(one, with_alarm)))
        assert world.cycle().counts["updated"] == 1
        assert all(part in world.body(one) for part in ("20261203T14", "TRIGGER:-PT15M"))
        assert world.settles()


class TestLostAnswers:
    @pytest.mark.parametrize("carried_out", [True, False])
    def test_write(self, world: ScriptedWorld, *, carried_out: bool) -> None:
        """An interrupted run ends right, without a loop of 412s and without a double (pimutils/vdirsyncer#696)."""
        (one,) = world.published()
        world.change(one, start=at("2026-12-03T14:00"))
        world.server.fail("PUT", Fault(drops=True, carried_out=carried_out))
        assert world.cycle().errors[0].code == "unreachable"
        assert world.cycle().errors == ()
        assert "20261203T14" in world.body(one)
        assert world.drifts() == []
        assert world.settles()

    @pytest.mark.parametrize("carried_out", [True, False])
    def test_5xx_after_a_create(self, world: ScriptedWorld, *, carried_out: bool) -> None:
        """A 5xx after a PUT says nothing of what is stored: that is looked at, and there is one event."""
        one = world.book()
        world.server.fail("PUT", Fault(answer=Answer(500, {}, b""), carried_out=carried_out))
        world.cycle()
        assert world.cycle().errors == ()
        assert list(world.bodies()) == [world.href(one)]
        assert world.settles()


class TestDecisions:
    def test_practice_and_provider_at_once(self, world: ScriptedWorld) -> None:
        """The practice wins, the drift says so, and both values are on record."""
        (one,) = world.published()
        world.edit(one, MOVED_A_DAY)
        world.change(one, start=at("2026-12-04T09:00"))
        (drift,) = world.cycle().drifts
        assert (drift.status, drift.rule) == (DriftStatus.REVERTED, "the practice changed it too")
        assert drift.note == "The practice changed it too; its change was written."
        assert (drift.findings[0].published, drift.findings[0].observed) == (
            "2026-12-01T10:00:00-05:00",
            "2026-12-02T10:00:00-05:00",
        )
        assert world.settles()

    def test_both_make_the_same_change(self, world: ScriptedWorld) -> None:
        """Where both moved it to the same time, nothing differs: no drift and no write."""
        (one,) = world.published()
        world.edit(one, MOVED_A_DAY)
        world.change(one, start=at("2026-12-02T10:00"))
        before = world.writes
        assert world.cycle().drifts == ()
        assert world.writes == before
        assert world.settles()

    def test_edit_undone_before_it_was_decided(self, world: ScriptedWorld) -> None:
        """The drift is superseded and nothing is left to decide."""
        (one,) = world.published()
        before = world.hand.get(world.href(one))
        world.edit(one, ADDED)
        world.cycle()
        world.edit(one, lambda _: before)
        world.cycle()
        assert [drift.status for drift in world.drifts()] == [DriftStatus.SUPERSEDED]
        assert world.settles()

    def test_decision_on_facts_that_have_changed(self, world: ScriptedWorld) -> None:
        """It is refused, nothing is written, and the next cycle records the new facts for another decision."""
        (one,) = world.published()
        world.edit(one, ADDED)
        (drift,) = world.cycle().drifts
        world.edit(one, replaced("new@example.net", "other@example.net"))
        before = world.writes
        with pytest.raises(StaleDriftError):
            world.decide(drift)
        assert world.writes == before
        (fresh,) = world.cycle().drifts
        assert "other@example.net" in (fresh.findings[0].observed or "")
        assert {old.id: old.status for old in world.drifts()} == {
            drift.id: DriftStatus.SUPERSEDED,
            fresh.id: DriftStatus.OPEN,
        }
        world.decide(fresh)
        assert "example.net" not in world.body(one)
        assert world.settles()

    def test_decision_while_the_provider_edits(self, world: ScriptedWorld) -> None:
        """An edit between the look and the write of a decision is not written over."""
        (one,) = world.published()
        world.edit(one, ADDED)
        (drift,) = world.cycle().drifts
        world.server.fail("PUT", Fault(before=lambda: world.edit(one, with_alarm)))
        world.decide(drift)
        assert "TRIGGER:-PT15M" in world.body(one)
        assert "new@example.net" not in world.body(one)
        assert world.settles()

    def test_edit_in_the_quiet_window(self, world: ScriptedWorld) -> None:
        """Near its session an edit is held for a person, whose word puts it right."""
        (one,) = world.published()
        world.now = at("2026-12-01T09:30").astimezone(world.now.tzinfo) - timedelta(minutes=1)
        world.edit(one, replaced("20261201T10", "20261201T13"))
        (drift,) = world.cycle().drifts
        assert (drift.status, drift.rule) == (DriftStatus.OPEN, "quiet window")
        world.decide(drift)
        assert "20261201T10" in world.body(one)
        assert world.settles()
