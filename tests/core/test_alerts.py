"""What somebody is told to act on, and what nobody is told of."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from syncd.core.events.findings import Severity
from syncd.core.reporting.alerts import Alert, Objectives, of_calendar, of_drifts, of_failing, of_mail, of_work
from syncd.core.sync.calendars import CalendarMode, CalendarState
from syncd.core.work import Load, Work, WorkKind
from syncd.entrypoints.cli.app import COMMANDS
from tests.builders import a_calendar
from tests.claims.builders import a_drift

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
WITHIN = Objectives(look=timedelta(minutes=30), proof=timedelta(hours=48), work=timedelta(minutes=15))
MINUTE = timedelta(minutes=1)
WAITING = [state for state in CalendarState if not (state.is_worked or state is CalendarState.PAUSED)]


def a_worked(*, looked: timedelta | None, proven: timedelta | None, **more: object) -> Alert | None:
    times = {"last_synced_at": looked and NOW - looked, "last_proven_equal_at": proven and NOW - proven}
    return of_calendar(a_calendar(**{"state": CalendarState.OK} | times | more), NOW, WITHIN)


def a_failure(kind: WorkKind) -> Work:
    return Work(
        kind=kind,
        subject="x-1",
        queue="",
        due_at=NOW,
        attempts=2,
        last_error="Nobody answers.",
        last_error_code="unreachable",
        last_tried_at=NOW,
        last_success_at=None,
        owner=None,
        leased_at=None,
    )


class TestCalendars:
    @pytest.mark.parametrize("state", WAITING)
    def test_one_that_waits_for_a_person(self, state: CalendarState) -> None:
        """Is told with the cause that is on record, the last time that all was well, and a way out that names it."""
        since = NOW - timedelta(hours=3)
        alert = of_calendar(
            a_calendar(id="cal-7", state=state, last_error="The cause.", last_synced_at=since), NOW, WITHIN
        )
        assert alert is not None
        assert (alert.code, alert.subject, alert.since, alert.cause) == (
            f"calendar_{state}",
            "cal-7",
            since,
            "The cause.",
        )
        assert "syncd" in alert.remedy

    def test_one_that_a_person_paused(self) -> None:
        """Is nobody's concern, however long that is."""
        paused = a_calendar(state=CalendarState.PAUSED, last_synced_at=NOW - timedelta(days=90))
        assert of_calendar(paused, NOW, WITHIN) is None

    @pytest.mark.parametrize(
        ("looked", "proven", "is_told"),
        [
            (29 * MINUTE, timedelta(hours=47), False),
            (30 * MINUTE, timedelta(hours=48), False),
            (31 * MINUTE, timedelta(hours=1), True),
            (MINUTE, timedelta(hours=49), True),
            (None, None, False),
        ],
    )
    def test_one_that_is_worked(self, looked: timedelta | None, proven: timedelta | None, is_told: bool) -> None:
        """Is told once the last look, or the last proof, is older than its objective."""
        alert = a_worked(looked=looked, proven=proven)
        assert (alert is not None) is is_told
        if alert:
            assert alert.code == "calendar_unproven"

    @pytest.mark.parametrize(("objective", "is_told"), [(59 * MINUTE, True), (61 * MINUTE, False)])
    def test_one_with_an_objective_of_its_own(self, objective: timedelta, is_told: bool) -> None:
        """Is judged by that one, be it shorter or longer than the usual one."""
        alert = a_worked(looked=MINUTE, proven=timedelta(hours=1), objective=objective)
        assert (alert is not None) is is_told
        assert a_worked(looked=MINUTE, proven=timedelta(hours=49), objective=timedelta(hours=50)) is None

    def test_one_in_which_nothing_is_written(self) -> None:
        """Need not become equal, but goes on to be looked at."""
        mode = {"mode": CalendarMode.REPORT_ONLY}
        assert a_worked(looked=MINUTE, proven=timedelta(days=9), **mode) is None
        assert a_worked(looked=31 * MINUTE, proven=timedelta(days=9), **mode) is not None

    def test_one_that_does_not_answer(self) -> None:
        """Is told with its error, from the last look on."""
        alert = a_worked(looked=timedelta(hours=2), proven=None, state=CalendarState.UNREACHABLE, last_error="Silence.")
        assert alert is not None
        assert (alert.since, alert.cause) == (NOW - timedelta(hours=2), "Silence.")


class TestDrifts:
    def test_the_gravest_first(self) -> None:
        """A claim's date comes before a title, however old that is; each names its drift."""
        title = a_drift(id="d-title", severity=Severity.CONTENT, detected_at=NOW - timedelta(days=9))
        moved = a_drift(id="d-moved", severity=Severity.CLAIM_DATE, detected_at=NOW)
        told = list(of_drifts([title, moved], 2))
        assert [alert.subject for alert in told] == ["d-moved", "d-title"]
        assert "claim" in told[0].cause
        assert all(alert.subject in alert.remedy for alert in told)

    def test_more_than_can_be_shown(self) -> None:
        """The rest is one alert that says how many there are."""
        told = list(of_drifts([a_drift()], 41))
        assert [alert.code for alert in told] == ["drift_open", "drifts_open"]
        assert told[1].cause.startswith("40 ")


class TestMailAndWork:
    def test_nothing_is_late(self) -> None:
        """What is due and not late is nobody's concern."""
        load = Load(due=500, late=0, late_seconds=60)
        assert list(of_mail(0, load, NOW, WITHIN)) == []
        assert list(of_work({WorkKind.CALENDAR: load}, NOW, WITHIN)) == []

    def test_mail(self) -> None:
        """What was put aside and what does not leave are told apart."""
        told = list(of_mail(2, Load(due=3, late=3, late_seconds=3600), NOW, WITHIN))
        assert [alert.code for alert in told] == ["messages_failed", "mail_late"]
        assert told[1].since == NOW - timedelta(hours=1)

    def test_work_that_nobody_does(self) -> None:
        """Is told by kind; mail not twice."""
        late = Load(due=9, late=9, late_seconds=1800)
        told = list(of_work({WorkKind.CALENDAR: late, WorkKind.MESSAGE: late}, NOW, WITHIN))
        assert [(alert.code, alert.subject) for alert in told] == [("work_late", "calendar")]

    def test_work_that_fails(self) -> None:
        """Is told with its error, where nothing else tells of it."""
        [alert] = of_failing([a_failure(WorkKind.SERIES), a_failure(WorkKind.CALENDAR), a_failure(WorkKind.MESSAGE)])
        assert (alert.code, alert.subject) == ("work_failing", "x-1")
        assert "Nobody answers." in alert.cause


def test_remedies_are_commands_that_there_are() -> None:
    """Every `syncd ...` in a remedy is a command."""
    late = Load(due=9, late=9, late_seconds=1800)
    calendars = [of_calendar(a_calendar(state=state), NOW, WITHIN) for state in WAITING]
    told = [
        *(alert for alert in calendars if alert),
        *of_drifts([a_drift()], 2),
        *of_mail(1, late, NOW, WITHIN),
        *of_work({WorkKind.CALENDAR: late}, NOW, WITHIN),
    ]
    named = {name for alert in told for name in re.findall(r"syncd ([a-z]+)", alert.remedy)}
    assert named
    assert named <= set(COMMANDS)
