"""The parts by which people are told that they are needed, and by which a process watches its machine."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncd.bootstrap.system import System
    from syncd.core.access.networks import Guard
    from syncd.ports.alerting import Ping
    from syncd.services.reporting.notices import NoticeDelivery
    from syncd.services.reporting.telling import AlertRound, Audience
    from syncd.services.reporting.watching import CertificateWatch, MachineWatch
    from syncd.services.work.stopping import Stop


@dataclass(frozen=True)
class Alerting:
    """What a system needs for alerts, each part built when first used."""

    system: "System"

    @cached_property
    def audience(self) -> "Audience":
        """Who is told of alerts."""
        from syncd.services.reporting.telling import Audience

        section = self.system.settings.alerts
        return Audience(mail=section.mail, drifts=section.drift_mail, has_webhook=bool(section.webhook))

    @property
    def round(self) -> "AlertRound":
        """What looks what people are to be told."""
        from syncd.presentation.documents.alerting import telling_document
        from syncd.services.reporting.telling import AlertRound, Heart

        section = self.system.settings.alerts
        return AlertRound(
            store=self.system.store,
            objectives=self.system.objectives,
            manner=section.manner(),
            audience=self.audience,
            every=timedelta(seconds=section.interval),
            draw=partial(telling_document, console=self.system.console),
            heart=Heart(self.ping),
        )

    @property
    def notices(self) -> "NoticeDelivery":
        """What brings alerts to people, and tries whether they arrive."""
        from syncd.adapters.alerting import HttpWebhook
        from syncd.adapters.wording import TemplateWords
        from syncd.presentation.alert_words import alert_words
        from syncd.presentation.documents.alerting import telling_document
        from syncd.services.reporting.notices import NoticeDelivery
        from syncd.settings.values import revealed

        section = self.system.settings.alerts
        words, zone = TemplateWords(self.system.settings.mail.templates), section.manner().zone
        practice = self.system.settings.practice.practice()
        url, secret = revealed(section.webhook), revealed(section.webhook_secret)
        return NoticeDelivery(
            store=self.system.store,
            audience=self.audience,
            practice=practice,
            mailer=self.system.mailer,
            draw=partial(telling_document, console=self.system.console),
            write=lambda notice: words.write("admin", "alert", alert_words(notice.content, practice, zone)),
            webhook=HttpWebhook(url, secret, ca_file=section.ca_file, guard=self.guard) if url else None,
            ping=self.ping,
        )

    @property
    def ping(self) -> "Ping | None":
        """What tells a dead man's switch that all is well; None where there is none."""
        from syncd.settings.values import revealed

        url = revealed(self.system.settings.alerts.ping)
        if not url:
            return None
        from syncd.adapters.alerting import HttpPing

        return HttpPing(url, ca_file=self.system.settings.alerts.ca_file, guard=self.guard)

    @property
    def guard(self) -> "Guard":
        """Where addresses in the settings may lead: whoever writes these runs the machine."""
        from dataclasses import replace

        return replace(self.system.settings.security.guard(), from_inside=True)

    @cached_property
    def machine_watch(self) -> "MachineWatch":
        """What looks at this process's machine."""
        from syncd.adapters.alerting import ThisMachine
        from syncd.services.reporting.watching import MachineWatch

        settings = self.system.settings
        url = settings.database.url
        folders = [Path(url.removeprefix("sqlite:///").partition("?")[0]).parent] if url.startswith("sqlite") else []
        if settings.mail.transport == "files":
            folders.append(settings.mail.folder)
        return MachineWatch(self.system.store, ThisMachine(), folders, settings.backup.folder)

    def watch(self, now: datetime) -> None:
        """Put on record what this process sees of its machine."""
        from syncd.services.upkeep.backups import newest

        folder = self.system.settings.backup.folder
        self.machine_watch.look(now, lambda: newest(folder, self.system.backups.suffix))

    def certificates(self, stop: "Stop") -> "CertificateWatch":
        """Return what looks at servers' certificates."""
        from syncd.adapters.alerting import TlsCertificates
        from syncd.ports.alerting import Endpoint
        from syncd.services.reporting.watching import CertificateWatch

        mail = self.system.settings.mail
        shows = mail.transport == "smtp" and mail.security != "none"
        endpoint = Endpoint(mail.host, mail.port, mail.security == "starttls") if shows else None
        return CertificateWatch(
            store=self.system.store, certificates=TlsCertificates(guard=self.guard), mail=endpoint, stop=stop
        )
