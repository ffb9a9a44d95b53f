"""A provider's calendar as a read-only feed: its secret address, and what it shows."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syncd.core.sync.calendars import Privacy
from syncd.core.sync.publishing import CancelledEvents, Practice

_TELLS_MORE = (Privacy.BUSY, Privacy.REFERENCE, Privacy.INITIALS, Privacy.NAME)

REFERENCE_ONLY = "Ref. {reference}"
"""All that a feed's events say in their description: who holds the address holds the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The address of one provider's feed.

    ``token_hash`` is how its token is known, ``secret`` the sealed token, None once it was revoked. ``body_hash`` names
    what was served last, and ``changed_at`` since when it is that. ``fetched_at`` and ``fetched_by``: the last program
    that came, so that a strange one is seen.
    """

    provider_id: str
    token_hash: str | None
    secret: bytes | None
    made_at: datetime
    body_hash: str = ""
    changed_at: datetime | None = None
    fetched_at: datetime | None = None
    fetched_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLook:
    """How feeds look. ``privacy`` None: as in calendars, but never a name.

    Subscribers are asked to come again after ``refresh``; sessions are shown from ``back`` before now on.
    """

    privacy: Privacy | None = None
    refresh: timedelta = timedelta(hours=1)
    back: timedelta = timedelta(days=30)
    color: str = ""

    def practice(self, practice: Practice) -> Practice:
        """Return the practice's settings as they hold in feeds: nobody is named, cancelled sessions are left out.

        A feed never tells more than the provider's other calendars do.
        """
        most = self.privacy or Privacy.INITIALS
        privacy = min(most, practice.privacy, key=_TELLS_MORE.index)
        return replace(
            practice,
            privacy=privacy,
            description=REFERENCE_ONLY,
            cancelled_events=CancelledEvents.REMOVE,
            plain_events=True,
        )
