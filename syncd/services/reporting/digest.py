"""The drift report by mail: once for each day or week that is over, to each of the practice's admins."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import Any

from syncd.core.audit.record import AuditRecord
from syncd.core.claims.holds import ClaimRules
from syncd.core.errors import SyncdError
from syncd.core.reporting.sums import DigestRhythm
from syncd.core.sync.publishing import Practice
from syncd.core.times import instant
from syncd.ports.mail import BrokenMessageError, Envelope, Letter, Mailer
from syncd.ports.store.audit import AuditQuery
from syncd.ports.store.transaction import Store
from syncd.services.messaging.headers import WIRE
from syncd.services.reporting.report import Period, drift_report, report_document

SENT = "digest.sent"
_MOST_RECIPIENTS = 1000


Draw = Callable[[Mapping[str, Any]], Letter]
"""Writes the letter from the report's plain data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Sends what is due. That a digest was sent is on the audit trail, so that no restart sends it again."""

    store: Store
    mailer: Mailer
    draw: Draw
    practice: Practice
    rules: ClaimRules
    rhythm: DigestRhythm
    recipients: Sequence[str]

    def send_due(self, now: datetime) -> int:
        """Send the last whole period's digest to those who do not have it yet; return how many that were.

        Raises the first error of those to whom it could not be sent, after all others got it.
        """
        period = last_period(self.rhythm, now)
        if period is None or not (waiting := self._waiting(period)):
            return 0
        letter = digest_for(self.store, self.practice.name, period, self.rules, self.draw)
        errors = [error for recipient in waiting if (error := self._send(letter, recipient, period, now))]
        if errors:
            raise errors[0]
        return len(waiting)

    def _send(self, letter: Letter, recipient: str, period: Period, now: datetime) -> SyncdError | None:
        """Send to one recipient and put on record that it is done; return what went wrong, if anything did."""
        try:
            self.mailer.send(self._envelope(letter, recipient, period))
        except SyncdError as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one, the others get theirs
            return BrokenMessageError(f"The digest could not be written or sent ({type(error).__name__}).")
        with self.store.transaction() as tx:
            details = {"recipient": recipient}
            record = AuditRecord(at=now, actor="digest", action=SENT, subject=_subject(period), details=details)
            tx.audit.append([record])
        return None

    def _waiting(self, period: Period) -> list[str]:
        with self.store.reading() as tx:
            sent = tx.audit.latest(AuditQuery(subject=_subject(period), action=SENT), _MOST_RECIPIENTS)
        have = {link.record.details["recipient"] for link in sent}
        return [recipient for recipient in dict.fromkeys(self.recipients) if recipient not in have]

    def _envelope(self, letter: Letter, recipient: str, period: Period) -> Envelope:
        """Return the mail; sent again it has the same Message-ID, by which a second copy is known."""
        id_ = f"{_subject(period)}-{sha256(recipient.encode()).hexdigest()[:10]}"
        mail = EmailMessage(policy=WIRE)
        mail["From"] = Address(self.practice.name, addr_spec=self.practice.email)
        mail["To"] = Address(addr_spec=recipient)
        mail["Subject"] = letter.subject
        mail["Date"] = format_datetime(period.now)
        mail["Message-ID"] = f"<{id_}@{self.practice.email.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice in answer
        mail.set_content(letter.text, cte="quoted-printable")
        mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
        return Envelope(id=id_, sender=self.practice.email, recipient=recipient, content=mail.as_bytes(policy=WIRE))


def digest_for(store: Store, practice: str, period: Period, rules: ClaimRules, draw: Draw) -> Letter:
    """Return the letter about a period."""
    return draw(report_document(drift_report(store, practice, period, rules)))


def last_period(rhythm: DigestRhythm, now: datetime) -> Period | None:
    """Return the last day, or week from Monday, that is over (UTC); None when no digest is wanted."""
    today = instant(now).replace(hour=0, minute=0, second=0, microsecond=0)
    match rhythm:
        case DigestRhythm.OFF:
            return None
        case DigestRhythm.DAILY:
            return Period(today - timedelta(days=1), today, now)
        case DigestRhythm.WEEKLY:
            monday = today - timedelta(days=today.weekday())
            return Period(monday - timedelta(weeks=1), monday, now)


def _subject(period: Period) -> str:
    days = (period.until - period.since).days
    return f"digest-{period.until.astimezone(UTC):%Y-%m-%d}-{days}"
