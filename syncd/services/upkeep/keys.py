"""Changing the key that seals passwords, while everything goes on."""

from dataclasses import replace
from datetime import datetime

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Principal
from syncd.core.audit.record import AuditRecord
from syncd.ports.store.transaction import Store
from syncd.ports.vault import Vault


def reseal_all(store: Store, vault: Vault, by: Principal, now: datetime) -> int:
    """Seal passwords and feed addresses with the newest key, each calendar by itself; return how many calendars.

    Safe to repeat: what was sealed with the newest key before is sealed anew. Raises `VaultError` when a secret opens
    with no key at all; those before it are resealed then.
    """
    require(by, Permission.MANAGE_SYSTEM)
    with store.reading() as tx:
        ids = [calendar.id for calendar in tx.calendars.list()]
    for calendar_id in ids:
        with store.transaction() as tx:
            calendar = tx.calendars.get(calendar_id)
            tx.calendars.save(replace(calendar, secret=vault.reseal(calendar.secret)))
    with store.reading() as tx:
        feeds = [feed.provider_id for feed in tx.feeds.list()]
    for provider_id in feeds:
        with store.transaction() as tx:
            feed = tx.feeds.of_provider(provider_id)
            if feed is not None and feed.secret is not None:
                tx.feeds.save(replace(feed, secret=vault.reseal(feed.secret)))
    with store.transaction() as tx:
        details = {"calendars": len(ids)}
        tx.audit.append([AuditRecord(at=now, actor=by.name, action="key.rotated", subject="key", details=details)])
    return len(ids)
