"""The files by which syncd is built, deployed and checked say what is true."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from syncd.settings.sources import KEY_CREDENTIAL
from tests.entrypoints.command import Shell, shell

__all__ = ["shell"]

ROOT = Path(__file__).parents[1]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def canonical(name: str) -> str:
    """Return a distribution's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements() -> set[str]:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    names = {canonical(re.split(r"[\[<>=!~;]", requirement)[0].strip()) for requirement in wanted}
    return names - {"syncd"}


def unit() -> list[tuple[str, str]]:
    lines = [line for line in text_of("systemd/syncd.service").splitlines() if "=" in line and not line.startswith("#")]
    return [(name, value) for name, _, value in (line.partition("=") for line in lines)]


def instructions() -> list[tuple[str, str]]:
    joined = text_of("Dockerfile").replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def test_constraints_pin_every_requirement() -> None:
    """What is installed is what was tested: every requirement has its one version, by name and version only."""
    lines = [line for line in text_of("constraints.txt").splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line) for line in lines)
    pinned = {canonical(line.split("==")[0]) for line in lines}
    assert requirements() <= pinned


@pytest.mark.parametrize("target", ["demo", "test", "lint", "coverage", "bench"])
def test_make_knows_the_target(target: str) -> None:
    """Every target that is promised can be made."""
    make = shutil.which("make") or "make"
    done = subprocess.run([make, "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_ci_stops_at_the_first_failure() -> None:
    """A failing step fails the run, and so does a skipped test."""
    script = text_of(".ci/run")
    assert script.splitlines()[0].endswith("bash")
    assert "set -euo pipefail" in script
    assert all(step in script for step in ("make lint", "make test", "no_skips.py"))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param('<testcase classname="a" name="b"/>', 0, id="all run"),
        pytest.param('<testcase classname="a" name="b"><skipped/></testcase>', 1, id="one skipped"),
        pytest.param("", 1, id="none run"),
    ],
)
def test_skipped_tests_are_counted(tmp_path: Path, body: str, code: int) -> None:
    """A run with a skipped test, or with none at all, has proven nothing."""
    report = tmp_path / "results.xml"
    report.write_text(f"<testsuites><testsuite>{body}</testsuite></testsuites>")
    done = subprocess.run([sys.executable, ".ci/no_skips.py", str(report)], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == code


def test_unit_starts_commands_that_there_are(shell: Shell) -> None:
    """The unit's command lines are understood by the program that it starts."""
    commands = [shlex.split(value) for name, value in unit() if name in {"ExecStart", "ExecStartPre"}]
    assert commands
    for _, command, *options in commands:
        assert shell.run(command, "--help").code == 0
        assert options == ["--config", "/etc/syncd/syncd.toml"]


def test_unit_is_watched_and_shut_in() -> None:
    """The daemon says when it is ready and that it lives; it gets its key alone, and no privilege."""
    facts = dict(unit())
    assert facts["Type"] == "notify"
    assert int(facts["WatchdogSec"]) > 0
    assert facts["LoadCredential"].startswith(f"{KEY_CREDENTIAL}:")
    assert facts["RestartPreventExitStatus"] == "2"
    assert int(facts["TimeoutStopSec"]) > 10
    expected = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "DynamicUser": "yes", "CapabilityBoundingSet": ""}
    assert expected.items() <= facts.items()


def test_unit_is_one_that_systemd_reads(tmp_path: Path) -> None:
    """The unit has its three sections, and where systemd is installed it knows every directive."""
    body = text_of("systemd/syncd.service")
    assert re.findall(r"^\[(\w+)\]$", body, re.MULTILINE) == ["Unit", "Service", "Install"]
    if analyze := shutil.which("systemd-analyze"):
        copy = tmp_path / "syncd.service"
        copy.write_text(body.replace("/opt/syncd/bin/syncd", "/bin/true"))
        done = subprocess.run([analyze, "verify", str(copy)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_image_copies_what_there_is() -> None:
    """Each file that the build copies is in the tree, and is not kept out of the build's context."""
    sources = [
        part for word, rest in instructions() if word == "COPY" and "--from" not in rest for part in rest.split()[:-1]
    ]
    kept = {line.removeprefix("!") for line in text_of(".dockerignore").splitlines() if line.startswith("!")}
    assert sources
    assert all((ROOT / source).exists() for source in sources)
    assert {source.removeprefix("./") for source in sources} <= kept


def test_image_runs_without_privilege(shell: Shell) -> None:
    """The last stage is no build stage, runs as a plain user, and its health check is a command that there is."""
    stages = [number for number, (word, _) in enumerate(instructions()) if word == "FROM"]
    last = dict(instructions()[stages[-1] :])
    assert len(stages) > 1
    assert int(last["USER"]) > 0
    (_, check) = last["HEALTHCHECK"].split("CMD ")
    _, command, option = [part.strip(' "') for part in check.strip("[]").split(",")]
    assert option in shell.run(command, "--help").out
    assert last["ENTRYPOINT"] == '["syncd"]'
