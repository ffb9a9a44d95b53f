"""Providers and clients of another system."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncd.core.access.principal import Principal
from syncd.core.errors import NotFoundError
from syncd.core.scheduling.addresses import checked_address, checked_name
from syncd.core.scheduling.importing import EXTERNAL_ID, Imported, ImportVerdict, LineResult, Record, whole_number
from syncd.core.scheduling.languages import checked_language
from syncd.core.scheduling.money import parse_money
from syncd.core.scheduling.people import Client, Provider
from syncd.core.times import zone
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.scheduling.people import add_client, add_provider, edit_client, edit_provider


@dataclass(frozen=True, slots=True)
class PersonTaker:
    """Takes over providers or clients, on the word of ``by``."""

    kind: Imported
    by: Principal
    now: datetime

    def __call__(self, store: Store, record: Record) -> LineResult:
        """Add the person of a line, or change who is known under its external id, else under its e-mail address."""
        values = _values(record.values)
        external_id = record.values[EXTERNAL_ID]
        with store.reading() as tx:
            known = self._known(tx, external_id, values["email"])
        if known is None:
            person, verdict = self._add(store, values), ImportVerdict.CREATED
        elif changes := {name: value for name, value in values.items() if getattr(known, name) != value}:
            person, verdict = self._edit(store, known.id, changes), ImportVerdict.CHANGED
        else:
            person, verdict = known, ImportVerdict.UNCHANGED
        with store.transaction(durable=False) as tx:
            tx.external_ids.name(self.kind, external_id, person.id)
        return LineResult(record.line, verdict, "", person.id)

    def _known(self, tx: Transaction, external_id: str, email: str) -> Provider | Client | None:
        people = tx.providers if self.kind is Imported.PROVIDER else tx.clients
        try:
            return people.get(tx.external_ids.find(self.kind, external_id) or email)
        except NotFoundError:
            return None

    def _add(self, store: Store, values: Mapping[str, Any]) -> Provider | Client:
        add = add_provider if self.kind is Imported.PROVIDER else add_client
        return add(store, self.by, self.now, **values)

    def _edit(self, store: Store, person_id: str, changes: Mapping[str, Any]) -> Provider | Client:
        edit = edit_provider if self.kind is Imported.PROVIDER else edit_client
        return edit(store, self.by, self.now, person_id, **changes)


def _values(given: Mapping[str, str]) -> dict[str, Any]:
    """Return what a line says of a person, as it is kept; raises the `RefusalError` that says what is wrong."""
    readers: Mapping[str, Callable[[str], Any]] = {
        "name": checked_name,
        "email": checked_address,
        "timezone": lambda text: zone(text).key,
        "language": checked_language,
        "late_fee": parse_money,
        "late_notice_hours": lambda text: whole_number(text, "hours"),
        "booking_url": str,
    }
    return {name: read(given[name]) for name, read in readers.items() if name in given}
