"""The practice's guide for providers, step by step: each test is one of its steps, by its name."""

from datetime import timedelta

import pytest

from syncd.adapters.db import SqlStore
from syncd.core.claims.claim import ClaimStatus
from syncd.core.errors import LateNoticeError, OverlapError, ReasonError
from syncd.core.messaging.links import Purpose, read
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope
from syncd.core.scheduling.money import Money
from syncd.core.scheduling.people import Party
from syncd.core.scheduling.reasons import DEFAULT_REASONS
from syncd.core.sync.drift import DriftStatus
from syncd.presentation.documents.appointments import cancelled_document, story_document
from syncd.services.scheduling.appointments import listing, story
from syncd.services.scheduling.changes import By
from tests.builders import NOW, START, a_client, a_provider, an_admin, at
from tests.messages.mailing_practice import LINKS, MailingPractice, calendar_part
from tests.messages.notice_world import NoticeWorld
from tests.services.booking_practice import CLIENT
from tests.services.world import MOVED_A_DAY

PROVIDER = By(Party.PROVIDER, an_admin("usr-pat"))


@pytest.fixture
def post(sqlite_store: SqlStore) -> MailingPractice:
    """Return the provider's practice: Chris Client has an appointment a week ahead, and has been told of it."""
    provider = a_provider(email="pat@example.com", booking_url="https://book.example.com/pat")
    client = a_client(name="Chris Client", email="chris@example.org", timezone="America/Chicago")
    return MailingPractice(sqlite_store, provider=provider, client=client)


@pytest.fixture
def one(post: MailingPractice) -> Appointment:
    one = post.book()
    post.sent()
    return one


def told(post: MailingPractice, party: str) -> Message:
    """Return the only message that waits for a party."""
    (message,) = post.outbox(party)
    return message


class TestWhoCancelsAndReschedules:
    def test_1_the_provider_does(self, post: MailingPractice, one: Appointment) -> None:
        """On their own word, at any time before the session."""
        post.now = START - timedelta(minutes=5)
        assert post.reschedule(one, by=PROVIDER, start=at("2026-12-03T10:00")).start == at("2026-12-03T10:00")

    def test_2_the_client_does(self, post: MailingPractice, one: Appointment) -> None:
        """As long as there is more than a day to go."""
        post.now = START - timedelta(hours=24)
        assert post.cancel(one, "client_request", by=CLIENT).status is AppointmentStatus.CANCELLED

    def test_clients_cannot_within_24_hours(self, post: MailingPractice, one: Appointment) -> None:
        """They must contact their provider, and are told how; nothing changes and nobody is written to."""
        post.now = START - timedelta(hours=23, minutes=59)
        with pytest.raises(LateNoticeError, match=r"pat@example\.com"):
            post.cancel(one, "client_request", by=CLIENT)
        with pytest.raises(LateNoticeError, match=r"pat@example\.com"):
            post.reschedule(one, by=CLIENT, start=at("2026-12-03T10:00"))
        assert post.get(one) == one
        assert post.outbox() == []

    def test_subject_to_late_cancellation_fees(self, sqlite_store: SqlStore) -> None:
        """Cancelled by the provider for the client, the fee of the account is due, on record, and told to both."""
        post = MailingPractice(sqlite_store, provider=a_provider(late_fee=Money(7500, "USD")))
        one = post.book()
        post.sent()
        post.now = START - timedelta(hours=2)
        gone = post.cancel(one, "client_request", by=PROVIDER)
        fee = cancelled_document(gone, post.now)["cancellation"]["fee"]
        assert fee == {"minor": 7500, "currency": "USD", "waived": False, "decided_by": "usr-pat"}
        assert all("75.00 USD" in post.text(message) for message in post.outbox())


class TestBestPractices:
    def test_the_most_advance_notice_possible(self, post: MailingPractice, one: Appointment) -> None:
        """How much notice the client gets is said."""
        assert cancelled_document(post.cancel(one), post.now)["notice_hours"] == 195.0

    def test_the_reason_and_note_are_accurate(self, post: MailingPractice, one: Appointment) -> None:
        """Both are on record, with who cancelled and when."""
        post.cancel(one, "emergency", by=PROVIDER, note="Burst pipe in the building")
        why = story_document(story(post.store, one.id), DEFAULT_REASONS)["cancellation"]
        assert (why["reason"], why["note"], why["by"]) == ("emergency", "Burst pipe in the building", "provider")
        assert why["at"] == NOW.isoformat()

    def test_the_client_knows_how_to_reschedule(self, post: MailingPractice, one: Appointment) -> None:
        """The notice has the link to reschedule and the booking link."""
        post.cancel(one)
        text = post.text(told(post, "client"))
        assert "https://syncd.example.com/visit/" in text
        assert "https://book.example.com/pat" in text


class TestCancelingAnAppointment:
    def test_1_and_2_find_it_by_the_clients_name(self, post: MailingPractice, one: Appointment) -> None:
        """The list is searched by name; the calendar view by time."""
        assert [found.id for found in listing(post.store, text="chris")] == [one.id]
        day = listing(post.store, provider="pat@example.com", starts_from=START, starts_before=one.end)
        assert [found.id for found in day] == [one.id]

    def test_3_select_cancel(self, post: MailingPractice, one: Appointment) -> None:
        """The appointment stays on record, cancelled; its claim is void; its calendars are looked at."""
        post.settle()
        post.cancel(one)
        assert post.get(one).status is AppointmentStatus.CANCELLED
        assert post.claim(one).status is ClaimStatus.VOID
        assert all(publication.dirty for publication in post.publications(one.source))

    def test_4_select_the_reason(self, post: MailingPractice, one: Appointment) -> None:
        """Without a reason of the list nothing is cancelled."""
        with pytest.raises(ReasonError):
            post.cancel(one, "no such reason")
        assert post.get(one).status is AppointmentStatus.BOOKED

    def test_other_needs_an_explanation(self, post: MailingPractice, one: Appointment) -> None:
        """ "Other" says nothing by itself."""
        with pytest.raises(ReasonError, match="needs a note"):
            post.cancel(one, "other")
        assert post.cancel(one, "other", note="The room is flooded").status is AppointmentStatus.CANCELLED

    def test_a_personalized_message(self, post: MailingPractice, one: Appointment) -> None:
        """It is part of the notice of cancellation."""
        post.cancel(one, by=PROVIDER, message="See you next week, I hope!")
        assert "Pat Provider writes:\n\nSee you next week, I hope!" in post.text(told(post, "client"))

    def test_an_email_notice(self, post: MailingPractice, one: Appointment) -> None:
        """Client and provider are told; the client's calendar program takes the event out."""
        post.cancel(one)
        part = calendar_part(post.mail(told(post, "client")))
        assert part is not None
        assert part["Content-Type"].params["method"] == "CANCEL"
        assert "is cancelled" in post.text(told(post, "provider"))

    @pytest.mark.parametrize("reason", DEFAULT_REASONS, ids=lambda reason: reason.code)
    def test_a_link_depending_on_the_reason(self, post: MailingPractice, one: Appointment, reason: object) -> None:
        """The client is offered to reschedule where the reason says so."""
        chosen = next(each for each in DEFAULT_REASONS if each == reason)
        post.cancel(one, chosen.code, note="as discussed")
        assert ("/visit/" in post.text(told(post, "client"))) is chosen.offers_reschedule


class TestReschedulingAnAppointment:
    def test_1_to_3_select_edit(self, post: MailingPractice, one: Appointment) -> None:
        """The appointment shows what can be edited, and what it was before."""
        post.reschedule(one, by=PROVIDER, start=at("2026-12-03T10:00"))
        document = story_document(story(post.store, one.id), DEFAULT_REASONS)
        assert document["start"] == "2026-12-03T10:00:00-05:00"
        assert [(line["kind"], line["by"]) for line in document["history"]] == [
            ("booked", "admin"),
            ("rescheduled", "provider"),
        ]

    def test_4_the_new_date_and_time(self, post: MailingPractice, one: Appointment) -> None:
        """Date, time, length and place change in one step, and the claim's date with them."""
        moved = post.reschedule(one, start=at("2026-12-04T16:00"), minutes=80, location="Room 2")
        assert (moved.start, moved.minutes, moved.location) == (at("2026-12-04T16:00"), 80, "Room 2")
        assert post.claim(one).date_of_service == at("2026-12-04T16:00").date()

    def test_4_a_time_that_is_taken(self, post: MailingPractice, one: Appointment) -> None:
        """Nothing changes."""
        post.book(at("2026-12-04T16:00"))
        with pytest.raises(OverlapError):
            post.reschedule(one, start=at("2026-12-04T16:30"))
        assert post.get(one) == one

    def test_4_just_this_one_of_several(self, post: MailingPractice) -> None:
        """The others stay where they are."""
        first, second, *others = post.book_series("FREQ=WEEKLY;COUNT=4")
        post.reschedule(second, start=second.start + timedelta(days=1))
        assert [post.get(each).start for each in (first, *others)] == [first.start, *(each.start for each in others)]

    def test_4_all_future_events(self, post: MailingPractice) -> None:
        """Those from this one on move, those before stay."""
        instances = post.book_series("FREQ=WEEKLY;COUNT=4")
        post.reschedule(instances[1], start=instances[1].start + timedelta(days=1), scope=Scope.FUTURE)
        moved = [post.get(each).start - each.start for each in instances]
        assert moved == [timedelta(0), *[timedelta(days=1)] * 3]

    def test_5_confirmation_email(self, post: MailingPractice, one: Appointment) -> None:
        """Both get the new time and the old one, each in their own zone; the client's program moves the event."""
        post.reschedule(one, start=at("2026-12-03T11:00"))
        to_client, to_provider = post.text(told(post, "client")), post.text(told(post, "provider"))
        assert "Before: Tuesday, 1 December 2026, 09:00 to 09:50 (America/Chicago, CST)" in to_client
        assert "Now:    Thursday, 3 December 2026, 10:00 to 10:50 (America/Chicago, CST)" in to_client
        assert "Now:    Thursday, 3 December 2026, 11:00 to 11:50 (America/New_York, EST)" in to_provider
        part = calendar_part(post.mail(told(post, "client")))
        assert part is not None
        assert "SEQUENCE:1" in part.get_content().splitlines()

    def test_6_the_client_is_not_ready(self, post: MailingPractice, one: Appointment) -> None:
        """It is cancelled, and the client gets the link to reschedule later: good for weeks after the session."""
        post.cancel(one, "client_request", by=PROVIDER)
        token = post.text(told(post, "client")).split("/visit/")[1].split()[0]
        link = read(token, LINKS.key, Purpose.RESCHEDULE, START + timedelta(weeks=4))
        assert link.appointment_id == one.id


def test_can_i_make_this_change_without_the_dashboard(sqlite_store: SqlStore) -> None:
    """No: a dragged event is put back, the provider is told why, and the claim keeps the date of the session."""
    world = NoticeWorld(sqlite_store)
    one = world.book()
    world.cycle()
    world.edit(one, MOVED_A_DAY)
    assert world.cycle().counts["reverted"] == 1
    assert "DTSTART;TZID=America/New_York:20261201T100000" in world.body(one)
    assert [drift.claim_date_changes for drift in world.drifts(DriftStatus.REVERTED)] == [True]
    assert [(mail.kind, mail.recipient) for mail in world.mails()] == [("reverted", world.provider.email)]
    with world.store.reading() as tx:
        assert tx.claims.get(one.id).date_of_service == START.date()
