"""Try everything that syncd depends on and say of each whether it works, and how to mend it."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import NamedTuple

import structlog

from syncd.core.errors import RefusalError, SyncdError
from syncd.core.reporting.alerts import Alert
from syncd.core.sync.calendars import Calendar, CalendarMode, CalendarState
from syncd.ports.remote.access import CalendarServers
from syncd.ports.remote.values import Account
from syncd.ports.store.transaction import Store
from syncd.ports.vault import Vault
from syncd.services.sync.calendars import nothing_published
from syncd.services.work.showing import told
from syncd.services.work.units import trouble_of

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


_AT_ONCE = 8
"""So many calendars are asked at the same time: one that does not answer keeps no other waiting."""


class CheckFailedError(RefusalError):
    """This does not work."""

    code = "check_failed"


class Check(NamedTuple):
    """One thing that was tried; ``message`` says what was found, or how to mend it."""

    name: str
    ok: bool
    message: str


class Probe(NamedTuple):
    """One thing to try: ``attempt`` returns what it found, or raises the `SyncdError` that says why not."""

    name: str
    attempt: Callable[[], str]


def run(probes: Iterable[Probe]) -> Iterator[Check]:
    """Try all, some at a time, and say of each in their order; one that fails keeps no other from being tried."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="check") as threads:
        yield from threads.map(_tried, probes)


def _tried(probe: Probe) -> Check:
    try:
        return Check(probe.name, True, probe.attempt())
    except SyncdError as error:
        return Check(probe.name, False, error.message)
    except Exception as error:
        log.exception("the check failed unexpectedly", check=probe.name)
        return Check(probe.name, False, trouble_of(error).message)


def ask(
    calendar: Calendar, servers: CalendarServers, vault: Vault, waiting: int = 0, alert: Alert | None = None
) -> str:
    """Ask a calendar what changed there since the last cycle, and say how it is. Reads only and records nothing.

    ``waiting`` counts the events of a calendar in which nothing was ever published: one that a cycle has tried to
    publish to, in vain, is not well. ``alert``: what somebody is told about the calendar, such as that it was not
    proven equal within its objective. Raises the `SyncdError` that says what is wrong with it.
    """
    if calendar.state is CalendarState.PAUSED:
        return f"Paused. To go on: syncd calendar resume {calendar.id}"
    account = Account(calendar.url, calendar.username, vault.unseal(calendar.secret))
    with closing(servers.open(calendar, account)) as remote:
        remote.changes(calendar.cursor)
    if not calendar.state.is_worked:
        raise CheckFailedError(
            f"It answers, but waits for a person ({calendar.state}): {calendar.last_error or 'no reason on record'}"
        )
    if alert is not None:
        raise CheckFailedError(f"It answers. {alert.cause} {alert.remedy}", code=alert.code)
    said = f"{calendar.url} answers.{_IN_MODE[calendar.mode]}"
    if not waiting:
        return said
    said = f"{said} {nothing_published(waiting)}"
    if calendar.last_tried_at is not None and calendar.mode.writes:
        raise CheckFailedError(f"{said} {calendar.last_error or 'See: syncd drift list'}")
    return said


_IN_MODE = {
    CalendarMode.NORMAL: "",
    CalendarMode.REPORT_ONLY: " Its mode is report_only: nothing is written there.",
    CalendarMode.LOCKED: " Its mode is locked: the provider was seen to have no right but to read there.",
}


def ask_work(store: Store) -> str:
    """Say that no work fails. Raises `CheckFailedError` with what failed at its last attempt, why, and what is next."""
    with store.reading() as tx:
        failing = tx.works.failing()
    if failing:
        raise CheckFailedError("\n".join(told(work) for work in failing), failing=len(failing))
    return "No work fails."
