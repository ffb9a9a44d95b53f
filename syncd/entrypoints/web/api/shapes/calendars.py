"""Calendars: how each is, what is set for it, what a round of cycles did or would do."""

from typing import Annotated, Literal

from pydantic import Field

from syncd.core.sync.calendars import CalendarKind, CalendarMode, CalendarState
from syncd.entrypoints.web.api.shapes import (
    CalendarId,
    MomentText,
    Next,
    ProviderId,
    Shape,
    changes_example,
    example,
)
from syncd.entrypoints.web.api.shapes.drifts import Drift, Finding
from syncd.entrypoints.web.api.values import LEFT_OUT, Changes, Given, Number, Ref, Truth
from syncd.services.decisions.resuming import Resumption

Url = Annotated[str, Field(min_length=8, max_length=2000, pattern=r"^https?://[!-~]+$")]
Password = Annotated[str, Field(min_length=1, max_length=1000)]


class Capabilities(Shape):
    """What the server was seen to do; null: not seen yet."""

    sync_collection: bool | None
    ctag: bool | None
    multiget: bool | None
    etag_on_put: bool | None
    faithful: bool | None
    schedule_tag: bool | None
    auto_schedule: bool | None
    writable: bool | None
    max_resource_size: int | None
    preconditions: bool | None
    distinct_etags: bool | None
    tells_all_changes: bool | None
    tells_deletions: bool | None
    idle_tokens: bool | None
    refuses_people: bool | None
    mails_itself: bool | None


class Calendar(Shape):
    """A provider's calendar. ``state``: ``ok``, or what is wrong; ``objective``: minutes that its proof may be old."""

    id: CalendarId
    provider: ProviderId
    kind: CalendarKind
    name: str
    url: str
    state: CalendarState
    capabilities: Capabilities
    plain_events: bool
    plain_http: bool
    mode: CalendarMode
    privacy: str | None
    objective: int | None
    note: str | None
    due_at: MomentText | None
    attempts: int
    last_tried_at: MomentText | None
    last_synced_at: MomentText | None
    last_proven_equal_at: MomentText | None
    last_error: str | None


class Calendars(Shape):
    """A part of the list of calendars."""

    calendars: list[Calendar]
    next: Next


class ConnectedCalendar(Calendar):
    """A calendar that was connected, and what to know about its address."""

    warnings: list[str]


class NewCalendar(Given):
    """A CalDAV account: a server's root, a principal or a collection. The collection is made if it is absent."""

    model_config = example(
        provider="dana@example.com",
        url="https://dav.example.com/",
        username="dana",
        password="…",  # noqa: S106 - an example
    )

    provider: Ref
    url: Url
    username: Annotated[str, Field(min_length=1, max_length=320)]
    password: Password
    name: Annotated[str, Field(min_length=1, max_length=200)] = "Practice appointments"
    plain_events: Truth = False
    plain_http: Truth = False


class CalendarChanges(Changes):
    """What is set for a calendar. ``privacy`` and ``objective`` null: as the settings say.

    ``locked`` needs the provider's own login: it is tried once, to see that it has no right to write, and not kept.
    """

    model_config = changes_example(mode="report_only")

    mode: CalendarMode = Field(default=LEFT_OUT)
    privacy: Literal["busy", "reference", "initials", "name"] | None = None
    objective: Annotated[Number, Field(ge=1, le=60 * 24 * 366, description="minutes")] | None = None
    password: Annotated[Password, Field(description="the account's new one")] = Field(default=LEFT_OUT)
    reader: Annotated[str, Field(min_length=1, max_length=320, description="with locked: the provider's login")] = (
        Field(default=LEFT_OUT)
    )
    reader_url: Url = Field(default=LEFT_OUT)
    reader_password: Password = Field(default=LEFT_OUT)


class Resuming(Given):
    """What becomes of all that differs, and the account's new password where it has one."""

    model_config = example(how="republish")

    how: Annotated[
        Resumption | None,
        Field(description="republish: put all back; accept: take all over; forget: leave it, and watch it no longer"),
    ] = None
    password: Password | None = None


class Failure(Shape):
    """What could not be done."""

    calendar: str
    code: str
    message: str
    drift: str | None = None


class ResumedCalendar(Calendar):
    """A calendar that is worked again; where something was said about all that differs, how that went."""

    reverted: int = 0
    settled: int = 0
    errors: list[Failure] = Field(default_factory=list)


class RemovedCalendar(Shape):
    """How a calendar was removed: what was withdrawn from it, and what was left there."""

    id: CalendarId
    removed: bool
    withdrawn: int
    left: int


class Action(Shape):
    """One thing that a cycle would do."""

    action: str
    source: str
    href: str
    start: MomentText | None
    until: MomentText | None
    withheld: bool
    changes: list[Finding]


class Plan(Shape):
    """All that a cycle would do in one calendar; ``id`` carries out just that."""

    id: str
    calendar: CalendarId
    mode: CalendarMode
    actions: list[Action]


class Round(Shape):
    """What a round of cycles did, or would do (``dry_run``, then with the plans).

    ``left``: calendars for which there was no time: ask again for each of them.
    """

    calendars: int
    published: int
    updated: int
    withdrawn: int
    unchanged: int
    reverted: int
    flagged: int
    ignored: int
    adopted: int
    forgotten: int
    withheld: int
    awaiting: int
    drifts: list[Drift]
    requests: int
    errors: list[Failure]
    dry_run: bool
    left: list[CalendarId]
    plan: list[Plan] = Field(default_factory=list)


class SetCalendar(Calendar):
    """A calendar as it is set; with ``preview`` what a cycle does about it where it is written to from now on."""

    dry_run: bool = False
    preview: Round | None = None


class Check(Shape):
    """One thing that was tried, and what was found."""

    name: str
    ok: bool
    message: str


class Checks(Shape):
    """All that was tried, and whether all of it works."""

    ok: bool
    checks: list[Check]


class Examined(Checks):
    """What was found about a calendar."""

    id: CalendarId


class Reconciling(Given):
    """Which calendar, or which plan; nothing: all calendars."""

    model_config = example(calendar="cal-2f6j8p1v4x")

    calendar: Annotated[str | None, Field(max_length=60)] = None
    plan: Annotated[str | None, Field(max_length=60, description="carry out the plan of a dry run, or nothing")] = None
