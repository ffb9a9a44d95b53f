"""What a subscriber reads: one provider's sessions, drawn anew when something changed and no oftener."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from syncd.core.errors import NotFoundError
from syncd.core.sync.feeds import Feed, FeedLook
from syncd.core.sync.publishing import Practice, desired_of
from syncd.core.times import instant
from syncd.ics.feed import FeedEvent, FeedHead, feed
from syncd.ports.store.feeds import FeedContent
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.access.secrets import digest_of

_GOOD_FOR = timedelta(minutes=5)
"""A name or a setting that changed shows at the latest after so long; a session that changed shows at once."""

_MOST_KEPT = 2_000
_NOTED_EVERY = timedelta(minutes=10)
_LONGEST_AGENT = 100


class FeedBody(NamedTuple):
    """What is served: the bytes, the hash that names them, and since when they are so."""

    content: bytes
    etag: str
    changed_at: datetime


class _Kept(NamedTuple):
    revision: str
    drawn_at: datetime
    body: FeedBody


class _Cache:
    """The bodies that were served last, by provider; for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def get(self, provider_id: str) -> _Kept | None:
        with self._lock:
            return self._kept.get(provider_id)

    def put(self, provider_id: str, kept: _Kept) -> None:
        with self._lock:
            self._kept[provider_id] = kept
            self._kept.move_to_end(provider_id)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)


@dataclass(frozen=True, slots=True)
class FeedReader:
    """Serves feeds by their tokens."""

    store: Store
    practice: Practice
    look: FeedLook
    _cache: _Cache

    @classmethod
    def over(cls, store: Store, practice: Practice, look: FeedLook) -> "FeedReader":
        """Return a reader that has drawn nothing yet."""
        return cls(store, look.practice(practice), look, _Cache())

    def read(self, token: str, agent: str, now: datetime) -> FeedBody:
        """Return what the feed of a token shows now. ``agent``: what the program calls itself.

        Raises `NotFoundError` for a token that opens nothing, whether it was revoked or never was one.
        """
        since = self._since(now)
        with self.store.reading() as tx:
            known = tx.feeds.by_token(digest_of(token))
            if known is None:
                raise NotFoundError("There is no feed at this address. Ask the practice for the one that holds now.")
            revision = f"{since.date()}/{tx.feeds.revision(known.provider_id, since)}"
            kept = self._cache.get(known.provider_id)
            is_good = kept is not None and kept.revision == revision and now - kept.drawn_at < _GOOD_FOR
            content = None if is_good else self._drawn(tx, known.provider_id, since)
        body = kept.body if kept and content is None else self._named(known, content or b"", now)
        if content is not None:
            self._cache.put(known.provider_id, _Kept(revision, now, body))
        self._note(known, body, agent, now)
        return body

    def _since(self, now: datetime) -> datetime:
        """Return the first moment that is shown: the start of a day, so that a day's answers are alike."""
        return (instant(now) - self.look.back).replace(hour=0, minute=0, second=0, microsecond=0)

    def _drawn(self, tx: Transaction, provider_id: str, since: datetime) -> bytes:
        content = tx.feeds.content(provider_id, since)
        head = FeedHead(f"{self.practice.name}: {content.provider.name}", self.look.refresh, self.look.color)
        return feed(head, self._events(content), since)

    def _events(self, content: FeedContent) -> list[FeedEvent]:
        events = []
        for item in content.items:
            desired = desired_of(item, self.practice)
            if desired is not None:
                events.append(FeedEvent(desired, content.changed_at.get(item.record.id) or instant(item.record.start)))
        return events

    def _named(self, known: Feed, content: bytes, now: datetime) -> FeedBody:
        digest = hashlib.sha256(content).hexdigest()[:32]
        same = known.body_hash == digest and known.changed_at is not None
        return FeedBody(content, digest, known.changed_at if same and known.changed_at else now.replace(microsecond=0))

    def _note(self, known: Feed, body: FeedBody, agent: str, now: datetime) -> None:
        """Keep since when the body is what it is, and now and then who came."""
        is_new = known.body_hash != body.etag
        is_due = known.fetched_at is None or now - known.fetched_at >= _NOTED_EVERY
        if not (is_new or is_due):
            return
        named = replace(known, body_hash=body.etag, changed_at=body.changed_at)
        with self.store.transaction(durable=False) as tx:
            tx.feeds.note_visit(replace(named, fetched_at=now, fetched_by=agent[:_LONGEST_AGENT]))
