"""What a list costs does not depend on how long it is: as many statements for a page, and no walk over a big table."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event

from syncd.adapters.db.engine import make_engine
from tests.entrypoints.command import Shell
from tests.growth.years import Years, fill_in

Asked = list[tuple[str, Any]]

LISTS = {
    "appointments": ("appointment", "list"),
    "a provider's appointments": ("appointment", "list", "--provider", "p1@example.com"),
    "a client's appointments": ("appointment", "list", "--client", "c1@example.org"),
    "appointments from a day on": ("appointment", "list", "--from", "2020-01-01"),
    "appointments with a name": ("appointment", "list", "--search", "Client 1"),
    "appointments at a place": ("appointment", "list", "--search", "room 3"),
    "drifts": ("drift", "list"),
    "open drifts": ("drift", "list", "--status", "open"),
    "a provider's drifts": ("drift", "list", "--provider", "p1@example.com"),
    "drifts of a kind": ("drift", "list", "--kind", "moved"),
    "claims": ("claim", "list"),
    "pending claims": ("claim", "list", "--status", "pending"),
    "held claims": ("claim", "list", "--status", "held"),
    "clear claims": ("claim", "list", "--status", "clear"),
    "filed claims": ("claim", "list", "--status", "filed"),
    "messages": ("message", "list"),
    "failed messages": ("message", "list", "--status", "failed"),
    "the trail": ("audit", "list"),
    "the trail of a subject": ("audit", "list", "--subject", "apt-1"),
    "the trail of an actor": ("audit", "list", "--actor", "policy"),
    "the trail of actions": ("audit", "list", "--action", "claim"),
    "providers": ("provider", "list"),
    "clients": ("client", "list"),
    "calendars": ("calendar", "list"),
    "alerts": ("alerts", "list"),
    "status": ("status",),
}

BIG = {
    "appointments",
    "claims",
    "drifts",
    "drift_appointments",
    "drift_findings",
    "messages",
    "publications",
    "audit",
    "work",
    "attestations",
}

WALKS = {
    "appointments USING INDEX ix_appointments_starts_at",
    "claims USING INDEX ix_claims_date_of_service_id",
    "drifts USING INDEX ix_drifts_detected_at",
    "messages",  # by its number, which is where its rows lie
    "audit",
    # Counts: entries of an index alone, of which there are few or that are small.
    "publications USING INDEX ix_publications_watched",
    "publications USING INDEX ix_publications_pending",
    "publications USING COVERING INDEX ix_publications_pending",
    "claims USING COVERING INDEX ix_claims_status_date_of_service_id",
    "messages USING COVERING INDEX ix_messages_status_number",
    "work USING INDEX ix_work_watched",
    "work USING COVERING INDEX ix_work_watched",
}
"""How a big table may be walked: in the order of the list, up to the page's end, or where only numbers are counted."""


def fill(shell: Shell, number: int) -> str:
    url = f"sqlite:///{shell.folder / 'var' / 'syncd.db'}"
    now = datetime.now(UTC)
    counts = dict.fromkeys(("appointments", "claims", "drifts", "messages", "audit", "publications"), number)
    fill_in(url, Years(now=now, providers=number // 2, clients=number, **counts))
    return url


@contextmanager
def statements() -> Iterator[Asked]:
    """Collect what the block makes any engine send."""
    asked: Asked = []

    def note(*call: Any) -> None:
        asked.append((call[2], call[3]))

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


def asked_by(shell: Shell, *command: str) -> Asked:
    with statements() as asked:
        outcome = shell.run(*command)
    assert outcome.code == 0, outcome
    return [one for one in asked if one[0].lstrip("(").startswith(("SELECT", "WITH"))]


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["words", "json"])
def test_statements_do_not_grow_with_the_rows(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, shell: Shell, form: tuple[str, ...]
) -> None:
    """A list of twelve and one of four times as many take the same statements, with names and all."""
    numbers: list[dict[str, int]] = []
    for size in (12, 48):
        folder = tmp_path_factory.mktemp(f"practice-{size}")
        monkeypatch.chdir(folder)
        one = Shell(folder, shell.capsys)
        one.json("init")
        fill(one, size)
        numbers.append({name: len(asked_by(one, *command, *form)) for name, command in LISTS.items()})
    few, many = numbers
    assert many == few


def test_no_list_walks_a_big_table(shell: Shell) -> None:
    """SQLite's plan of every statement of every list enters an index, or walks one in the order of the page."""
    shell.json("init")
    engine = make_engine(fill(shell, 24))
    walks: dict[str, set[str]] = {}
    with engine.connect() as connection:
        for name, command in LISTS.items():
            for statement, parameters in asked_by(shell, *command, "--json"):
                for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
                    walk = str(step[3]).removeprefix("SCAN ")
                    if walk != step[3] and walk.split(" ")[0] in BIG and walk not in WALKS:
                        walks.setdefault(walk, set()).add(name)
    engine.dispose()
    assert walks == {}


def test_a_search_for_what_many_have(shell: Shell) -> None:
    """Goes through the appointments in time, as a list without a search does; one for what nobody has finds nothing."""
    shell.json("init")
    fill(shell, 300)
    whole = [one["id"] for one in shell.json("appointment", "list")["appointments"]]
    assert [one["id"] for one in shell.json("appointment", "list", "--search", "CLIENT")["appointments"]] == whole
    assert shell.json("appointment", "list", "--search", "nobody at all")["appointments"] == []
    first = shell.json("appointment", "list", "--search", "client", "--limit", "7")
    rest = shell.json("appointment", "list", "--search", "client", "--after", first["next"])
    assert [one["id"] for one in first["appointments"] + rest["appointments"]] == whole


def test_a_search_for_what_few_have(shell: Shell) -> None:
    """Finds names of clients and providers and places, in time and in parts."""
    shell.json("init")
    fill(shell, 120)
    document = shell.json("appointment", "list", "--search", "room 3")
    found = [one["id"] for one in document["appointments"]]
    assert {one["location"] for one in document["appointments"]} == {"Room 3"}
    assert found == [
        one["id"] for one in shell.json("appointment", "list")["appointments"] if one["location"] == "Room 3"
    ]
    first = shell.json("appointment", "list", "--search", "room 3", "--limit", "3")
    rest = shell.json("appointment", "list", "--search", "room 3", "--after", first["next"])
    assert [one["id"] for one in first["appointments"] + rest["appointments"]] == found


def test_the_trail_in_parts(shell: Shell) -> None:
    """The latest first, whatever it is narrowed to, and whole."""
    shell.json("init")
    fill(shell, 150)
    whole = [one["number"] for one in shell.json("audit", "list", "--action", "claim")["records"]]
    assert whole == sorted(whole, reverse=True)
    first = shell.json("audit", "list", "--action", "claim", "--limit", "5")
    rest = shell.json("audit", "list", "--action", "claim", "--after", first["next"])
    assert [one["number"] for one in first["records"] + rest["records"]] == whole
    assert shell.json("audit", "list", "--action", "clai")["records"] == []
    assert shell.refused("audit", "list", "--after", "x")["code"] == "not_found"


def test_claims_in_parts(shell: Shell) -> None:
    """Those of a status are the same whether they are read whole or in parts, and none is missed."""
    shell.json("init")
    fill(shell, 400)
    every = shell.json("claim", "list")["claims"]
    for status in ("pending", "held", "clear", "filed", "void"):
        of_status = [one["id"] for one in every if one["status"] == status]
        assert [one["id"] for one in shell.json("claim", "list", "--status", status)["claims"]] == of_status
        first = shell.json("claim", "list", "--status", status, "--limit", "1")
        assert [one["id"] for one in first["claims"]] == of_status[:1]


def test_a_large_record_is_whole(shell: Shell) -> None:
    """What the record of many years is made of passes for what syncd itself would have written."""
    shell.json("init")
    fill(shell, 60)
    assert shell.json("audit", "verify")["ok"]
