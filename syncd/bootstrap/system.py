"""All parts of a running syncd, put together as the settings ask for."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

from syncd.bootstrap.keys import keys, link_key
from syncd.ports.errors import ConfigurationError

if TYPE_CHECKING:  # each part is imported when it is first used: `syncd status` needs none of these
    from syncd.adapters.caldav import CalDavServers
    from syncd.adapters.db import SqlStore
    from syncd.adapters.opentelemetry import Telemetry
    from syncd.adapters.procrastinate import Jobs
    from syncd.bootstrap.alerting import Alerting
    from syncd.bootstrap.inbound import InboundParts
    from syncd.core.access.principal import Principal
    from syncd.core.reporting.alerts import Objectives
    from syncd.ports.backups import Backups
    from syncd.ports.mail import Mailer
    from syncd.ports.measures import Measures
    from syncd.ports.passwords import Passwords
    from syncd.ports.transfers import Transfers
    from syncd.ports.vault import Vault
    from syncd.services.claims.proof import ClaimAudit
    from syncd.services.decisions.resuming import Resumer
    from syncd.services.feeds.addresses import FeedAddresses
    from syncd.services.feeds.reading import FeedReader
    from syncd.services.messaging.composing import Composer
    from syncd.services.messaging.delivery import Delivery
    from syncd.services.messaging.inviting import Inviter
    from syncd.services.messaging.notifications import Notifier
    from syncd.services.reporting.check import Probe
    from syncd.services.reporting.digest import Digest
    from syncd.services.scheduling.changes import By, Terms
    from syncd.services.sync.calendars import CalendarService
    from syncd.services.sync.reconcile import Reconciler
    from syncd.services.upkeep.pruning import Pruning, Retention
    from syncd.services.work.leases import Leases
    from syncd.services.work.stopping import Stop
    from syncd.services.work.units import Task
    from syncd.settings import Settings


@dataclass(frozen=True)
class System:
    """What the settings ask for, each part built when first used: listing appointments needs no key and no network.

    ``patience``: seconds for which a command waits for a calendar that another process is at. ``measures``:
    what counts, in a process that lives long enough for anybody to ask.
    """

    settings: "Settings"
    patience: float = 0.0
    measures: "Measures | None" = None

    @cached_property
    def telemetry(self) -> "Telemetry | None":
        """What tells a collector of this process; None where nobody asked, and in a command that soon ends.

        Raises `ConfigurationError` where its libraries are not there.
        """
        section = self.settings.telemetry
        if not section.endpoint or self.measures is None:
            return None
        try:
            from syncd.adapters.opentelemetry import Telemetry
        except ModuleNotFoundError as error:
            words = "telemetry.endpoint needs OpenTelemetry's libraries. Run: pip install 'syncd[otel]'"
            raise ConfigurationError(words, setting="telemetry.endpoint") from error
        return Telemetry(section.endpoint, self.measures, every=section.interval)

    @property
    def counting(self) -> "Measures":
        """What counts: for whoever asks this process, and for a collector where there is one."""
        from syncd.ports.measures import Uncounted

        return self.telemetry or self.measures or Uncounted()

    @cached_property
    def leases(self) -> "Leases":
        """What takes work and gives it back for this process."""
        from syncd.services.work.leases import Leases

        return Leases(self.store, patience=self.patience, measures=self.counting)

    @cached_property
    def store(self) -> "SqlStore":
        """The practice's store."""
        from syncd.adapters.db import open_store

        on_due = self.jobs.defer if self.jobs else None
        return open_store(self.settings.database.url, on_due, self.settings.webhooks.subscriptions())

    @cached_property
    def jobs(self) -> "Jobs | None":
        """The jobs that spread the work over many processes; None where threads of one do it."""
        if self.settings.engine != "procrastinate":
            return None
        from syncd.adapters.procrastinate import Jobs

        return Jobs(self.settings.database.url)

    @cached_property
    def vault(self) -> "Vault":
        """What seals passwords. Raises `VaultError` when there is no key."""
        from syncd.adapters.db.vault import FernetVault

        return FernetVault(keys(self.settings), reread=lambda: keys(self.settings))

    @property
    def backups(self) -> "Backups":
        """What copies the database and puts a copy back."""
        from syncd.adapters.db.backups import backups_of

        return backups_of(self.settings.database.url)

    @property
    def transfers(self) -> "Transfers":
        """What exports the database, and imports into it."""
        from syncd.adapters.db.transfers import SqlTransfers

        return SqlTransfers(self.settings.database.url)

    @property
    def key_name(self) -> str:
        """How the key is known without being given away: backups say with which one their passwords are sealed."""
        return self.key_names[0]

    @property
    def key_names(self) -> list[str]:
        """The names of all keys that open passwords, the newest first."""
        return [hashlib.sha256(key.encode()).hexdigest()[:12] for key in keys(self.settings).split()]

    @cached_property
    def servers(self) -> "CalDavServers":
        """The calendar servers."""
        return self.new_servers()

    def new_servers(self, longest: float | None = None) -> "CalDavServers":
        """Return calendar servers over connections of their own. ``longest``: seconds for all requests."""
        from syncd.adapters.caldav import CalDavServers

        section = self.settings.caldav
        return CalDavServers(
            _mean_the_same,
            timeout=section.timeout,
            ca_file=section.ca_file,
            max_body_bytes=section.max_body_bytes,
            measures=self.counting,
            longest=longest,
            guard=self.settings.security.guard(),
        )

    @cached_property
    def reconciler(self) -> "Reconciler":
        """What runs cycles."""

        from syncd.services.messaging.revert_notices import notice_of_revert
        from syncd.services.sync.reconcile import Reconciler

        return Reconciler(
            store=self.store,
            servers=self.servers,
            vault=self.vault,
            practice=self.settings.practice.practice(),
            policy=self.settings.policy.policy(),
            limits=self.settings.guards.limits(),
            rhythm=self.settings.sync.rhythm(),
            on_reverted=partial(notice_of_revert, practice=self.settings.practice.practice()),
            leases=self.leases,
        )

    def resumer(self, calendars: "CalendarService") -> "Resumer":
        """Return what works a held calendar again; of all that is put back it tells the provider once."""
        from syncd.services.decisions.resuming import Resumer
        from syncd.services.messaging.revert_notices import summary_of_reverts

        summarise = partial(summary_of_reverts, practice=self.settings.practice.practice())
        return Resumer(calendars, self.reconciler, summarise)

    @cached_property
    def teller(self) -> "Notifier":
        """What tells the parties of changes."""
        from syncd.services.messaging.notifications import Notifier

        rules = self.settings.booking.rules()
        asks = self.settings.mail.reads_answers
        return Notifier(self.settings.practice.practice(), rules.reasons, rules.late_notice_hours, asks)

    @cached_property
    def feed_addresses(self) -> "FeedAddresses":
        """What says at which address a provider's feed is."""
        from syncd.services.feeds.addresses import FeedAddresses

        return FeedAddresses(self.store, self.vault)

    @cached_property
    def feed_reader(self) -> "FeedReader":
        """What serves feeds."""
        from syncd.services.feeds.reading import FeedReader

        return FeedReader.over(self.store, self.settings.practice.practice(), self.settings.feeds.look())

    @cached_property
    def composer(self) -> "Composer":
        """What makes mails. Raises `VaultError` when mails are to have links and there is no key to sign them with."""
        from syncd.adapters.wording import TemplateWords
        from syncd.services.messaging.composing import Composer, LinkMaker

        links = self.settings.links
        address = self.settings.pages_address
        return Composer(
            practice=self.settings.practice.practice(),
            words=TemplateWords(self.settings.mail.templates),
            links=LinkMaker(
                base_url=address,
                key=self.link_key if address else b"",
                valid=timedelta(days=links.days),
            ),
            contact=self.settings.booking.contact,
        )

    @cached_property
    def link_key(self) -> bytes:
        """The key that signs the links in mails. Raises `VaultError` when there is none to be had."""
        return link_key(self.settings)

    @cached_property
    def mailer(self) -> "Mailer":
        """The mail transport."""
        mail = self.settings.mail
        if mail.transport == "files":
            from syncd.adapters.mailfiles import FileMailer

            return FileMailer(mail.folder)
        from syncd.adapters.smtp import SmtpAccount, SmtpMailer

        return SmtpMailer(
            SmtpAccount(
                host=mail.host,
                port=mail.port,
                security=mail.security,
                username=mail.username,
                password=mail.password.get_secret_value() if mail.password else "",
                timeout=mail.timeout,
                ca_file=mail.ca_file,
            )
        )

    @cached_property
    def passwords(self) -> "Passwords":
        """What hashes the passwords of users."""
        from syncd.adapters.passwords import Argon2Passwords

        return Argon2Passwords()

    @property
    def delivery(self) -> "Delivery":
        """What delivers the outbox."""
        from syncd.services.messaging.delivery import Delivery

        return Delivery(self.mailer, self.composer, self.settings.mail.most_per_hour)

    def claim_audit(self, reconciler: "Reconciler") -> "ClaimAudit":
        """Return what clears claims, looking at calendars by ``reconciler``."""

        from syncd.services.claims.proof import ClaimAudit

        return ClaimAudit(self.store, reconciler.verify_publication, self.settings.claims.rules())

    @property
    def digest(self) -> "Digest":
        """What sends the drift report."""
        from syncd.adapters.report import report_digest
        from syncd.presentation.documents.report import report_document
        from syncd.services.reporting.digest import Digest

        return Digest(
            store=self.store,
            mailer=self.mailer,
            draw=lambda report: report_digest(report_document(report)),
            practice=self.settings.practice.practice(),
            rules=self.settings.claims.rules(),
            rhythm=self.settings.report.digest,
            recipients=self.settings.report.recipients,
        )

    @property
    def inviter(self) -> "Inviter":
        """What moves sessions between calendars, invitations and addresses."""
        from syncd.services.messaging.inviting import Inviter

        return Inviter(self.settings.practice.practice(), self.settings.mail.reads_answers)

    def calendars(self, by: "Principal") -> "CalendarService":
        """Return the use cases about calendars, on record as done by ``by``."""
        from syncd.services.sync.calendars import CalendarService

        inviter = self.inviter
        return CalendarService(
            store=self.store,
            servers=self.servers,
            vault=self.vault,
            by=by,
            on_connected=inviter.take_back,
            on_removing=inviter.invite,
            leases=self.leases,
        )

    @property
    def console(self) -> str:
        """Where people reach the console, without a slash at the end; empty where nobody said."""
        return self.settings.web.base_url.rstrip("/")

    @property
    def pruning(self) -> "Pruning":
        """What lets go of what is over."""
        from syncd.services.upkeep.pruning import Pruning

        return Pruning(self.store, self.retention)

    @property
    def retention(self) -> "Retention":
        """How long what is over is kept."""
        return self.settings.retention.retention(timedelta(days=self.settings.sync.watch_days))

    @cached_property
    def inbound(self) -> "InboundParts":
        """The parts by which mail comes in."""
        from syncd.bootstrap.inbound import InboundParts

        return InboundParts(self)

    @cached_property
    def alerting(self) -> "Alerting":
        """The parts by which people are told that they are needed."""
        from syncd.bootstrap.alerting import Alerting

        return Alerting(self)

    def tasks(self, stop: "Stop") -> "tuple[Task, ...]":
        """Return every kind of work; all of it heeds ``stop``."""
        from syncd.bootstrap.work import tasks

        return tasks(self, stop)

    def expect_work(self, now: datetime) -> None:
        """Put on record what comes due by the calendar alone: reports, pruning, and the rounds of alerts."""
        from syncd.bootstrap.work import expect_work

        expect_work(self, now)

    def terms(self, by: "By", now: datetime) -> "Terms":
        """Return the terms under which a request of ``by`` is carried out at ``now``."""

        from syncd.services.scheduling.changes import Terms

        return Terms(rules=self.settings.booking.rules(), messages_for=self.teller.messages_for, by=by, now=now)

    @property
    def objectives(self) -> "Objectives":
        """How long things may take before somebody should act: one answer for status, alerts, metrics and pages."""
        from syncd.services.reporting.alerts import objectives

        sync = self.settings.sync
        usual = objectives(timedelta(seconds=sync.interval), timedelta(minutes=sync.objective))
        return self.settings.alerts.within(usual)

    def probes(self, now: datetime) -> "Iterator[Probe]":
        """Yield everything that `syncd check` tries."""
        from syncd.bootstrap.probes import probes

        return probes(self, now)

    def readiness(self) -> "Iterator[Probe]":
        """Yield what must work before this process can do anything: /readyz tries it."""
        from syncd.bootstrap.probes import readiness

        return readiness(self)

    def close(self) -> None:
        """Close what was opened: connections to the database and to servers."""
        for part in ("leases", "store", "servers", "mailer", "telemetry"):
            if self.__dict__.get(part) is not None:
                getattr(self, part).close()


def _mean_the_same(sent: bytes, stored: bytes) -> bool:
    from zoneinfo import ZoneInfo

    from syncd.core.events.comparison import same_meaning
    from syncd.ics.errors import UnreadableError
    from syncd.ics.parse import read

    try:
        return same_meaning(read(sent, ZoneInfo("UTC")), read(stored, ZoneInfo("UTC")))
    except UnreadableError:
        return False
