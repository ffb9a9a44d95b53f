"""What a process puts on record of its machine (its clock, its disks, its backups) and of servers' certificates."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from syncd.core.reporting.watching import Observation, Reading, Watched, jump_between
from syncd.core.sync.calendars import Calendar, CalendarState
from syncd.core.work import Key, WorkKind
from syncd.ports.alerting import Certificates, Endpoint, Machine
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.work.stopping import Stop
from syncd.services.work.units import Done, Unit

DAILY = timedelta(days=1)
_HTTPS = 443
_SOON, _OFTEN = timedelta(days=15), timedelta(hours=1)
"""What expires soon is looked at more often, so that it is seen in time that it was renewed."""


class MachineWatch:
    """Looks at the machine of one process, each time that it is asked to."""

    def __init__(self, store: Store, machine: Machine, folders: Iterable[Path], backups: Path) -> None:
        """``folders`` are those that syncd writes to; ``backups`` is where copies of the database are kept."""
        self._store = store
        self._machine = machine
        self._folders = tuple(dict.fromkeys([*folders, backups]))
        self._backups = backups
        self._last: Reading | None = None

    def look(self, now: datetime, newest_backup: Callable[[], datetime | None]) -> None:
        """Put on record what is so at ``now``."""
        seen = [*self._clock(now), *self._disks(now), self._backup(now, newest_backup())]
        with self._store.transaction(durable=False) as tx:
            tx.observations.see(seen)

    def _clock(self, now: datetime) -> Iterator[Observation]:
        """Yield a jump since the last look; without one what is on record of an earlier jump stays."""
        reading = self._machine.clocks(now)
        jumped = jump_between(self._last, reading) if self._last else None
        self._last = reading
        if jumped is not None:
            yield Observation(
                kind=Watched.CLOCK,
                subject=self._machine.name,
                first_seen_at=now,
                seen_at=now,
                amount=jumped.total_seconds(),
                moment=now,
            )

    def _disks(self, now: datetime) -> Iterator[Observation]:
        for folder in self._folders:
            share = self._machine.free_share(folder)
            if share is not None:
                subject = f"{self._machine.name}:{folder.absolute()}"
                yield Observation(kind=Watched.DISK, subject=subject, first_seen_at=now, seen_at=now, amount=share)

    def _backup(self, now: datetime, made: datetime | None) -> Observation:
        subject = f"{self._machine.name}:{self._backups.absolute()}"
        return Observation(kind=Watched.BACKUP, subject=subject, first_seen_at=now, seen_at=now, moment=made)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateWatch:
    """Looks at certificates of calendar servers and of the mail server: once a day, each hour while one ends soon."""

    store: Store
    certificates: Certificates
    mail: Endpoint | None
    stop: Stop

    def expect(self, now: datetime) -> None:
        """See to it that it is done, from now on."""
        with self.store.transaction() as tx:
            tx.works.add(Key(WorkKind.CERTIFICATE, "certificates"), now)

    def work(self, unit: Unit) -> Done:
        """Look at each server once; of those that show nothing now, what was known stays."""
        with unit.store.reading() as tx:
            endpoints = sorted(_endpoints(tx.calendars.list(), self.mail))
        seen = [found for endpoint in endpoints if (found := self._look(endpoint, unit.now))]

        def settle(tx: Transaction) -> datetime:
            tx.observations.see(seen)
            tx.observations.forget(Watched.CERTIFICATE, [_name(endpoint) for endpoint in endpoints])
            soon = any(one.moment and one.moment < unit.now + _SOON for one in seen)
            return unit.now + (_OFTEN if soon else DAILY)

        return Done(settle=settle)

    def _look(self, endpoint: Endpoint, now: datetime) -> Observation | None:
        self.stop.check()
        valid = self.certificates.validity(endpoint)
        if valid is None:
            return None
        return Observation(
            kind=Watched.CERTIFICATE,
            subject=_name(endpoint),
            first_seen_at=now,
            seen_at=now,
            amount=(valid.until - valid.since).total_seconds(),
            moment=valid.until,
        )


def _endpoints(calendars: Iterable[Calendar], mail: Endpoint | None) -> set[Endpoint]:
    """Return the servers that are spoken to over TLS."""
    found = {mail} if mail else set()
    for calendar in calendars:
        url = urlsplit(calendar.url)
        if url.scheme == "https" and url.hostname and calendar.state is not CalendarState.PAUSED:
            found.add(Endpoint(url.hostname, url.port or _HTTPS))
    return found


def _name(endpoint: Endpoint) -> str:
    return f"{endpoint.host}:{endpoint.port}"
