"""What systemd hears from the daemon."""

import os
import socket
from pathlib import Path

import pytest

from syncd.entrypoints.daemon.notify import notify, watchdog_interval


def heard_at(address: str) -> socket.socket:
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(address)
    ear.settimeout(5)
    return ear


def test_systemd_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each assignment stands on a line of one datagram."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with heard_at(str(tmp_path / "notify")) as ear:
        notify("READY=1", "STATUS=working")
        assert ear.recv(100) == b"READY=1\nSTATUS=working"


def test_systemd_names_an_abstract_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """A leading @ is the NUL byte of an abstract name."""
    name = f"syncd-test-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
    with heard_at(f"\0{name}") as ear:
        notify("WATCHDOG=1")
        assert ear.recv(100) == b"WATCHDOG=1"


def test_systemd_has_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket that nobody reads is no reason to fail."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "absent"))
    notify("READY=1")


@pytest.mark.parametrize(
    ("microseconds", "pid", "expected"),
    [
        pytest.param("60000000", None, 30.0, id="watched"),
        pytest.param("60000000", str(os.getpid()), 30.0, id="watched by pid"),
        pytest.param("60000000", "1", None, id="another process is watched"),
        pytest.param(None, None, None, id="not watched"),
    ],
)
def test_signs_of_life(
    monkeypatch: pytest.MonkeyPatch, microseconds: str | None, pid: str | None, expected: float | None
) -> None:
    """Signs of life come twice as often as the watchdog asks, and only if it asks this process."""
    for name, value in (("WATCHDOG_USEC", microseconds), ("WATCHDOG_PID", pid)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert watchdog_interval() == expected
