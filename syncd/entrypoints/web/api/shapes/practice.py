"""How the whole practice stands: status, alerts, work, mail, the audit trail, reports, imports, upkeep."""

from typing import Annotated, Any, Literal

from pydantic import Field

from syncd.core.messaging.outbox import MessageStatus
from syncd.core.reporting.hooks import HookEvent
from syncd.entrypoints.web.api.shapes import AppointmentId, MomentText, Next, Shape, example
from syncd.entrypoints.web.api.shapes.calendars import Check
from syncd.entrypoints.web.api.shapes.drifts import Drift


class Message(Shape):
    """A mail in the outbox."""

    id: Annotated[str, Field(examples=["msg-6d4f8h2j1k"])]
    kind: str
    appointment: AppointmentId
    recipient: str
    method: str | None
    uid: str
    sequence: int
    status: MessageStatus
    attempts: int
    created_at: MomentText
    sent_at: MomentText | None
    next_attempt_at: MomentText | None
    last_error: str | None


class Messages(Shape):
    """A part of the outbox."""

    messages: list[Message]
    next: Next


class Letter(Shape):
    """What a mail looks like, with people and times that are made up."""

    to: Literal["client", "provider"]
    subject: str
    text: str
    html: str


class Queue(Shape):
    """What waits."""

    publications: int
    messages: int


class Load(Shape):
    """How much of a kind of work is due, how much of that is late, and by how many seconds."""

    due: int
    late: int
    late_seconds: int


class Failing(Shape):
    """A unit of work that failed at its last try."""

    kind: str
    label: str
    subject: str
    attempts: int
    code: str | None
    last_error: str | None
    last_tried_at: MomentText | None
    last_success_at: MomentText | None
    next_try_at: MomentText | None


class Status(Shape):
    """How all stands; ages in whole seconds."""

    ok: bool
    last_cycle_at: MomentText | None
    calendars: dict[str, int]
    overdue: list[str]
    standing: dict[str, int]
    queue: Queue
    failed_messages: int
    open_drifts: int
    held_claims: int
    alerts: int
    proof_age_seconds: int | None
    never_proven: int
    work: dict[str, Load]
    failing: list[Failing]
    unpublished: dict[str, int]
    modes: dict[str, int]
    withheld: int


class Alert(Shape):
    """What somebody should act on: since when, why, and what to do."""

    code: str
    subject: str
    severity: str
    since: MomentText | None
    cause: str
    remedy: str
    link: str | None


class Alerts(Shape):
    """All of it, the gravest first."""

    alerts: list[Alert]


class Tried(Shape):
    """How a test of one channel went."""

    channel: str
    to: str
    ok: bool
    message: str


class TriedAlerts(Alerts):
    """How a test of every channel went."""

    ok: bool
    channels: list[Tried]


class UnitOfWork(Shape):
    """What a worker has."""

    kind: str
    subject: str
    since: MomentText | None


class Worker(Shape):
    """Who works, and on what."""

    id: str
    host: str
    pid: int
    engine: str
    started_at: MomentText | None
    seen_at: MomentText | None
    is_alive: bool
    work: list[UnitOfWork]


class Workers(Shape):
    """All of them."""

    workers: list[Worker]


class Setting(Shape):
    """A setting, its value and where that was set. Secrets are not shown."""

    key: str
    value: Any
    source: str


class Settings(Shape):
    """All settings."""

    settings: list[Setting]


class Record(Shape):
    """A record of the audit trail, with its place in the chain."""

    number: int
    at: MomentText
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    hash: str


class Records(Shape):
    """A part of the audit trail, the latest first."""

    records: list[Record]
    next: Next


class Fault(Shape):
    """Where the chain does not hold."""

    number: int
    kind: str
    message: str


class Verification(Shape):
    """What became of following the whole chain. Note ``head`` elsewhere: later it proves that nothing was rewritten."""

    ok: bool
    records: int
    head: str
    expected_head_found: bool
    faults: list[Fault]


class Count(Shape):
    """How many of something."""

    name: str
    count: int


class Spans(Shape):
    """How long something took."""

    count: int
    median_seconds: int | None
    p95_seconds: int | None


class DetectionSpans(Spans):
    """How long it took to see edits; ``unknown``: edits that left no time of their own."""

    unknown: int


class ReportedDrift(Drift):
    """A drift with the names that a report shows."""

    provider_name: str
    calendar_name: str
    found: str


class Report(Shape):
    """The drift report of a period: what was edited, what was done, and what waits now."""

    practice: str
    since: MomentText
    until: MomentText
    generated_at: MomentText
    totals: dict[str, int]
    drifts_by: dict[str, list[Count]]
    over_time: list[Count]
    time_to_detect: DetectionSpans
    time_to_resolve: Spans
    claim_dates: list[dict[str, Any]]
    holds: dict[str, Any]
    calendars: list[dict[str, Any]]
    report_only: list[dict[str, Any]]
    failing: list[Failing]
    repeats: list[dict[str, Any]]
    drifts: list[ReportedDrift]


class ImportedLine(Shape):
    """What became of one line of a file."""

    line: int
    verdict: Literal["created", "changed", "unchanged", "refused"]
    message: str
    id: str | None


class Import(Shape):
    """What became of a file; with ``dry_run`` what would."""

    created: int
    changed: int
    unchanged: int
    refused: int
    dry_run: bool
    ignored_columns: list[str]
    lines: list[ImportedLine]


class Backup(Shape):
    """A backup on the server's disk, and which old ones were deleted for it."""

    file: str
    made_at: MomentText
    revision: str
    audit_head: str
    key: str
    bytes: int
    deleted: list[str]


class Pruned(Shape):
    """How much of what is over was let go of; with ``dry_run`` how much would be."""

    dry_run: bool
    pruned: dict[str, int]


class Hook(Shape):
    """A program that the settings name, and what it is told of."""

    name: str
    host: str
    events: list[HookEvent]


class Delivery(Shape):
    """An event on its way to a webhook."""

    model_config = example(
        id="evt-0a9s8d7f6g",
        webhook="ehr",
        event="drift.opened",
        subject="drift-5s1g7z3q9d",
        at="2026-11-25T10:00:00+00:00",
        data={"drift": "drift-5s1g7z3q9d", "status": "open"},
        attempts=1,
        sent_at="2026-11-25T10:00:01+00:00",
        given_up=False,
        last_error=None,
    )

    id: str
    webhook: str
    event: HookEvent
    subject: str
    at: MomentText
    data: dict[str, Any]
    attempts: int
    sent_at: MomentText | None
    given_up: bool
    last_error: str | None


class Hooks(Shape):
    """The webhooks, and the newest events that left for them."""

    webhooks: list[Hook]
    deliveries: list[Delivery]


class Checks(Shape):
    """All that was tried, and whether all of it works."""

    ok: bool
    checks: list[Check]
