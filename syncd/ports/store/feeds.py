"""The store of feeds: their addresses, and all that one of them shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from syncd.core.scheduling.people import Provider
from syncd.core.sync.feeds import Feed
from syncd.core.sync.publishing import Publishable


class FeedContent(NamedTuple):
    """What a feed shows: whose it is, the records with their people, when each of them last changed, by its id."""

    provider: Provider
    items: Sequence[Publishable]
    changed_at: Mapping[str, datetime]


class Feeds(Protocol):
    """Feeds of providers: one at most for each."""

    def of_provider(self, provider_id: str) -> Feed | None:
        """Return a provider's, revoked or not; None when there never was one.

        Who may write has it alone until the transaction ends.
        """
        ...

    def by_token(self, token_hash: str) -> Feed | None:
        """Return the one that the token with that hash opens, None when it opens none."""
        ...

    def list(self) -> Sequence[Feed]:
        """Return all that have an address."""
        ...

    def save(self, feed: Feed) -> None:
        """Store a new or a changed one."""
        ...

    def note_visit(self, feed: Feed) -> None:
        """Store what was served and who came for it; an address that was changed meanwhile stays as it is."""
        ...

    def revision(self, provider_id: str, since: datetime) -> str:
        """Return what changes with every change of the provider's sessions from then on; one cheap question."""
        ...

    def content(self, provider_id: str, since: datetime) -> FeedContent:
        """Return the provider's appointments that start then or later, and the series that have any of these, whole."""
        ...
