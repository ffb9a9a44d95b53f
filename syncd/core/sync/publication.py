"""That an appointment or a series stands, or is to stand, in a calendar."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from syncd.core.scheduling.appointments import SourceRef


class IntentKind(StrEnum):
    """A write that is about to take place."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Intent(NamedTuple):
    """Recorded and committed before a write: after a crash, what stands there tells whether it took place.

    ``base`` is what counts as published once it did, where that is not ``body``: a write around an edit keeps the edit.
    """

    kind: IntentKind
    body: str | None
    at: datetime
    base: str | None = None


class Yielded(NamedTuple):
    """A text that is left to the provider's words for as long as the practice's own ``value`` is unchanged.

    ``field``: summary, description or location; ``text``: what the provider wrote there; ``recurrence_id``: the
    instance's original start in ISO 8601 UTC, None for the master or a single event.
    """

    field: str
    recurrence_id: str | None
    value: str
    text: str


class PublicationState(StrEnum):
    """How a publication is. It stays on record for good: what may still stand somewhere bears on a claim's date.

    ``waiting``: to be written, and not seen there yet. ``live``: seen there, and watched. The others are watched no
    longer: ``withdrawn``, since it was deleted there by us; ``retired``, since its sessions are long over (the event
    stays); ``forgotten``, since a person let go of the event or of the whole calendar (it may stand there, and change).
    """

    WAITING = "waiting"
    LIVE = "live"
    WITHDRAWN = "withdrawn"
    RETIRED = "retired"
    FORGOTTEN = "forgotten"

    @property
    def is_watched(self) -> bool:
        """Tell whether cycles see to it."""
        return self in {PublicationState.WAITING, PublicationState.LIVE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """That an appointment or series stands, is to stand, or stood in a calendar.

    ``body`` is the published snapshot's text: what the server stored after our last write, None before the first.
    ``wanted`` counts the store's changes of the source, ``done`` is the count that was last dealt with: two numbers, so
    that a change during a write is never mistaken for done. ``sequence`` is the highest SEQUENCE seen there. ``look``
    names the settings under which it was last brought up to date. Where an edit waits and was written around, ``body``
    is what would stand there without it, and ``etag`` of the version before it. ``first_seen_at`` is when it was first
    known to stand there. The calendar may have been removed since.
    """

    id: str
    calendar_id: str
    source: SourceRef
    uid: str
    href: str
    etag: str | None = None
    schedule_tag: str | None = None
    body: str | None = None
    sequence: int = 0
    wanted: int = 1
    done: int = 0
    intent: Intent | None = None
    yielded: tuple[Yielded, ...] = ()
    look: str = ""
    published_at: datetime | None = None
    verified_at: datetime | None = None
    state: PublicationState = PublicationState.WAITING
    first_seen_at: datetime | None = None

    @property
    def may_have_stood(self) -> bool:
        """Tell whether the provider may have had it in the calendar: a write whose answer was lost may have arrived."""
        return self.first_seen_at is not None or self.intent is not None

    def standing(self, now: datetime) -> "Publication":
        """Return it as seen there at ``now``."""
        return replace(self, state=PublicationState.LIVE, first_seen_at=self.first_seen_at or now)

    @property
    def dirty(self) -> bool:
        """Tell whether the store changed since it was last dealt with, or nothing was published yet."""
        return self.wanted != self.done
