"""`syncd drift`: explaining two bodies offline, and looking drifts up."""

from pathlib import Path
from typing import Any

import pytest

from tests.entrypoints.command import Shell

EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//EN
BEGIN:VEVENT
UID:one@example.com
DTSTAMP:20261101T000000Z
DTSTART;TZID=America/New_York:20261201T233000
DTEND;TZID=America/New_York:20261202T002000
SUMMARY:Session A. B.
LOCATION:Room 1
END:VEVENT
END:VCALENDAR
"""


def a_file(name: str, *changes: tuple[str, str], text: str = EVENT) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    Path(name).write_text(text.replace("\n", "\r\n"))
    return name


PAST_MIDNIGHT = (("20261202T002000", "20261202T012000"), ("20261201T233000", "20261202T003000"))


@pytest.fixture
def published(shell: Shell) -> str:
    return a_file("published.ics")


def explain(shell: Shell, *arguments: str) -> Any:
    return shell.json("drift", "explain", *arguments)


def test_it_was_dragged_past_midnight(shell: Shell, published: str) -> None:
    """The document has the contract's keys; the claim's date would change."""
    verdict = explain(shell, published, a_file("observed.ics", *PAST_MIDNIGHT), "--timezone", "America/New_York")
    assert (verdict["drift"], verdict["kinds"], verdict["claim_date_changes"]) == (True, ["moved"], True)
    assert verdict["findings"][0].keys() == {"kind", "recurrence_id", "field", "published", "observed", "severity"}


def test_only_programs_were_at_it(shell: Shell, published: str) -> None:
    """Bookkeeping and what the provider owns are named as benign."""
    observed = a_file("observed.ics", ("SUMMARY:", "COLOR:red\nSUMMARY:"), ("-//example//EN", "-//another//EN"))
    verdict = explain(shell, published, observed)
    assert (verdict["drift"], verdict["findings"]) == (False, [])
    assert set(verdict["benign"]) == {"color", "bookkeeping"}


def test_it_is_gone(shell: Shell, published: str) -> None:
    """--deleted stands for the absent body."""
    assert explain(shell, published, "--deleted")["kinds"] == ["deleted"]


def test_it_is_gone_and_a_copy_appeared(shell: Shell, published: str) -> None:
    """Other resources are given with --also, as often as need be."""
    copy = a_file("copy.ics", ("UID:one", "UID:two"), *PAST_MIDNIGHT)
    other = a_file("other.ics", ("UID:one", "UID:three"), ("Session A. B.", "Dentist"), ("Room 1", "Elsewhere"))
    assert explain(shell, published, "--deleted", "--also", other, "--also", copy)["kinds"] == ["moved"]


@pytest.mark.parametrize("body", [b"", b"\x00\xff not a calendar", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"])
def test_a_body_cannot_be_read(shell: Shell, published: str, body: bytes) -> None:
    """Any two files get an answer, never a traceback."""
    Path("observed.ics").write_bytes(body)
    assert explain(shell, published, "observed.ics")["kinds"] == ["unreadable"]
    assert explain(shell, "observed.ics", published)["kinds"] == ["unreadable"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="neither a body nor --deleted"),
        pytest.param(["published.ics", "--deleted"], id="both"),
        pytest.param(["absent.ics"], id="no such file"),
        pytest.param(["."], id="a folder"),
    ],
)
def test_it_is_asked_wrongly(shell: Shell, published: str, arguments: list[str]) -> None:
    """What cannot be compared is wrong usage."""
    assert shell.refused("drift", "explain", published, *arguments, code=2)["code"] == "usage"


def test_the_zone_is_unknown(shell: Shell, published: str) -> None:
    """A zone that there is not is refused."""
    error = shell.refused("drift", "explain", published, "--deleted", "--timezone", "Mars/Olympus")
    assert error["code"] == "unknown_timezone"


def test_a_person_reads_it(shell: Shell, published: str) -> None:
    """Both values stand side by side; what stood in the event cannot steer the terminal."""
    observed = a_file("observed.ics", ("Room 1", "Room \x1b[31m2"), *PAST_MIDNIGHT)
    outcome = shell.run("drift", "explain", published, observed)
    assert outcome.code == 0
    assert "The date of service on the claim would change." in outcome.out
    assert "2026-12-01T23:30" in outcome.out
    assert "2026-12-02T00:30" in outcome.out
    assert "\x1b" not in outcome.out


def test_no_drift_is_on_record(shell: Shell) -> None:
    """An empty list is an answer; a drift that there is not is refused."""
    shell.json("init")
    assert shell.json("drift", "list", "--status", "open", "--since", "2026-01-01") == {"drifts": []}
    assert shell.refused("drift", "show", "drift-none")["code"] == "not_found"


def test_the_status_is_misspelt(shell: Shell) -> None:
    """The message lists the statuses that there are."""
    shell.json("init")
    assert "superseded" in shell.refused("drift", "list", "--status", "opened", code=2)["message"]
