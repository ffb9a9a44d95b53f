"""Who and when stands behind the ids of a list: looked up for many entries at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from syncd.core.errors import NotFoundError
from syncd.presentation.dates import minute, session

if TYPE_CHECKING:
    from datetime import datetime

    from syncd.ports.store.transaction import Transaction

Entry = TypeVar("Entry")
Record = TypeVar("Record")

_AHEAD = 60


class _Known(Generic[Record]):
    """Records by id; when one is not known yet, it is read together with all that were announced."""

    def __init__(self, read: Callable[[Iterable[str]], Mapping[str, Record]]) -> None:
        self._read = read
        self._found: dict[str, Record | None] = {}
        self._announced: set[str] = set()

    def announce(self, id_: str | None) -> None:
        if id_ is not None and id_ not in self._found:
            self._announced.add(id_)

    def find(self, id_: str) -> Record | None:
        if id_ not in self._found:
            self._announced.add(id_)
            self._found |= dict.fromkeys(self._announced) | dict(self._read(self._announced))
            self._announced.clear()
        return self._found[id_]


class Names:
    """Names of people and times of sessions, in one transaction."""

    def __init__(self, tx: "Transaction") -> None:
        """Look up in ``tx``."""
        self._providers = _Known(tx.providers.by_id)
        self._clients = _Known(tx.clients.by_id)
        self._sessions = _Known(tx.appointments.by_id)

    def ahead(self, entries: Iterable[Entry], about: Callable[[Entry], Any]) -> Iterator[Entry]:
        """Yield the entries; whoever stands behind some dozens of them will be looked up at once, where at all.

        ``about`` returns of an entry what has a ``provider_id``, ``client_id`` or ``appointment_id``.
        """
        rest = iter(entries)
        while portion := list(islice(rest, _AHEAD)):
            for entry in portion:
                one = about(entry)
                self._providers.announce(getattr(one, "provider_id", None))
                self._clients.announce(getattr(one, "client_id", None))
                self._sessions.announce(getattr(one, "appointment_id", None))
            yield from portion

    def provider(self, provider_id: str) -> str:
        """Return a provider's name."""
        return _there(self._providers.find(provider_id)).name

    def client(self, client_id: str) -> str:
        """Return a client's name."""
        return _there(self._clients.find(client_id)).name

    def session(self, appointment_id: str | None) -> str:
        """Return when an appointment takes place, in its own zone; nothing where there is none by that id."""
        one = self._sessions.find(appointment_id) if appointment_id else None
        return session(one.start, one.end) if one else ""

    def at(self, moment: "datetime | None", provider_id: str) -> str:
        """Return a moment in a provider's zone."""
        return minute(moment, _there(self._providers.find(provider_id)).timezone)


def _there(record: Record | None) -> Record:
    if record is None:
        raise NotFoundError
    return record
