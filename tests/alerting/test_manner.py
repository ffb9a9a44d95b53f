"""When somebody is told: the pure rules, minute by minute."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.reporting.alerts import DRIFT_OPEN, DRIFTS_OPEN, Alert, Urgency
from syncd.core.reporting.telling import Condition, Manner, Telling, tell
from syncd.core.times import DayHours

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MANNER = Manner()


def an_alert(
    subject: str = "cal-1", code: str = "calendar_vanished", severity: Urgency = Urgency.WARNING, cause: str = "Gone."
) -> Alert:
    return Alert(code, subject, None, cause, "Do something.", severity)


def a_drift_alert(subject: str = "drift-1", severity: Urgency = Urgency.CRITICAL) -> Alert:
    return an_alert(subject, DRIFT_OPEN, severity)


@dataclass
class Office:
    """Rounds made one after the other, and what was said in each that said anything."""

    manner: Manner = MANNER
    now: datetime = NOON
    known: tuple[Condition, ...] = ()
    said: list[tuple[datetime, Telling]] = field(default_factory=list)

    def round(self, *alerts: Alert, unseen: Iterable[str] = ()) -> Telling:
        told = tell(self.known, alerts, self.now, self.manner, frozenset(unseen))
        self.known = tuple(told.remembered.values())
        if not told.is_silent:
            self.said.append((self.now, told))
        return told

    def minutes(self, number: int, *alerts: Alert) -> None:
        """Make a round, and one each minute after it, with the same alerts."""
        for _ in range(number):
            self.round(*alerts)
            self.now += MINUTE

    @property
    def times(self) -> list[int]:
        """Minutes after noon at which anything was said."""
        return [(at - NOON) // MINUTE for at, _ in self.said]

    @property
    def words(self) -> list[tuple[Sequence[str], Sequence[str], Sequence[str]]]:
        def subjects(conditions: Iterable[Condition]) -> list[str]:
            return [one.alert.subject for one in conditions]

        return [(subjects(told.new), subjects(told.again), subjects(told.over)) for _, told in self.said]


class TestDamping:
    def test_something_lasts(self) -> None:
        """Is told once it has lasted, once."""
        office = Office()
        office.minutes(60, an_alert())
        assert (office.times, office.words) == ([2], [(["cal-1"], [], [])])

    def test_something_flickers_once(self) -> None:
        """Is never told: neither that it is, nor that it is over."""
        office = Office()
        office.minutes(1, an_alert())
        office.minutes(60)
        assert office.said == []
        assert office.known == ()

    def test_something_flickers_all_the_time(self) -> None:
        """Is told, since it never stays away, and is over only once it does."""
        office = Office()
        for _ in range(30):
            office.minutes(1, an_alert())
            office.minutes(1)
        office.minutes(20)
        assert office.words == [(["cal-1"], [], []), ([], [], ["cal-1"])]
        assert office.times == [2, 59 + 5]

    def test_an_edit_that_waits(self) -> None:
        """Is told at once, and that it was settled in the next round."""
        office = Office()
        office.minutes(10, a_drift_alert())
        office.minutes(10)
        assert (office.times, office.words) == ([0, 10], [(["drift-1"], [], []), ([], [], ["drift-1"])])

    def test_it_comes_back_again_and_again(self) -> None:
        """Has to stay away twice as long each time before it is over: nobody gets a mail every quarter of an hour."""
        office = Office()
        for _ in range(4 * 24):
            office.minutes(8, an_alert())
            office.minutes(7)
        assert len(office.said) <= 6

    def test_it_came_back_days_ago(self) -> None:
        """Is forgotten after a day: from then on it is as if it had never been."""
        office = Office()
        office.minutes(10, an_alert())
        office.minutes(10)
        assert office.known != ()
        office.now += DAY
        office.round()
        assert office.known == ()

    def test_it_gets_worse(self) -> None:
        """Is told at once, not when its time has come."""
        office = Office()
        office.minutes(30, an_alert())
        office.minutes(30, an_alert(severity=Urgency.CRITICAL))
        assert office.times == [2, 30]

    def test_there_are_too_many_to_see_all(self) -> None:
        """That one is not among those shown does not mean that it is over."""
        office = Office()
        office.minutes(5, a_drift_alert())
        office.now += HOUR
        told = office.round(an_alert("drifts", DRIFTS_OPEN), unseen=[DRIFT_OPEN])
        assert told.over == ()

    def test_the_clock_was_ahead(self) -> None:
        """What was written by a clock that was a year ahead keeps nobody from being told."""
        office = Office(now=NOON + 365 * DAY)
        office.minutes(5, an_alert())
        office.now = NOON
        office.minutes(10, an_alert(), an_alert("cal-2"))
        assert office.words[-1][0] == ["cal-2"]


class TestAgain:
    def test_it_is_not_mended(self) -> None:
        """Is told again after a day, then after twice as long each time, at most a week."""
        office = Office()
        for _ in range(24 * 40):
            office.round(an_alert())
            office.now += HOUR
        days = [minutes // (24 * 60) for minutes in office.times]
        assert days == [0, 1, 3, 7, 14, 21, 28, 35]
        assert [bool(again) for _, again, _ in office.words] == [False] + [True] * 7

    @settings(deadline=None)
    @given(standing=st.integers(1, 200), manner=st.builds(Manner, again=st.integers(1, 48).map(lambda h: h * HOUR)))
    def test_how_often_at_most(self, standing: int, manner: Manner) -> None:
        """Of what stands for so long nobody hears more often than by doubling, and at least once a week."""
        office = Office(manner)
        for _ in range(standing):
            office.round(an_alert())
            office.now += HOUR
        gaps = [b - a for a, b in pairwise(office.times)]
        assert all(b >= min(2 * a, 7 * 24 * 60) - 60 for a, b in pairwise(gaps))
        assert bool(office.said) is (standing > 1)


class TestQuietHours:
    NIGHT = Manner(quiet=(DayHours(time(22), time(7)),), zone=ZoneInfo("America/New_York"))
    LATE = datetime(2026, 11, 3, 23, 30, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)

    def test_at_night(self) -> None:
        """Is kept until the morning, and is then told in one."""
        office = Office(self.NIGHT, now=self.LATE)
        office.minutes(9 * 60, an_alert(), an_alert("cal-2"), a_drift_alert(severity=Urgency.NOTICE))
        [(at, told)] = office.said
        assert at.astimezone(self.NIGHT.zone).time() == time(7)
        assert len(told.new) == 3

    def test_a_claim_is_at_stake(self) -> None:
        """Leaves at night all the same, and alone."""
        office = Office(self.NIGHT, now=self.LATE)
        office.minutes(5, an_alert(), a_drift_alert())
        assert office.words == [(["drift-1"], [], [])]

    def test_nobody_is_to_be_woken(self) -> None:
        """Waits too, where the settings say so."""
        office = Office(replace(self.NIGHT, wakes=False), now=self.LATE)
        office.minutes(60, a_drift_alert())
        assert office.said == []

    def test_it_is_over_by_morning(self) -> None:
        """Is never told."""
        office = Office(self.NIGHT, now=self.LATE)
        office.minutes(120, an_alert())
        office.minutes(12 * 60)
        assert office.said == []

    def test_nobody_is_there_to_be_told(self) -> None:
        """Counts as not told: whoever is there later hears of it."""
        office = Office(MANNER.silent)
        office.minutes(60, a_drift_alert(), an_alert())
        assert office.said == []
        office.manner = MANNER
        office.minutes(1, a_drift_alert(), an_alert())
        assert office.words == [(["drift-1", "cal-1"], [], [])]


class TestSummary:
    def test_many_at_once(self) -> None:
        """Are one notice, the gravest first."""
        office = Office()
        late = an_alert("calendar", "work_late", Urgency.CRITICAL)
        office.minutes(10, *(an_alert(f"cal-{n}") for n in range(30)), late)
        [(new, _, _)] = office.words
        assert len(new) == 31
        assert new[0] == "calendar"

    def test_one_after_the_other(self) -> None:
        """Are gathered after the first, so that a host that fails sends no mail for each of its calendars."""
        office = Office()
        for number in range(1, 21):
            office.minutes(1, *(an_alert(f"cal-{n}") for n in range(number)))
        office.minutes(20, *(an_alert(f"cal-{n}") for n in range(20)))
        assert office.times == [2, 7, 12, 17, 22]
        assert sum(len(new) for new, _, _ in office.words) == 20

    def test_edits_one_after_the_other(self) -> None:
        """Wait a minute at most."""
        office = Office()
        office.round(a_drift_alert("drift-1"))
        office.now += timedelta(seconds=10)
        office.round(a_drift_alert("drift-1"), a_drift_alert("drift-2"))
        office.now += timedelta(seconds=50)
        office.round(*(a_drift_alert(f"drift-{n}") for n in (1, 2, 3)))
        assert [new for new, _, _ in office.words] == [["drift-1"], ["drift-2", "drift-3"]]


SUBJECTS = ("a", "b", "c")
presences = st.lists(st.sets(st.sampled_from(SUBJECTS)), min_size=1, max_size=60)


class TestWhateverHappens:
    @settings(deadline=None)
    @given(presences)
    def test_no_condition_is_told_twice(self, history: list[set[str]]) -> None:
        """Between two times that it is new it was over, and it is over only if it was told."""
        office = Office(replace(MANNER, again=timedelta(days=365)))
        for present in history:
            office.minutes(1, *(an_alert(subject) for subject in sorted(present)))
        for subject in SUBJECTS:
            story = [
                word
                for new, again, over in office.words
                for word, among in (("new", new), ("again", again), ("over", over))
                if subject in among
            ]
            assert story == ["new", "over"] * (len(story) // 2) + ["new"] * (len(story) % 2)

    @settings(deadline=None)
    @given(presences)
    def test_nothing_that_stays_is_silent(self, history: list[set[str]]) -> None:
        """Whatever was before, what then stays is told, and what then stays away is over or was never told."""
        office = Office(replace(MANNER, again=timedelta(days=365)))
        for present in history:
            office.minutes(1, *(an_alert(subject) for subject in sorted(present)))
        office.minutes(10, an_alert("a"))
        office.minutes(6 * 60, an_alert("a"))
        told = dict.fromkeys(SUBJECTS, "")
        for new, _, over in office.words:
            told |= dict.fromkeys(new, "new") | dict.fromkeys(over, "over")
        assert told["a"] == "new"
        assert {told["b"], told["c"]} <= {"", "over"}

    @settings(deadline=None)
    @given(presences)
    def test_a_silent_round_changes_nothing_that_was_told(self, history: list[set[str]]) -> None:
        """The same round made once more says nothing: who was told is not told again by a worker that repeats it."""
        office = Office()
        for present in history:
            alerts = [an_alert(subject) for subject in sorted(present)]
            office.round(*alerts)
            assert tell(office.known, alerts, office.now, MANNER).is_silent
            office.now += MINUTE

    @settings(deadline=None)
    @given(presences)
    def test_few_notices(self, history: list[set[str]]) -> None:
        """No two notices of what is not critical are nearer to each other than the settings say."""
        office = Office()
        for present in history:
            office.minutes(1, *(an_alert(subject) for subject in sorted(present)))
        assert all(b - a >= 5 for a, b in pairwise(office.times))
