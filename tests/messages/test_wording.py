"""What mails say: every clause is true for the one who reads it, and for that one session."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncd.adapters.db import SqlStore
from syncd.adapters.wording import TemplateWords
from syncd.core.errors import InvalidValueError
from syncd.core.messaging.content import Facts, News, SessionTime, facts_document
from syncd.core.messaging.links import Purpose, read
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Scope
from syncd.core.scheduling.people import Party
from syncd.core.texts import LONGEST_MESSAGE, LONGEST_NOTE, LONGEST_PLACE
from syncd.services.messaging.composing import Composer, LinkMaker
from syncd.services.scheduling.changes import By
from syncd.services.scheduling.people import add_client
from tests.builders import NOW, START, a_client, a_practice, a_provider, an_admin, at
from tests.messages.builders import a_message, some_facts
from tests.messages.mailing_practice import LINKS, MailingPractice, calendar_part

NEW_YORK = ZoneInfo("America/New_York")
ROOM_1 = SessionTime(start=START, minutes=50, location="Room 1")
COMPOSER = Composer(practice=a_practice(), words=TemplateWords(), links=LINKS)


def told(news: News, *, composer: Composer = COMPOSER, method: str | None = None, **facts: object) -> tuple[str, str]:
    """Return text and HTML of a mail to a client with that news."""
    given = some_facts(news=(news,), **facts)
    letter = composer.letter(replace(a_message(method=method), kind=_kind(news), facts=facts_document(given)))
    return letter.text, letter.html


def _kind(news: News) -> str:
    return "booked" if news.before is None else "cancelled" if news.after is None else "rescheduled"


def booked(slot: SessionTime = ROOM_1) -> News:
    return News(appointment_id="apt-1", before=None, after=slot)


def moved(after: SessionTime, before: SessionTime = ROOM_1) -> News:
    return News(appointment_id="apt-1", before=before, after=after)


class TestTimes:
    @pytest.mark.parametrize(
        ("language", "shown"),
        [
            ("", "Tuesday, 1 December 2026, 10:00 to 10:50"),
            ("en-GB", "Tuesday, 1 December 2026, 10:00 to 10:50"),
            ("en-US", "Tuesday, December 1, 2026, 10:00 AM to 10:50 AM"),
        ],
    )
    def test_by_the_language_of_the_reader(self, language: str, shown: str) -> None:
        """Clock and date are as the recipient's language has them."""
        text, html = told(booked(), language=language)
        assert shown in text
        assert shown in re.sub("<[^>]+>", "", html)

    def test_a_client_with_a_language(self, sqlite_store: SqlStore) -> None:
        """Each party reads by their own; who has none by the practice's."""
        post = MailingPractice(sqlite_store, client=a_client(language="en-US"), practice=a_practice(language="de"))
        post.book()
        assert "10:00 AM" in post.text(post.outbox("client")[0])
        assert "10:00 to 10:50" in post.text(post.outbox("provider")[0])

    @pytest.mark.parametrize(("hour", "said"), [(22, False), (23, True)])
    def test_it_ends_the_next_day(self, hour: int, said: bool) -> None:
        """Then this is said, and only then."""
        late = replace(ROOM_1, start=datetime(2026, 12, 1, hour, 30, tzinfo=NEW_YORK))
        assert ("00:20 the next day" in told(booked(late))[0]) is said

    def test_midnight_is_in_the_readers_zone(self) -> None:
        """A session that ends the next day for its client may not for its provider."""
        late = replace(ROOM_1, start=datetime(2026, 12, 1, 17, 30, tzinfo=NEW_YORK))
        assert "the next day" in told(booked(late), timezone="Europe/Berlin")[0]
        assert "the next day" not in told(booked(late))[0]

    def test_the_clocks_change_meanwhile(self) -> None:
        """Both ends have their zone's name, or the session would seem to have another length."""
        night = replace(ROOM_1, start=datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK))
        assert "1:30 AM EDT to 1:20 AM EST (America/New_York)" in told(booked(night), language="en-US")[0]


class TestWhatChanged:
    @pytest.mark.parametrize(
        ("after", "struck"),
        [
            (replace(ROOM_1, location="Room 2"), ["Room 1"]),
            (replace(ROOM_1, location=""), ["Room 1"]),
            (replace(ROOM_1, minutes=80), ["10:00 to 10:50"]),
            (replace(ROOM_1, start=START + timedelta(hours=1)), ["10:00 to 10:50"]),
            (replace(ROOM_1, start=START + timedelta(days=1)), ["Tuesday, 1 December 2026"]),
            (
                replace(ROOM_1, start=START + timedelta(days=1, hours=1), location="Room 2"),
                ["Tuesday, 1 December 2026", "10:00 to 10:50", "Room 1"],
            ),
        ],
    )
    def test_is_struck_and_only_that(self, after: SessionTime, struck: list[str]) -> None:
        """What stays as it was is not crossed out."""
        assert re.findall("<s>(.*?)</s>", told(moved(after))[1]) == struck

    def test_across_a_change_of_clocks_the_zone_is_struck_too(self) -> None:
        """EST for EDT is a change of the zone's name."""
        summer = replace(ROOM_1, start=datetime(2026, 10, 20, 10, tzinfo=NEW_YORK))
        assert re.findall("<s>(.*?)</s>", told(moved(ROOM_1, summer))[1]) == [
            "Tuesday, 20 October 2026",
            "(America/New_York, EDT)",
        ]


class TestLinks:
    @pytest.mark.parametrize(("hours", "offered"), [(23, False), (24, True), (48, True)])
    def test_none_inside_the_window_in_which_it_is_refused(self, hours: int, offered: bool) -> None:
        """A link to choose another time works from the moment it is sent, or is not there."""
        near = replace(ROOM_1, start=(NOW + timedelta(hours=hours)).astimezone(NEW_YORK))
        assert ("choose another time" in told(booked(near), notice_hours=24)[0]) is offered

    def test_it_says_which_session_and_until_when(self) -> None:
        """Of several sessions it is the first that can be moved."""
        near = replace(ROOM_1, start=(NOW + timedelta(hours=2)).astimezone(NEW_YORK))
        facts = some_facts(
            news=(replace(booked(near), appointment_id="apt-near"), booked()), notice_hours=24, language="en-US"
        )
        text = COMPOSER.letter(replace(a_message(method=None), facts=facts_document(facts))).text
        line, link = re.findall(r"(To choose another time.*)\n(\S+)", text)[0]
        assert line.endswith("Tuesday, December 1, 2026, 10:00 AM (until Monday, November 30, 2026, 10:00 AM):")
        token = link.rpartition("/")[2]
        assert read(token, LINKS.key, Purpose.RESCHEDULE, NOW).appointment_id == "apt-1"

    def test_a_provider_with_a_notice_of_their_own(self, sqlite_store: SqlStore) -> None:
        """It is the provider's hours that count."""
        post = MailingPractice(sqlite_store, provider=a_provider(late_notice_hours=24 * 30))
        post.book()
        assert "choose another time" not in post.text(post.outbox("client")[0])

    def test_nobody_serves_them(self) -> None:
        """Without pages there is no link to one; the provider's own booking page is another matter."""
        bare = replace(COMPOSER, links=LinkMaker())
        text, html = told(booked(), composer=bare, booking_url="https://book.example.com/pat")
        assert "/visit/" not in text + html
        assert "To book a further session with Pat Provider:\nhttps://book.example.com/pat" in text

    def test_the_two_links_to_book_differ(self) -> None:
        """Each says what it does and for whom."""
        text, _ = told(booked(), booking_url="https://book.example.com/pat")
        assert re.findall(r"^To .*:$", text, re.MULTILINE) == [
            "To choose another time in place of Tuesday, 1 December 2026, 10:00:",
            "To book a further session with Pat Provider:",
        ]


class TestInvitation:
    def test_an_answer_cancels_nothing(self, sqlite_store: SqlStore) -> None:
        """A mail with an invitation says so, to either party; one without does not."""
        post = MailingPractice(sqlite_store, writes_calendar=False)
        post.book()
        for message in post.outbox():
            assert "tells nobody" in " ".join(post.text(message).split())
            assert "tells nobody" in " ".join(post.composer.letter(message).html.split())
        assert "tells nobody" not in told(booked())[0]

    @pytest.mark.parametrize(
        ("reason", "by", "comment"),
        [
            ("provider_ill", Party.PROVIDER, "The provider is ill"),
            ("client_request", Party.CLIENT, None),
            ("other", Party.ADMIN, None),
        ],
    )
    def test_a_comment_says_no_more_than_the_mail(
        self, sqlite_store: SqlStore, reason: str, by: Party, comment: str | None
    ) -> None:
        """What a mail leaves out stands in no calendar either."""
        post = MailingPractice(sqlite_store, writes_calendar=False)
        post.cancel(post.book(), reason=reason, by=By(by, an_admin("usr-1")), note="a private note")
        (message,) = post.outbox("client")
        part = calendar_part(post.mail(message))
        assert part is not None
        found = re.findall(r"COMMENT:(.*?)\r?\n", str(part.get_content()))
        assert found == ([comment] if comment else [])
        assert all(text in post.text(message) for text in found)


class TestWriters:
    @pytest.mark.parametrize(
        ("by", "heading"),
        [
            (Party.PROVIDER, "Pat Provider writes:"),
            (Party.ADMIN, "Example Practice writes:"),
            (Party.SYSTEM, "Example Practice writes:"),
            (Party.CLIENT, "You wrote:"),
        ],
    )
    def test_who_acted_is_named(self, sqlite_store: SqlStore, by: Party, heading: str) -> None:
        """A personal word is that of who cancelled."""
        post = MailingPractice(sqlite_store)
        post.cancel(post.book(), by=By(by, an_admin("usr-1")), message="So sorry!")
        assert f"{heading}\n\nSo sorry!" in post.text(post.outbox("client")[0])

    def test_two_writers_in_one_mail(self, sqlite_store: SqlStore) -> None:
        """Messages that never left are told in one, and each word keeps its writer."""
        post = MailingPractice(sqlite_store)
        first, second = post.book_series("FREQ=WEEKLY;COUNT=2")
        post.sent()
        post.cancel(first, by=By(Party.PROVIDER, an_admin("usr-1")), message="I am ill.")
        post.cancel(second, by=By(Party.ADMIN, an_admin("usr-2")), message="We are closed.")
        text = post.text(post.outbox("client")[0])
        assert "Pat Provider: I am ill.\nExample Practice: We are closed." in text


class TestThreads:
    def test_mails_about_one_event(self, sqlite_store: SqlStore) -> None:
        """Each refers to those before it, so that a mail program shows them together; an answer goes to a person."""
        post = MailingPractice(sqlite_store, sends_at_once=True)
        one = post.book()
        post.reschedule(one, start=at("2026-12-02T11:00"))
        post.cancel(one)
        post.sent()
        mails = [post.mail(message) for message in _sent(post, "client")]
        ids = [mail["Message-ID"] for mail in mails]
        assert [mail["References"] for mail in mails] == [None, ids[0], f"{ids[0]} {ids[1]}"]
        assert [mail["In-Reply-To"] for mail in mails] == [None, ids[0], ids[1]]
        assert {mail["Reply-To"] for mail in mails} == {f"Pat Provider <{post.provider.email}>"}
        assert "office@example.com" in post.mail(_sent(post, "provider")[0])["Reply-To"]

    def test_a_mail_that_never_left(self, sqlite_store: SqlStore) -> None:
        """Nothing refers to what nobody got."""
        post = MailingPractice(sqlite_store)
        one = post.book()
        post.reschedule(one, start=at("2026-12-02T11:00"))
        assert post.mail(post.outbox("client")[0])["References"] is None

    def test_a_series_that_is_carried_on(self, sqlite_store: SqlStore) -> None:
        """The second half's mails follow those about the first."""
        post = MailingPractice(sqlite_store, sends_at_once=True)
        series = post.book_series("FREQ=WEEKLY;COUNT=4")
        post.reschedule(series[2], start=at("2026-12-15T12:00"), scope=Scope.FUTURE)
        (first,) = [message for message in _sent(post, "client") if message.kind == "booked"]
        tail = next(message for message in post.outbox("client") if message.kind == "rescheduled")
        assert f"<{first.id}@example.com>" in post.mail(tail)["References"]


def _sent(post: MailingPractice, party: str) -> list[Message]:
    with post.store.reading() as tx:
        return [message for message in tx.messages.list() if message.party == party and message.status != "merged"]


class TestMergingAcrossASplit:
    @pytest.mark.parametrize("writes_calendar", [True, False])
    def test_the_booking_never_left(self, sqlite_store: SqlStore, writes_calendar: bool) -> None:
        """Nobody reads of a change from a time that they never heard of."""
        post = MailingPractice(sqlite_store, writes_calendar=writes_calendar)
        series = post.book_series("FREQ=WEEKLY;COUNT=4")
        post.reschedule(series[2], start=at("2026-12-15T12:00"), scope=Scope.FUTURE)
        for party in ("client", "provider"):
            messages = post.outbox(party)
            assert [message.kind for message in messages] == ["booked", "booked"]
            whole = "".join(map(post.text, messages))
            assert "Before:" not in whole
            assert len(re.findall(r"December 2026, \d\d:\d\d to", whole)) == 4

    def test_a_move_never_left(self, sqlite_store: SqlStore) -> None:
        """It is told from where its recipient knows the session, though under another UID."""
        post = MailingPractice(sqlite_store, client=a_client(timezone=None))
        series = post.book_series("FREQ=WEEKLY;COUNT=4")
        post.sent()
        post.reschedule(series[2], start=at("2026-12-15T11:00"))
        post.reschedule(series[2], start=at("2026-12-15T12:00"), scope=Scope.FUTURE)
        tail = next(message for message in post.outbox("client") if message.uid != series[0].uid)
        text = post.text(tail)
        assert "Before: Tuesday, 15 December 2026, 10:00 to 10:50" in text
        assert "Now:    Tuesday, 15 December 2026, 12:00 to 12:50" in text
        assert "11:00" not in text


class TestTexts:
    @pytest.mark.parametrize(("field", "most"), [("note", LONGEST_NOTE), ("message", LONGEST_MESSAGE)])
    def test_one_that_is_too_long(self, sqlite_store: SqlStore, field: str, most: int) -> None:
        """It is refused, and the limit is said; one that just fits goes."""
        post = MailingPractice(sqlite_store)
        one = post.book()
        longer: dict[str, Any] = {field: "x" * (most + 1)}
        fits: dict[str, Any] = {field: "x" * most}
        with pytest.raises(InvalidValueError, match=f"at most {most} characters, not {most + 1}"):
            post.cancel(one, **longer)
        post.cancel(one, **fits)

    def test_a_place_that_is_too_long(self, sqlite_store: SqlStore) -> None:
        """The same at the booking and later."""
        post = MailingPractice(sqlite_store)
        with pytest.raises(InvalidValueError, match=str(LONGEST_PLACE)):
            post.book(location="x" * (LONGEST_PLACE + 1))
        one = post.book()
        with pytest.raises(InvalidValueError, match=str(LONGEST_PLACE)):
            post.reschedule(one, location="x" * (LONGEST_PLACE + 1))

    @pytest.mark.parametrize("char", ["\x1b", "\x07", "\x9b", "\u202e", "\x00", "\u2028"])
    def test_control_characters(self, char: str) -> None:
        """No mail carries one, whoever wrote it."""
        slot = replace(ROOM_1, location=f"Room{char} 1")
        text, html = told(
            News(appointment_id="apt-1", before=slot, after=None),
            reason=f"ill{char}",
            personal=f"Dear{char}\nyou",
            recipient=f"Chris{char}",
            counterpart=f"Pat{char}",
        )
        assert char not in text + html

    def test_a_long_word(self) -> None:
        """It wraps, in a program that reads style sheets as in one that reads attributes only."""
        html = told(booked(replace(ROOM_1, location="x" * 300)))[1]
        assert html.count("overflow-wrap:anywhere") + html.count("overflow-wrap: anywhere") == 2

    @pytest.mark.parametrize("name", ["می‌خواهم رضایی", "क्‍ष शर्मा", "👩‍⚕️ Doc"])
    def test_a_name_with_joiners(self, sqlite_store: SqlStore, name: str) -> None:
        """It is taken, and stands in the mail as it is spelled."""
        assert add_client(sqlite_store, an_admin("usr"), NOW, name=name, email="x@example.org").name == name
        facts: Facts = some_facts(recipient=name, news=(booked(),))
        message = replace(a_message(method=None), facts=facts_document(facts))
        assert f"Hello {name}," in COMPOSER.letter(message).text
