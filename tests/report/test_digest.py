"""The digest by mail: once for each period that is over, to each admin."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from syncd.adapters.db import SqlStore
from syncd.adapters.report import report_digest
from syncd.core.claims.holds import ClaimRules
from syncd.core.reporting.sums import DigestRhythm
from syncd.ports.mail import BrokenMessageError, Envelope, PermanentMailError
from syncd.services.reporting.digest import Digest, last_period
from tests.builders import a_practice
from tests.report.fortnight import furnish

MONDAY = datetime(2026, 12, 7, 0, 0, 1, tzinfo=UTC)


@dataclass
class Postbox:
    """A mailer that keeps what it is given, or refuses some addresses."""

    refuses: str = ""
    sent: list[Envelope] = field(default_factory=list)

    def send(self, envelope: Envelope) -> None:
        if envelope.recipient == self.refuses:
            raise PermanentMailError
        self.sent.append(envelope)

    def probe(self) -> str:
        return "It works."

    def close(self) -> None:
        pass


def a_digest(store: SqlStore, postbox: Postbox, rhythm: DigestRhythm = DigestRhythm.WEEKLY) -> Digest:
    return Digest(
        store=store,
        mailer=postbox,
        draw=report_digest,
        practice=a_practice(),
        rules=ClaimRules(),
        rhythm=rhythm,
        recipients=("a@example.com", "b@example.com"),
    )


def test_a_week_that_is_over(sqlite_store: SqlStore) -> None:
    """Is told once to each admin, on the Monday after it."""
    furnish(sqlite_store)
    postbox = Postbox()
    digest = a_digest(sqlite_store, postbox)
    assert [digest.send_due(MONDAY + timedelta(days=day)) for day in (0, 1, 6, 7)] == [2, 0, 0, 2]
    assert [envelope.recipient for envelope in postbox.sent[:2]] == ["a@example.com", "b@example.com"]
    assert len({envelope.id for envelope in postbox.sent}) == 4


def test_the_mail(sqlite_store: SqlStore) -> None:
    """Comes from the practice in text and HTML, under an id of its own, and names no client."""
    furnish(sqlite_store)
    postbox = Postbox()
    a_digest(sqlite_store, postbox).send_due(MONDAY)
    mail = message_from_bytes(postbox.sent[0].content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert (mail["To"], mail["Auto-Submitted"]) == ("a@example.com", "auto-generated")
    assert mail["Subject"].startswith("Drift digest: 6 drifts")
    assert [part.get_content_type() for part in mail.walk()][1:] == ["text/plain", "text/html"]
    assert postbox.sent[0].id in mail["Message-ID"]
    assert b"Secret" not in postbox.sent[0].content


@pytest.mark.parametrize("refused", ["a@example.com", "b@example.com"])
def test_whoever_is_refused_the_others_get_theirs(sqlite_store: SqlStore, refused: str) -> None:
    """One refusal stops no other, wherever it stands in the list."""
    postbox = Postbox(refuses=refused)
    with pytest.raises(PermanentMailError):
        a_digest(sqlite_store, postbox).send_due(MONDAY)
    assert [envelope.recipient for envelope in postbox.sent] == [
        one for one in ("a@example.com", "b@example.com") if one != refused
    ]


def test_an_address_that_breaks_the_mail(sqlite_store: SqlStore) -> None:
    """What cannot be written for one is an error with a sentence, and the others get theirs."""
    postbox = Postbox()
    digest = replace(a_digest(sqlite_store, postbox), recipients=("no address", "b@example.com"))
    with pytest.raises(BrokenMessageError):
        digest.send_due(MONDAY)
    assert [envelope.recipient for envelope in postbox.sent] == ["b@example.com"]


def test_one_address_that_is_refused(sqlite_store: SqlStore) -> None:
    """Keeps nothing from those before it, and is tried again."""
    postbox = Postbox(refuses="b@example.com")
    digest = a_digest(sqlite_store, postbox)
    with pytest.raises(PermanentMailError):
        digest.send_due(MONDAY)
    postbox.refuses = ""
    assert digest.send_due(MONDAY) == 1
    assert [envelope.recipient for envelope in postbox.sent] == ["a@example.com", "b@example.com"]


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
    assert a_digest(sqlite_store, postbox, DigestRhythm.OFF).send_due(MONDAY) == 0
    assert postbox.sent == []
