"""What is tried to see whether a system can do its work."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.bootstrap.keys import credential
from syncd.ports.errors import StoreUnavailableError

if TYPE_CHECKING:
    from syncd.adapters.caldav import CalDavServers
    from syncd.bootstrap.system import System
    from syncd.core.sync.calendars import Calendar
    from syncd.services.reporting.check import Probe


def probes(system: "System", now: datetime) -> Iterator["Probe"]:
    """Yield everything that `syncd check` tries."""

    from syncd.services.reporting.check import Probe, ask_work
    from syncd.services.sync.calendars import listing, unpublished

    yield Probe("configuration", lambda: "Every setting is known and has an allowed value.")
    yield Probe("database", partial(_database, system))
    yield Probe("key", partial(_vault_works, system))
    yield Probe("mail", partial(_mail, system))
    if (mailbox := system.inbound.mailbox) is not None:
        yield Probe("inbox", mailbox.probe)
    yield Probe("work", partial(ask_work, system.store))
    try:
        calendars, waiting = listing(system.store), unpublished(system.store)
    except StoreUnavailableError:  # the database's own probe tells of it
        return
    for calendar in calendars:
        yield Probe(
            f"calendar {calendar.id}", partial(_ask, system, system.servers, calendar, waiting.get(calendar.id, 0), now)
        )


def readiness(system: "System") -> "Iterator[Probe]":
    """Yield what must work before this process can do anything: /readyz tries it."""
    from syncd.services.reporting.check import Probe

    yield Probe("database", partial(_database, system))
    yield Probe("key", partial(_vault_works, system))


def _ask(system: "System", servers: "CalDavServers", calendar: "Calendar", waiting: int, now: datetime) -> str:
    from syncd.core.reporting.alerts import of_calendar
    from syncd.services.reporting.check import ask

    return ask(calendar, servers, system.vault, waiting, of_calendar(calendar, now, system.objectives))


def _mail(system: "System") -> str:
    from syncd.services.messaging.preview import preview_all

    return f"{system.mailer.probe()} All {preview_all(system.composer)} templates are sound."


def _database(system: "System") -> str:
    system.store.ping()
    url = system.settings.database.url
    if url.startswith("sqlite:///"):
        _keep_private(Path(url.removeprefix("sqlite:///")), "Clients' names stand in the database")
    return f"The database answers, at revision {system.store.revision()}."


def _vault_works(system: "System") -> str:
    system.vault.unseal(system.vault.seal("probe"))
    if system.settings.security.key is None and credential() is None:
        _keep_private(system.settings.security.key_file, "The key opens every stored password")
    return "The key seals and unseals."


def _keep_private(path: Path, why: str) -> None:
    """Raise `CheckFailedError` when every user of the machine can read the file."""
    from syncd.services.reporting.check import CheckFailedError
    from syncd.settings.places import readable_by_all

    if readable_by_all(path):
        raise CheckFailedError(f"{why}, and every user of this machine can read it. Run: chmod 600 {path}")
