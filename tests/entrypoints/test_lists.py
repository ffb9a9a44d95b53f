"""Lists: a page on a terminal, the whole list for a script, and how to go on."""

import json
import sys
from typing import Any

import pytest

from syncd.entrypoints.cli import output
from tests.entrypoints.command import Shell

NAMES = ["Ann Abel", "Ben Berg", "Cleo Carr"]


@pytest.fixture
def practice(shell: Shell) -> Shell:
    """A practice with three clients, a provider and two sessions."""
    shell.json("init")
    shell.json("provider", "add", "--name", "Dana Doe", "--email", "d@example.com", "--timezone", "America/New_York")
    for number, name in enumerate(NAMES):
        shell.json("client", "add", "--name", name, "--email", f"c{number}@example.org")
    for hour in ("10", "12"):
        times = ("--start", f"2027-02-02T{hour}:00", "--minutes", "50")
        shell.json("appointment", "book", "--provider", "d@example.com", "--client", "c0@example.org", *times)
    return shell


def on_a_terminal(shell: Shell, monkeypatch: pytest.MonkeyPatch, width: int, *arguments: str) -> tuple[str, str]:
    """Return what a command writes on a terminal of that width."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    outcome = shell.run(*arguments)
    assert outcome.code == 0, outcome
    return outcome.out, outcome.err


def test_a_script_reads_a_list_in_parts(practice: Shell) -> None:
    """With a limit the document says what to go on after, and null at the end; without one it is the whole list."""
    whole = practice.json("client", "list")
    assert [one["name"] for one in whole["clients"]] == NAMES
    assert whole.keys() == {"clients"}
    first = practice.json("client", "list", "--limit", "2")
    assert first["next"] == first["clients"][-1]["id"]
    rest = practice.json("client", "list", "--limit", "2", "--after", first["next"])
    assert first["clients"] + rest["clients"] == whole["clients"]
    assert rest["next"] is None


@pytest.mark.parametrize("noun", ["provider", "client", "calendar", "appointment", "drift", "claim", "message"])
def test_every_list_takes_a_limit_and_a_cursor(practice: Shell, noun: str) -> None:
    """One frame for all lists: `next` stands there when a limit was given, and a cursor that is none is refused."""
    document = practice.json(noun, "list", "--limit", "1")
    assert set(document) == {f"{noun}s", "next"}
    assert practice.refused(noun, "list", "--after", "nothing-of-that-id")["code"] == "not_found"
    assert practice.refused(noun, "list", "--limit", "1", "--all", code=2)["code"] == "usage"


def test_a_terminal_shows_a_page_and_how_to_go_on(practice: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard error says what to add; the page itself is the list alone."""
    monkeypatch.setattr(output, "A_PAGE", 2)
    out, err = on_a_terminal(practice, monkeypatch, 80, "client", "list")
    assert NAMES[1] in out
    assert NAMES[2] not in out
    assert "--after cli-" in err
    assert NAMES[2] in on_a_terminal(practice, monkeypatch, 80, "client", "list", "--all")[0]
    monkeypatch.undo()


def test_a_pipe_gets_the_whole_list(practice: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no terminal is, nothing is left out."""
    monkeypatch.setattr(output, "A_PAGE", 2)
    outcome = practice.run("client", "list")
    assert NAMES[2] in outcome.out
    assert outcome.err == ""


def test_a_person_reads_names_and_local_times(practice: Shell) -> None:
    """No ids of people, no UTC, no seconds: who, and when by the clock on the wall."""
    shown = practice.run("appointment", "list").out
    assert "Dana Doe" in shown
    assert "Ann Abel" in shown
    assert "Tue 2027-02-02 10:00–10:50" in shown
    assert "prv-" not in shown


@pytest.mark.parametrize("width", [80, 100, 200])
def test_ids_never_wrap(practice: Shell, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """What is to be copied stands whole in one line, and no line is wider than the terminal."""
    ids = [one["id"] for one in practice.json("appointment", "list")["appointments"]]
    out, _ = on_a_terminal(practice, monkeypatch, width, "appointment", "list")
    assert all(any(one in line for line in out.splitlines()) for one in ids)
    assert max(map(len, out.splitlines())) <= width


def test_the_list_fails_half_way(practice: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is out is one document, though half; the error goes to standard error, and the exit code tells."""
    rows = output._stream

    def broken(key: str, entries: Any, limit: int | None) -> None:
        rows(key, iter([next(entries)]), limit)
        raise ZeroDivisionError

    monkeypatch.setattr(output, "_stream", broken)
    outcome = practice.run("client", "list", "--json")
    assert outcome.code == 1
    assert "unexpected" in outcome.err
    assert len(json.loads(outcome.out)["clients"]) == 1


def test_a_refusal_says_its_sentence(practice: Shell) -> None:
    """`claim release` shows the claim, and says why it is not released."""
    claim = practice.json("claim", "list")["claims"][0]["id"]
    outcome = practice.run("claim", "release", claim)
    assert outcome.code == 1
    assert claim in outcome.err
    assert claim in outcome.out
