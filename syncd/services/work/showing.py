"""Work as people and programs are shown it: what is due, what fails and why, who works on what."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from syncd.core.work import Load, Work, Worker, WorkKind
from syncd.ports.store.transaction import Store

LATE_AFTER = timedelta(minutes=15)
"""Work that has waited so long past its time tells that nobody works: the daemon is down or stuck."""


def told(work: Work) -> str:
    """Return in words how a failing unit stands."""
    times = "once" if work.attempts == 1 else f"{work.attempts} times in a row"
    if work.owner is not None:
        then = "It is being tried now."
    elif work.due_at is None:
        then = "It is not tried again by itself."
    else:
        then = f"Next try at {_text(work.due_at)}."
    return f"The {work.kind.label} {work.subject} failed {times}: {work.last_error} {then}"


def failing_document(work: Work) -> dict[str, Any]:
    """Return a failing unit as plain data."""
    return {
        "kind": str(work.kind),
        "label": work.kind.label,
        "subject": work.subject,
        "attempts": work.attempts,
        "code": work.last_error_code,
        "last_error": work.last_error,
        "last_tried_at": _text(work.last_tried_at),
        "last_success_at": _text(work.last_success_at),
        "next_try_at": _text(work.due_at) if work.owner is None else None,
    }


def work_document(loads: Mapping[WorkKind, Load]) -> dict[str, Any]:
    """Return by kind how much is due, how much of that is late, and by how many seconds."""
    return {
        str(kind): {"due": load.due, "late": load.late, "late_seconds": load.late_seconds}
        for kind, load in loads.items()
    }


def workers_document(store: Store, now: datetime) -> dict[str, Any]:
    """Return who works on what; commands that have work at this moment are workers, too."""
    with store.reading() as tx:
        known, taken = tx.works.workers(), tx.works.taken()
    names = dict.fromkeys([*(worker.id for worker in known), *(str(work.owner) for work in taken)])
    by_id = {worker.id: worker for worker in known}
    return {"workers": [_worker_document(name, by_id.get(name), taken, now) for name in names]}


def _worker_document(name: str, worker: Worker | None, taken: Iterable[Work], now: datetime) -> dict[str, Any]:
    host, _, rest = name.partition("/")
    number = rest.split("/")[1] if rest.count("/") == 3 else ""
    return {
        "id": name,
        "host": worker.host if worker else host,
        "pid": worker.pid if worker else int(number or 0),
        "engine": worker.engine if worker else "command",
        "started_at": _text(worker.started_at) if worker else None,
        "seen_at": _text(worker.seen_at) if worker else None,
        "is_alive": worker is None or now - worker.seen_at < LATE_AFTER / 10,
        "work": [
            {"kind": str(work.kind), "subject": work.subject, "since": _text(work.leased_at)}
            for work in taken
            if work.owner == name
        ],
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
