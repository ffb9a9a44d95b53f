"""Decisions on drifts: a person reverts, accepts or dismisses what a policy left open."""

from datetime import datetime, timedelta

import pytest

from syncd.adapters.memory import Operation
from syncd.core.errors import DecisionError, OverlapError, StaleDriftError
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.scheduling.booking import BookingRules
from syncd.core.scheduling.people import Party
from syncd.core.sync.drift import Drift, DriftAction, DriftStatus
from syncd.core.sync.policy import Policy, PolicyRule
from syncd.core.sync.publication import PublicationState
from syncd.ports.remote.errors import UnavailableError
from syncd.ports.store.transaction import Store
from syncd.services.decisions.drifts import Decisions
from syncd.services.scheduling.changes import By, Terms
from tests.builders import a_series, an_admin, at
from tests.services.world import MOVED_A_DAY, World, dragging, replaced, with_alarm

FLAG_ALL = Policy((PolicyRule(name="all", action=DriftAction.FLAG),))
RETITLED = replaced("SUMMARY:Session A. E.", "SUMMARY:Ada (intake)")


@pytest.fixture
def world(store: Store) -> World:
    """Return a world in which every edit awaits a decision."""
    return World(store, policy=FLAG_ALL)


def the_drift(world: World) -> Drift:
    (drift,) = world.drifts(DriftStatus.OPEN)
    return drift


def terms(world: World) -> Terms:
    by = By(Party.PROVIDER, an_admin("cli:ops"))
    return Terms(rules=BookingRules(), messages_for=lambda _tx, _effect: (), by=by, now=world.now)


def decide(world: World, word: str, note: str = "") -> Drift:
    """Let a person decide on the open drift, a minute after the last cycle."""
    world.now += timedelta(minutes=1)
    decided: Drift = getattr(Decisions(world.reconciler), word)(the_drift(world).id, terms(world), note)
    return decided


def stored(world: World, one: Appointment) -> Appointment:
    with world.store.reading() as tx:
        return tx.appointments.get(one.id)


def settles(world: World) -> bool:
    """Tell whether the next cycles write nothing to the calendar and find nothing new."""
    before = (list(world.collection.writes), len(world.drifts()))
    world.cycle()
    world.cycle(verify=True)
    return before == (world.collection.writes, len(world.drifts()))


class TestRevert:
    def test_a_moved_event(self, world: World) -> None:
        """The calendar gets what the record says, at once; who decided and why is on record."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        drift = decide(world, "revert", "Called: a slip.")
        assert (drift.status, drift.resolved_by, drift.note) == (DriftStatus.REVERTED, "cli:ops", "Called: a slip.")
        assert "20261201T10" in world.body(one)
        assert settles(world)

    def test_a_title(self, world: World) -> None:
        """A person's revert puts words right, too."""
        one = world.book()
        world.cycle()
        world.edit(one, RETITLED)
        world.cycle()
        decide(world, "revert")
        assert "SUMMARY:Session A. E." in world.body(one)
        assert settles(world)

    def test_an_edit_that_has_changed_since(self, world: World) -> None:
        """A decision on a stale drift is refused, and nothing is written."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        world.edit(one, replaced("20261202T10", "20261204T10"))
        with pytest.raises(StaleDriftError):
            decide(world, "revert")
        assert "20261204T10" in world.body(one)

    def test_a_server_that_does_not_answer(self, world: World) -> None:
        """The drift stays open."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        world.collection.fail(Operation.FETCH, UnavailableError())
        with pytest.raises(UnavailableError):
            decide(world, "revert")
        assert the_drift(world).status is DriftStatus.OPEN

    def test_decided_twice(self, world: World) -> None:
        """A drift is decided once."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        drift = decide(world, "revert")
        with pytest.raises(DecisionError, match="was reverted already"):
            Decisions(world.reconciler).revert(drift.id, terms(world))


class TestAccept:
    @pytest.mark.parametrize(
        ("old", "new", "start", "minutes"),
        [
            ("20261201T10", "20261202T10", "2026-12-02T10:00", 50),
            ("20261201T105000", "20261201T113000", "2026-12-01T10:00", 90),
        ],
    )
    def test_a_moved_or_resized_event(self, world: World, old: str, new: str, start: str, minutes: int) -> None:
        """The record follows, by a proper reschedule; the calendar is right as it is and is not written."""
        one = world.book()
        world.cycle()
        world.edit(one, with_alarm)
        world.edit(one, replaced(old, new))
        world.cycle()
        writes = list(world.collection.writes)
        assert decide(world, "accept").status is DriftStatus.ACCEPTED
        after = stored(world, one)
        assert (after.start, after.minutes, after.sequence) == (at(start), minutes, one.sequence + 1)
        assert settles(world)
        assert world.collection.writes == writes

    def test_a_deleted_event(self, world: World) -> None:
        """The appointment is cancelled, for the reason that the provider changed it in their calendar."""
        one = world.book()
        world.book(start=at("2026-12-02T10:00"), id="apt-other", uid="other")
        world.cycle()
        world.delete(one)
        world.cycle()
        decide(world, "accept")
        after = stored(world, one)
        assert after.status is AppointmentStatus.CANCELLED
        assert after.cancellation is not None
        assert after.cancellation.reason == "calendar_edit"
        assert settles(world)

    def test_a_moved_and_retitled_event(self, world: World) -> None:
        """The time is taken over, and the words stay the provider's."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.edit(one, RETITLED)
        world.cycle()
        decide(world, "accept")
        assert stored(world, one).start == at("2026-12-02T10:00")
        assert settles(world)
        assert "Ada (intake)" in world.body(one)

    def test_one_instance_dragged(self, world: World) -> None:
        """That session alone is rescheduled."""
        series = a_series()
        instances = world.book_series(series)
        world.cycle()
        world.edit(series, dragging("20261208T100000", to="20261209T140000"))
        world.cycle()
        decide(world, "accept")
        starts = [stored(world, one).start for one in instances]
        assert starts == [
            at("2026-12-01T10:00"),
            at("2026-12-09T14:00"),
            at("2026-12-15T10:00"),
            at("2026-12-22T10:00"),
        ]
        assert settles(world)

    def test_one_instance_excluded(self, world: World) -> None:
        """That session alone is cancelled."""
        series = a_series()
        instances = world.book_series(series)
        world.cycle()
        excluded = "EXDATE;TZID=America/New_York:20261208T100000\r\nRRULE:"
        world.edit(series, replaced("RRULE:", excluded))
        world.cycle()
        decide(world, "accept")
        assert [stored(world, one).status.value for one in instances] == ["booked", "cancelled", "booked", "booked"]
        assert settles(world)

    def test_a_whole_series_dragged(self, world: World) -> None:
        """All sessions move alike."""
        series = a_series()
        instances = world.book_series(series)
        world.cycle()
        world.edit(series, replaced("20261201T10", "20261202T14"))
        world.cycle()
        decide(world, "accept")
        starts: list[datetime] = [stored(world, one).start for one in instances]
        assert starts == [at(f"2026-12-{day:02}T14:00") for day in (2, 9, 16, 23)]
        assert settles(world)

    def test_a_series_cut_short(self, world: World) -> None:
        """The sessions that the rule no longer names are cancelled."""
        series = a_series()
        instances = world.book_series(series)
        world.cycle()
        world.edit(series, replaced("COUNT=4", "COUNT=2"))
        world.cycle()
        decide(world, "accept")
        assert [stored(world, one).status.value for one in instances] == ["booked", "booked", "cancelled", "cancelled"]
        assert settles(world)

    @pytest.mark.parametrize(
        ("old", "new"),
        [("COUNT=4", "COUNT=9"), ("END:VEVENT", "ATTENDEE:mailto:new@example.net\r\nEND:VEVENT")],
    )
    def test_what_is_no_reschedule(self, world: World, old: str, new: str) -> None:
        """Further sessions and other people are refused, with what to do instead."""
        world.book_series(series := a_series())
        world.cycle()
        world.edit(series, replaced(old, new))
        world.cycle()
        with pytest.raises(DecisionError, match="yourself"):
            decide(world, "accept")

    def test_a_time_that_is_taken(self, world: World) -> None:
        """The same rules hold as for any reschedule; nothing changes."""
        one = world.book()
        world.book(start=at("2026-12-02T10:30"), id="apt-other", uid="other")
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        with pytest.raises(OverlapError):
            decide(world, "accept")
        assert stored(world, one).start == one.start
        assert the_drift(world).status is DriftStatus.OPEN

    def test_a_session_that_has_begun(self, world: World) -> None:
        """The record of a past session no longer follows the calendar."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        world.now = one.end.astimezone(world.now.tzinfo)
        with pytest.raises(DecisionError, match="has begun"):
            decide(world, "accept")


class TestDismiss:
    @pytest.mark.parametrize(("old", "new"), [("SUMMARY:Session A. E.", "SUMMARY:Ada"), ("Room 1", "Room 2")])
    def test_words(self, world: World, old: str, new: str) -> None:
        """They stay as the provider wrote them, through a reschedule too."""
        one = world.book()
        world.cycle()
        world.edit(one, replaced(old, new))
        world.cycle()
        assert decide(world, "dismiss").status is DriftStatus.DISMISSED
        assert settles(world)
        world.change(one, start=at("2026-12-04T10:00"))
        world.cycle()
        assert new in world.body(one)
        assert settles(world)

    def test_a_declined_invitation(self, world: World) -> None:
        """An answer that was heard is no longer open."""
        one = world.book()
        world.cycle()
        world.edit(one, replaced("PARTSTAT=NEEDS-ACTION", "PARTSTAT=DECLINED"))
        world.cycle()
        decide(world, "dismiss")
        assert settles(world)

    @pytest.mark.parametrize(
        ("old", "new", "advice"),
        [
            ("20261201T10", "20261202T10", "Revert it or accept it"),
            ("COUNT=4", "COUNT=3", "Revert it or accept it"),
            ("COUNT=4", "COUNT=5", "adds sessions. Book these yourself, or revert the edit"),
            ("END:VEVENT", "ATTENDEE:mailto:colleague@example.net\r\nEND:VEVENT", "yourself, or revert the edit"),
        ],
    )
    def test_a_time_or_a_rule(self, world: World, old: str, new: str, advice: str) -> None:
        """A dismissal never lets a time differ; what it advises instead would not be refused in turn."""
        world.book_series(series := a_series())
        world.cycle()
        world.edit(series, replaced(old, new))
        world.cycle()
        with pytest.raises(DecisionError, match=advice):
            decide(world, "dismiss")


class TestAnEventThatIsWatchedNoLonger:
    @pytest.fixture(params=[state for state in PublicationState if not state.is_watched])
    def unwatched(self, world: World, request: pytest.FixtureRequest) -> Appointment:
        """A moved event whose drift is open, and which is watched no longer for each reason in turn."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        with world.store.transaction() as tx:
            tx.publications.end(str(the_drift(world).publication_id), request.param)
        return one

    @pytest.mark.parametrize("word", ["revert", "accept"])
    def test_it_cannot_be_put_back_or_taken_over(self, world: World, unwatched: Appointment, word: str) -> None:
        """The refusal says why, and what can be done and what that means."""
        drift = the_drift(world)
        with pytest.raises(DecisionError) as refused:
            decide(world, word)
        assert f"syncd drift dismiss {drift.id}" in refused.value.message
        assert f"syncd claim attest --drift {drift.id}" in refused.value.message
        assert the_drift(world) == drift
        assert stored(world, unwatched) == unwatched

    def test_it_is_dismissed(self, world: World, unwatched: Appointment) -> None:
        """Whatever kind it is; record and calendar stay as they are, and who said so is on record."""
        writes = list(world.collection.writes)
        dismissed = decide(world, "dismiss", note="seen by the office")
        assert (dismissed.status, dismissed.note) == (DriftStatus.DISMISSED, "seen by the office")
        assert (dismissed.resolved_by, dismissed.resolved_at) == ("cli:ops", world.now)
        assert world.collection.writes == writes
        assert stored(world, unwatched) == unwatched
        with world.store.reading() as tx:
            assert tx.audit.list(unwatched.id)[-1].action == "ignore"
