"""Events on their way to programs elsewhere: delivered at least once, with patience, and given up after days."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from syncd.core.errors import SyncdError
from syncd.core.reporting.hooks import GIVEN_UP_AFTER, HookDelivery
from syncd.ports.alerting import Webhook
from syncd.ports.store.transaction import Transaction
from syncd.services.work.units import Done, Unit, at_rest, trouble_of


@dataclass(frozen=True, slots=True)
class HookSender:
    """Delivers events. ``webhooks``: the addresses by the names of their subscribers; ``practice`` is told in each."""

    webhooks: Mapping[str, Webhook]
    practice: str

    def deliver(self, unit: Unit) -> Done:
        """Try one delivery; refused, it is tried again, until it says nothing any more."""
        with unit.store.reading() as tx:
            delivery = tx.hooks.find(unit.subject)
        if delivery is None or delivery.sent_at is not None or delivery.given_up:
            return Done(settle=at_rest)
        webhook = self.webhooks.get(delivery.hook)
        if webhook is None or unit.now - delivery.at >= GIVEN_UP_AFTER:
            return _saving(replace(delivery, given_up=True))
        try:
            webhook.post(delivery.id, body_of(delivery, self.practice), unit.now)
        except SyncdError as error:
            return _failed(delivery, error)
        return _saving(replace(delivery, attempts=delivery.attempts + 1, sent_at=unit.now, last_error=None))


def body_of(delivery: HookDelivery, practice: str) -> bytes:
    """Return what is posted: the same bytes in every attempt."""
    document = {
        "id": delivery.id,
        "type": str(delivery.event),
        "at": delivery.at.isoformat(),
        "practice": practice,
        "data": dict(delivery.data),
    }
    return json.dumps(document, ensure_ascii=False, sort_keys=True).encode()


def _failed(delivery: HookDelivery, error: SyncdError) -> Done:
    after = replace(delivery, attempts=delivery.attempts + 1, last_error=error.message)

    def settle(tx: Transaction) -> None:
        tx.hooks.save(after)

    return Done(settle=settle, trouble=trouble_of(error), backs_off=True)


def _saving(delivery: HookDelivery) -> Done:
    def settle(tx: Transaction) -> None:
        tx.hooks.save(delivery)

    return Done(settle=settle, durable=True)
