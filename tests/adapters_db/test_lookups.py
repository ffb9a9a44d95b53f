"""What an idle daemon asks all the time costs look-ups in indexes, however much the store holds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from syncd.adapters.db import SqlStore
from syncd.adapters.db.engine import make_engine
from syncd.core.scheduling.appointments import SourceKind, SourceRef
from syncd.core.sync.drift import DriftStatus
from syncd.core.work import Pace, WorkKind
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Transaction
from tests.builders import NOW, a_client, a_provider
from tests.messages.builders import a_message

DAY = timedelta(days=1)

Asked = list[tuple[str, Any]]

SOURCE = SourceRef(SourceKind.APPOINTMENT, "apt-1")

QUESTIONS: dict[str, Callable[[Transaction], object]] = {
    "due work": lambda tx: tx.works.due(WorkKind.CALENDAR, Pace(farthest=DAY), NOW, most=10, per_queue=10),
    "failing work": lambda tx: tx.works.failing(),
    "who has work": lambda tx: tx.works.owners(),
    "how calendars go": lambda tx: tx.works.list(WorkKind.CALENDAR, ["cal-1"]),
    "pending publications": lambda tx: tx.publications.pending("cal-1"),
    "publications at hrefs": lambda tx: tx.publications.at("cal-1", ["/1.ics", "/2.ics"]),
    "publications with uids": lambda tx: tx.publications.with_uids(["1", "2"]),
    "publications of a source": lambda tx: tx.publications.of_source(SOURCE),
    "an older message": lambda tx: tx.messages.has_older(a_message()),
    "publications of a calendar": lambda tx: tx.publications.of_calendar("cal-1"),
    "how many stand in a calendar": lambda tx: tx.publications.count("cal-1"),
    "series to extend": lambda tx: tx.series.to_extend(NOW),
    "open drifts": lambda tx: tx.drifts.list(DriftQuery(status=DriftStatus.OPEN)),
    "newest drifts": lambda tx: tx.drifts.list(DriftQuery(limit=10)),
    "a provider's week": lambda tx: tx.appointments.list(
        AppointmentQuery(provider_id="prv-1", starts_from=NOW, starts_before=NOW + timedelta(days=7))
    ),
    "overlaps": lambda tx: tx.appointments.overlapping("prv-1", NOW, NOW + timedelta(hours=1)),
    "a client's overlaps": lambda tx: tx.appointments.overlapping_of_client("cli-1", NOW, NOW + timedelta(hours=1)),
    "sessions that have ended": lambda tx: tx.appointments.took_place("apt-1", NOW),
    "a history": lambda tx: tx.appointments.history("apt-1"),
    "the audit trail of a subject": lambda tx: tx.audit.list("apt-1"),
}


@contextmanager
def statements(store: SqlStore) -> Iterator[Asked]:
    """Collect the statements that the block makes the store send, with their parameters."""
    asked: Asked = []

    def note(*call: Any) -> None:
        _connection, _cursor, statement, parameters, _context, _many = call
        asked.append((statement, parameters))

    event.listen(store._reader, "before_cursor_execute", note)
    yield asked
    event.remove(store._reader, "before_cursor_execute", note)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_of_every_cycle(sqlite_store: SqlStore, sqlite_url: str, question: str) -> None:
    """SQLite's plan scans no table: it searches, or walks an index that holds only what is asked for."""
    with sqlite_store.transaction() as tx:
        tx.providers.add(a_provider(id="prv-1"))
        tx.clients.add(a_client(id="cli-1"))
    with statements(sqlite_store) as asked, sqlite_store.reading() as tx:
        QUESTIONS[question](tx)
    engine = make_engine(sqlite_url)
    with engine.connect() as connection:
        steps = [
            str(step[3])
            for statement, parameters in asked
            if statement.startswith("SELECT")
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    engine.dispose()
    assert any("SEARCH" in step or "SCAN" in step for step in steps)
    found_before = ("SCAN (subquery", "SCAN anon_")  # what another step of the same statement has found
    walks = {step for step in steps if step.startswith("SCAN") and not step.startswith(found_before)}
    assert walks <= {
        "SCAN publications USING INDEX ix_publications_pending",
        "SCAN drifts USING INDEX ix_drifts_detected_at",
        "SCAN work USING COVERING INDEX ix_work_watched",
        "SCAN work USING INDEX ix_work_watched",
    }
