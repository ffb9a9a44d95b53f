"""A command loads what it needs and no more: a person, or a script in a loop, waits for every library."""

import subprocess
import sys
from pathlib import Path

import pytest

EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//EN
BEGIN:VEVENT
UID:one@example.com
DTSTAMP:20261101T000000Z
DTSTART;TZID=America/New_York:20261201T100000
DTEND;TZID=America/New_York:20261201T105000
SUMMARY:Session
END:VEVENT
END:VCALENDAR
"""

LIBRARIES = {
    "alembic", "apscheduler", "caldav", "cryptography", "icalendar", "jinja2", "lxml", "mako", "niquests", "pydantic",
    "pydantic_settings", "recurring_ical_events", "requests", "rich", "sqlalchemy", "structlog", "tenacity",
    "urllib3",
}  # fmt: skip
"""Every library of ours that costs time to load."""

STORE = {"sqlalchemy", "pydantic"}
"""What a look into the store takes: the settings are checked by pydantic."""

OPTIONS = {"pydantic"}
"""What typer itself loads as soon as a command has options."""


def loaded_by(folder: Path, *arguments: str) -> set[str]:
    """Run a command in a process of its own and return the modules that are loaded when it ends."""
    code = f"import sys; from syncd.entrypoints.cli.app import run; run({list(arguments)}); print('\\n', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, cwd=folder)
    return set(done.stdout.splitlines()[-1].split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database and two bodies in it."""
    made = tmp_path_factory.mktemp("startup")
    (made / "before.ics").write_text(EVENT)
    (made / "after.ics").write_text(EVENT.replace("T10", "T11"))
    loaded_by(made, "init")
    return made


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        ("--help", set()),
        ("--version", set()),
        ("drift --help", OPTIONS),
        ("drift explain --help", OPTIONS),
        ("calendar resume --help", OPTIONS),
        ("drift explain before.ics after.ics --json", OPTIONS),
        ("drift explain before.ics after.ics", OPTIONS),
        ("config check", {"pydantic"}),
        ("config show", {"pydantic"}),
        ("status", STORE),
        ("status --json", STORE),
        ("alerts list", STORE),
        ("alerts test --help", OPTIONS),
        ("drift list", STORE),
        ("drift list --json", STORE),
        ("appointment list", STORE),
        ("message list", STORE),
        ("provider list", STORE),
        ("client list", STORE),
    ],
)
def test_a_command_loads_only_what_it_needs(folder: Path, command: str, needed: set[str]) -> None:
    """What is not there to be used is not loaded."""
    modules = loaded_by(folder, *command.split())
    assert "typer" in modules
    assert modules & LIBRARIES <= needed
    assert "sqlalchemy.dialects.postgresql" not in modules


@pytest.mark.parametrize("command", ["status", "drift list"])
def test_a_look_into_the_store_leaves_the_engine_alone(folder: Path, command: str) -> None:
    """Neither the planner nor the detector is loaded to count or to list."""
    modules = loaded_by(folder, *command.split())
    engine = ("syncd.core.sync.plan", "syncd.core.events.comparison", "syncd.ics", "syncd.services.sync.reconcile")
    assert not [name for name in modules if name.startswith(engine)]
