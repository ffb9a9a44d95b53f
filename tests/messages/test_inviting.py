"""A provider's sessions stand in a calendar that syncd writes to, or come by invitation: never both."""

import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.adapters.db import SqlStore, open_store
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope
from syncd.core.sync.calendars import CalendarKind
from syncd.services.messaging.inviting import Inviter
from syncd.services.sync.publications import publish_to, sources_from
from tests.builders import START, a_calendar, a_provider, at
from tests.ics.attendee_models import Attendee, BySequenceAlone, ByTheRfc, Naive, shown
from tests.messages.mailing_practice import MailingPractice, calendar_part

SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)


@pytest.fixture
def post(sqlite_store: SqlStore) -> MailingPractice:
    return a_post(sqlite_store)


def a_post(store: SqlStore) -> MailingPractice:
    return MailingPractice(store, provider=a_provider(email="pat@example.com"), writes_calendar=False)


def connect(post: MailingPractice, kind: CalendarKind = CalendarKind.CALDAV) -> None:
    """Connect a calendar as the service does."""
    calendar = a_calendar(provider_id=post.provider.id, kind=kind)
    with post.store.transaction() as tx:
        tx.calendars.add(calendar)
        Inviter(post.practice).take_back(tx, post.provider.id, post.now)
        publish_to(tx, calendar, sources_from(tx, post.provider.id, post.now))
    post.calendar = calendar


def remove(post: MailingPractice) -> None:
    with post.store.transaction() as tx:
        Inviter(post.practice).invite(tx, post.provider.id, post.now, post.calendar.id)
        tx.calendars.remove(post.calendar.id)


def to_provider(post: MailingPractice) -> list[Message]:
    return post.outbox("provider")


def methods(messages: Sequence[Message]) -> list[tuple[str, str | None]]:
    return [(message.kind, message.method) for message in messages]


class TestConnecting:
    def test_an_invitation_was_sent(self, post: MailingPractice) -> None:
        """It is taken back, once, under a higher SEQUENCE, in words that say that the session takes place."""
        one = post.book()
        post.sent()
        connect(post)
        (message,) = to_provider(post)
        assert (message.kind, message.method, message.uid, message.sequence) == ("uninvited", "CANCEL", one.uid, 1)
        assert "Nothing is cancelled" in post.text(message)
        body = calendar_part(post.mail(message))
        assert body is not None
        assert "STATUS" not in str(body.get_content())
        post.sent()
        with post.store.transaction() as tx:
            Inviter(post.practice).take_back(tx, post.provider.id, post.now)
        assert to_provider(post) == []

    def test_one_for_each_uid(self, post: MailingPractice) -> None:
        """A series and a single session are two mails."""
        single, series = post.book(), post.book_series("FREQ=WEEKLY;COUNT=4", START + timedelta(days=1))
        post.sent()
        connect(post)
        assert sorted(message.uid for message in to_provider(post)) == sorted({single.uid, series[0].uid})

    def test_an_invitation_never_left(self, post: MailingPractice) -> None:
        """It leaves as a mail in words: there is nothing to take back."""
        post.book()
        connect(post)
        (message,) = to_provider(post)
        assert (message.kind, message.method) == ("booked", None)
        assert calendar_part(post.mail(message)) is None

    def test_an_invitation_may_have_left(self, post: MailingPractice) -> None:
        """It is taken back after it."""
        post.book()
        with post.store.transaction() as tx:
            for message in tx.messages.list():
                tx.messages.save(replace(message, handed_over_at=post.now))
        connect(post)
        assert methods(to_provider(post)) == [("booked", "REQUEST"), ("uninvited", "CANCEL")]

    def test_what_is_over_or_cancelled(self, post: MailingPractice) -> None:
        """Nobody hears of it again."""
        over = post.book()
        gone = post.book(START + timedelta(days=30))
        post.sent()
        post.cancel(gone)
        post.sent()
        post.now = over.end + timedelta(days=1)
        connect(post)
        assert to_provider(post) == []

    def test_clients_hear_nothing(self, post: MailingPractice) -> None:
        """Their invitation stands."""
        post.book()
        post.sent()
        connect(post)
        assert post.outbox("client") == []

    @pytest.mark.parametrize("change", ["reschedule", "cancel"])
    def test_a_change_right_after(self, post: MailingPractice, change: str) -> None:
        """The mail in words takes the invitation back: what the recipient was last sent decides."""
        one = post.book()
        post.sent()
        connect(post)
        if change == "cancel":
            post.cancel(one)
        else:
            post.reschedule(one, start=at("2026-12-02T11:00"))
        (message,) = to_provider(post)
        assert message.method == "CANCEL"
        assert message.kind != "uninvited"

    def test_a_calendar_was_connected_before_this_was_looked_after(self, post: MailingPractice) -> None:
        """The next mail takes the invitation back."""
        one = post.book()
        post.sent()
        with post.store.transaction() as tx:
            tx.calendars.add(a_calendar(provider_id=post.provider.id))
        post.reschedule(one, start=at("2026-12-02T11:00"))
        (message,) = to_provider(post)
        assert (message.kind, message.method) == ("rescheduled", "CANCEL")
        assert "takes back" in post.text(message)
        post.sent()
        post.reschedule(one, start=at("2026-12-03T11:00"))
        assert methods(to_provider(post)) == [("rescheduled", None)]

    def test_the_end_of_a_series_that_was_split(self, post: MailingPractice) -> None:
        """An invitation to the first half is taken back though its words would say nothing."""
        series = post.book_series("FREQ=WEEKLY;COUNT=4")
        post.sent()
        with post.store.transaction() as tx:
            tx.calendars.add(a_calendar(provider_id=post.provider.id))
        post.reschedule(series[2], start=at("2026-12-15T12:00"), scope=Scope.FUTURE)
        assert ("ended", "CANCEL") in methods(to_provider(post))


class TestRemoving:
    def test_sessions_are_to_come(self, post: MailingPractice) -> None:
        """Each comes as an invitation, whose text says that nothing has changed."""
        connect(post)
        one = post.book()
        post.book_series("FREQ=WEEKLY;COUNT=4", START + timedelta(days=1))
        post.sent()
        remove(post)
        messages = to_provider(post)
        assert methods(messages) == [("invited", "REQUEST"), ("invited", "REQUEST")]
        assert messages[0].sequence > one.sequence
        assert "Nothing has changed" in post.text(messages[0])
        assert "Tuesday, 1 December 2026, 10:00" in post.text(messages[0])

    def test_another_calendar_is_left(self, post: MailingPractice) -> None:
        """Then the sessions stand there."""
        connect(post)
        first = post.calendar
        connect(post)
        post.book()
        post.sent()
        remove(post)
        assert to_provider(post) == []
        post.calendar = first
        remove(post)
        assert methods(to_provider(post)) == [("invited", "REQUEST")]

    def test_a_feed_is_no_calendar_to_write_to(self, post: MailingPractice) -> None:
        """With nothing but a feed a provider is invited."""
        connect(post, CalendarKind.FEED)
        post.book()
        assert methods(to_provider(post)) == [("booked", "REQUEST")]

    def test_moved_and_moved_back_before_the_invitation_left(self, post: MailingPractice) -> None:
        """There is no news, but the invitation is owed all the same."""
        connect(post)
        one = post.book()
        post.sent()
        remove(post)
        post.reschedule(one, start=at("2026-12-02T11:00"))
        post.reschedule(one, start=START)
        assert methods(to_provider(post)) == [("invited", "REQUEST")]

    def test_before_the_cancellation_left(self, post: MailingPractice) -> None:
        """What takes the invitation back leaves first, so that a new one is owed."""
        post.book()
        post.sent()
        connect(post)
        remove(post)
        cancelled, invited = to_provider(post)
        assert [cancelled.method, invited.method] == ["CANCEL", "REQUEST"]
        assert invited.sequence > cancelled.sequence

    def test_again_before_the_invitation_left(self, post: MailingPractice) -> None:
        """One that is queued is not queued again."""
        post.book()
        connect(post)
        remove(post)
        assert methods(to_provider(post))[-1][1] == "REQUEST"
        connect(post)
        remove(post)
        assert [method for _, method in methods(to_provider(post)) if method][-1] == "REQUEST"


class Story:
    """A practice at random, and three attendees' programs that get its mails to the provider."""

    def __init__(self, store: SqlStore) -> None:
        self.post, self.connected, self.booked = a_post(store), False, 0
        self.models: list[Attendee] = [ByTheRfc(), BySequenceAlone(), Naive()]

    def play(self, act: str) -> None:
        self.post.now += timedelta(minutes=1)
        getattr(self, act)()

    @property
    def live(self) -> list[Appointment]:
        return [one for one in self.post.all() if one.status is AppointmentStatus.BOOKED]

    def book(self) -> None:
        self.booked += 1
        self.post.book(START + timedelta(days=self.booked))

    def repeat(self) -> None:
        self.booked += 1
        self.post.book_series("FREQ=WEEKLY;COUNT=3", START + timedelta(days=self.booked))

    def move(self, scope: Scope = Scope.THIS) -> None:
        for one in self.live[-1:]:
            self.post.reschedule(one, start=one.start + timedelta(minutes=5), scope=scope)

    def split(self) -> None:
        if self.live and self.live[-1].series_id:
            self.move(Scope.FUTURE)

    def cancel(self) -> None:
        for one in self.live[:1]:
            self.post.cancel(one)

    def connect(self) -> None:
        if not self.connected:
            connect(self.post)
            self.connected = True

    def remove(self) -> None:
        if self.connected:
            remove(self.post)
            self.connected = False

    def send(self) -> None:
        for message in to_provider(self.post):
            part = calendar_part(self.post.mail(message))
            for model in self.models if part is not None else []:
                model.receive(part.get_payload(decode=True))  # type: ignore[union-attr,arg-type]
        self.post.sent()


acts = st.sampled_from(["book", "repeat", "move", "cancel", "split", "connect", "remove", "send", "send"])


@settings(max_examples=25, deadline=None)
@given(acted=st.lists(acts, min_size=3, max_size=12))
def test_any_story(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, acted: list[str]) -> None:
    """At the end an attendee's program of any kind shows what comes by invitation, and nothing beside a calendar."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("story") / "syncd.db")
    with closing(open_store(f"sqlite:///{path}")) as store:
        story = Story(store)
        for act in [*acted, "send"]:
            story.play(act)
        live = [] if story.connected else story.live
        held = sorted((one.start.astimezone(UTC), one.end.astimezone(UTC)) for one in live)
        for model in story.models:
            seen = [(one.start.astimezone(UTC), one.end.astimezone(UTC)) for one in shown(model, SINCE, UNTIL)]
            assert seen == held, type(model).__name__
