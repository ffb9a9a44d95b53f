"""Work as people and programs are shown it: what is due, what fails and why, who works on what."""

from datetime import datetime, timedelta
from typing import NamedTuple

from syncd.core.work import Work, Worker
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


class Working(NamedTuple):
    """Who is there to work, and what is being worked on at this moment, by whomever."""

    workers: tuple[Worker, ...]
    taken: tuple[Work, ...]


def working(store: Store) -> Working:
    """Return who works on what; a command that has work at this moment is no worker, and has its work taken."""
    with store.reading() as tx:
        return Working(tuple(tx.works.workers()), tuple(tx.works.taken()))


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
