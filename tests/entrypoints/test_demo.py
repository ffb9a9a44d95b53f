"""The demo, as `make demo` starts it."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.server


def syncd(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "syncd", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def children_of(process: "subprocess.Popen[str]") -> list[int]:
    """Return the processes that ``process`` started (proc(5))."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_story_is_played_once(tmp_path: Path) -> None:
    """Sixty sessions are published; every edit that matters is found, named and dealt with; then all agree."""
    out, err = syncd(tmp_path, "demo", "--once", "--json").communicate(timeout=120)
    told = json.loads(out)
    assert (told["published"], told["reverted"], told["flagged"], told["ignored"]) == (30, 5, 1, 1), err
    kinds = sorted(kind for drift in told["drifts"] for kind in drift["kinds"])
    assert kinds == ["attendees", "deleted", "instance_moved", "moved", "moved", "moved", "title"]
    assert sum(drift["claim_date_changes"] for drift in told["drifts"]) == 3
    second = told["second_round"]
    assert [second[name] for name in ("published", "updated", "withdrawn", "reverted", "flagged")] == [0] * 5
    assert "60 appointments" in err


def test_a_person_watches(tmp_path: Path) -> None:
    """The table says what the claims would have been."""
    out, _ = syncd(tmp_path, "demo", "--once").communicate(timeout=120)
    assert "would have been" in out
    assert "drags Wednesday 23:30 past midnight" in out
    assert "\x1b" not in out


def test_it_stays_up_until_it_is_stopped(tmp_path: Path) -> None:
    """Without --once it goes on after the story; when it ends, its calendar server ends too."""
    process = syncd(tmp_path, "demo")
    assert process.stderr is not None
    assert any('"started"' in line for line in process.stderr)
    servers = children_of(process)
    assert len(servers) == 1
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert not any(lives(pid) for pid in servers)


def test_the_folder_is_somebody_elses(tmp_path: Path) -> None:
    """A folder that the demo did not make is not cleared away."""
    precious = tmp_path / "var" / "demo" / "precious"
    precious.mkdir(parents=True)
    out, _ = syncd(tmp_path, "demo", "--once", "--json").communicate(timeout=60)
    assert json.loads(out)["error"]["code"] == "demo_failed"
    assert precious.exists()


def test_the_port_is_taken(tmp_path: Path) -> None:
    """A port that another program holds is told as such."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        out, _ = syncd(tmp_path, "demo", "--once", "--json", "--port", str(taken.getsockname()[1])).communicate(
            timeout=60
        )
    assert "--port" in json.loads(out)["error"]["message"]
