"""The manual page, read as man reads it, and completion, tried in the shells themselves."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.entrypoints.command import Shell
from tests.entrypoints.test_frame import COMMANDS, ROOT
from tests.tools import needs

WITHIN = 60.0


@pytest.fixture
def page(shell: Shell) -> Path:
    """The manual page in a file."""
    path = Path("syncd.1")
    path.write_text(shell.run("manual").out, encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A search path on which `syncd` is this program."""
    program = tmp_path / "bin" / "syncd"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m syncd "$@"\n')
    program.chmod(0o755)
    return f"{program.parent}:{os.environ['PATH']}"


def said_by(*command: str, **environment: str) -> str:
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


class TestManual:
    def test_every_command_and_option(self, page: Path) -> None:
        """Stands there, as the help has it."""
        text = page.read_text(encoding="utf-8").replace("\\-", "-")
        assert len(COMMANDS) > 50
        for path in COMMANDS:
            assert f'.SS "syncd {" ".join(path)}' in text
            command = ROOT.load(path[0])
            command = command.commands[path[1]] if path[1:] else command
            options = {name for one in command.params for name in one.opts if name.startswith("-")}
            assert {name for name in options if name not in text} == set()

    @needs("man", "man-db")
    def test_man_reads_it(self, page: Path) -> None:
        """It has no macro that man does not know and no line that runs over, and shows words, not macros."""
        shown = said_by("man", "--warnings", "--local-file", str(page), MANWIDTH="80", LC_ALL="C.UTF-8", MANPAGER="cat")
        for words in ("SYNOPSIS", "syncd calendar resume", "--exit-code", "SYNCD_SECTION__KEY_FILE", "EXIT STATUS"):
            assert words in shown
        assert "\\f" not in shown

    @needs("lexgrog", "man-db")
    def test_apropos_finds_it(self, page: Path) -> None:
        """Its name and line can be read by mandb."""
        assert "\"syncd - keeps a practice's appointments true" in said_by("lexgrog", str(page))


class TestCompletion:
    def test_another_shell(self, shell: Shell) -> None:
        """Is refused with the names of those that there are."""
        outcome = shell.run("completion", "tcsh")
        assert outcome.code == 2
        assert all(name in outcome.err for name in ("bash", "zsh", "fish"))

    def test_bash(self, path: str) -> None:
        """Completes commands, commands of a noun, and options."""
        script = (
            "source <(syncd completion bash); complete -p syncd; "
            'for typed in "syncd cal" "syncd calendar res" "syncd calendar resume --rep"; do '
            'read -ra COMP_WORDS <<< "$typed"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); '
            '_syncd_completion syncd; printf "%s\\n" "${COMPREPLY[@]}"; done'
        )
        registered, *completed = said_by("bash", "--norc", "-c", script, PATH=path).splitlines()
        assert registered == "complete -o default -F _syncd_completion syncd"
        assert completed == ["calendar", "resume", "--republish"]

    @needs("fish", "fish")
    def test_fish(self, path: str) -> None:
        """The same, each with its line of help."""
        script = (
            "syncd completion fish | source; for typed in 'syncd cal' 'syncd calendar res' "
            "'syncd calendar resume --rep'; complete --do-complete $typed; end"
        )
        lines = said_by("fish", "--no-config", "-c", script, PATH=path).splitlines()
        assert [line.split("\t")[0] for line in lines] == ["calendar", "resume", "--republish"]
        assert "Providers' calendars" in lines[0]

    @needs("zsh", "zsh")
    def test_zsh(self, path: str, tmp_path: Path) -> None:
        """The first Tab of an interactive shell completes, from a file where zsh looks for functions."""
        functions = tmp_path / "functions"
        functions.mkdir()
        (functions / "_syncd").write_text(said_by("syncd", "completion", "zsh", PATH=path))
        with Terminal(["zsh", "-f", "-i"], {"PATH": path, "TERM": "dumb", "HOME": str(tmp_path)}) as terminal:
            terminal.type(f"PS1='ready> '; fpath=({functions} $fpath); autoload -U compinit; compinit -u -D\n")
            terminal.type("echo compinit is $((40 + 2))\n")
            assert terminal.shows("compinit is 42")
            terminal.type("syncd calendar resu\t")
            assert terminal.shows("resume")
            terminal.type("--help\n")
            assert terminal.shows("Usage: syncd calendar resume")


class Terminal:
    """A program at a terminal of its own."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._shown = b""

    def __enter__(self) -> "Terminal":
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            self._command, stdin=theirs, stdout=theirs, stderr=theirs, env=self._environment, start_new_session=True
        )
        os.close(theirs)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(10)
        os.close(self._ours)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def shows(self, words: str) -> bool:
        """Wait until it shows the words, after what was looked for before, and tell whether it does."""
        deadline = time.monotonic() + WITHIN
        while words.encode() not in self._shown and (left := deadline - time.monotonic()) > 0:
            if select.select([self._ours], [], [], left)[0]:
                self._shown += os.read(self._ours, 4096)
        found, _, self._shown = self._shown.partition(words.encode())
        return bool(self._shown or found) and time.monotonic() < deadline
