"""The secret addresses of feeds: shown, made anew, taken away."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Principal
from syncd.core.audit.record import AuditRecord
from syncd.core.errors import RefusalError
from syncd.core.sync.feeds import Feed
from syncd.ports.store.transaction import Store, Transaction
from syncd.ports.vault import Vault
from syncd.services.access.secrets import digest_of, new_secret


class FeedRevokedError(RefusalError):
    """That feed was revoked."""

    code = "feed_revoked"


class Address(NamedTuple):
    """A feed and the token that opens it; None: it was revoked."""

    feed: Feed
    token: str | None


@dataclass(frozen=True, slots=True)
class FeedAddresses:
    """Says at which secret address a provider's feed is. Providers may ask about their own."""

    store: Store
    vault: Vault

    def show(self, provider: str, by: Principal, now: datetime) -> Address:
        """Return the address of a provider (id or e-mail address); made at the first time of asking.

        Raises `FeedRevokedError` after it was revoked: a new one is made on a person's word only.
        """
        with self.store.transaction() as tx:  # of two who ask first, the second is shown what the first has made
            provider_id = _permitted(tx, provider, by)
            known = tx.feeds.of_provider(provider_id)
            if known is None:
                return self._made(tx, provider_id, by, now, "feed.made")
        if known.secret is None:
            raise FeedRevokedError(
                f"The feed of {known.provider_id} was revoked. To make a new address: "
                f"syncd feed rotate --provider {known.provider_id}",
                provider=known.provider_id,
            )
        return Address(known, self.vault.unseal(known.secret))

    def rotate(self, provider: str, by: Principal, now: datetime) -> Address:
        """Make a new address; the old one opens nothing from now on."""
        with self.store.transaction() as tx:
            provider_id = _permitted(tx, provider, by)
            before = tx.feeds.of_provider(provider_id)
            action = "feed.rotated" if before and before.secret else "feed.made"
            return self._made(tx, provider_id, by, now, action)

    def revoke(self, provider: str, by: Principal, now: datetime) -> Address:
        """Take the address away: it opens nothing from now on. Safe to repeat."""
        with self.store.transaction() as tx:
            provider_id = _permitted(tx, provider, by)
            known = tx.feeds.of_provider(provider_id) or Feed(
                provider_id=provider_id, token_hash=None, secret=None, made_at=now
            )
            if known.secret is not None:
                _record(tx, "feed.revoked", provider_id, by, now)
            gone = replace(known, token_hash=None, secret=None)
            tx.feeds.save(gone)
        return Address(gone, None)

    def _made(self, tx: Transaction, provider_id: str, by: Principal, now: datetime, action: str) -> Address:
        token = new_secret()
        feed = Feed(provider_id=provider_id, token_hash=digest_of(token), secret=self.vault.seal(token), made_at=now)
        tx.feeds.save(feed)
        _record(tx, action, provider_id, by, now)
        return Address(feed, token)


def _permitted(tx: Transaction, provider: str, by: Principal) -> str:
    provider_id = tx.providers.get(provider).id
    require(by, Permission.SHARE_CALENDAR, provider_id=provider_id)
    return provider_id


def _record(tx: Transaction, action: str, subject: str, by: Principal, now: datetime) -> None:
    tx.audit.append([AuditRecord(at=now, actor=by.name, action=action, subject=subject)])
