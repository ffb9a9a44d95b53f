"""The log's events: docs/events.md and the code say the same, and one id leads from a cycle to all that comes of it."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import structlog
from structlog.contextvars import merge_contextvars
from structlog.testing import LogCapture

from syncd.adapters.db import SqlStore
from syncd.adapters.memory import Operation
from syncd.core.messaging.content import MessageKind
from syncd.core.messaging.outbox import Message
from syncd.core.sync.drift import Drift
from syncd.core.work import Key, WorkKind
from syncd.ports.remote.errors import UnavailableError
from syncd.ports.store.transaction import Transaction
from syncd.services.messaging.revert_notices import notice_of_revert
from syncd.services.sync.reconcile import Reconciler
from syncd.services.work.correlation import correlated
from syncd.services.work.units import Done, Unit
from tests.services.world import MOVED_A_DAY, World, with_guest
from tests.working import a_task, work_off

ROOT = Path(__file__).parents[1]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
NOT_FIELDS = {"exc_info"}


class Told(NamedTuple):
    """One place in the code that logs."""

    place: str
    level: str
    event: str
    fields: frozenset[str]


def told_in_code() -> Iterator[Told]:
    for path in sorted((ROOT / "syncd").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _is_a_log(node.func):
                yield _told(f"{path.relative_to(ROOT)}:{node.lineno}", node)


def _is_a_log(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute) or function.attr not in LEVELS:
        return False
    return isinstance(function.value, ast.Name) and function.value.id.strip("_") in {"log", "logger"}


def _told(place: str, call: ast.Call) -> Told:
    """Return what a call logs: its event is a literal, and each field is named at the call."""
    assert isinstance(call.func, ast.Attribute)
    assert len(call.args) == 1, f"{place}: the event alone is given by position"
    (event,) = call.args
    assert isinstance(event, ast.Constant), f"{place}: an event is a literal"
    assert isinstance(event.value, str), f"{place}: an event is a text"
    assert all(keyword.arg for keyword in call.keywords), f"{place}: each field is named"
    level = "error" if call.func.attr == "exception" else call.func.attr
    return Told(place, level, event.value, frozenset(str(one.arg) for one in call.keywords) - NOT_FIELDS)


def told_in_docs() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Return the levels and fields of each event in the table."""
    text = (ROOT / "docs/events.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| ([a-z, ]+) \| ([^|]*) \| [^|]+ \|$", text, flags=re.MULTILINE)
    assert len(rows) == len({event for event, *_ in rows})
    return {event: (frozenset(levels.split(", ")), frozenset(re.findall(r"`([^`]+)`", f))) for event, levels, f in rows}


def test_the_table_and_the_code() -> None:
    """Every event that the code logs stands in the table with its levels and fields, and the other way round."""
    levels, fields = defaultdict[str, set[str]](set), dict[str, set[frozenset[str]]]()
    for one in told_in_code():
        levels[one.event].add(one.level)
        fields.setdefault(one.event, set()).add(one.fields)
    found = {event: (frozenset(levels[event]), *given) for event, given in fields.items()}
    assert found == told_in_docs()


def test_all_is_logged_in_one_way() -> None:
    """By structlog: a line of another logger would have neither fields nor a row in the table."""
    others = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "syncd").rglob("*.py")
        if re.search(r"logging\.getLogger\([^)]*\)\.(debug|info|warning|error|exception)", path.read_text())
    ]
    assert others == []


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    """All lines, with what is bound to them."""
    capture = LogCapture()
    before = structlog.get_config()
    structlog.configure(processors=[merge_contextvars, capture])
    yield capture.entries
    structlog.configure(**before)


class NoticingWorld(World):
    """A practice that tells its providers of what was put back."""

    @property
    def reconciler(self) -> Reconciler:
        def notice(tx: Transaction, drift: Drift) -> tuple[Message, ...]:
            return tuple(notice_of_revert(tx, drift, self.practice))

        return replace(super().reconciler, on_reverted=notice)


def named(logs: list[Any], event: str) -> list[Any]:
    return [entry for entry in logs if entry["event"] == event]


def test_an_edit_that_was_put_back(sqlite_store: SqlStore, logs: list[Any]) -> None:
    """Is told with its drift, its kinds and the claim's date; write and mail have the cycle's id, and no other has."""
    world = NoticingWorld(sqlite_store)
    one = world.book()
    world.cycle()
    world.edit(one, MOVED_A_DAY)
    world.cycle()
    (drift,) = world.drifts()
    (told,) = named(logs, "drift put back")
    assert (told["drift"], told["kinds"], told["appointment"]) == (drift.id, ["moved"], one.id)
    assert (told["claim_date"], told["claim_date_changes"]) == ("2026-12-01", True)
    (mail,) = named(logs, "mail queued")
    assert (mail["kind"], mail["drift"]) == (MessageKind.REVERTED, drift.id)
    first, second = named(logs, "event written")
    assert [each["act"] for each in (first, second)] == ["create", "revert"]
    assert {each["calendar"] for each in (first, second, told, mail)} == {world.calendar.id}
    assert second["correlation"] == told["correlation"] == mail["correlation"] != first["correlation"]
    assert not any(word in str(logs) for word in ("Ada", "A. E.", "SUMMARY", world.client.email))


def test_a_revert_whose_answer_was_lost(sqlite_store: SqlStore, logs: list[Any]) -> None:
    """Is told once, when it is found to have taken place."""
    world = World(sqlite_store)
    one = world.book()
    world.cycle()
    world.edit(one, MOVED_A_DAY)
    world.collection.fail(Operation.REPLACE, UnavailableError("Silence."), carried_out=True)
    world.cycle()
    assert named(logs, "drift put back") == []
    world.cycle(verify=True)
    assert len(named(logs, "drift put back")) == 1


def test_an_edit_that_is_left(sqlite_store: SqlStore, logs: list[Any]) -> None:
    """Is told with the rule that left it, once."""
    world = World(sqlite_store)
    one = world.book()
    world.cycle()
    world.edit(one, with_guest)
    world.cycle()
    world.cycle(verify=True)
    (told,) = named(logs, "drift recorded")
    assert (told["kinds"], told["status"], told["rule"]) == (["attendees"], "open", "people")


def test_units_of_work(sqlite_store: SqlStore, logs: list[Any]) -> None:
    """Each has an id of its own; what one does for another's sake has that one's."""
    log = structlog.get_logger("test")

    def work(unit: Unit) -> Done:
        log.info("outer", subject=unit.subject)
        with correlated(calendar="cal-1"):
            log.info("inner", subject=unit.subject)
        return Done()

    world = World(sqlite_store)
    with sqlite_store.transaction() as tx:
        for subject in ("clm-1", "clm-2"):
            tx.works.add(Key(WorkKind.CLAIM, subject), world.now)
    work_off(sqlite_store, a_task(WorkKind.CLAIM, work), world.now)
    ids = {entry["subject"]: entry["correlation"] for entry in named(logs, "outer")}
    assert len(set(ids.values())) == 2
    assert {entry["subject"]: entry["correlation"] for entry in named(logs, "inner")} == ids
    log.info("later")
    assert "correlation" not in named(logs, "later")[0]
