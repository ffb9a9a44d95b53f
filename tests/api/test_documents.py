"""docs/api.md holds what it says: its walk is walked with curl against a server, its check of signatures is run."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd.adapters.alerting.http import signature
from syncd.core.access.principal import Role
from syncd.entrypoints.web.app import create_app
from syncd.entrypoints.web.server import WebServer
from syncd.services.access.users import NewUser, add_user
from tests.api.desk import installed
from tests.web.office import BY

_TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """Return the first block of code in a language."""
    found = re.search(rf"```{language}\n(.*?)```", _TEXT, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line of it works as it stands, on a new installation."""
    system = installed(tmp_path, monkeypatch, f"sqlite:///{tmp_path}/syncd.db")
    add_user(system.store, NewUser(name="Ana Admin", email="ana@example.com", role=Role.ADMIN), BY, datetime.now(UTC))
    server = WebServer(create_app(system), "127.0.0.1:0")
    server.start()
    days = [(datetime.now(UTC) + timedelta(days=ahead)).date().isoformat() for ahead in (30, 31)]
    walk = block("sh").replace("127.0.0.1:8470", "{}:{}".format(*server.address))
    walk = walk.replace("2026-12-01", days[0]).replace("2026-12-02", days[1])
    path = f"{Path(__file__).parents[2]}:{os.environ.get('PYTHONPATH', '')}"
    command = f'syncd() {{ {sys.executable} -m syncd "$@"; }}\nset -eu\n{walk}'
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,  # its last words are told below
    )
    assert server.stop(10)
    system.close()
    assert done.returncode == 0, done.stderr
    shown = {name: json.loads((tmp_path / f"{name}.json").read_text()) for name in ("booked", "moved", "claim", "list")}
    assert shown["moved"]["start"].startswith(f"{days[1]}T11:00:00")
    assert shown["claim"]["date_of_service"] == days[1]
    assert [one["id"] for one in shown["list"]["appointments"]] == [shown["booked"]["id"]]


def test_the_check_of_signatures() -> None:
    """What the page tells receivers to do takes what we sign, and nothing else."""
    names: dict[str, object] = {}
    exec(block("python"), names)  # noqa: S102 - the page's own code
    is_genuine = names["is_genuine"]
    now = datetime.now(UTC)
    signed = signature("a secret of length", b"{}", now)
    assert callable(is_genuine)
    assert is_genuine("a secret of length", signed, b"{}")
    assert not is_genuine("another secret", signed, b"{}")
    assert not is_genuine("a secret of length", signed, b"{ }")
    assert not is_genuine("a secret of length", signature("a secret of length", b"{}", now - timedelta(hours=1)), b"{}")
