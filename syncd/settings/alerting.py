"""The settings of alerts."""

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from pydantic import Field, SecretStr, model_validator

from syncd.core.times import zone
from syncd.settings.places import ReadableFile
from syncd.settings.values import Email, Hours, Minutes, QuietHours, Seconds, Section, WebAddress, ZoneName

if TYPE_CHECKING:  # rules that only some commands need: what makes them imports them
    from syncd.core.reporting.alerts import Objectives
    from syncd.core.reporting.telling import Manner


class AlertsSection(Section):
    """How somebody is told when a person is needed."""

    mail: tuple[Email, ...] | None = Field(
        default=None, description="who gets a mail; left out: the admins that may sign in; empty: nobody"
    )
    drift_mail: tuple[Email, ...] | None = Field(
        default=None, description="who gets a mail about edits that wait; left out: the same"
    )
    webhook: WebAddress | None = Field(default=None, description="address that takes alerts as signed JSON")
    webhook_secret: SecretStr | None = Field(
        default=None, min_length=16, description="what signs them; better given as a variable"
    )
    ping: WebAddress | None = Field(default=None, description="address that is asked for while all is well")
    ca_file: ReadableFile | None = Field(
        default=None, description="certificates of a private authority (PEM), for webhook and ping"
    )
    interval: Seconds = Field(default=60, ge=5, le=600, description="seconds between two rounds of alerts")
    settle_minutes: Minutes = Field(default=2, description="minutes that something lasts before anybody is told")
    over_minutes: Minutes = Field(default=5, description="minutes that it stays away before it is over")
    gather_minutes: Minutes = Field(default=5, description="minutes after a mail in which the next ones are gathered")
    again_hours: Hours = Field(default=24, gt=0, description="hours until somebody is told again; then twice as long")
    longest_hours: Hours = Field(default=168, gt=0, description="and at most so many")
    timezone: ZoneName = Field(default="UTC", description="zone of the quiet hours, and of the times in mails")
    quiet_hours: tuple[QuietHours, ...] = Field(default=(), description="when nobody is told: 22:00-07:00")
    quiet_lets_critical_through: bool = Field(
        default=True, description="whether critical alerts, such as an endangered claim date, leave all the same"
    )
    mail_minutes: float = Field(default=15, ge=1, le=1440, description="minutes until mail has to leave")
    claim_days: int = Field(default=7, ge=1, le=3650, description="days after its session for which a claim is held")
    disk_percent: float = Field(default=5, ge=0, le=90, description="percent of a disk that are free; 0: not watched")
    certificate_days: int = Field(default=14, ge=0, le=365, description="days before a certificate expires; 0: never")
    backup_days: float = Field(default=3, ge=0, le=3650, description="days after the newest backup; 0: not watched")

    @model_validator(mode="after")
    def _is_signed(self) -> Self:
        if self.webhook and self.webhook_secret is None:
            raise ValueError("a webhook needs a secret: give SYNCD_ALERTS__WEBHOOK_SECRET at least 16 characters")
        return self

    def manner(self) -> "Manner":
        """Return how people want to be told."""
        from syncd.core.reporting.telling import Manner

        return Manner(
            settle=timedelta(minutes=self.settle_minutes),
            over_after=timedelta(minutes=self.over_minutes),
            gather=timedelta(minutes=self.gather_minutes),
            again=timedelta(hours=self.again_hours),
            longest=timedelta(hours=self.longest_hours),
            quiet=self.quiet_hours,
            zone=zone(self.timezone),
            wakes=self.quiet_lets_critical_through,
        )

    def within(self, usual: "Objectives") -> "Objectives":
        """Return how long things may take; what other settings say of it is ``usual``."""
        from dataclasses import replace

        return replace(
            usual,
            mail=timedelta(minutes=self.mail_minutes),
            claims=timedelta(days=self.claim_days),
            certificate=timedelta(days=self.certificate_days),
            backup=timedelta(days=self.backup_days) if self.backup_days else None,
            free_share=self.disk_percent / 100,
        )
