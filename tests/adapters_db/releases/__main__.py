"""Freezes what the code of today leaves in its database after a short story, for the upgrades of later versions."""

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from syncd.adapters.db.engine import make_engine
from syncd.adapters.db.schema import REVISION
from syncd.entrypoints.cli.app import run
from tests.adapters_db.releases import path_of, plain, tables_of
from tests.servers.scripted import Scripted

PEOPLE = ["--provider", "dana@example.com", "--client", "robin@example.org"]
MOVED = (b"20270301T100000", b"20270301T160000")
ENDS = (b"20270301T105000", b"20270301T165000")


def main() -> None:
    """Play the story in a folder of its own and write what stands in its database then."""
    with TemporaryDirectory() as folder, contextlib.chdir(folder), Scripted() as server:
        os.environ.pop("SYNCD_CONFIG", None)
        Path("syncd.toml").write_text('[policy]\nrules = [{name = "all", action = "flag"}]\n')
        os.environ["SYNCD_CONFIG"] = "syncd.toml"
        story(server)
        rows = dict(rows_of("sqlite:///./var/syncd.db"))
    text = json.dumps(rows, indent=1, sort_keys=True, ensure_ascii=False)
    path_of(REVISION).write_text(f"{text}\n", encoding="utf-8")


def story(server: Scripted) -> None:
    """Leave rows in all tables that people and cycles fill."""
    say("init")
    say("provider", "add", "--name", "Dana Doe", "--email", "dana@example.com", "--timezone", "America/New_York")
    say("client", "add", "--name", "Robin Roe", "--email", "robin@example.org")
    url = server.make_collection()
    sys.stdin = io.StringIO(server.password)
    login = ["--username", server.username, "--password-stdin"]
    say("calendar", "add", "--provider", "dana@example.com", "--url", url, *login)
    booked = say("appointment", "book", *PEOPLE, "--start", "2027-03-01T10:00", "--minutes", "50")
    weekly = ["--start", "2027-03-02T10:00", "--minutes", "50", "--repeat", "FREQ=WEEKLY;COUNT=3"]
    series = say("appointment", "book", *PEOPLE, *weekly)
    cancelled = say("appointment", "book", *PEOPLE, "--start", "2027-03-03T10:00", "--minutes", "50")
    say("reconcile")
    say("appointment", "cancel", cancelled["id"], "--reason", "client_request", "--by", "client")
    say("appointment", "reschedule", series["id"], "--start", "2027-03-02T11:00", "--by", "admin")
    href = f"{url.removeprefix(server.url.rstrip('/'))}{booked['uid']}.ics"
    server.hand.put(href, server.hand.get(href).replace(*MOVED).replace(*ENDS))
    say("reconcile")
    say("user", "add", "--name", "Ana Admin", "--email", "ana@example.com", "--role", "admin")
    say("token", "create", "--user", "ana@example.com", "--scope", "metrics")


def say(*arguments: str) -> Any:
    """Run a command that must succeed, and return its document."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = run([*arguments, "--json"])
    if code != 0:
        sys.exit(f"{arguments}: {said.getvalue()}")
    return json.loads(said.getvalue())


def rows_of(url: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield every table that holds anything, with its rows."""
    engine = make_engine(url)
    with engine.connect() as connection:
        for table in tables_of(connection):
            if rows := [plain(dict(row)) for row in connection.execute(select(table)).mappings()]:
                yield table.name, rows
    engine.dispose()


if __name__ == "__main__":
    main()
