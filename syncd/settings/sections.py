"""Every setting, declared and explained; config/syncd.example.toml says the same to the person who edits it."""

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from syncd.core.errors import InvalidValueError
from syncd.core.events.findings import Kind, Severity
from syncd.core.reporting.sums import DigestRhythm
from syncd.core.scheduling.reasons import DEFAULT_REASONS, Reason
from syncd.core.sync.calendars import Privacy
from syncd.core.sync.drift import DriftAction
from syncd.core.sync.policy import DEFAULT_POLICY, Policy, PolicyRule
from syncd.core.sync.publishing import DESCRIPTION, CancelledEvents, Practice
from syncd.core.sync.rhythm import Rhythm
from syncd.settings.alerting import AlertsSection
from syncd.settings.inbox import InboxSection
from syncd.settings.mail import MailSection
from syncd.settings.places import ReadableFile
from syncd.settings.security import SecuritySection
from syncd.settings.serving import FeedsSection, LinksSection, TelemetrySection, WebSection, WorkerSection
from syncd.settings.slots import SlotsSection
from syncd.settings.upkeep import BackupSection, RetentionSection
from syncd.settings.values import (
    Code,
    DatabaseUrl,
    Email,
    Hours,
    Language,
    Name,
    ObjectiveMinutes,
    QuietHours,
    Seconds,
    Section,
    TogetherError,
)
from syncd.settings.webhooks import WebhooksSection

if TYPE_CHECKING:  # rules that only some commands need: what makes them imports them
    from syncd.core.claims.holds import ClaimRules
    from syncd.core.scheduling.booking import BookingRules
    from syncd.core.sync.plan import Limits


class PracticeSection(Section):
    """Who publishes, and how the events look."""

    name: Name = Field(default="The practice", description="the practice's name, as providers read it")
    email: Email = Field(default="office@example.com", description="the organizer's address in published events")
    privacy: Privacy = Field(default=Privacy.INITIALS, description="what a title tells of the client")
    description: str = Field(
        default=DESCRIPTION, description="an event's text; {practice} and {reference} are replaced"
    )
    cancelled_events: CancelledEvents = Field(
        default=CancelledEvents.REMOVE, description="whether a cancelled session's event goes or stays, marked"
    )
    plain_events: bool = Field(default=False, description="publish without organizer and attendee everywhere")
    language: Language = Field(
        default="", description="how mails write times to who has no language: en-US for AM and PM, empty: 24 hours"
    )

    def practice(self) -> Practice:
        """Return it as the rules of publishing take it."""
        return Practice(**self.model_dump())


class ReasonSection(Section):
    """One reason for which an appointment may be cancelled."""

    code: Code = Field(description="the word by which it is chosen")
    label: str = Field(min_length=1, description="what people read")
    note_required: bool = Field(default=False, description="whether a note must explain it")
    offers_reschedule: bool = Field(default=True, description="whether the client is offered another time")
    clients_doing: bool = Field(default=False, description="whether a late cancellation may cost the client a fee")

    def reason(self) -> Reason:
        """Return it as the rules of booking take it."""
        return Reason(**self.model_dump())


def _default_reasons() -> tuple[ReasonSection, ...]:
    return tuple(ReasonSection(**asdict(reason)) for reason in DEFAULT_REASONS)


class BookingSection(Section):
    """The practice's rules about appointments."""

    horizon_days: int = Field(default=180, ge=7, le=730, description="days ahead that endless series are booked")
    late_notice_hours: int = Field(default=24, ge=0, le=720, description="hours before a session that stop a client")
    contact: str = Field(default="", description="how clients reach the practice then, besides the provider's e-mail")
    reasons: tuple[ReasonSection, ...] = Field(
        default_factory=_default_reasons, min_length=1, description="why an appointment may be cancelled"
    )

    def rules(self) -> "BookingRules":
        """Return them as the use cases of booking take them."""
        from syncd.core.scheduling.booking import BookingRules

        return BookingRules(
            horizon=timedelta(days=self.horizon_days),
            late_notice_hours=self.late_notice_hours,
            contact=self.contact,
            reasons=tuple(reason.reason() for reason in self.reasons),
        )


class DatabaseSection(Section):
    """Where the practice's record is kept."""

    url: DatabaseUrl = Field(
        default="sqlite:///./var/syncd.db", description="sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
    )


class CalDavSection(Section):
    """How calendar servers are spoken to."""

    timeout: Seconds = Field(default=30, description="seconds that one request may take, connecting included")
    ca_file: ReadableFile | None = Field(
        default=None, description="certificates of a private authority (PEM), besides the usual ones"
    )
    max_body_bytes: int = Field(default=1_048_576, ge=16_384, description="a larger event is flagged as unreadable")


class SyncSection(Section):
    """When calendars are looked at."""

    interval: Seconds = Field(default=300, ge=10, description="seconds between two looks at a calendar")
    soon_interval: Seconds = Field(default=60, ge=5, description="the same while a session is less than 24 hours away")
    jitter: float = Field(default=0.1, ge=0, le=0.5, description="share by which an interval varies at random")
    workers: int = Field(default=8, ge=1, le=256, description="calendars that are worked at the same time")
    per_host: int = Field(default=4, ge=1, le=64, description="of these, on one server")
    verify_hours: Hours = Field(
        default=24, ge=1, description="hours between two full comparisons, whatever the server says"
    )
    objective: ObjectiveMinutes = Field(
        default=2880, description="minutes by which the proof that a calendar is right may age before somebody is told"
    )
    watch_days: int = Field(default=90, ge=1, description="days after its last session for which an event is watched")

    def rhythm(self) -> Rhythm:
        """Return the part of them that says when a calendar is due."""
        return Rhythm(
            interval=timedelta(seconds=self.interval),
            soon_interval=timedelta(seconds=self.soon_interval),
            jitter=self.jitter,
            verify_every=min(timedelta(hours=self.verify_hours), timedelta(minutes=self.objective) / 2),
        )


class GuardsSection(Section):
    """What makes syncd stop and ask a person."""

    mass_share: float = Field(
        default=0.3, gt=0, le=1, description="share of a calendar's events edited at once that stops it"
    )
    mass_count: int = Field(default=5, ge=1, description="and at least so many")
    mass_most: int = Field(default=20, ge=1, description="more events than this stop it, whatever their share")
    mass_hours: Hours = Field(default=24, gt=0, description="hours within which edits are counted together")
    war_count: int = Field(default=3, ge=1, description="times that the same edit is put right before it is flagged")
    war_hours: Hours = Field(default=24, gt=0, description="within so many hours")
    quiet_minutes: int = Field(default=60, ge=0, description="minutes before a session from which nothing is reverted")
    quiet_hours: tuple[QuietHours, ...] = Field(
        default=(), description="times of day, in the provider's zone, at which reverts wait: 22:00-06:00"
    )

    def limits(self) -> "Limits":
        """Return them as the planner takes them."""
        from syncd.core.sync.plan import Limits

        return Limits(
            mass_share=self.mass_share,
            mass_count=self.mass_count,
            mass_most=self.mass_most,
            mass_window=timedelta(hours=self.mass_hours),
            war_count=self.war_count,
            war_window=timedelta(hours=self.war_hours),
            quiet_before=timedelta(minutes=self.quiet_minutes),
            quiet_hours=self.quiet_hours,
        )


class RuleSection(Section):
    """One rule of the policy; conditions that are left out hold for all."""

    name: str = Field(min_length=1, description="a word for the drift's record")
    action: DriftAction = Field(description="revert, flag or ignore (ignore: title and description only)")
    kinds: frozenset[Kind] = Field(default=frozenset(), description="kinds of edit that it is about")
    severity: frozenset[Severity] = Field(default=frozenset(), description="severities that it is about")
    within_hours: Hours | None = Field(default=None, description="only if the session starts in less than this")
    beyond_hours: Hours | None = Field(default=None, description="only if the session starts in this or more")
    provider: str | None = Field(default=None, description="only for the provider with this id or e-mail address")

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        try:
            self.rule()
        except InvalidValueError as error:
            raise ValueError(error.message) from error
        return self

    def rule(self) -> PolicyRule:
        """Return it as the policy takes it."""
        return PolicyRule(
            name=self.name,
            action=self.action,
            kinds=self.kinds,
            severity=self.severity,
            within=None if self.within_hours is None else timedelta(hours=self.within_hours),
            beyond=None if self.beyond_hours is None else timedelta(hours=self.beyond_hours),
            provider=self.provider,
        )


def _default_rules() -> tuple[RuleSection, ...]:
    return tuple(RuleSection(name=r.name, action=r.action, kinds=r.kinds) for r in DEFAULT_POLICY.rules)


class PolicySection(Section):
    """What is done about an edit: the first rule that matches decides; what none matches is flagged."""

    rules: tuple[RuleSection, ...] = Field(default_factory=_default_rules, description="the rules in their order")

    def policy(self) -> Policy:
        """Return them as the planner takes them."""
        return Policy(tuple(rule.rule() for rule in self.rules))


class ClaimsSection(Section):
    """What keeps a claim from being filed, besides what always does."""

    holds: frozenset[Literal["unexplained_edit", "not_observed", "calendar_gone"]] = Field(
        default=frozenset({"unexplained_edit", "not_observed", "calendar_gone"}),
        description="doubts that hold a claim until somebody lifts them",
    )
    audit_interval: Seconds = Field(default=300, ge=10, description="seconds between two rounds of the claim audit")

    def rules(self) -> "ClaimRules":
        """Return them as the use cases of claims take them."""
        from syncd.core.claims.holds import ClaimRules, HoldCode

        return ClaimRules(required=frozenset(HoldCode(code) for code in self.holds))


class ReportSection(Section):
    """The drift report by mail."""

    digest: DigestRhythm = Field(default=DigestRhythm.WEEKLY, description="how often it is sent: off, daily or weekly")
    recipients: tuple[Email, ...] = Field(default=(), description="to whom; nobody: it is not sent")


class LoggingSection(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="the least that is written")
    format: Literal["auto", "json", "console"] = Field(default="auto", description="auto: JSON unless on a terminal")


class Settings(BaseModel):
    """All settings. Build it with :func:`load`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Literal["threads", "procrastinate"] = Field(
        default="threads", description="what runs the work: threads of one process, or jobs over many (PostgreSQL)"
    )
    practice: PracticeSection = PracticeSection()
    booking: BookingSection = BookingSection()
    slots: SlotsSection = SlotsSection()
    database: DatabaseSection = DatabaseSection()
    security: SecuritySection = SecuritySection()
    caldav: CalDavSection = CalDavSection()
    sync: SyncSection = SyncSection()
    guards: GuardsSection = GuardsSection()
    policy: PolicySection = PolicySection()
    mail: MailSection = MailSection()
    inbox: InboxSection = InboxSection()
    links: LinksSection = LinksSection()
    web: WebSection = WebSection()
    feeds: FeedsSection = FeedsSection()
    worker: WorkerSection = WorkerSection()
    claims: ClaimsSection = ClaimsSection()
    report: ReportSection = ReportSection()
    backup: BackupSection = BackupSection()
    alerts: AlertsSection = AlertsSection()
    webhooks: WebhooksSection = WebhooksSection()
    retention: RetentionSection = RetentionSection()
    logging: LoggingSection = LoggingSection()
    telemetry: TelemetrySection = TelemetrySection()

    @property
    def pages_address(self) -> str:
        """Where links in mails lead, without a slash at the end; "": pages are not served, or nobody said where."""
        is_served = self.links.served and bool(self.web.listen)
        return (self.links.base_url or self.web.base_url).rstrip("/") if is_served else ""

    @model_validator(mode="after")
    def _believes_somebody(self) -> Self:
        if self.inbox.host and not self.mail.authserv_id:
            raise TogetherError(
                "inbox.host",
                "an inbox needs mail.authserv_id: the name by which its server marks what it found of a sender "
                "(the first word of the Authentication-Results field in mails that it delivered)",
            )
        return self

    @model_validator(mode="after")
    def _has_a_database_for_jobs(self) -> Self:
        if self.engine == "procrastinate" and not self.database.url.startswith("postgresql"):
            raise TogetherError(
                "engine",
                'engine = "procrastinate" needs PostgreSQL: set database.url to postgresql://..., '
                'or engine = "threads"',
            )
        return self
