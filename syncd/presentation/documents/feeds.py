"""Feeds and their addresses."""

from typing import TYPE_CHECKING, Any

from syncd.presentation.documents.moments import iso

if TYPE_CHECKING:
    from syncd.services.feeds.addresses import Address


def feed_document(address: "Address", base_url: str) -> dict[str, Any]:
    """Return a feed with its ``url``, None where it was revoked, and who came for it last."""
    feed = address.feed
    return {
        "provider": feed.provider_id,
        "url": f"{base_url}/feeds/{address.token}.ics" if address.token else None,
        "made_at": iso(feed.made_at),
        "fetched_at": iso(feed.fetched_at),
        "fetched_by": feed.fetched_by or None,
    }
