"""The composition root: builds the adapters that the settings ask for and hands them to the services."""

import hashlib
import hmac
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncd.ports.errors import ConfigurationError, StoreUnavailableError, VaultError

if TYPE_CHECKING:  # each part is imported when it is first used: `syncd status` needs none of these
    from syncd.adapters.caldav import CalDavServers
    from syncd.adapters.db import SqlStore
    from syncd.adapters.procrastinate import Jobs
    from syncd.core.access.principal import Principal
    from syncd.core.reporting.alerts import Objectives
    from syncd.core.sync.calendars import Calendar
    from syncd.ports.alerting import Ping
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
    from syncd.services.reporting.notices import NoticeDelivery
    from syncd.services.reporting.telling import AlertRound, Audience
    from syncd.services.reporting.watching import CertificateWatch, MachineWatch
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
    def leases(self) -> "Leases":
        """What takes work and gives it back for this process."""
        from syncd.services.work.leases import Leases

        return Leases(self.store, patience=self.patience)

    @cached_property
    def store(self) -> "SqlStore":
        """The practice's store."""
        from syncd.adapters.db import open_store

        return open_store(self.settings.database.url, self.jobs.defer if self.jobs else None)

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

        return FernetVault(_keys(self.settings), reread=lambda: _keys(self.settings))

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
        return [hashlib.sha256(key.encode()).hexdigest()[:12] for key in _keys(self.settings).split()]

    @cached_property
    def servers(self) -> "CalDavServers":
        """The calendar servers."""
        from syncd.adapters.caldav import CalDavServers

        section = self.settings.caldav
        return CalDavServers(
            _mean_the_same,
            timeout=section.timeout,
            ca_file=section.ca_file,
            max_body_bytes=section.max_body_bytes,
            measures=self.measures,
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
        return Notifier(self.settings.practice.practice(), rules.reasons, rules.late_notice_hours)

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
        return _link_key(self.settings)

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

        return Inviter(self.settings.practice.practice())

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

    @cached_property
    def audience(self) -> "Audience":
        """Who is told of alerts."""
        from syncd.services.reporting.telling import Audience

        section = self.settings.alerts
        return Audience(mail=section.mail, drifts=section.drift_mail, has_webhook=bool(section.webhook))

    @property
    def alert_round(self) -> "AlertRound":
        """What tells people of alerts."""
        from syncd.presentation.documents.alerting import telling_document
        from syncd.services.reporting.telling import AlertRound, Heart

        section = self.settings.alerts
        return AlertRound(
            store=self.store,
            objectives=self.objectives,
            manner=section.manner(),
            audience=self.audience,
            every=timedelta(seconds=section.interval),
            draw=partial(telling_document, console=self.console),
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

        section = self.settings.alerts
        words, zone = TemplateWords(self.settings.mail.templates), section.manner().zone
        practice = self.settings.practice.practice()
        url, secret = revealed(section.webhook), revealed(section.webhook_secret)
        return NoticeDelivery(
            store=self.store,
            audience=self.audience,
            practice=practice,
            mailer=self.mailer,
            draw=partial(telling_document, console=self.console),
            write=lambda notice: words.write("admin", "alert", alert_words(notice.content, practice, zone)),
            webhook=HttpWebhook(url, secret, ca_file=section.ca_file) if url else None,
            ping=self.ping,
        )

    @property
    def ping(self) -> "Ping | None":
        """What tells a dead man's switch that all is well; None where there is none."""
        from syncd.settings.values import revealed

        url = revealed(self.settings.alerts.ping)
        if not url:
            return None
        from syncd.adapters.alerting import HttpPing

        return HttpPing(url, ca_file=self.settings.alerts.ca_file)

    @property
    def console(self) -> str:
        """Where people reach the console, without a slash at the end; empty where nobody said."""
        return self.settings.web.base_url.rstrip("/")

    @cached_property
    def machine_watch(self) -> "MachineWatch":
        """What looks at this process's machine."""
        from syncd.adapters.alerting import ThisMachine
        from syncd.services.reporting.watching import MachineWatch

        settings, url = self.settings, self.settings.database.url
        folders = [Path(url.removeprefix("sqlite:///").partition("?")[0]).parent] if url.startswith("sqlite") else []
        if settings.mail.transport == "files":
            folders.append(settings.mail.folder)
        return MachineWatch(self.store, ThisMachine(), folders, settings.backup.folder)

    def watch(self, now: datetime) -> None:
        """Put on record what this process sees of its machine."""
        from syncd.services.upkeep.backups import newest

        folder = self.settings.backup.folder
        self.machine_watch.look(now, lambda: newest(folder, self.backups.suffix))

    def certificates(self, stop: "Stop") -> "CertificateWatch":
        """Return what looks at servers' certificates."""
        from syncd.adapters.alerting import TlsCertificates
        from syncd.ports.alerting import Endpoint
        from syncd.services.reporting.watching import CertificateWatch

        mail = self.settings.mail
        shows = mail.transport == "smtp" and mail.security != "none"
        endpoint = Endpoint(mail.host, mail.port, mail.security == "starttls") if shows else None
        return CertificateWatch(store=self.store, certificates=TlsCertificates(), mail=endpoint, stop=stop)

    @property
    def pruning(self) -> "Pruning":
        """What lets go of what is over."""
        from syncd.services.upkeep.pruning import Pruning

        return Pruning(self.store, self.retention)

    @property
    def retention(self) -> "Retention":
        """How long what is over is kept."""
        return self.settings.retention.retention(timedelta(days=self.settings.sync.watch_days))

    def tasks(self, stop: "Stop") -> "tuple[Task, ...]":
        """Return every kind of work; all of it heeds ``stop``."""
        from syncd.ports.measures import Uncounted
        from syncd.services.kinds import Handlers, tasks
        from syncd.services.scheduling.extending import EXTENDER, Extension
        from syncd.services.scheduling.outcomes import TIMEKEEPER

        sync, reconciler = self.settings.sync, replace(self.reconciler, stop=stop)
        return tasks(
            Handlers(
                reconciler=reconciler,
                measures=self.measures or Uncounted(),
                delivery=self.delivery,
                claim_audit=self.claim_audit(reconciler),
                timekeeping=partial(self.terms, TIMEKEEPER),
                extension=Extension(partial(self.terms, EXTENDER)),
                digest=self.digest,
                pruning=self.pruning,
                alert_round=self.alert_round,
                notices=self.notices,
                certificates=self.certificates(stop),
                rhythm=sync.rhythm(),
                calendars_at_once=sync.workers,
                per_host=sync.per_host,
                mails_at_once=self.settings.mail.connections,
                claims_again=timedelta(seconds=self.settings.claims.audit_interval),
            )
        )

    def expect_work(self, now: datetime) -> None:
        """Put on record what comes due by the calendar alone: reports, pruning, and the rounds of alerts."""
        from syncd.services.work.stopping import Stop

        self.digest.expect(now)
        self.pruning.expect(now)
        self.alert_round.expect(now)
        self.certificates(Stop()).expect(now)

    def terms(self, by: "By", now: datetime) -> "Terms":
        """Return the terms under which a request of ``by`` is carried out at ``now``."""

        from syncd.services.scheduling.changes import Terms

        return Terms(rules=self.settings.booking.rules(), messages_for=self.teller.messages_for, by=by, now=now)

    def probes(self, now: datetime) -> Iterator["Probe"]:
        """Yield everything that `syncd check` tries."""

        from syncd.services.reporting.check import Probe, ask_work
        from syncd.services.sync.calendars import listing, unpublished

        yield Probe("configuration", lambda: "Every setting is known and has an allowed value.")
        yield Probe("database", self._database)
        yield Probe("key", self._vault_works)
        yield Probe("mail", self._mail)
        yield Probe("work", partial(ask_work, self.store))
        try:
            calendars, waiting = listing(self.store), unpublished(self.store)
        except StoreUnavailableError:  # the database's own probe tells of it
            return
        for calendar in calendars:
            yield Probe(
                f"calendar {calendar.id}", partial(self._ask, self.servers, calendar, waiting.get(calendar.id, 0), now)
            )

    @property
    def objectives(self) -> "Objectives":
        """How long things may take before somebody should act: one answer for status, alerts, metrics and pages."""
        from syncd.services.reporting.alerts import objectives

        sync = self.settings.sync
        usual = objectives(timedelta(seconds=sync.interval), timedelta(minutes=sync.objective))
        return self.settings.alerts.within(usual)

    def readiness(self) -> "Iterator[Probe]":
        """Yield what must work before this process can do anything: /readyz tries it."""
        from syncd.services.reporting.check import Probe

        yield Probe("database", self._database)
        yield Probe("key", self._vault_works)

    def close(self) -> None:
        """Close what was opened: connections to the database and to servers."""
        for part in ("leases", "store", "servers", "mailer"):
            if part in self.__dict__:
                getattr(self, part).close()

    def _ask(self, servers: "CalDavServers", calendar: "Calendar", waiting: int, now: datetime) -> str:
        from syncd.core.reporting.alerts import of_calendar
        from syncd.services.reporting.check import ask

        return ask(calendar, servers, self.vault, waiting, of_calendar(calendar, now, self.objectives))

    def _mail(self) -> str:
        from syncd.services.messaging.preview import preview_all

        return f"{self.mailer.probe()} All {preview_all(self.composer)} templates are sound."

    def _database(self) -> str:
        self.store.ping()
        url = self.settings.database.url
        if url.startswith("sqlite:///"):
            _keep_private(Path(url.removeprefix("sqlite:///")), "Clients' names stand in the database")
        return f"The database answers, at revision {self.store.revision()}."

    def _vault_works(self) -> str:
        self.vault.unseal(self.vault.seal("probe"))
        if self.settings.security.key is None and _credential() is None:
            _keep_private(self.settings.security.key_file, "The key opens every stored password")
        return "The key seals and unseals."


def build(settings: "Settings", *, patience: float = 0.0, measures: "Measures | None" = None) -> System:
    """Return the system that the settings ask for. Opens nothing yet. ``patience`` and ``measures``: see `System`."""
    return System(settings, patience, measures)


def initialise(settings: "Settings") -> dict[str, Any]:
    """Create or upgrade the database, and the key where none is given; safe to repeat. Returns what there is now."""
    from syncd.adapters.db import upgrade
    from syncd.settings.loading import without_password

    url = settings.database.url
    revision = upgrade(url)
    if settings.engine == "procrastinate":
        from syncd.adapters.procrastinate import install

        install(url)
    return {"database": without_password(url), "revision": revision, "key": _ensure_key(settings)}


def _ensure_key(settings: "Settings") -> str:
    if settings.security.key is not None:
        return "given by the configuration"
    if _credential() is not None:
        return "given by systemd"
    path = settings.security.key_file
    if not path.exists():
        _make_folder(path.parent)
        try:
            _make_key(path)
        except OSError as error:
            raise ConfigurationError(
                f"security.key_file: {path} cannot be made: {error.strerror}.", file=str(path)
            ) from error
    return str(path)


def _make_key(path: Path) -> None:
    """Make a key's file, unless another process does so first: whoever sees the file sees a whole key in it."""
    from syncd.adapters.db.vault import new_key

    # Created with its final mode at once: at no moment may others read it.
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(new_key())
    try:
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
    finally:
        fresh.unlink()


def put_new_key_first(settings: "Settings") -> str:
    """Make a new key and put it before those in the key's file, which go on opening what they sealed; return the file.

    Raises `ConfigurationError` where the key is no file of ours, and says what to do instead.
    """
    from syncd.adapters.db.vault import new_key

    if settings.security.key is not None or _credential() is not None:
        raise ConfigurationError(
            "The key is given by the configuration or by systemd, so syncd cannot change it. Put a new line with a new "
            f"key before the old one there, such as {new_key()} and run: syncd key reseal",
            setting="security.key",
        )
    path = settings.security.key_file
    fresh = path.with_name(f"{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{new_key()}\n{_keys(settings)}\n")
    fresh.replace(path)
    return str(path)


def _keys(settings: "Settings") -> str:
    """Return the keys, a line each, the newest first. Raises `VaultError` when they cannot be read."""
    if settings.security.key is not None:
        return settings.security.key.get_secret_value()
    path = _credential() or settings.security.key_file
    try:
        keys = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise VaultError(
            f"The key for stored passwords cannot be read from {path}. On a new installation run: syncd init. "
            "Otherwise put the key back from your backup.",
            file=str(path),
        ) from error
    if not keys:
        raise VaultError(f"The key file {path} is empty. Put the key back from your backup.", file=str(path))
    return keys


def _link_key(settings: "Settings") -> bytes:
    """Return the key that signs links: its own, so that nothing signed with it opens a sealed password.

    It is made from the oldest key: links that were sent stay good when a newer key is put before it.
    """
    oldest = _keys(settings).split()[-1]
    return hmac.new(oldest.encode(), b"syncd links", hashlib.sha256).digest()


def _credential() -> Path | None:
    from syncd.settings.sources import CREDENTIALS_VARIABLE, KEY_CREDENTIAL

    folder = os.environ.get(CREDENTIALS_VARIABLE)
    path = Path(folder, KEY_CREDENTIAL) if folder else None
    return path if path is not None and path.is_file() else None


def _keep_private(path: Path, why: str) -> None:
    """Raise `CheckFailedError` when every user of the machine can read the file."""
    from syncd.services.reporting.check import CheckFailedError
    from syncd.settings.places import readable_by_all

    if readable_by_all(path):
        raise CheckFailedError(f"{why}, and every user of this machine can read it. Run: chmod 600 {path}")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"security.key_file: the folder {folder} cannot be made: {error.strerror}.", folder=str(folder)
        ) from error


def _mean_the_same(sent: bytes, stored: bytes) -> bool:
    from zoneinfo import ZoneInfo

    from syncd.core.events.comparison import same_meaning
    from syncd.ics.errors import UnreadableError
    from syncd.ics.parse import read

    try:
        return same_meaning(read(sent, ZoneInfo("UTC")), read(stored, ZoneInfo("UTC")))
    except UnreadableError:
        return False
