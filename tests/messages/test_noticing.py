"""An edit was put back: what its provider is told, and how often."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from syncd.adapters.db import SqlStore
from syncd.core.events.findings import Finding, Kind, Severity
from syncd.core.messaging.content import ready_at
from syncd.core.messaging.links import Purpose, read
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import Appointment
from syncd.core.sync.drift import Drift, DriftAction, DriftStatus
from syncd.core.sync.publication import Yielded
from syncd.services.messaging.revert_notices import notice_of_revert, summary_of_reverts
from tests.builders import NOW, START, a_provider
from tests.messages.mailing_practice import LINKS, MailingPractice

MOVED = Finding(
    kind=Kind.MOVED,
    severity=Severity.CLAIM_DATE,
    field="start",
    published="2026-12-01T10:00:00-05:00",
    observed="2026-12-02T20:00:00+00:00",
)


@pytest.fixture
def post(sqlite_store: SqlStore) -> MailingPractice:
    return MailingPractice(sqlite_store, provider=a_provider(email="pat@example.com"))


@pytest.fixture
def one(post: MailingPractice) -> Appointment:
    one = post.book()
    post.sent()
    return one


def a_drift(one: Appointment, *findings: Finding, at: datetime = NOW, **changes: object) -> Drift:
    drift = Drift(
        id="drift-1",
        publication_id=None,
        appointment_id=one.id,
        calendar_id="cal-1",
        provider_id=one.provider_id,
        kinds=tuple(finding.kind for finding in findings),
        severity=Severity.CLAIM_DATE,
        findings=findings,
        fingerprint="f",
        action=DriftAction.REVERT,
        rule="practice",
        detected_at=at,
        status=DriftStatus.REVERTED,
        resolved_at=at,
    )
    return replace(drift, **changes)  # type: ignore[arg-type]  # fields by name


def notice(post: MailingPractice, drift: Drift) -> list[Message]:
    with post.store.transaction() as tx:
        messages = notice_of_revert(tx, drift, post.practice)
        tx.messages.add(messages)
    return messages


def notices(post: MailingPractice) -> list[Message]:
    return [message for message in post.outbox("provider") if message.kind == "reverted"]


def test_a_moved_appointment(post: MailingPractice, one: Appointment) -> None:
    """The provider reads what they changed, in their own zone, that it was put back, and why it matters."""
    notice(post, a_drift(one, MOVED))
    (message,) = notices(post)
    text = post.text(message)
    assert (
        "another time: Wednesday, 2 December 2026, 15:00 (America/New_York, EST) "
        "instead of Tuesday, 1 December 2026, 10:00 (America/New_York, EST)"
    ) in text
    assert "put back" in text
    assert "wrong date of service" in " ".join(text.split())
    assert (message.method, message.recipient) == (None, "pat@example.com")


def test_the_two_links(post: MailingPractice, one: Appointment) -> None:
    """One link says that it was meant, one that it was a mistake; each names the drift and lets do nothing else."""
    notice(post, a_drift(one, MOVED))
    text = post.text(notices(post)[0])
    tokens = [part.split()[0].split("/") for part in text.split("https://syncd.example.com/edit/")[1:]]
    assert [says for says, _ in tokens] == ["mistake", "meant"]
    for (_, token), purpose in zip(tokens, (Purpose.DISMISS_EDIT, Purpose.ACCEPT_EDIT), strict=True):
        link = read(token, LINKS.key, purpose, NOW)
        assert (link.appointment_id, link.about) == (one.id, "drift-1")


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_edit(post: MailingPractice, one: Appointment, kind: Kind) -> None:
    """Whatever was edited has words; of texts and people only that they were edited is said."""
    finding = Finding(kind=kind, severity=Severity.CONTENT, field="text", published="ours", observed="a private word")
    notice(post, a_drift(one, finding))
    (message,) = notices(post)
    assert len(post.text(message).split("\n- ")) == 2
    assert ("a private word" in post.text(message)) is (kind is Kind.LOCATION)


def test_one_session_of_a_series(post: MailingPractice) -> None:
    """The day says which one it was."""
    instances = post.book_series("FREQ=WEEKLY;COUNT=4")
    deleted = Finding(
        kind=Kind.INSTANCE_DELETED,
        severity=Severity.PRESENCE,
        field="instance",
        published=None,
        observed=None,
        recurrence_id=START + timedelta(weeks=1),
    )
    notice(post, a_drift(instances[1], deleted))
    assert "- one session deleted (Tuesday, 8 December 2026)" in post.text(notices(post)[0])


@pytest.mark.parametrize(("minutes", "count"), [(1, 1), (59, 1), (60, 2)])
def test_put_back_again(post: MailingPractice, one: Appointment, minutes: int, count: int) -> None:
    """At most one notice about an appointment leaves in an hour, however often two programs fight over it."""
    notice(post, a_drift(one, MOVED))
    post.sent()
    notice(post, a_drift(one, MOVED, at=NOW + timedelta(minutes=minutes)))
    sent = [m for m in post.outbox(status=MessageStatus.SENT) if m.kind == "reverted"]
    assert len(sent) + len(notices(post)) == count


def test_put_back_again_before_the_notice_left(post: MailingPractice, one: Appointment) -> None:
    """The latest edit is the one to be decided about, and one mail is enough."""
    notice(post, a_drift(one, MOVED))
    notice(post, a_drift(one, MOVED, at=NOW + timedelta(minutes=5), id="drift-2"))
    (message,) = notices(post)
    assert message.facts["drift"] == "drift-2"
    assert [m.kind for m in post.outbox(status=MessageStatus.MERGED)] == ["reverted"]


def test_another_appointment_is_put_back(post: MailingPractice, one: Appointment) -> None:
    """The hour is each appointment's own."""
    other = post.book(START + timedelta(days=1))
    notice(post, a_drift(one, MOVED))
    notice(post, a_drift(other, MOVED))
    assert len(notices(post)) == 2


def test_rescheduled_while_a_notice_waits(post: MailingPractice, one: Appointment) -> None:
    """A notice is no news of the store: a later change does not swallow it, and goes after it."""
    notice(post, a_drift(one, MOVED))
    post.reschedule(one, start=START + timedelta(days=1))
    assert [message.kind for message in post.outbox("provider")] == ["reverted", "rescheduled"]


def test_when_the_session_is(post: MailingPractice, one: Appointment) -> None:
    """The notice says where the record has it, and how it is changed properly."""
    post.links = replace(LINKS, base_url="")
    notice(post, a_drift(one, MOVED))
    text = " ".join(post.text(notices(post)[0]).split())
    assert "The session is on Tuesday, 1 December 2026, 10:00 to 10:50 (America/New_York, EST), Room 1." in text
    assert "have the session rescheduled or cancelled in the record" in text


def test_a_title_that_was_kept(post: MailingPractice, one: Appointment) -> None:
    """What stays as the provider wrote it is told as that, and not among what was put back."""
    title = Finding(kind=Kind.TITLE, severity=Severity.CONTENT, field="SUMMARY", published="ours", observed="My own")
    with post.store.transaction() as tx:
        (publication,) = tx.publications.of_source(one.source)
        tx.publications.save(replace(publication, yielded=(Yielded("summary", None, "ours", "My own"),)))
    notice(post, a_drift(one, MOVED, title, publication_id=publication.id))
    text = post.text(notices(post)[0])
    assert "What you wrote as its title was kept." in text
    assert "another title" not in text
    assert "My own" not in text


def test_a_title_that_was_put_back(post: MailingPractice, one: Appointment) -> None:
    """It is one of the edits."""
    title = Finding(kind=Kind.TITLE, severity=Severity.CONTENT, field="SUMMARY", published="ours", observed="My own")
    notice(post, a_drift(one, MOVED, title))
    text = post.text(notices(post)[0])
    assert "- another title" in text
    assert "kept" not in text


def test_another_edit_within_the_hour(post: MailingPractice, one: Appointment) -> None:
    """Each different edit has its notice, whether the one before it has left or not."""
    notice(post, a_drift(one, MOVED))
    notice(post, a_drift(one, MOVED, fingerprint="g", id="drift-2", at=NOW + timedelta(minutes=1)))
    post.sent()
    notice(post, a_drift(one, MOVED, fingerprint="h", id="drift-3", at=NOW + timedelta(minutes=2)))
    with post.store.reading() as tx:
        told = [message for message in tx.messages.list() if message.kind == "reverted"]
    assert [message.facts["drift"] for message in told] == ["drift-1", "drift-2", "drift-3"]
    assert {message.status for message in told} == {MessageStatus.SENT, MessageStatus.QUEUED}


def test_a_calendar_put_back_on_a_persons_word(post: MailingPractice) -> None:
    """One message tells of all of it, with the first few by name, and it waits until all is in it."""
    sessions = [post.book(START + timedelta(days=day)) for day in range(20)]
    post.sent()
    for number, one in enumerate(sessions):
        drift = a_drift(one, MOVED, id=f"drift-{number}", at=NOW + timedelta(seconds=number))
        with post.store.transaction() as tx:
            tx.messages.add(summary_of_reverts(tx, drift, post.practice))
    (message,) = [one for one in post.outbox("provider") if one.kind == "put_back"]
    text = post.text(message)
    assert "20 sessions that differed in your calendar were put back" in text
    assert text.count("\n- ") == 12
    assert "... and 8 more." in text
    assert ready_at(message) == NOW + timedelta(seconds=19, minutes=1)
    assert post.composer.letter(message).subject == "Your calendar was put back: 20 sessions"
