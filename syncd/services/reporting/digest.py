"""The drift report by mail: once for each day or week that is over, to each of the practice's admins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from syncd.core.audit.record import AuditRecord
from syncd.core.claims.holds import ClaimRules
from syncd.core.reporting.sums import DigestRhythm
from syncd.core.sync.publishing import Practice
from syncd.core.times import instant
from syncd.core.work import Key, WorkKind
from syncd.ports.mail import Envelope, Letter, Mailer, PermanentMailError
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.messaging.house_mail import house_mail
from syncd.services.reporting.report import DriftReport, Period, drift_report
from syncd.services.work.units import Done, Unit, at_rest, trouble_of

SENT = "digest.sent"
PLAN = "plan"
"""The unit of work that plans the digests of a period once it is over."""


Draw = Callable[[DriftReport], Letter]
"""Writes the letter about a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Sends the digests. Each recipient's is a unit of its own; a period's are planned once, when it is over."""

    store: Store
    mailer: Mailer
    draw: Draw
    practice: Practice
    rules: ClaimRules
    rhythm: DigestRhythm
    recipients: Sequence[str]

    def expect(self, now: datetime) -> None:
        """See to it that the digests of the period that runs now will be planned when it is over."""
        period = last_period(self.rhythm, now)
        if period is not None and self.recipients:
            with self.store.transaction() as tx:
                tx.works.poke(Key(WorkKind.DIGEST, PLAN), due_at=_next_end(period))

    def work(self, unit: Unit) -> Done:
        """Plan the digests of the period that is over, or send one of them."""
        return self._plan(unit) if unit.subject == PLAN else self._send(unit)

    def _plan(self, unit: Unit) -> Done:
        period = last_period(self.rhythm, unit.now)
        if period is None:
            return Done(settle=at_rest)

        def settle(tx: Transaction) -> datetime | None:
            for recipient in dict.fromkeys(self.recipients):
                tx.works.add(Key(WorkKind.DIGEST, f"{_subject(period)} {recipient}"), unit.now)
            return _next_end(period)

        return Done(settle=settle, durable=True)

    def _send(self, unit: Unit) -> Done:
        """Send one. Tried again while it is refused for now; refused for good it rests, and shows why."""
        name, _, recipient = unit.subject.partition(" ")
        if recipient not in self.recipients:
            return Done(settle=at_rest)
        period = _period(name, unit.now)
        letter = digest_for(self.store, self.practice.name, period, self.rules, self.draw)
        try:
            self.mailer.send(self._envelope(letter, recipient, period))
        except PermanentMailError as error:
            return Done(settle=at_rest, trouble=trouble_of(error))

        def settle(tx: Transaction) -> None:
            details = {"recipient": recipient}
            record = AuditRecord(at=unit.now, actor="digest", action=SENT, subject=name, details=details)
            tx.audit.append([record])

        return Done(settle=settle, durable=True)

    def _envelope(self, letter: Letter, recipient: str, period: Period) -> Envelope:
        """Return the mail; sent again it has the same Message-ID, by which a second copy is known."""
        id_ = f"{_subject(period)}-{sha256(recipient.encode()).hexdigest()[:10]}"
        return house_mail(self.practice, letter, id_, recipient, period.now)


def digest_for(store: Store, practice: str, period: Period, rules: ClaimRules, draw: Draw) -> Letter:
    """Return the letter about a period."""
    return draw(drift_report(store, practice, period, rules))


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


def _next_end(period: Period) -> datetime:
    """Return when the period after that one is over."""
    return period.until + (period.until - period.since)


def _period(name: str, now: datetime) -> Period:
    """Return the period that a digest's name gives."""
    day, _, days = name.removeprefix("digest-").rpartition("-")
    until = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return Period(until - timedelta(days=int(days)), until, now)


def _subject(period: Period) -> str:
    days = (period.until - period.since).days
    return f"digest-{period.until.astimezone(UTC):%Y-%m-%d}-{days}"
