"""Work: what is due, what fails and why, who works on what."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from syncd.core.work import Load, Work, Worker, WorkKind
from syncd.presentation.documents.moments import iso
from syncd.services.work.showing import LATE_AFTER, Working


def failing_document(work: Work) -> dict[str, Any]:
    """Return a failing unit."""
    return {
        "kind": str(work.kind),
        "label": work.kind.label,
        "subject": work.subject,
        "attempts": work.attempts,
        "code": work.last_error_code,
        "last_error": work.last_error,
        "last_tried_at": iso(work.last_tried_at),
        "last_success_at": iso(work.last_success_at),
        "next_try_at": iso(work.due_at) if work.owner is None else None,
    }


def work_document(loads: Mapping[WorkKind, Load]) -> dict[str, Any]:
    """Return by kind how much is due, how much of that is late, and by how many seconds."""
    return {
        str(kind): {"due": load.due, "late": load.late, "late_seconds": load.late_seconds}
        for kind, load in loads.items()
    }


def workers_document(working: Working, now: datetime) -> dict[str, Any]:
    """Return who works on what; commands that have work at this moment are workers, too."""
    names = dict.fromkeys([*(worker.id for worker in working.workers), *(str(work.owner) for work in working.taken)])
    by_id = {worker.id: worker for worker in working.workers}
    return {"workers": [_worker(name, by_id.get(name), working.taken, now) for name in names]}


def _worker(name: str, worker: Worker | None, taken: Iterable[Work], now: datetime) -> dict[str, Any]:
    host, _, rest = name.partition("/")
    number = rest.split("/")[1] if rest.count("/") == 3 else ""
    return {
        "id": name,
        "host": worker.host if worker else host,
        "pid": worker.pid if worker else int(number or 0),
        "engine": worker.engine if worker else "command",
        "started_at": iso(worker.started_at) if worker else None,
        "seen_at": iso(worker.seen_at) if worker else None,
        "is_alive": worker is None or now - worker.seen_at < LATE_AFTER / 10,
        "work": [
            {"kind": str(work.kind), "subject": work.subject, "since": iso(work.leased_at)}
            for work in taken
            if work.owner == name
        ],
    }
