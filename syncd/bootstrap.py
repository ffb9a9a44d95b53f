"""The composition root: builds the adapters that the settings ask for and hands them to the services."""

import hashlib
import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from syncd.core.events.comparison import same_meaning
from syncd.core.sync.calendars import Calendar
from syncd.ports.errors import ConfigurationError, StoreUnavailableError, VaultError
from syncd.ports.mail import Mailer
from syncd.ports.vault import Vault
from syncd.services.claims.proof import ClaimAudit
from syncd.services.messaging.composing import Composer, LinkMaker
from syncd.services.messaging.delivery import Delivery
from syncd.services.messaging.notifications import Notifier
from syncd.services.messaging.preview import preview_all
from syncd.services.messaging.revert_notices import notice_of_revert
from syncd.services.reporting.check import Probe, ask
from syncd.services.reporting.digest import Digest
from syncd.services.scheduling.changes import By, Terms
from syncd.services.sync.calendars import CalendarService, listing, unpublished
from syncd.services.sync.reconcile import Reconciler
from syncd.settings import Settings

if TYPE_CHECKING:
    from syncd.adapters.caldav import CalDavServers
    from syncd.adapters.db import SqlStore

CREDENTIAL = "syncd.key"
"""The name under which systemd hands over the key (LoadCredential=)."""


@dataclass(frozen=True)
class System:
    """What the settings ask for, each part built when first used: listing appointments needs no key and no network."""

    settings: Settings

    @cached_property
    def store(self) -> "SqlStore":
        """The practice's store."""
        from syncd.adapters.db import open_store

        return open_store(self.settings.database.url)

    @cached_property
    def vault(self) -> Vault:
        """What seals passwords. Raises `VaultError` when there is no key."""
        from syncd.adapters.db import FernetVault

        return FernetVault(_key(self.settings))

    @cached_property
    def servers(self) -> "CalDavServers":
        """The calendar servers."""
        from syncd.adapters.caldav import CalDavServers

        section = self.settings.caldav
        return CalDavServers(
            _mean_the_same, timeout=section.timeout, ca_file=section.ca_file, max_body_bytes=section.max_body_bytes
        )

    @cached_property
    def reconciler(self) -> Reconciler:
        """What runs cycles."""
        return Reconciler(
            store=self.store,
            servers=self.servers,
            vault=self.vault,
            practice=self.settings.practice.practice(),
            policy=self.settings.policy.policy(),
            limits=self.settings.guards.limits(),
            rhythm=self.settings.sync.rhythm(),
            on_reverted=partial(notice_of_revert, practice=self.settings.practice.practice()),
        )

    @cached_property
    def teller(self) -> Notifier:
        """What tells the parties of changes."""
        return Notifier(self.settings.practice.practice(), self.settings.booking.rules().reasons)

    @cached_property
    def composer(self) -> Composer:
        """What makes mails. Raises `VaultError` when mails are to have links and there is no key to sign them with."""
        from syncd.adapters.wording import TemplateWords

        links = self.settings.links
        return Composer(
            practice=self.settings.practice.practice(),
            words=TemplateWords(self.settings.mail.templates),
            links=LinkMaker(
                base_url=links.base_url,
                key=_link_key(self.settings) if links.base_url else b"",
                valid=timedelta(days=links.days),
            ),
            contact=self.settings.booking.contact,
        )

    @cached_property
    def mailer(self) -> Mailer:
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

    @property
    def delivery(self) -> Delivery:
        """What delivers the outbox."""
        return Delivery(self.store, self.mailer, self.composer, self.settings.mail.most_per_hour)

    def claim_audit(self, reconciler: Reconciler) -> ClaimAudit:
        """Return what clears claims, looking at calendars by ``reconciler``."""
        return ClaimAudit(self.store, reconciler.verify_publication, self.settings.claims.rules())

    @property
    def digest(self) -> Digest:
        """What sends the drift report."""
        from syncd.adapters.report import report_digest

        return Digest(
            store=self.store,
            mailer=self.mailer,
            draw=report_digest,
            practice=self.settings.practice.practice(),
            rules=self.settings.claims.rules(),
            rhythm=self.settings.report.digest,
            recipients=self.settings.report.recipients,
        )

    def calendars(self, actor: str) -> CalendarService:
        """Return the use cases about calendars, on record as done by ``actor``."""
        return CalendarService(store=self.store, servers=self.servers, vault=self.vault, actor=actor)

    def terms(self, by: By, now: datetime) -> Terms:
        """Return the terms under which a request of ``by`` is carried out at ``now``."""
        return Terms(rules=self.settings.booking.rules(), messages_for=self.teller.messages_for, by=by, now=now)

    def probes(self) -> Iterator[Probe]:
        """Yield everything that `syncd check` tries."""
        yield Probe("configuration", lambda: "Every setting is known and has an allowed value.")
        yield Probe("database", self._database)
        yield Probe("key", self._vault_works)
        yield Probe("mail", self._mail)
        try:
            calendars, waiting = listing(self.store), unpublished(self.store)
        except StoreUnavailableError:  # the database's own probe tells of it
            return
        for calendar in calendars:
            yield Probe(f"calendar {calendar.id}", partial(self._ask, calendar, waiting.get(calendar.id, 0)))

    def close(self) -> None:
        """Close what was opened: connections to the database and to servers."""
        for part in ("store", "servers", "mailer"):
            if part in self.__dict__:
                getattr(self, part).close()

    def _ask(self, calendar: Calendar, waiting: int) -> str:
        return ask(calendar, self.servers, self.vault, waiting)

    def _mail(self) -> str:
        return f"{self.mailer.probe()} All {preview_all(self.composer)} templates are sound."

    def _database(self) -> str:
        self.store.ping()
        return f"The database answers, at revision {self.store.revision()}."

    def _vault_works(self) -> str:
        self.vault.unseal(self.vault.seal("probe"))
        return "The key seals and unseals."


def build(settings: Settings) -> System:
    """Return the system that the settings ask for. Opens nothing yet."""
    return System(settings)


def initialise(settings: Settings) -> dict[str, Any]:
    """Create or upgrade the database, and the key where none is given; safe to repeat. Returns what there is now."""
    from syncd.adapters.db import upgrade

    url = settings.database.url
    revision = upgrade(url)
    return {"database": _without_password(url), "revision": revision, "key": _ensure_key(settings)}


def _ensure_key(settings: Settings) -> str:
    from syncd.adapters.db import new_key

    if settings.security.key is not None:
        return "given by the configuration"
    if _credential() is not None:
        return "given by systemd"
    path = settings.security.key_file
    if not path.exists():
        _make_folder(path.parent)
        # Created with its final mode at once: at no moment may others read it.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_key())
    return str(path)


def _key(settings: Settings) -> str:
    if settings.security.key is not None:
        return settings.security.key.get_secret_value()
    path = _credential() or settings.security.key_file
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise VaultError(
            f"The key for stored passwords cannot be read from {path}. On a new installation run: syncd init. "
            "Otherwise put the key back from your backup.",
            file=str(path),
        ) from error


def _link_key(settings: Settings) -> bytes:
    """Return the key that signs links: its own, so that nothing signed with it opens a sealed password."""
    return hmac.new(_key(settings).encode(), b"syncd links", hashlib.sha256).digest()


def _credential() -> Path | None:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder, CREDENTIAL) if folder else None
    return path if path is not None and path.is_file() else None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The folder {folder} cannot be made: {error.strerror}.", folder=str(folder)
        ) from error


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    login, at, place = rest.rpartition("@")
    return f"{scheme}://{login.partition(':')[0]}{at}{place}"


def _mean_the_same(sent: bytes, stored: bytes) -> bool:
    from syncd.ics.errors import UnreadableError
    from syncd.ics.parse import read

    try:
        return same_meaning(read(sent, ZoneInfo("UTC")), read(stored, ZoneInfo("UTC")))
    except UnreadableError:
        return False
