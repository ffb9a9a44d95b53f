"""Putting right without harm: in place, silently, once (peer-failures, C; point 9)."""

from syncd.core.events.findings import Kind
from syncd.core.sync.drift import DriftStatus
from tests.builders import at
from tests.reliability.dav_world import ScriptedWorld, WorldMaker
from tests.servers.quirks import Refusal
from tests.servers.scripted import Fault, status
from tests.services.world import MOVED_A_DAY, with_alarm


def test_revert_in_place(world: ScriptedWorld) -> None:
    """One conditional PUT on the same resource, never delete and create (ridafkih/keeper.sh#884, #875)."""
    (one,) = world.published()
    world.edit(one, MOVED_A_DAY)
    world.server.seen.clear()
    assert world.cycle().counts["reverted"] == 1
    (write,) = [seen for seen in world.server.seen if seen.method in {"PUT", "DELETE", "POST"}]
    assert (write.method, write.href) == ("PUT", world.href(one))
    assert write.headers["If-Match"].startswith('"')


def test_server_is_asked_to_send_no_mail(world: ScriptedWorld) -> None:
    """Every address in what we write says so (RFC 6638 section 7.1; ridafkih/keeper.sh#884)."""
    (one,) = world.published()
    world.edit(one, MOVED_A_DAY)
    world.cycle()
    addressed = [line for line in world.body(one).splitlines() if line.startswith(("ORGANIZER", "ATTENDEE"))]
    assert len(addressed) == 2
    assert all("SCHEDULE-AGENT=CLIENT" in line for line in addressed)


def test_deletion_put_right(world: ScriptedWorld) -> None:
    """What the provider had added to the event comes back with it: we knew it as it stood."""
    one, _ = world.published(2)
    world.edit(one, with_alarm)
    world.cycle()
    world.delete(one)
    assert world.cycle().drifts[0].kinds == (Kind.DELETED,)
    assert "TRIGGER:-PT15M" in world.body(one)
    assert world.settles()


def test_record_that_says_why(world: ScriptedWorld) -> None:
    """Who or what put an edit back, and by which rule, is on record (inovex/CalendarSync#167)."""
    (one,) = world.published()
    world.edit(one, MOVED_A_DAY)
    world.cycle()
    with world.store.reading() as tx:
        (record,) = [record for record in tx.audit.list(one.id) if record.action == "revert"]
    assert (record.actor, record.details["rule"]) == ("policy", "practice")


def test_refused_revert_that_is_tried_again(world: ScriptedWorld) -> None:
    """A failed write is neither given up nor hot-looped: one try a cycle (argoproj/argo-cd#18442, #4101)."""
    (one,) = world.published()
    world.edit(one, MOVED_A_DAY)
    before = len(world.writes)
    world.server.fail("PUT", *[status(500)] * 2)
    assert world.cycle().errors[0].code == "unreachable"
    assert world.cycle().errors[0].code == "unreachable"
    assert len(world.writes) == before + 2
    assert world.cycle().counts["reverted"] == 1
    assert [drift.status for drift in world.drifts()] == [DriftStatus.REVERTED]
    assert world.settles()


def test_one_resource_that_the_server_fails_on_for_good(stage: WorldMaker) -> None:
    """Its trouble is said each time and keeps nobody else's event from being right (argoproj/argo-cd#21599)."""
    world = stage()
    one, other = world.published(2)
    world.edit(one, MOVED_A_DAY)
    world.server.fail("PUT", status(500))
    world.change(other, start=at("2026-12-04T14:00"))
    report = world.cycle()
    assert (report.counts["updated"], len(report.errors)) == (1, 1)
    assert "20261204T14" in world.body(other)


def test_interrupted_revert(world: ScriptedWorld) -> None:
    """It is recorded once, and the next cycle neither repeats it nor loops (pimutils/vdirsyncer#696, #739)."""
    (one,) = world.published()
    world.edit(one, MOVED_A_DAY)
    world.server.fail("PUT", Fault(drops=True, carried_out=True))
    world.cycle()
    before = world.writes
    world.cycle()
    assert world.writes == before
    assert [drift.status for drift in world.drifts()] == [DriftStatus.REVERTED]
    assert world.settles()


def test_body_that_the_server_will_not_have(world: ScriptedWorld) -> None:
    """A refusal for good is said, and is no reason to delete and create (ridafkih/keeper.sh#884)."""
    (one,) = world.published()
    world.edit(one, MOVED_A_DAY)
    world.server.behave(refuses_bodies=Refusal(status=403, condition="C:valid-calendar-data"))
    assert world.cycle().errors[0].code == "rejected"
    assert {method for method, _ in world.writes} == {"PUT"}
    world.server.behave(refuses_bodies=None)
    assert world.cycle().counts["reverted"] == 1
    assert world.settles()
