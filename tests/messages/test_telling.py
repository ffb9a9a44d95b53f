"""Changes as their parties' own calendar programs end up with them: what the messages say is what the store says."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count, permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from syncd.adapters.db import SqlStore
from syncd.core.errors import RefusalError
from syncd.core.messaging.content import facts_of
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope
from syncd.core.sync.publishing import CancelledEvents
from syncd.core.times import instant
from tests.builders import NOW, a_client, a_practice, an_appointment, at
from tests.ics.attendee_models import Attendee, BySequenceAlone, ByTheRfc, Naive, Shown, shown
from tests.messages.mailing_practice import MailingPractice

SINCE, UNTIL = NOW - timedelta(days=1), NOW + timedelta(days=170)
Story = Callable[[MailingPractice], object]


def a_single(post: MailingPractice) -> Appointment:
    return post.book()


def a_weekly(post: MailingPractice) -> Appointment:
    return post.book_series("FREQ=WEEKLY;COUNT=6")[0]


def an_endless(post: MailingPractice) -> Appointment:
    return post.book_series("FREQ=WEEKLY")[0]


def nth(post: MailingPractice, one: Appointment, number: int) -> Appointment:
    return post.series_of(one)[number]


def _moved_single(post: MailingPractice) -> None:
    one = a_single(post)
    post.reschedule(one, start=at("2026-12-02T11:00"))
    post.reschedule(one, minutes=80, location="Room 9")


def _cancelled_single(post: MailingPractice) -> None:
    one = a_single(post)
    post.reschedule(one, start=at("2026-12-02T11:00"))
    post.cancel(one)


def _moved_one(post: MailingPractice) -> None:
    one = a_weekly(post)
    post.reschedule(nth(post, one, 2), start=at("2026-12-16T09:00"))
    post.reschedule(nth(post, one, 3), location="Room 9")


def _cancelled_one(post: MailingPractice) -> None:
    one = a_weekly(post)
    post.reschedule(nth(post, one, 2), start=at("2026-12-16T09:00"))
    post.cancel(nth(post, one, 2))
    post.cancel(nth(post, one, 4))


def _moved_future(post: MailingPractice) -> None:
    one = a_weekly(post)
    post.reschedule(nth(post, one, 1), start=at("2026-12-09T09:00"))
    post.reschedule(nth(post, one, 3), start=at("2026-12-23T12:00"), scope=Scope.FUTURE)


def _moved_future_endless(post: MailingPractice) -> None:
    one = an_endless(post)
    post.reschedule(nth(post, one, 2), start=at("2026-12-16T12:00"), scope=Scope.FUTURE)


def _cancelled_future(post: MailingPractice) -> None:
    one = an_endless(post)
    post.cancel(nth(post, one, 1))
    post.cancel(nth(post, one, 3), scope=Scope.FUTURE)


def _moved_all(post: MailingPractice) -> None:
    one = a_weekly(post)
    post.reschedule(nth(post, one, 2), location="Room 9")
    post.reschedule(nth(post, one, 1), start=at("2026-12-09T13:00"), scope=Scope.ALL)


def _cancelled_all(post: MailingPractice) -> None:
    one = a_weekly(post)
    post.reschedule(nth(post, one, 2), start=at("2026-12-16T09:00"))
    post.cancel(one, scope=Scope.ALL)


def _cancelled_one_by_one(post: MailingPractice) -> None:
    for one in post.book_series("FREQ=WEEKLY;COUNT=3"):
        post.cancel(one)


STORIES: dict[str, Story] = {
    "a single one booked": a_single,
    "a single one moved, made longer elsewhere": _moved_single,
    "a single one moved and cancelled": _cancelled_single,
    "a series booked": a_weekly,
    "an endless series booked": an_endless,
    "two of a series changed": _moved_one,
    "two of a series cancelled, one after it was moved": _cancelled_one,
    "this and future ones moved, one before was": _moved_future,
    "this and future ones moved, without end": _moved_future_endless,
    "this and future ones cancelled": _cancelled_future,
    "all moved": _moved_all,
    "all cancelled": _cancelled_all,
    "a series cancelled one by one": _cancelled_one_by_one,
}


@pytest.fixture
def post(sqlite_store: SqlStore) -> MailingPractice:
    return MailingPractice(sqlite_store, client=a_client(timezone="Europe/Berlin"), writes_calendar=False)


def bodies(messages: Sequence[Message]) -> list[bytes]:
    return [facts_of(message).calendar.encode() for message in messages if message.method]


def held(post: MailingPractice) -> list[Shown]:
    """Return the sessions that the store says take place."""
    booked = [one for one in post.all() if one.status is AppointmentStatus.BOOKED]
    return sorted(Shown(instant(one.start), instant(one.end), one.location) for one in booked if one.start < UNTIL)


def seen(attendee: Attendee, arriving: Sequence[bytes]) -> list[Shown]:
    for body in arriving:
        attendee.receive(body)
    return [Shown(instant(one.start), instant(one.end), one.location) for one in shown(attendee, SINCE, UNTIL)]


def orders(arriving: list[bytes]) -> Iterator[tuple[bytes, ...]]:
    return permutations(arriving)


@pytest.mark.parametrize("party", ["client", "provider"])
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_in_every_order(post: MailingPractice, story: Story, party: str) -> None:
    """Programs that go by SEQUENCE end with the store's sessions, in whatever order the mails arrive."""
    with_each_sent(post, story)
    sent = bodies(post.outbox(party, MessageStatus.SENT))
    for arriving in orders(sent):
        assert seen(ByTheRfc(), arriving) == held(post)
        assert seen(BySequenceAlone(), arriving) == held(post)


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_in_the_order_sent(post: MailingPractice, story: Story) -> None:
    """Programs that look at no SEQUENCE do so too, when the mails arrive as they were sent."""
    with_each_sent(post, story)
    assert seen(Naive(), bodies(post.outbox("client", MessageStatus.SENT))) == held(post)


@pytest.mark.parametrize("model", [ByTheRfc, BySequenceAlone, Naive])
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_nothing_left_before_all_was_done(post: MailingPractice, story: Story, model: Callable[[], Attendee]) -> None:
    """What is left of the messages when those that never left are merged says the same."""
    story(post)
    assert seen(model(), bodies(post.outbox("client"))) == held(post)


def with_each_sent(post: MailingPractice, story: Story) -> None:
    """Play a story in which every message leaves before the next change is made."""
    post.sends_at_once = True
    story(post)
    post.sent()


def test_a_change_reaches_each_party_once(post: MailingPractice) -> None:
    """One message for each UID and recipient; SEQUENCE rises by itself and never falls."""
    _moved_future(post)
    post.sent()
    keys = [(m.uid, m.recipient, m.method, m.sequence) for m in post.outbox(status=MessageStatus.SENT)]
    assert len(keys) == len(set(keys))


def test_a_provider_with_a_calendar(sqlite_store: SqlStore) -> None:
    """Where syncd writes the event itself, the mail only confirms: the event must not stand there twice."""
    post = MailingPractice(sqlite_store)
    one = a_weekly(post)
    post.sent()
    post.reschedule(nth(post, one, 3), start=at("2026-12-23T12:00"), scope=Scope.FUTURE)
    to_provider = post.outbox("provider") + post.outbox("provider", MessageStatus.SENT)
    assert {(m.method, facts_of(m).calendar) for m in to_provider} == {(None, "")}
    assert [m.kind for m in post.outbox("provider")] == ["rescheduled"]
    assert [m.kind for m in post.outbox("client")] == ["ended", "rescheduled"]


def test_a_practice_that_leaves_cancelled_events_marked(sqlite_store: SqlStore) -> None:
    """How the practice publishes is no business of the client's program: it is told with EXDATEs."""
    practice = a_practice(cancelled_events=CancelledEvents.MARK, plain_events=True)
    post = MailingPractice(sqlite_store, practice=practice)
    _cancelled_one(post)
    assert seen(Naive(), bodies(post.outbox("client"))) == held(post)
    assert all("STATUS:CANCELLED" not in body.decode() for body in bodies(post.outbox("client")))


def test_an_endless_series_is_extended(post: MailingPractice) -> None:
    """The rule has told of the next sessions already: nobody is written to."""
    an_endless(post)
    post.sent()
    post.pass_time(timedelta(days=30))
    assert post.extend() == 1
    assert post.outbox() == []


def test_a_series_meets_another_appointment_as_it_is_extended(post: MailingPractice) -> None:
    """The session that finds no room was promised by the rule, so its people are told that it is cancelled."""
    an_endless(post)
    other = an_appointment(provider_id=post.provider.id, client_id=post.client.id, start=at("2027-06-01T10:30"))
    with post.store.transaction() as tx:
        tx.appointments.add([other])
    post.sent()
    post.pass_time(timedelta(days=60))
    post.extend()
    (message,) = post.outbox("client")
    assert (message.kind, message.method) == ("cancelled", "REQUEST")
    assert "another appointment" in post.text(message)


def test_one_person_is_both(sqlite_store: SqlStore) -> None:
    """A provider who is a client of their own practice under the same address gets one mail, not a refusal."""
    post = MailingPractice(sqlite_store, client=a_client(email="PAT@example.com"), writes_calendar=False)
    with post.store.transaction() as tx:
        provider = replace(post.provider, id="prv-same", email="pat@example.com")
        tx.providers.add(provider)
    post.book(provider=provider.id)
    assert [m.party for m in post.outbox()] == ["client"]


def test_the_last_session_leaves_its_series_as_it_is(sqlite_store: SqlStore) -> None:
    """It stands under another UID then: who was invited to the series is invited to it, though nothing else is new."""
    post = MailingPractice(sqlite_store, writes_calendar=False)
    a_weekly(post)
    post.sent()
    last = post.all()[-1]
    post.reschedule(last, start=last.start.replace(hour=8))
    post.sent()
    moved = post.all()[-1]
    post.reschedule(moved, start=moved.start, scope=Scope.FUTURE)
    post.sent()
    for party in ("client", "provider"):
        every = [message for message in all_messages(post) if message.party == party]
        for model in (ByTheRfc, BySequenceAlone, Naive):
            assert seen(model(), bodies(every)) == held(post)
        assert "invited" in {message.kind for message in every}


@pytest.fixture
def fresh_store(
    tmp_path: Path, sqlite_template: Path, open_stores: Callable[[str], SqlStore]
) -> Callable[[], SqlStore]:
    """Return a function that gives an empty store each time: hypothesis plays many stories in one test."""
    numbers = count()

    def fresh() -> SqlStore:
        return open_stores(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / f'{next(numbers)}.db')}")

    return fresh


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["move", "cancel", "relocate", "send"]),
        st.integers(0, 5),
        st.sampled_from(Scope),
        st.integers(-2, 3),
        st.integers(8, 16),
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=OPERATIONS)
@example(operations=[("move", 5, Scope.THIS, 0, 8), ("move", 5, Scope.FUTURE, 0, 8)])
def test_whatever_is_done_to_a_series(
    fresh_store: Callable[[], SqlStore], operations: list[tuple[object, ...]]
) -> None:
    """After any changes, sent or merged, every kind of program shows the store's sessions."""
    post = MailingPractice(fresh_store(), writes_calendar=False)
    a_weekly(post)
    for operation in operations:
        do(post, *operation)  # type: ignore[arg-type]  # as the strategy makes them
    every = [m for m in all_messages(post) if m.party == "client" and m.status is not MessageStatus.MERGED]
    for model in (ByTheRfc, BySequenceAlone, Naive):
        assert seen(model(), bodies(every)) == held(post)
    assert seen(ByTheRfc(), bodies(every)[::-1]) == held(post)


def do(post: MailingPractice, what: str, number: int, scope: Scope, days: int, hour: int) -> None:
    booked = [one for one in post.all() if one.status is AppointmentStatus.BOOKED]
    if what == "send" or not booked:
        post.sent()
        return
    one = booked[number % len(booked)]
    try:
        if what == "cancel":
            post.cancel(one, scope=scope)
        elif what == "relocate":
            post.reschedule(one, location=f"Room {number}", scope=scope)
        else:
            start = (one.start + timedelta(days=days)).replace(hour=hour)
            post.reschedule(one, start=start, scope=scope)
    except RefusalError:  # it changed nothing: that is another test's rule
        return


def all_messages(post: MailingPractice) -> list[Message]:
    with post.store.reading() as tx:
        return list(tx.messages.list())
