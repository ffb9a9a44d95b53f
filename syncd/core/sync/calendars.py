"""A provider's remote calendar as syncd knows it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class CalendarKind(StrEnum):
    """How syncd meets a calendar."""

    CALDAV = "caldav"
    FEED = "feed"


class CalendarState(StrEnum):
    """How a calendar is, as a person should read it. ``ok`` and ``new`` are worked; so is ``unreachable``, with back-
    off.

    All others wait for a person, or for a full look that proves all there (``heals``): nothing is read as a provider's
    edit and nothing is written while they last.
    """

    NEW = "new"
    OK = "ok"
    UNREACHABLE = "unreachable"
    PAUSED = "paused"
    LOGIN_REFUSED = "login_refused"
    READ_ONLY = "read_only"
    VANISHED = "vanished"
    EMPTIED = "emptied"
    RECREATED = "recreated"
    MASS_CHANGE = "mass_change"
    PARTIAL_ANSWER = "partial_answer"
    RESTORED = "restored"

    @property
    def is_worked(self) -> bool:
        """Tell whether cycles run on a calendar in this state without a person's word."""
        return self in {CalendarState.NEW, CalendarState.OK, CalendarState.UNREACHABLE}

    @property
    def heals(self) -> bool:
        """Tell whether a calendar in this state is looked at now and then, to see whether all of it is there again."""
        return self in {CalendarState.VANISHED, CalendarState.PARTIAL_ANSWER}

    @property
    def is_readable(self) -> bool:
        """Tell whether nothing keeps us from seeing what stands there."""
        return self in {CalendarState.NEW, CalendarState.OK}


class CalendarMode(StrEnum):
    """What syncd may do in a calendar, on a person's word.

    ``normal``: publish and put right. ``report_only``: see and record everything, and write nothing. ``locked``: as
    normal, where the provider was seen to have no right but to read.
    """

    NORMAL = "normal"
    REPORT_ONLY = "report_only"
    LOCKED = "locked"

    @property
    def writes(self) -> bool:
        """Tell whether anything may be written in a calendar of this mode."""
        return self is not CalendarMode.REPORT_ONLY


class Privacy(StrEnum):
    """How much of the client an event's title tells (45 CFR 164.502(b): the minimum necessary)."""

    BUSY = "busy"
    REFERENCE = "reference"
    INITIALS = "initials"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a server was seen to do (never what it calls itself). None: not seen yet.

    ``sync_collection``: RFC 6578 reports work; otherwise the ctag is watched and etags are listed.
    ``ctag``: the collection has a getctag. ``multiget``: calendar-multiget answers.
    ``etag_on_put``: a PUT answers with an ETag. ``faithful``: what was PUT was read back with the same meaning.
    ``schedule_tag``: resources have a Schedule-Tag. ``auto_schedule``: the server says it sends scheduling messages.
    ``writable``: current-user-privilege-set allows writing. ``max_resource_size`` in bytes.
    ``preconditions``: a PUT over what stood there was refused when it said ``If-None-Match: *``.
    ``distinct_etags``: no two resources were seen with the same ETag.
    ``tells_all_changes``: False once a change was seen of which a sync-collection report had said nothing.
    ``tells_deletions``: True once it named one of ours as gone; until then members are listed now and then.
    ``idle_tokens``: True once its sync-token was seen to move although nothing had changed.
    ``refuses_people``: it refused an event with ORGANIZER and ATTENDEE and took the same one without.
    ``mails_itself``: it was seen to process invitations although it was asked not to (RFC 6638 section 7.1).
    """

    sync_collection: bool | None = None
    ctag: bool | None = None
    multiget: bool | None = None
    etag_on_put: bool | None = None
    faithful: bool | None = None
    schedule_tag: bool | None = None
    auto_schedule: bool | None = None
    writable: bool | None = None
    max_resource_size: int | None = None
    preconditions: bool | None = None
    distinct_etags: bool | None = None
    tells_all_changes: bool | None = None
    tells_deletions: bool | None = None
    idle_tokens: bool | None = None
    refuses_people: bool | None = None
    mails_itself: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A provider's remote collection that syncd publishes to, or an ICS feed that it can only read.

    ``secret`` is the sealed credential: opaque here. ``cursor`` is what the server gave to ask for changes since.
    ``last_tried_at`` and ``last_synced_at`` tell of attempts and successes; ``last_proven_equal_at`` of the last full
    verification that found every publication right. ``revision`` rises with every change by a person.
    ``guards_waived``: a person has seen what held the calendar, and the next cycle acts on what it finds.
    ``plain_events``: a person wants it published without ORGANIZER and ATTENDEE; see also ``is_plain``.
    ``look`` names the settings under which its events were last brought up to date. ``deferred_until`` is when the
    first of the edits that quiet hours hold back will be put right. ``guards_reset_at``: the guards count what was
    edited since a person last let a held calendar go on. ``unlisted`` counts the cycles since the last whole listing.
    ``plain_http``: a person has allowed that the login goes over plain HTTP to another machine.
    ``inside``: whoever runs the machine gave its address, so that it may lead into a private network.
    ``suspicion``: what may be wrong with the calendar, or a glitch of its server (see `syncd.core.sync.glitches`).
    ``privacy`` and ``objective`` (how old its proof of equality may grow) are its own; None: as the settings say.
    """

    id: str
    provider_id: str
    kind: CalendarKind
    name: str
    url: str
    username: str = ""
    secret: bytes = b""
    state: CalendarState = CalendarState.NEW
    capabilities: Capabilities = field(default_factory=Capabilities)
    cursor: str | None = None
    plain_events: bool = False
    plain_http: bool = False
    inside: bool = False
    guards_waived: bool = False
    revision: int = 0
    last_tried_at: datetime | None = None
    last_synced_at: datetime | None = None
    last_verified_at: datetime | None = None
    last_proven_equal_at: datetime | None = None
    last_error: str | None = None
    look: str = ""
    deferred_until: datetime | None = None
    guards_reset_at: datetime | None = None
    unlisted: int = 0
    suspicion: "Suspicion | None" = None
    mode: CalendarMode = CalendarMode.NORMAL
    privacy: Privacy | None = None
    objective: timedelta | None = None

    @property
    def is_plain(self) -> bool:
        """Tell whether events go there without ORGANIZER and ATTENDEE: a person's wish, or as the server needs it."""
        return self.plain_events or bool(self.capabilities.refuses_people or self.capabilities.mails_itself)


class Suspicion(NamedTuple):
    """A state that a calendar seems to be in, since when, and how often it was found so in a row."""

    state: CalendarState
    since: datetime
    times: int = 1
