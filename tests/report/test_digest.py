"""The digest by mail: once for each period that is over, to each admin."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from syncd.adapters.db import SqlStore
from syncd.adapters.report import report_digest
from syncd.core.claims.holds import ClaimRules
from syncd.core.reporting.sums import DigestRhythm
from syncd.core.work import Pace, WorkKind
from syncd.ports.mail import Envelope, MailError, MailUnavailableError, PermanentMailError
from syncd.presentation.documents.report import report_document
from syncd.services.reporting.digest import Digest, last_period
from tests.builders import a_practice
from tests.report.fortnight import furnish
from tests.working import a_task, work_off

WEEKLY = Pace(farthest=timedelta(days=8))

MONDAY = datetime(2026, 12, 7, 0, 0, 1, tzinfo=UTC)


@dataclass
class Postbox:
    """A mailer that keeps what it is given, or refuses some addresses."""

    refuses: dict[str, MailError] = field(default_factory=dict)
    sent: list[Envelope] = field(default_factory=list)

    def send(self, envelope: Envelope) -> None:
        if (error := self.refuses.get(envelope.recipient)) is not None:
            raise error
        self.sent.append(envelope)

    def probe(self) -> str:
        return "It works."

    def close(self) -> None:
        pass


def a_digest(
    store: SqlStore,
    postbox: Postbox,
    rhythm: DigestRhythm = DigestRhythm.WEEKLY,
    recipients: tuple[str, ...] = ("a@example.com", "b@example.com"),
) -> Digest:
    return Digest(
        store=store,
        mailer=postbox,
        draw=lambda report: report_digest(report_document(report)),
        practice=a_practice(),
        rules=ClaimRules(),
        rhythm=rhythm,
        recipients=recipients,
    )


def send_due(store: SqlStore, digest: Digest, now: datetime) -> int:
    """Do what is due of digests at ``now``; return how many records of a digest that was sent that added."""
    with store.reading() as tx:
        before = len(tx.audit.list())
    work_off(store, a_task(WorkKind.DIGEST, digest.work, pace=WEEKLY), now)
    with store.reading() as tx:
        return len(tx.audit.list()) - before


@pytest.fixture
def sqlite_store(sqlite_store: SqlStore) -> SqlStore:
    sqlite_store.clock = lambda: MONDAY - timedelta(days=1)
    return sqlite_store


def test_a_week_that_is_over(sqlite_store: SqlStore) -> None:
    """Is told once to each admin, on the Monday after it, however often the daemon is started."""
    furnish(sqlite_store)
    postbox = Postbox()
    digest = a_digest(sqlite_store, postbox)
    sent = []
    for day in (-1, 0, 1, 6, 7):
        now = MONDAY + timedelta(days=day)
        digest.expect(now)
        sent.append(send_due(sqlite_store, digest, now))
    assert sent == [0, 2, 0, 0, 2]
    assert [envelope.recipient for envelope in postbox.sent[:2]] == ["a@example.com", "b@example.com"]
    assert len({envelope.id for envelope in postbox.sent}) == 4


def test_the_mail(sqlite_store: SqlStore) -> None:
    """Comes from the practice in text and HTML, under an id of its own, and names no client."""
    furnish(sqlite_store)
    postbox = Postbox()
    digest = a_digest(sqlite_store, postbox)
    digest.expect(MONDAY - timedelta(days=1))
    send_due(sqlite_store, digest, MONDAY)
    mail = message_from_bytes(postbox.sent[0].content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert (mail["To"], mail["Auto-Submitted"]) == ("a@example.com", "auto-generated")
    assert mail["Subject"].startswith("Drift digest: 6 drifts")
    assert [part.get_content_type() for part in mail.walk()][1:] == ["text/plain", "text/html"]
    assert postbox.sent[0].id in mail["Message-ID"]
    assert b"Secret" not in postbox.sent[0].content


def test_one_address_that_is_refused(sqlite_store: SqlStore) -> None:
    """Keeps nothing from the others; refused for good it rests and shows why, refused for now it is tried again."""
    postbox = Postbox(refuses={"a@example.com": PermanentMailError(), "b@example.com": MailUnavailableError()})
    digest = a_digest(sqlite_store, postbox, recipients=("a@example.com", "b@example.com", "c@example.com"))
    digest.expect(MONDAY - timedelta(days=1))
    assert send_due(sqlite_store, digest, MONDAY) == 1
    with sqlite_store.reading() as tx:
        failing = {work.subject.split()[1]: work.due_at is None for work in tx.works.failing()}
    assert failing == {"a@example.com": True, "b@example.com": False}
    postbox.refuses = {}
    assert send_due(sqlite_store, digest, MONDAY + timedelta(minutes=1)) == 1
    assert [envelope.recipient for envelope in postbox.sent] == ["c@example.com", "b@example.com"]


@pytest.mark.parametrize(
    ("rhythm", "since", "until"),
    [
        (DigestRhythm.DAILY, datetime(2026, 12, 8, tzinfo=UTC), datetime(2026, 12, 9, tzinfo=UTC)),
        (DigestRhythm.WEEKLY, datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 7, tzinfo=UTC)),
    ],
)
def test_periods(rhythm: DigestRhythm, since: datetime, until: datetime) -> None:
    """The last whole day, and the last whole week from Monday."""
    period = last_period(rhythm, datetime(2026, 12, 9, 8, 0, tzinfo=UTC))
    assert period is not None
    assert (period.since, period.until) == (since, until)


def test_no_digest(sqlite_store: SqlStore) -> None:
    """Where none is wanted, none is sent."""
    postbox = Postbox()
    digest = a_digest(sqlite_store, postbox, DigestRhythm.OFF)
    digest.expect(MONDAY - timedelta(days=1))
    assert send_due(sqlite_store, digest, MONDAY) == 0
    assert postbox.sent == []


def test_digests_come_more_often_from_now_on(sqlite_store: SqlStore) -> None:
    """A shorter rhythm in the settings takes effect at once, not after the week."""
    postbox = Postbox()
    a_digest(sqlite_store, postbox).expect(MONDAY)
    daily = a_digest(sqlite_store, postbox, DigestRhythm.DAILY)
    daily.expect(MONDAY)
    assert send_due(sqlite_store, daily, MONDAY + timedelta(days=1)) == 2
