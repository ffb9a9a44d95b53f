"""Messages that never left: what the next one tells in their place."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.core.messaging.content import (
    Facts,
    MessageKind,
    News,
    SessionTime,
    facts_document,
    facts_of,
    is_superseded,
    kind_of,
    merged,
    merged_news,
    never_left,
    news_of,
    pause_after,
)
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import AppointmentStatus
from tests.builders import NOW, START, an_appointment, at
from tests.messages.builders import a_message

A = SessionTime(start=START, minutes=50, location="Room 1")
B = replace(A, start=START + timedelta(days=1))
C = replace(A, start=START + timedelta(days=2), location="Room 2")


def news(
    before: SessionTime | None, after: SessionTime | None, *, elsewhere: bool = False, appointment: str = "apt-1"
) -> News:
    return News(appointment_id=appointment, before=before, after=after, elsewhere=elsewhere)


NEW_AT_A, A_TO_B, A_CANCELLED, A_ELSEWHERE = news(None, A), news(A, B), news(A, None), news(A, None, elsewhere=True)


@pytest.mark.parametrize(
    ("earlier", "later", "told"),
    [
        (NEW_AT_A, A_TO_B, [news(None, B)]),
        (NEW_AT_A, A_CANCELLED, [A_CANCELLED]),
        (NEW_AT_A, A_ELSEWHERE, []),
        (A_TO_B, news(B, C), [news(A, C)]),
        (A_TO_B, news(B, None), [A_CANCELLED]),
        (A_TO_B, news(B, None, elsewhere=True), [A_ELSEWHERE]),
        (A_TO_B, news(B, A), []),
    ],
)
def test_two_changes_of_one_session(earlier: News, later: News, told: list[News]) -> None:
    """A recipient who heard of neither hears of one: from where they know the session to where it stands."""
    assert list(merged_news([earlier], [later])) == told


def test_changes_of_two_sessions() -> None:
    """Sessions do not mix, and are told in the order of their times."""
    other = news(C, None, appointment="apt-2")
    assert merged_news([other], [A_TO_B]) == (A_TO_B, other)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ([NEW_AT_A, news(None, B)], MessageKind.BOOKED),
        ([A_CANCELLED], MessageKind.CANCELLED),
        ([A_TO_B], MessageKind.RESCHEDULED),
        ([A_ELSEWHERE, news(B, None, elsewhere=True)], MessageKind.ENDED),
        ([A_CANCELLED, news(B, C)], MessageKind.RESCHEDULED),
        ([A_CANCELLED, A_ELSEWHERE], MessageKind.RESCHEDULED),
    ],
)
def test_what_a_message_is_about(told: list[News], kind: MessageKind) -> None:
    """News of one nature name it; a mixture is a rescheduling."""
    assert kind_of(told) is kind


def test_sessions_before_and_after_a_change() -> None:
    """A session that looks the same to its people is no news, and neither is one that was cancelled before."""
    one = an_appointment(uid="u")
    cancelled = replace(one, status=AppointmentStatus.CANCELLED)
    moved = replace(one, start=at("2026-12-03T10:00"))
    other_uid = replace(one, uid="v")
    assert news_of("u", [(one, replace(one, version=2)), (cancelled, cancelled)]) == ()
    assert [(n.before is None, n.after is None) for n in news_of("u", [(None, one)])] == [(True, False)]
    assert [n.after for n in news_of("u", [(one, cancelled)])] == [None]
    assert [n.elsewhere for n in news_of("u", [(one, replace(moved, uid="v"))])] == [True]
    assert news_of("v", [(one, other_uid)]) == ()
    assert news_of("w", [(one, other_uid)]) == ()


class TestMerged:
    def test_two_quick_reschedules(self) -> None:
        """The later message goes, with its own calendar part and SEQUENCE, and with the time that was known before."""
        first = a_message(kind="rescheduled", sequence=1, news=[A_TO_B], calendar="at B")
        second = a_message(kind="rescheduled", sequence=2, news=[news(B, C)], calendar="at C")
        one = merged([first], second)
        assert one is not None
        assert (one.id, one.sequence, one.kind) == (second.id, 2, "rescheduled")
        assert facts_of(one).news == (news(A, C),)
        assert facts_of(one).calendar == "at C"

    def test_booked_and_moved_at_once(self) -> None:
        """One who never heard of a booking is told of a booking, at its new time."""
        moved = a_message(kind="rescheduled", news=[A_TO_B])
        one = merged([a_message(kind="booked", news=[NEW_AT_A])], moved)
        assert one is not None
        assert one.kind == "booked"

    def test_moved_there_and_back(self) -> None:
        """A recipient who would read that nothing changed gets no mail."""
        there = a_message(kind="rescheduled", news=[A_TO_B])
        assert merged([there], a_message(kind="rescheduled", news=[news(B, A)])) is None

    def test_words_of_both(self) -> None:
        """What somebody wrote to the client is not lost with the message that it was written for."""
        first = a_message(kind="cancelled", news=[A_CANCELLED], reason="An emergency", personal="So sorry.")
        second = a_message(kind="rescheduled", news=[news(B, C, appointment="apt-2")])
        one = merged([first], second)
        assert one is not None
        assert (facts_of(one).reason, facts_of(one).personal) == ("An emergency", "So sorry.")
        assert one.kind == "rescheduled"

    def test_nothing_waits(self) -> None:
        """Alone, a message stays as it is."""
        message = a_message(kind="rescheduled", news=[A_TO_B])
        assert merged([], message) == message


@pytest.mark.parametrize(
    ("message", "is_so"),
    [
        (a_message(), True),
        (a_message(attempts=3, last_error="451 later"), True),
        (a_message(status=MessageStatus.FAILED, attempts=1), True),
        (a_message(handed_over_at=NOW, attempts=1), False),
        (a_message(status=MessageStatus.SENT), False),
        (a_message(status=MessageStatus.MERGED), False),
    ],
)
def test_never_left(message: Message, is_so: bool) -> None:
    """Only what certainly reached nobody may be told by the next message instead."""
    assert never_left(message) is is_so


def test_a_later_message_went() -> None:
    """What was put aside is superseded by whatever was told, or will be told, after it."""
    aside = a_message(number=2, status=MessageStatus.FAILED)
    assert not is_superseded(aside, [a_message(number=1, status=MessageStatus.SENT), aside])
    assert not is_superseded(aside, [a_message(number=3, status=MessageStatus.FAILED)])
    assert is_superseded(aside, [a_message(number=3)])
    assert is_superseded(aside, [a_message(number=3, status=MessageStatus.SENT)])


def test_pauses_grow() -> None:
    """A minute, doubled with every attempt, an hour at the most."""
    assert [pause_after(n).total_seconds() / 60 for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pause_after(1000) == timedelta(hours=1)


def test_facts_are_kept_as_json() -> None:
    """What comes back from the outbox is what went in, the second of two equal local times included."""
    twice = replace(A, start=at("2026-11-01T01:30").replace(fold=1))
    facts = Facts(
        recipient="Chris Client",
        counterpart="Pat Provider",
        timezone="America/New_York",
        provider_email="pat@example.com",
        news=(news(twice, B), news(None, C, appointment="apt-2")),
        edits=("you moved it",),
        calendar="BEGIN:VCALENDAR\r\n",
    )
    kept = json.loads(json.dumps(facts_document(facts)))
    back = facts_of(replace(a_message(), facts=kept))
    assert back == facts
    assert back.news[0].before is not None
    assert back.news[0].before.start.fold == 1
