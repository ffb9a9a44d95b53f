"""Running commands as a person or a script does, in this process."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncd.entrypoints.cli.app import run


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The refusal in it."""
        error: dict[str, Any] = self.document["error"]
        return error


@dataclass(frozen=True)
class Shell:
    """A folder of one's own to run commands in."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> Outcome:
        """Run a command, for a person."""
        self.capsys.readouterr()
        code = run(arguments)
        out, err = self.capsys.readouterr()
        return Outcome(code, out, err)

    def json(self, *arguments: str) -> Any:
        """Run a command that must succeed, and return its document."""
        outcome = self.run(*arguments, "--json")
        assert outcome.code == 0, outcome
        return outcome.document

    def refused(self, *arguments: str, code: int = 1) -> dict[str, Any]:
        """Run a command that must be refused, and return its error."""
        outcome = self.run(*arguments, "--json")
        assert outcome.code == code, outcome
        return outcome.error


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell in an empty folder, where nothing is configured."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SYNCD_CONFIG", raising=False)
    return Shell(tmp_path, capsys)
