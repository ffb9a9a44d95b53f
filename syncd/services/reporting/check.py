"""Try everything that syncd depends on and say of each whether it works, and how to mend it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any, NamedTuple

from syncd.core.errors import RefusalError, SyncdError
from syncd.core.sync.calendars import Calendar, CalendarState
from syncd.ports.remote.access import CalendarServers
from syncd.ports.remote.values import Account
from syncd.ports.vault import Vault
from syncd.services.sync.calendars import nothing_published


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
    """Try each in turn; one that fails does not keep the next from being tried."""
    for probe in probes:
        try:
            yield Check(probe.name, True, probe.attempt())
        except SyncdError as error:
            yield Check(probe.name, False, error.message)


def document(checks: Iterable[Check]) -> dict[str, Any]:
    """Return the checks as the interface contract's JSON."""
    done = list(checks)
    return {"ok": all(check.ok for check in done), "checks": [check._asdict() for check in done]}


def ask(calendar: Calendar, servers: CalendarServers, vault: Vault, waiting: int = 0) -> str:
    """Ask a calendar what changed there since the last cycle, and say how it is. Reads only and records nothing.

    ``waiting`` counts the events of a calendar in which nothing was ever published: one that a cycle has tried to
    publish to, in vain, is not well. Raises the `SyncdError` that says what is wrong with it.
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
    if not waiting:
        return f"{calendar.url} answers."
    told = f"{calendar.url} answers. {nothing_published(waiting)}"
    if calendar.last_tried_at is not None:
        raise CheckFailedError(f"{told} {calendar.last_error or 'See: syncd drift list'}")
    return told
