"""The files by which syncd is built and checked say what is true; those of its deployment: tests/deploy."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEEDS = re.compile(r'needs\("([^"]+)", "([^"]+)"\)')


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


def test_ci_installs_what_tests_need() -> None:
    """A program that a test asks for is there on the build machine, so that no test is passed over."""
    asked = {pair for path in (ROOT / "tests").rglob("test_*.py") for pair in NEEDS.findall(path.read_text("utf-8"))}
    installed = set(re.findall(r"^need (\S+) (\S+)$", text_of(".ci/run"), re.MULTILINE))
    assert asked
    assert asked <= installed


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
