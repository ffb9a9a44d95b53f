"""What all commands have in common: options, one document, exit codes, and never a traceback."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from syncd import __version__
from syncd.entrypoints.cli import frame
from syncd.entrypoints.cli.app import application
from tests.entrypoints.command import Shell

ROOT: Any = typer.main.get_command(application())


def commands() -> Iterator[tuple[str, ...]]:
    """Yield the path of every command there is."""
    for name in ROOT.commands:
        verbs = getattr(ROOT.load(name), "commands", None)
        yield from [(name,)] if verbs is None else ((name, verb) for verb in verbs)


COMMANDS = sorted(commands())


@pytest.mark.parametrize("name", ROOT.commands)
def test_the_list_of_commands_says_what_a_command_says(name: str) -> None:
    """Help has a line for every command without importing it; it is the beginning of the command's own help."""
    own = " ".join(ROOT.load(name).help.split())
    line = ROOT.commands[name].help.rstrip(".")
    assert own.startswith(line.partition(". ")[0])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(shell: Shell, command: tuple[str, ...]) -> None:
    """--help works without configuration or database, and names the options that all commands take."""
    outcome = shell.run(*command, "--help")
    assert outcome.code == 0
    assert all(option in outcome.out for option in ("--json", "--config", "--help"))


def test_all_commands_of_the_contract_are_there() -> None:
    """Scripts rely on these names."""
    expected = {
        ("init",), ("check",), ("status",), ("run",), ("demo",), ("reconcile",),
        ("provider", "add"), ("provider", "list"), ("client", "add"), ("client", "list"),
        ("calendar", "add"), ("calendar", "list"),
        ("calendar", "pause"), ("calendar", "resume"), ("calendar", "remove"),
        ("appointment", "book"), ("appointment", "list"), ("appointment", "show"), ("appointment", "reschedule"),
        ("appointment", "cancel"), ("appointment", "reasons"),
        ("drift", "list"), ("drift", "show"), ("drift", "revert"), ("drift", "accept"), ("drift", "dismiss"),
        ("drift", "explain"),
    }  # fmt: skip
    assert expected <= set(COMMANDS)


def test_an_option_is_unknown(shell: Shell) -> None:
    """Wrong usage exits with 2 and says where to read on."""
    outcome = shell.run("init", "--colour")
    assert outcome.code == 2
    assert outcome.out == ""
    assert "--colour" in outcome.err
    assert "syncd init --help" in outcome.err


def test_an_option_is_unknown_to_a_script(shell: Shell) -> None:
    """With --json wrong usage is a document too."""
    error = shell.refused("init", "--colour", code=2)
    assert error["code"] == "usage"
    assert "--colour" in error["message"]


def test_a_required_option_is_missing(shell: Shell) -> None:
    """What is missing is named."""
    assert "--name" in shell.refused("provider", "add", "--email", "a@example.com", code=2)["message"]


def test_no_command_is_given(shell: Shell) -> None:
    """Help is shown, and the exit code tells that nothing was done."""
    outcome = shell.run()
    assert outcome.code == 2
    assert "reconcile" in outcome.out


def test_the_version_is_asked_for(shell: Shell) -> None:
    """--version is answered without anything else."""
    assert shell.run("--version").out == f"syncd {__version__}\n"


def test_options_stand_before_the_command(shell: Shell) -> None:
    """The common options are understood before and after the command alike."""
    assert shell.run("--json", "init").document == shell.json("init")


def test_the_database_is_not_set_up(shell: Shell) -> None:
    """A person learns in one line what to run; nothing is on standard output."""
    outcome = shell.run("provider", "list")
    assert (outcome.code, outcome.out) == (1, "")
    assert "syncd init" in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_the_configuration_is_broken(shell: Shell) -> None:
    """A wrong configuration exits with 2 and lists what is wrong, for scripts key by key."""
    Path("wrong.toml").write_text("[sync]\nworkers = 0\n")
    error = shell.refused("status", "--config", "wrong.toml", code=2)
    assert error["code"] == "configuration"
    assert error["details"]["problems"][0]["key"] == "sync.workers"


def test_something_unexpected_happens(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody foresaw is one line without its text, which may hold anything; --debug shows it."""

    def explode(_: object) -> None:
        raise ZeroDivisionError("the client is called Robin Roe")

    monkeypatch.setattr(frame.Run, "settings", property(explode))
    assert shell.refused("status")["code"] == "internal"
    outcome = shell.run("status")
    assert "Traceback" not in outcome.err
    assert "Robin" not in outcome.err
    assert "Traceback" in shell.run("status", "--debug").err


def test_the_reader_goes_away() -> None:
    """A closed pipe, as after `| head`, is no error worth words."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; from syncd.entrypoints.cli.app import run; sys.exit(run(['--help']))"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait(20)


def test_it_is_run_as_a_module(tmp_path: Path) -> None:
    """`python -m syncd` is the same program."""
    done = subprocess.run(
        [sys.executable, "-m", "syncd", "init", "--json"], cwd=tmp_path, capture_output=True, check=True, text=True
    )
    assert json.loads(done.stdout)["revision"]
