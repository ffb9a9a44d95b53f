"""The units: what they start exists, systemd knows every directive, and they are shut in alike."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from syncd.settings.sources import KEY_CREDENTIAL
from tests.deploy.dockerfile import ROOT
from tests.entrypoints.command import Shell, shell
from tests.tools import needs

__all__ = ["shell"]

UNITS = sorted(path.name for path in (ROOT / "systemd").iterdir())
SERVICES = [name for name in UNITS if name.endswith(".service")]
LASTING = [name for name in SERVICES if "backup" not in name]

MOST_EXPOSED = 20
"""What `systemd-analyze security` may rate, in tenths."""


def text_of(unit: str) -> str:
    return (ROOT / "systemd" / unit).read_text(encoding="utf-8")


def facts(unit: str) -> list[tuple[str, str]]:
    lines = [line for line in text_of(unit).splitlines() if "=" in line and not line.startswith("#")]
    return [(name, value) for name, _, value in (line.partition("=") for line in lines)]


def shut_in(unit: str) -> str:
    """Return the part of a unit that says as whom it runs, on what, and what it may do."""
    return text_of(unit).partition("LoadCredential=")[2].partition("\n[Install]")[0].rstrip()


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units in a folder, with a program that is there in place of one that is only installed elsewhere."""
    for name in UNITS:
        (tmp_path / name).write_text(text_of(name).replace("/opt/syncd/bin/syncd", "/bin/true"), encoding="utf-8")
    return tmp_path


def test_all_that_are_promised() -> None:
    """All in one, the web part, any number of workers, and backups by night."""
    assert UNITS == [
        "syncd-backup.service", "syncd-backup.timer", "syncd-web.service", "syncd-worker@.service", "syncd.service"
    ]  # fmt: skip


@pytest.mark.parametrize("unit", SERVICES)
class TestEveryService:
    def test_starts_commands_that_there_are(self, unit: str, shell: Shell) -> None:
        """Its command lines are understood by the program that it starts."""
        commands = [shlex.split(value) for name, value in facts(unit) if name in {"ExecStart", "ExecStartPre"}]
        assert commands
        for program, command, *options in commands:
            assert program == "/opt/syncd/bin/syncd"
            assert shell.run(command, "--help").code == 0
            assert options == ["--config", "/etc/syncd/syncd.toml"]

    def test_is_shut_in_as_the_others(self, unit: str) -> None:
        """It gets the key alone and no privilege, and shares its user and folder with the others."""
        assert shut_in(unit) == shut_in("syncd.service")
        expected = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "DynamicUser": "yes", "User": "syncd"}
        found = dict(facts(unit))
        assert expected.items() <= found.items()
        assert found["CapabilityBoundingSet"] == ""
        assert found["LoadCredential"].startswith(f"{KEY_CREDENTIAL}:")

    @needs("systemd-analyze", "systemd")
    def test_exposes_little(self, unit: str, units: Path) -> None:
        """systemd itself rates it 2.0 or lower, where 10 is a service without any limit."""
        rate = ["systemd-analyze", "security", "--offline=yes", f"--threshold={MOST_EXPOSED}", "--no-pager"]
        done = subprocess.run([*rate, str(units / unit)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        (rated,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
        assert 0 < float(rated) <= MOST_EXPOSED / 10


@pytest.mark.parametrize("unit", LASTING)
def test_what_lasts_is_watched(unit: str) -> None:
    """It says when it is ready and that it lives; a wrong setting is not tried again; an upgrade may take its time."""
    found = dict(facts(unit))
    assert found["Type"] == "notify"
    assert int(found["WatchdogSec"]) > 0
    assert found["RestartPreventExitStatus"] == "2"
    assert int(found["TimeoutStopSec"]) > 10
    assert found["TimeoutStartSec"] == "15min"
    assert re.findall(r"^\[(\w+)\]$", text_of(unit), re.MULTILINE) == ["Unit", "Service", "Install"]


@needs("systemd-analyze", "systemd")
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_reads_it(unit: str, units: Path) -> None:
    """It knows every directive and finds what a unit refers to."""
    verify = ["systemd-analyze", "verify", "--man=no", str(units / unit)]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
