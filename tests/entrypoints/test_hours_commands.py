"""Commands about working hours and time off, as a script runs them."""

import pytest

from tests.entrypoints.command import Shell

DANA = "dana@example.com"


@pytest.fixture
def office(shell: Shell) -> Shell:
    shell.json("init")
    shell.json("provider", "add", "--name", "Dana", "--email", DANA, "--timezone", "America/New_York")
    return shell


def test_hours(office: Shell) -> None:
    """Those of the settings count until a provider has their own, and again once these are taken away."""
    usual = office.json("provider", "hours", DANA)
    assert (usual["hours"], usual["own"], usual["time_off"]) == ("Mon-Fri 09:00-17:00", False, [])
    own = office.json("provider", "hours", DANA, "--set", "mon-tue 8:00-12:00")
    assert (own["hours"], own["own"]) == ("Mon-Tue 08:00-12:00", True)
    assert office.json("provider", "hours", DANA)["hours"] == "Mon-Tue 08:00-12:00"
    assert office.json("provider", "hours", DANA, "--usual") == usual


def test_hours_that_are_none(office: Shell) -> None:
    """The refusal shows how they are written."""
    assert "Mon-Fri 09:00-12:00" in office.refused("provider", "hours", DANA, "--set", "nine to five")["message"]
    office.refused("provider", "hours", DANA, "--set", "none", "--usual", code=2)


def test_time_off(office: Shell) -> None:
    """Whole days of the provider's own clock, the last one included; taken away by their id."""
    off = office.json("provider", "time-off", DANA, "--from", "2027-03-13", "--until", "2027-03-14")["time_off"]
    assert [(one["start"], one["end"]) for one in off] == [("2027-03-13T00:00:00-05:00", "2027-03-15T00:00:00-04:00")]
    assert office.json("provider", "hours", DANA)["time_off"] == off
    assert off[0]["id"] in office.run("provider", "time-off", DANA).out
    assert office.json("provider", "time-off", DANA, "--remove", off[0]["id"])["time_off"] == []


def test_time_off_that_is_none(office: Shell) -> None:
    """An end before the beginning, what is over, an end alone, and another's are refused."""
    dates = ("--from", "2027-03-14", "--until", "2027-03-12")
    assert office.refused("provider", "time-off", DANA, *dates)["code"] == "invalid_value"
    assert office.refused("provider", "time-off", DANA, "--from", "2020-01-01")["code"] == "invalid_value"
    office.refused("provider", "time-off", DANA, "--until", "2027-03-12", code=2)
    office.json("provider", "add", "--name", "Lee", "--email", "lee@example.com", "--timezone", "UTC")
    off = office.json("provider", "time-off", "lee@example.com", "--from", "2027-03-14")["time_off"]
    assert office.refused("provider", "time-off", DANA, "--remove", off[0]["id"])["code"] == "invalid_value"
    assert len(office.json("provider", "hours", "lee@example.com")["time_off"]) == 1
