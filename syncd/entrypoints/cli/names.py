"""Who and when stands behind the ids of a list: each looked up once."""

from functools import cache
from typing import TYPE_CHECKING

from syncd.core.errors import NotFoundError
from syncd.presentation.dates import minute, session

if TYPE_CHECKING:
    from datetime import datetime

    from syncd.core.scheduling.people import Provider
    from syncd.ports.store.transaction import Transaction


class Names:
    """Names of people and times of sessions, in one transaction."""

    def __init__(self, tx: "Transaction") -> None:
        """Look up in ``tx``."""
        self._tx = tx
        self._provider = cache(tx.providers.get)
        self._client = cache(tx.clients.get)

    def provider(self, provider_id: str) -> str:
        """Return a provider's name."""
        return self._provider(provider_id).name

    def client(self, client_id: str) -> str:
        """Return a client's name."""
        return self._client(client_id).name

    def session(self, appointment_id: str | None) -> str:
        """Return when an appointment takes place, in its own zone; nothing where there is none by that id."""
        try:
            one = self._tx.appointments.get(appointment_id) if appointment_id else None
        except NotFoundError:
            one = None
        return session(one.start, one.end) if one else ""

    def at(self, moment: "datetime | None", provider_id: str) -> str:
        """Return a moment in a provider's zone."""
        provider: Provider = self._provider(provider_id)
        return minute(moment, provider.timezone)
