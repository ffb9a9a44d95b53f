"""The cycle: appointments kept true in a calendar, whatever happens at either end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta

import pytest

from syncd.adapters.memory import Operation
from syncd.core.events.findings import Kind
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Series
from syncd.core.sync.calendars import CalendarState
from syncd.core.sync.drift import DriftAction, DriftStatus
from syncd.core.sync.plan import Limits
from syncd.core.times import DayHours
from syncd.core.work import WorkKind
from syncd.ports.remote.errors import (
    CollectionGoneError,
    ForbiddenError,
    LoginRefusedError,
    PartialAnswerError,
    PreconditionFailedError,
    RateLimitedError,
    UnavailableError,
)
from syncd.ports.store.transaction import Store
from tests.builders import START, a_client, a_series, at
from tests.services.world import MOVED_A_DAY, World, dragging, replaced, retitling, with_alarm, with_guest
from tests.working import is_due

FOREIGN = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:dentist\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def settles(world: World) -> bool:
    """Tell whether two further cycles write nothing, neither there nor in the record of drifts."""
    before = (list(world.collection.writes), world.collection.bodies(), world.drifts())
    world.cycle()
    world.cycle(verify=True)
    return before == (world.collection.writes, world.collection.bodies(), world.drifts())


class TestPublishing:
    def test_a_booked_appointment(self, world: World) -> None:
        """It stands in the provider's calendar after the next cycle, and a further cycle does nothing."""
        one = world.book()
        report = world.cycle()
        assert report.counts["published"] == 1
        assert "DTSTART;TZID=America/New_York:20261201T100000" in world.body(one)
        assert settles(world)

    def test_the_client_in_the_event(self, world: World) -> None:
        """The title says the client's initials and no more; the client is no attendee."""
        body = None
        one = world.book()
        world.cycle()
        body = world.body(one)
        assert "SUMMARY:Session A. E." in body
        assert "Ada" not in body
        assert world.client.email not in body

    def test_a_rescheduled_appointment(self, world: World) -> None:
        """It moves in place: the same resource, one conditional write."""
        one = world.book()
        world.cycle()
        world.change(one, start=at("2026-12-03T15:00"))
        assert world.cycle().counts["updated"] == 1
        assert "DTSTART;TZID=America/New_York:20261203T150000" in world.body(one)
        assert [operation for operation, _ in world.collection.writes] == [Operation.CREATE, Operation.REPLACE]
        assert settles(world)

    def test_a_cancelled_appointment(self, world: World) -> None:
        """It leaves the calendar."""
        one = world.book()
        world.cycle()
        world.change(one, status=AppointmentStatus.CANCELLED)
        assert world.cycle().counts["withdrawn"] == 1
        assert world.collection.bodies() == {}
        assert settles(world)

    def test_an_appointment_cancelled_before_it_was_published(self, world: World) -> None:
        """It never stood there, and nothing is written for it."""
        one = world.book()
        world.change(one, status=AppointmentStatus.CANCELLED)
        world.cycle()
        assert world.collection.writes == []

    def test_a_weekly_series(self, world: World) -> None:
        """It stands there as one resource."""
        world.book_series(a_series())
        assert world.cycle().counts["published"] == 1
        assert len(world.collection.bodies()) == 1
        assert settles(world)

    def test_an_idle_cycle(self, world: World) -> None:
        """One request, however many events."""
        for day in range(20):
            world.book(start=START + timedelta(days=day), id=f"apt-{day}", uid=f"uid-{day}")
        world.cycle()
        world.cycle()
        assert world.cycle().requests == 1

    def test_foreign_events(self, world: World) -> None:
        """What syncd did not publish is byte for byte what it was."""
        world.collection.put("/pat/practice-appointments/dentist.ics", FOREIGN)
        one = world.book()
        world.cycle()
        world.delete(one)
        world.cycle()
        world.change(one, status=AppointmentStatus.CANCELLED)
        world.cycle()
        assert world.collection.bodies() == {"/pat/practice-appointments/dentist.ics": FOREIGN}


class TestEdits:
    def test_an_event_dragged_to_the_next_day(self, world: World) -> None:
        """It is put back in place, and the drift says what it would have done to the claim's date."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        report = world.cycle()
        (drift,) = report.drifts
        assert (drift.kinds, drift.status, drift.claim_date_changes) == ((Kind.MOVED,), DriftStatus.REVERTED, True)
        assert drift.appointment_id == one.id
        assert "DTSTART;TZID=America/New_York:20261201T100000" in world.body(one)
        assert settles(world)

    def test_a_program_that_raises_the_sequence(self, world: World) -> None:
        """The ledger of SEQUENCE never falls below what a provider's program wrote, through a revert too."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.edit(one, replaced("SEQUENCE:0", "SEQUENCE:7"))
        world.cycle()
        assert "SEQUENCE:7" in world.body(one)
        assert world.publication(one.source).sequence == 7

    def test_a_deleted_event(self, world: World) -> None:
        """It is published again, as the policy says; the appointment stays booked."""
        one = world.book()
        world.book(start=at("2026-12-02T10:00"), id="apt-other", uid="other")
        world.cycle()
        world.delete(one)
        report = world.cycle()
        assert report.drifts[0].kinds == (Kind.DELETED,)
        assert world.stands(one)
        assert settles(world)

    def test_an_alarm_and_a_colour(self, world: World) -> None:
        """The provider's own additions are no drift, and survive a reschedule and a revert."""
        one = world.book()
        world.cycle()
        world.edit(one, with_alarm)
        world.edit(one, replaced("END:VEVENT", "COLOR:teal\r\nX-NOTE:call first\r\nEND:VEVENT"))
        assert world.cycle().drifts == ()
        world.change(one, start=at("2026-12-02T10:00"))
        world.cycle()
        world.edit(one, replaced("20261202T10", "20261204T10"))
        assert world.cycle().counts["reverted"] == 1
        body = world.body(one)
        assert "20261202T10" in body
        assert all(own in body for own in ("TRIGGER:-PT15M", "COLOR:teal", "X-NOTE:call first"))
        assert settles(world)

    def test_a_title_in_the_providers_words(self, world: World) -> None:
        """It stays, is on record as ignored, and survives a reschedule."""
        one = world.book()
        world.cycle()
        world.edit(one, replaced("SUMMARY:Session A. E.", "SUMMARY:Ada (intake)"))
        assert world.cycle().drifts[0].status is DriftStatus.IGNORED
        assert settles(world)
        world.change(one, start=at("2026-12-02T10:00"))
        world.cycle()
        assert "SUMMARY:Ada (intake)" in world.body(one)
        assert settles(world)

    def test_the_practice_changes_a_title_that_the_provider_worded(self, world: World) -> None:
        """Once the practice changes that field, its own words count again."""
        one = world.book()
        world.cycle()
        world.edit(one, replaced("SUMMARY:Session A. E.", "SUMMARY:Ada (intake)"))
        world.cycle()
        with world.store.transaction() as tx:
            tx.clients.add(a_client(id="cli-other", name="Bo Newname"))
        world.change(one, client_id="cli-other")
        world.cycle()
        assert "SUMMARY:Session B. N." in world.body(one)

    def test_a_moved_and_retitled_event(self, world: World) -> None:
        """The time is put back and the words stay."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.edit(one, replaced("SUMMARY:Session A. E.", "SUMMARY:Ada"))
        assert world.cycle().counts["reverted"] == 1
        body = world.body(one)
        assert "20261201T10" in body
        assert "SUMMARY:Ada" in body
        assert settles(world)
        world.change(one, start=at("2026-12-03T10:00"))
        world.cycle()
        assert "SUMMARY:Ada" in world.body(one)

    def test_an_event_retitled_twice(self, world: World) -> None:
        """The provider's last words stay, whatever else is written over them."""
        one = world.book()
        world.cycle()
        for before, words in (("Session A. E.", "Ada"), ("Ada", "Ada (intake)")):
            world.edit(one, replaced(f"SUMMARY:{before}", f"SUMMARY:{words}"))
            world.cycle()
        world.change(one, start=at("2026-12-03T10:00"))
        world.cycle()
        assert "SUMMARY:Ada (intake)" in world.body(one)

    def test_a_retitled_session_that_is_cancelled(self, world: World) -> None:
        """Its words bring it back in no write: neither in the one that cancels it, nor in a later revert."""
        series = a_series()
        instances = world.book_series(series)
        world.book(start=at("2026-12-02T10:00"), id="apt-other", uid="other")
        world.cycle()
        world.edit(series, retitling("20261208T100000", "Ada"))
        assert world.cycle().counts["ignored"] == 1
        world.change(instances[1], status=AppointmentStatus.CANCELLED)
        world.cycle()
        assert "RECURRENCE-ID" not in world.body(series)
        world.delete(series)
        assert world.cycle().counts["reverted"] == 1
        assert "RECURRENCE-ID" not in world.body(series)

    def test_somebody_added(self, world: World) -> None:
        """People are flagged: the event is left alone until a person decides, and the flag is raised once."""
        one = world.book()
        world.cycle()
        world.edit(one, with_guest)
        report = world.cycle()
        assert report.counts["flagged"] == 1
        assert "new@example.net" in world.body(one)
        assert settles(world)

    def test_an_edit_undone_by_the_provider(self, world: World) -> None:
        """A drift that no longer holds is superseded."""
        one = world.book()
        world.cycle()
        before = world.body(one)
        world.edit(one, with_guest)
        world.cycle()
        world.edit(one, lambda _: before.encode())
        world.cycle()
        assert [drift.status for drift in world.drifts()] == [DriftStatus.SUPERSEDED]
        assert settles(world)

    def test_the_practice_and_the_provider_change_at_once(self, world: World) -> None:
        """The practice wins, and the drift says so."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.change(one, start=at("2026-12-04T09:00"))
        (drift,) = world.cycle().drifts
        assert (drift.status, drift.rule) == (DriftStatus.REVERTED, "the practice changed it too")
        assert "20261204T09" in world.body(one)
        assert settles(world)

    def test_the_practice_reschedules_what_is_flagged(self, world: World) -> None:
        """The new time is written, and the guest awaits the decision as before."""
        one = world.book()
        world.cycle()
        world.edit(one, with_guest)
        (drift,) = world.cycle().drifts
        world.change(one, start=at("2026-12-04T09:00"))
        world.cycle()
        assert "20261204T09" in world.body(one)
        assert "new@example.net" in world.body(one)
        assert world.drifts() == [drift]
        assert settles(world)

    def test_an_event_dragged_to_the_next_minutes(self, world: World) -> None:
        """An edit that puts a session into the quiet window is not reverted by itself either."""
        one = world.book()
        world.cycle()
        world.now = at("2026-11-25T09:40").astimezone(world.now.tzinfo)
        world.edit(one, replaced("20261201T10", "20261125T10"))
        assert world.cycle().drifts[0].rule == "quiet window"

    def test_an_edit_at_night(self, world: World) -> None:
        """At the provider's quiet hours a revert waits: 22:00 to 06:00 there. It is told when it will be done."""
        world.limits = Limits(quiet_hours=(DayHours(time(22), time(6)),))
        one = world.book()
        world.cycle()
        world.now = at("2026-11-24T23:00").astimezone(world.now.tzinfo)
        world.edit(one, MOVED_A_DAY)
        (drift,) = world.cycle().drifts
        morning = at("2026-11-25T06:00").astimezone(world.now.tzinfo)
        assert (drift.status, drift.action, drift.due_at) == (DriftStatus.OPEN, DriftAction.REVERT, morning)
        assert world.cycle().drifts == ()
        assert settles(world)
        assert (world.work().due_at or morning) <= morning
        world.now = morning - timedelta(minutes=2)
        world.cycle()
        assert "20261202T10" in world.body(one)
        assert world.work().due_at == morning
        assert world.cycle().counts["reverted"] == 1
        assert "20261201T10" in world.body(one)
        (settled,) = world.drifts()
        assert (settled.id, settled.status, settled.due_at) == (drift.id, DriftStatus.REVERTED, None)
        assert settles(world)

    def test_an_edit_just_before_the_session(self, world: World) -> None:
        """Nothing is reverted in the quiet window: it is flagged instead, and stays so."""
        one = world.book()
        world.cycle()
        world.now = START.astimezone(world.now.tzinfo) - timedelta(minutes=30)
        world.edit(one, replaced("20261201T10", "20261201T13"))
        assert world.cycle().drifts[0].rule == "quiet window"
        world.now += timedelta(hours=5)
        world.cycle(verify=True)
        assert "20261201T13" in world.body(one)

    def test_an_edit_that_keeps_coming_back(self, world: World) -> None:
        """A program that rewrites the same again and again ends in a flag, not in an endless loop."""
        one = world.book()
        world.cycle()
        for _ in range(3):
            world.edit(one, MOVED_A_DAY)
            assert world.cycle().counts["reverted"] == 1
        world.edit(one, MOVED_A_DAY)
        assert world.cycle().drifts[0].rule == "came back 3 times"
        assert settles(world)

    def test_one_instance_of_a_series_dragged(self, world: World) -> None:
        """The instance goes back; the drift names its own appointment."""
        series = a_series()
        instances = world.book_series(series)
        world.cycle()
        world.edit(series, dragging("20261208T100000", to="20261209T140000"))
        (drift,) = world.cycle().drifts
        assert Kind.INSTANCE_MOVED in drift.kinds
        assert drift.appointment_id == instances[1].id
        assert "20261209T14" not in world.body(series)
        assert settles(world)

    def test_an_edit_of_a_cancelled_appointment(self, world: World) -> None:
        """What was edited while the practice cancelled it leaves the calendar, as the policy says, and is on record."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.change(one, status=AppointmentStatus.CANCELLED)
        report = world.cycle()
        assert report.counts["reverted"] == 1
        assert world.collection.bodies() == {}
        assert settles(world)

    def test_a_retitled_event_of_a_cancelled_appointment(self, world: World) -> None:
        """Words that would stay on any other event go with this one."""
        one = world.book()
        world.cycle()
        world.edit(one, replaced("SUMMARY:Session A. E.", "SUMMARY:Ada"))
        world.change(one, status=AppointmentStatus.CANCELLED)
        assert world.cycle().counts["reverted"] == 1
        assert world.collection.bodies() == {}
        assert settles(world)

    def test_a_body_that_nobody_can_read(self, world: World) -> None:
        """It is flagged, and the cycle goes on."""
        one = world.book()
        other = world.book(start=at("2026-12-02T10:00"), id="apt-other", uid="other")
        world.cycle()
        world.edit(one, lambda _: b"BEGIN:VCALENDAR\r\nBEGIN:VEV\x00")
        world.change(other, location="Room 2")
        report = world.cycle()
        assert report.drifts[0].kinds == (Kind.UNREADABLE,)
        assert "Room 2" in world.body(other)
        assert settles(world)


class TestCopies:
    COPY = "/pat/practice-appointments/copy.ics"

    def copied(self, world: World, one: Appointment | Series, *changes: Callable[[bytes], bytes]) -> bytes:
        """Return the body of ``one`` as a program stores a copy of it: under another UID, without our property."""
        body = replaced(f"UID:{one.uid}", "UID:another")(world.body(one).encode())
        body = replaced(f"X-SYNCD-REF:{one.id}\r\n", "")(body)
        for change in changes:
            body = change(body)
        return body

    def test_a_copy_of_ours(self, world: World) -> None:
        """It is a duplicate and a person's to judge; nothing is deleted meanwhile."""
        one = world.book()
        world.cycle()
        world.cycle()
        world.collection.put(self.COPY, self.copied(world, one))
        (drift,) = world.cycle().drifts
        assert (drift.kinds, drift.status, drift.copies) == ((Kind.DUPLICATE,), DriftStatus.OPEN, (self.COPY,))
        assert self.COPY in world.collection.bodies()
        assert settles(world)

    def test_a_copy_that_the_provider_takes_away(self, world: World) -> None:
        """The drift is superseded when its copy is gone."""
        one = world.book()
        world.cycle()
        world.cycle()
        world.collection.put(self.COPY, self.copied(world, one))
        world.cycle()
        world.collection.delete(self.COPY)
        world.cycle()
        assert [drift.status for drift in world.drifts()] == [DriftStatus.SUPERSEDED]

    def test_an_app_that_edits_by_deleting_and_creating(self, world: World) -> None:
        """The edit is found in the copy, and putting it right leaves one event, with what the provider added."""
        one = world.book()
        world.cycle()
        world.cycle()
        world.collection.put(self.COPY, self.copied(world, one, MOVED_A_DAY, with_alarm))
        world.delete(one)
        (drift,) = world.cycle().drifts
        assert (drift.kinds, drift.status) == ((Kind.MOVED,), DriftStatus.REVERTED)
        assert list(world.collection.bodies()) == [world.publication(one.source).href]
        assert "TRIGGER:-PT15M" in world.body(one)
        assert settles(world)

    def test_our_event_stored_under_another_name(self, world: World) -> None:
        """A resource with our UID elsewhere is found by asking for it, before anything is called deleted."""
        one = world.book()
        world.cycle()
        world.cycle()
        body = world.body(one).encode()
        world.delete(one)
        world.collection.put(self.COPY, body)
        assert world.cycle().drifts[0].kinds == (Kind.DUPLICATE,)
        assert list(world.collection.bodies()) == [self.COPY]
        assert settles(world)

    def test_a_series_cut_in_two(self, world: World) -> None:
        """It is made whole again, and the part that was carried on elsewhere goes: it is provably ours."""
        series = a_series()
        world.book_series(series)
        world.cycle()
        world.cycle()
        tail = self.copied(world, series, replaced("COUNT=4", "COUNT=2"), replaced("20261201T", "20261216T"))
        world.edit(series, replaced("COUNT=4", "COUNT=2"))
        world.collection.put(self.COPY, tail)
        report = world.cycle()
        assert Kind.SPLIT in report.drifts[0].kinds
        assert report.drifts[0].status is DriftStatus.REVERTED
        assert list(world.collection.bodies()) == [world.publication(series.source).href]
        assert "COUNT=4" in world.body(series)
        assert settles(world)

    def test_an_event_of_the_providers_own(self, world: World) -> None:
        """What only appeared at the same time is none of ours."""
        one = world.book()
        world.cycle()
        world.cycle()
        world.delete(one)
        world.collection.put(self.COPY, FOREIGN)
        assert world.cycle().drifts[0].kinds == (Kind.DELETED,)
        assert world.collection.bodies()[self.COPY] == FOREIGN


class TestGuards:
    def some(self, world: World, count: int) -> list[str]:
        """Book and publish some appointments and return their hrefs."""
        for day in range(count):
            world.book(start=START + timedelta(days=day), id=f"apt-{day}", uid=f"uid-{day}")
        world.cycle()
        return list(world.collection.bodies())

    def test_many_edits_at_once(self, world: World) -> None:
        """A sudden mass change is a state of the calendar: nothing is reverted, and a person is asked."""
        for href in self.some(world, 10)[:5]:
            world.collection.delete(href)
        report = world.cycle()
        assert report.state is CalendarState.MASS_CHANGE
        assert len(world.collection.bodies()) == 5
        assert world.drifts() == []
        assert world.cycle().errors[0].code == "mass_change"

    def test_as_many_as_one_edits_by_hand(self, world: World) -> None:
        """Fewer than the least count are ordinary edits, whatever their share."""
        for href in self.some(world, 6)[:4]:
            world.collection.delete(href)
        assert world.cycle().counts["reverted"] == 4

    def test_a_person_lets_the_calendar_go_on(self, world: World) -> None:
        """With the guards waived, one cycle acts on what it finds."""
        for href in self.some(world, 10)[:5]:
            world.collection.delete(href)
        world.cycle()
        with world.store.transaction() as tx:
            tx.calendars.save(replace(world.stored_calendar(), state=CalendarState.OK, guards_waived=True))
        assert world.cycle().counts["reverted"] == 5
        assert not world.stored_calendar().guards_waived
        assert settles(world)

    def test_an_emptied_calendar(self, world: World) -> None:
        """All gone at once is not so many deletions."""
        for href in self.some(world, 3):
            world.collection.delete(href)
        assert world.cycle(verify=True).state is CalendarState.EMPTIED
        assert world.drifts() == []

    def test_a_calendar_made_anew(self, world: World) -> None:
        """Another collection under the same address is told from an edited one."""
        self.some(world, 3)
        world.collection.recreate()
        assert world.cycle().state is CalendarState.RECREATED

    def test_the_only_event_deleted(self, world: World) -> None:
        """A single publication that is gone is an ordinary deletion."""
        self.some(world, 1)
        (href,) = world.collection.bodies()
        world.collection.delete(href)
        assert world.cycle().counts["reverted"] == 1


class TestTrouble:
    @pytest.mark.parametrize(
        ("error", "state"),
        [
            (UnavailableError(), CalendarState.UNREACHABLE),
            (LoginRefusedError(), CalendarState.LOGIN_REFUSED),
            (ForbiddenError(), CalendarState.READ_ONLY),
            (PartialAnswerError(), CalendarState.UNREACHABLE),
            (CollectionGoneError(), CalendarState.UNREACHABLE),
        ],
    )
    def test_a_failed_look(self, world: World, error: Exception, state: CalendarState) -> None:
        """Unknown is not deleted: it is a state of the calendar, and nothing else changes."""
        one = world.book()
        world.cycle()
        world.collection.fail(Operation.CHANGES, error)
        report = world.cycle()
        assert (report.state, report.drifts) == (state, ())
        assert world.stored_calendar().state is state
        assert world.stands(one)

    def test_a_vanished_collection(self, world: World) -> None:
        """A calendar that is gone is no deletion of its events."""
        world.book()
        world.cycle()
        world.collection.vanish()
        assert world.cycle().state is CalendarState.VANISHED
        assert world.drifts() == []

    def test_a_server_that_comes_back(self, world: World) -> None:
        """An unreachable calendar heals by itself; its failures are counted for the back-off until then."""
        world.book()
        world.collection.fail(Operation.CHANGES, UnavailableError())
        world.cycle()
        assert world.work().attempts == 1
        assert world.cycle().counts["published"] == 1
        calendar = world.stored_calendar()
        assert (calendar.state, world.work().attempts, calendar.last_error) == (CalendarState.OK, 0, None)

    def test_a_server_that_asks_for_a_pause(self, world: World) -> None:
        """Retry-After is kept, and of more than an hour an hour."""
        for asked, granted in ((1800, 1800), (7200, 3600), (60 * 86_400, 3600)):
            world.collection.fail(Operation.CHANGES, RateLimitedError(retry_after=asked))
            world.cycle()
            assert world.work().due_at == world.now + timedelta(seconds=granted)

    def test_an_edit_between_our_look_and_our_write(self, world: World) -> None:
        """The write is refused, the resource looked at and decided again: the edit is found, nothing is lost."""
        one = world.book()
        world.cycle()
        world.change(one, start=at("2026-12-03T15:00"))
        world.collection.interrupt(Operation.REPLACE, lambda: world.edit(one, with_alarm))
        assert world.cycle().counts["updated"] == 1
        assert "TRIGGER:-PT15M" in world.body(one)
        assert "20261203T15" in world.body(one)
        assert settles(world)

    def test_a_resource_that_never_holds_still(self, world: World) -> None:
        """After a few looks the next cycle takes over, and the report says so."""
        one = world.book()
        world.cycle()
        world.change(one, start=at("2026-12-03T15:00"))
        for _ in range(3):
            world.collection.fail(Operation.REPLACE, PreconditionFailedError())
        assert world.cycle().errors[0].code == "restless"
        assert world.cycle().counts["updated"] == 1
        assert settles(world)

    @pytest.mark.parametrize("carried_out", [True, False])
    def test_a_lost_answer_to_a_write(self, world: World, *, carried_out: bool) -> None:
        """Whether the write took place is seen in the next cycle; nothing is doubled."""
        one = world.book()
        world.collection.fail(Operation.CREATE, UnavailableError(), carried_out=carried_out)
        report = world.cycle()
        assert report.errors[0].code == "unreachable"
        world.cycle()
        assert len(world.collection.bodies()) == 1
        assert world.stands(one)
        assert settles(world)

    @pytest.mark.parametrize("operation", [Operation.CREATE, Operation.REPLACE])
    def test_the_practice_changes_it_after_a_lost_answer(self, world: World, operation: Operation) -> None:
        """What stands there is our own write, and no edit of the provider's."""
        one = world.book()
        if operation is Operation.REPLACE:
            world.cycle()
            world.change(one, start=at("2026-12-02T10:00"))
        world.collection.fail(operation, UnavailableError(), carried_out=True)
        world.cycle()
        world.change(one, start=at("2026-12-04T10:00"))
        world.cycle()
        assert world.drifts() == []
        assert "20261204T10" in world.body(one)
        assert settles(world)

    def test_a_lost_answer_to_a_revert(self, world: World) -> None:
        """The edit stays on record, and is recorded once."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.collection.fail(Operation.REPLACE, UnavailableError(), carried_out=True)
        world.cycle()
        world.cycle()
        assert [(drift.status, drift.action) for drift in world.drifts()] == [
            (DriftStatus.REVERTED, DriftAction.REVERT)
        ]
        assert settles(world)

    @pytest.mark.parametrize("edit", [with_alarm, with_guest, lambda _: b"BEGIN:VEV"])
    def test_what_is_edited_after_a_lost_first_answer_and_cancelled(
        self, world: World, edit: Callable[[bytes], bytes]
    ) -> None:
        """It is known for ours: never left behind in the calendar with nobody to watch it."""
        one = world.book()
        world.collection.fail(Operation.CREATE, UnavailableError(), carried_out=True)
        world.cycle()
        world.edit(one, edit)
        world.change(one, status=AppointmentStatus.CANCELLED)
        world.cycle()
        assert (world.collection.bodies() == {}) != bool(world.drifts(DriftStatus.OPEN))
        assert settles(world)

    def test_another_edit_after_a_lost_answer_to_a_revert(self, world: World) -> None:
        """It takes the place of the first on record at once, whatever becomes of its own revert."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.collection.fail(Operation.REPLACE, UnavailableError(), carried_out=True)
        world.cycle()
        world.delete(one)
        world.collection.fail(Operation.CREATE, UnavailableError(), carried_out=True)
        world.cycle()
        assert [drift.kinds for drift in world.drifts(DriftStatus.OPEN)] == [(Kind.DELETED,)]
        world.delete(one)
        world.cycle()
        assert world.drifts(DriftStatus.OPEN) == []
        assert settles(world)

    def test_a_body_that_the_server_will_not_have(self, world: World) -> None:
        """One resource's trouble is said and does not keep others, nor wake the calendar before its time."""
        world.book()
        world.book(start=at("2026-12-02T10:00"), id="apt-other", uid="other")
        world.collection.rejects = lambda body: b"UID:other" in body
        report = world.cycle()
        assert (report.counts["published"], report.errors[0].code) == (1, "rejected")
        assert is_due(world.store, WorkKind.CALENDAR, world.now + timedelta(seconds=1)) == []
        assert (world.work().attempts, world.work().last_error_code) == (1, "rejected")

    def test_a_uid_that_the_account_holds_elsewhere(self, world: World) -> None:
        """A server that allows a UID once says no: one drift says where the event stands and what to do, once."""
        one = world.book()
        elsewhere = "/pat/practice-appointments/moved.ics"
        world.collection.put(elsewhere, FOREIGN.replace(b"dentist", one.uid.encode()))
        report = world.cycle()
        assert (report.errors, report.counts["flagged"]) == ((), 1)
        (drift,) = world.drifts()
        assert (drift.kinds, drift.status) == (("duplicate",), DriftStatus.OPEN)
        assert elsewhere in drift.note
        assert world.cycle().counts["flagged"] == 0
        world.collection.delete(elsewhere)
        assert world.cycle().counts["published"] == 1
        assert [one.status for one in world.drifts()] == [DriftStatus.SUPERSEDED]
        assert settles(world)

    def test_an_outage_in_the_middle(self, world: World) -> None:
        """Several failed writes in a row are the server's trouble: the cycle stops and the calendar backs off."""
        for day in range(5):
            world.book(start=START + timedelta(days=day), id=f"apt-{day}", uid=f"uid-{day}")
        for _ in range(3):
            world.collection.fail(Operation.CREATE, UnavailableError())
        assert world.cycle().state is CalendarState.UNREACHABLE
        assert world.collection.writes == []
        assert world.cycle().counts["published"] == 5

    def test_a_paused_calendar(self, world: World) -> None:
        """It is left alone, and the report says so."""
        world.book()
        with world.store.transaction() as tx:
            tx.calendars.save(replace(world.calendar, state=CalendarState.PAUSED))
        assert world.cycle().errors[0].code == "paused"
        assert world.collection.writes == []


class TestPreview:
    def test_a_dry_run(self, world: World) -> None:
        """It says what would be done and writes nothing anywhere."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.book(start=at("2026-12-02T10:00"), id="apt-other", uid="other")
        before = (world.collection.bodies(), world.stored_calendar(), world.drifts())
        report = world.reconciler.preview(world.calendar.id, world.now)
        assert (report.counts["published"], report.counts["reverted"]) == (1, 1)
        assert before == (world.collection.bodies(), world.stored_calendar(), world.drifts())

    def test_the_same_facts_twice(self, world: World) -> None:
        """A plan's id is the same for the same facts."""
        world.book()
        first, second = (world.reconciler.preview(world.calendar.id, world.now).plan for _ in range(2))
        assert first is not None
        assert second is not None
        assert first.id == second.id

    def test_a_calendar_edited_in_bulk(self, world: World) -> None:
        """The guard's word stands in the preview, too."""
        world.limits = Limits(mass_count=1, mass_share=0.1)
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        assert world.reconciler.preview(world.calendar.id, world.now).errors[0].code == "mass_change"
