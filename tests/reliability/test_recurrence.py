"""Series: one instance is one instance, whoever touches it (peer-failures, F)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from syncd.core.events.findings import Kind
from syncd.core.scheduling.appointments import Appointment, Scope, Series
from syncd.core.sync.drift import DriftStatus
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.services.scheduling.booking import NewBooking, book
from syncd.services.scheduling.cancelling import Cancel, cancel
from syncd.services.scheduling.rescheduling import Reschedule, reschedule
from tests.builders import START, at
from tests.reliability.dav_world import ScriptedWorld
from tests.servers.scripted import Fault, status
from tests.services.world import dragging, replaced, with_alarm


def booked(world: ScriptedWorld) -> tuple[Series, list[Appointment]]:
    """Book and publish a weekly series of four; return it with its sessions."""
    asked = NewBooking(
        provider=world.provider.id, client=world.client.id, start=START, minutes=50, repeat="FREQ=WEEKLY;COUNT=4"
    )
    with world.store.transaction() as tx:
        series = tx.series.get(book(tx, asked, world.terms).series_id or "")
        sessions = list(tx.appointments.list(AppointmentQuery(series_id=series.id)))
    world.cycle()
    world.cycle()
    return series, sessions


def move(world: ScriptedWorld, one: Appointment, start: datetime) -> None:
    """Let the practice move one session."""
    with world.store.transaction() as tx:
        reschedule(tx, Reschedule(appointment_id=one.id, start=start), world.terms)


def move_from(world: ScriptedWorld, one: Appointment, start: datetime) -> Appointment:
    """Let the practice move a session and all that follow, which cuts their series in two."""
    with world.store.transaction() as tx:
        return reschedule(tx, Reschedule(appointment_id=one.id, start=start, scope=Scope.FUTURE), world.terms)


class TestOneInstance:
    def test_deleted_by_the_provider(self, world: ScriptedWorld) -> None:
        """It alone is found and comes back; the others never were in question (nextcloud/calendar#7057, #8293)."""
        series, sessions = booked(world)
        world.edit(series, replaced("END:VEVENT", "EXDATE;TZID=America/New_York:20261208T100000\r\nEND:VEVENT"))
        (drift,) = world.cycle().drifts
        assert (drift.kinds, drift.appointment_id) == ((Kind.INSTANCE_DELETED,), sessions[1].id)
        assert drift.also_concerned == ()
        assert "EXDATE" not in world.body(series)
        assert world.settles()

    def test_deleted_by_a_cancelled_override(self, world: ScriptedWorld) -> None:
        """The same, where the program spells it as an override that is cancelled."""
        series, sessions = booked(world)
        world.edit(series, dragging("20261208T100000", to="20261208T100000"))
        world.edit(series, cancelled_override)
        (drift,) = world.cycle().drifts
        assert (drift.kinds, drift.appointment_id) == ((Kind.INSTANCE_DELETED,), sessions[1].id)
        assert world.settles()

    def test_cancelled_by_the_practice(self, world: ScriptedWorld) -> None:
        """The whole master is written with one EXDATE, and all other sessions stand (nextcloud/server#60159)."""
        series, sessions = booked(world)
        with world.store.transaction() as tx:
            cancel(tx, Cancel(appointment_id=sessions[1].id, reason="provider_ill"), world.terms)
        world.cycle()
        body = world.body(series)
        assert "RRULE:FREQ=WEEKLY;COUNT=4" in body
        assert body.count("EXDATE") == 1
        assert "20261208T100000" in body
        assert world.settles()

    def test_moved_by_the_practice(self, world: ScriptedWorld) -> None:
        """The override's SEQUENCE is no lower than its master's (nextcloud/calendar#4727)."""
        series, sessions = booked(world)
        move(world, sessions[1], at("2026-12-09T14:00"))
        world.cycle()
        sequences = [int(line[9:]) for line in world.body(series).splitlines() if line.startswith("SEQUENCE:")]
        assert len(sequences) == 2
        assert min(sequences) == max(sequences)
        assert world.settles()

    def test_dragged_while_another_was_moved_by_the_practice(self, world: ScriptedWorld) -> None:
        """The provider's drag is put back, the practice's own override stays what it is."""
        series, sessions = booked(world)
        move(world, sessions[1], at("2026-12-09T14:00"))
        world.cycle()
        world.cycle()
        world.edit(series, dragging("20261215T100000", to="20261216T100000"))
        (drift,) = world.cycle().drifts
        assert (drift.kinds, drift.appointment_id) == ((Kind.INSTANCE_MOVED,), sessions[2].id)
        body = world.body(series)
        assert "20261209T140000" in body
        assert "20261216T10" not in body
        assert world.settles()

    def test_alarm_on_one_instance(self, world: ScriptedWorld) -> None:
        """What the provider adds to one instance survives a revert of another."""
        series, _ = booked(world)
        world.edit(series, dragging("20261208T100000", to="20261208T100000"))
        world.edit(series, alarm_on_the_override)
        assert world.cycle().drifts == ()
        world.edit(series, dragging("20261215T100000", to="20261216T100000"))
        assert world.cycle().counts["reverted"] == 1
        assert "TRIGGER:-PT5M" in world.body(series)
        assert "20261216T10" not in world.body(series)
        assert world.settles()


def cancelled_override(body: bytes) -> bytes:
    text = body.decode()
    head, override = text[: text.rindex("BEGIN:VEVENT")], text[text.rindex("BEGIN:VEVENT") :]
    return (head + override.replace("STATUS:CONFIRMED", "STATUS:CANCELLED")).encode()


def alarm_on_the_override(body: bytes) -> bytes:
    place = body.rindex(b"BEGIN:VEVENT")
    return body[:place] + with_alarm(body[place:]).replace(b"-PT15M", b"-PT5M")


class TestTheWhole:
    @pytest.mark.parametrize(
        ("edit", "kind"),
        [
            (replaced("COUNT=4", "COUNT=3"), Kind.RECURRENCE),
            (replaced("FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2"), Kind.RECURRENCE),
            (replaced("20261201T10", "20261202T10"), Kind.MOVED),
        ],
    )
    def test_edited_by_the_provider(self, world: ScriptedWorld, edit: Callable[[bytes], bytes], kind: Kind) -> None:
        """A cut or changed rule, or all sessions moved alike, is found as that and put back."""
        series, _ = booked(world)
        world.edit(series, edit)
        (drift,) = world.cycle().drifts
        assert drift.kinds == (kind,)
        assert "RRULE:FREQ=WEEKLY;COUNT=4" in world.body(series)
        assert world.settles()

    def test_this_and_future_in_one_override(self, world: ScriptedWorld) -> None:
        """RANGE=THISANDFUTURE is understood: later sessions move with it (ical-org/ical.net#455, pimutils/khal#68)."""
        series, _ = booked(world)
        world.edit(series, dragging("20261208T100000", to="20261209T100000"))
        world.edit(series, replaced("RECURRENCE-ID;TZID", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID"))
        (drift,) = world.cycle().drifts
        assert drift.claim_date_changes
        assert drift.status is DriftStatus.REVERTED
        assert "20261209T10" not in world.body(series)
        assert world.settles()

    def test_one_override_that_mixes_instances(self, world: ScriptedWorld) -> None:
        """Several overrides in one edit are each found for itself (tine20/tine20#6697)."""
        series, sessions = booked(world)
        world.edit(series, dragging("20261208T100000", to="20261209T100000"))
        world.edit(series, dragging("20261215T100000", to="20261215T150000"))
        (drift,) = world.cycle().drifts
        assert drift.kinds == (Kind.INSTANCE_MOVED,)
        assert drift.concerned == {sessions[1].id, sessions[2].id}
        assert world.settles()

    def test_409_on_an_altered_series(self, world: ScriptedWorld) -> None:
        """A server that takes no alteration keeps that series waiting and no other (pimutils/vdirsyncer#963, #964)."""
        series, sessions = booked(world)
        other = world.book(start=START + timedelta(days=3))
        move(world, sessions[1], at("2026-12-09T14:00"))
        world.server.fail("PUT", Fault(), status(409))
        report = world.cycle()
        assert (report.counts["published"], len(report.errors)) == (1, 1)
        assert world.stands(other)
        assert world.cycle().counts["updated"] == 1
        assert "20261209T140000" in world.body(series)
        assert world.settles()


class TestSplitByThePractice:
    def test_the_later_half_first(self, world: ScriptedWorld) -> None:
        """It is created before the series is cut, so that no session is ever missing (home-assistant/core#176565)."""
        series, sessions = booked(world)
        move_from(world, sessions[2], at("2026-12-15T14:00"))
        world.server.seen.clear()
        world.cycle()
        assert [href for _, href in world.writes][-1] == world.href(series)
        assert len(world.bodies()) == 2
        assert world.settles()

    def test_the_later_half_is_refused(self, world: ScriptedWorld) -> None:
        """A half that fails is written in the next cycle: nothing is lost (home-assistant/core#176565)."""
        series, sessions = booked(world)
        moved = move_from(world, sessions[2], at("2026-12-15T14:00"))
        world.server.fail("PUT", status(500))
        assert len(world.cycle().errors) == 1
        assert world.cycle().counts["published"] == 1
        with world.store.reading() as tx:
            tail = tx.series.get(moved.series_id or "")
        assert "UNTIL=20261208T150000Z" in world.body(series)
        assert "DTSTART;TZID=America/New_York:20261215T140000" in world.body(tail)
        assert world.drifts() == []
        assert world.settles()

    def test_provider_edits_the_half_that_goes(self, world: ScriptedWorld) -> None:
        """The practice wins, with what the provider did on record."""
        series, sessions = booked(world)
        move_from(world, sessions[2], at("2026-12-15T14:00"))
        world.edit(series, dragging("20261215T100000", to="20261216T100000"))
        (drift,) = world.cycle().drifts
        assert (drift.status, drift.rule) == (DriftStatus.REVERTED, "the practice changed it too")
        assert world.settles()
