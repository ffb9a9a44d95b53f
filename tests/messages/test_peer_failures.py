"""What others' users complained of about messages, cancelling and rescheduling; numbers are those of the collection."""

from dataclasses import replace

import pytest

from syncd.adapters.db import SqlStore
from syncd.core.messaging.content import facts_of
from syncd.core.messaging.invitation import invitation
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import Appointment, Scope
from syncd.core.scheduling.people import Party
from syncd.ics.itip import take_off
from syncd.services.sync.publications import load
from tests.builders import NOW, START, a_practice, at
from tests.messages.mailing_practice import MailingPractice
from tests.messages.notice_world import NoticeWorld
from tests.services.world import MOVED_A_DAY, replaced, with_alarm


@pytest.fixture
def post(sqlite_store: SqlStore) -> MailingPractice:
    """Return a practice whose provider has no calendar that syncd writes to; each message leaves at once."""
    return MailingPractice(sqlite_store, writes_calendar=False, sends_at_once=True)


@pytest.fixture
def world(sqlite_store: SqlStore) -> NoticeWorld:
    return NoticeWorld(sqlite_store)


def to(post: MailingPractice, party: str) -> list[Message]:
    """Return all that a party is told, in order."""
    everything = [*post.outbox(party, MessageStatus.SENT), *post.outbox(party)]
    return sorted(everything, key=lambda message: message.number)


def body(message: Message) -> list[str]:
    return facts_of(message).calendar.replace("\r\n ", "").splitlines()


class TestProviderEdits:
    def test_10_moved_in_the_calendar_while_notices_go_out(self, world: NoticeWorld) -> None:
        """Mail has the time on record, never the one that somebody dragged an event to."""
        one = world.book()
        world.cycle()
        world.edit(one, MOVED_A_DAY)
        world.cycle()
        (notice,) = world.mails()
        assert "instead of Tuesday, 1 December 2026, 10:00" in notice.facts["edits"][0]
        assert notice.method is None

    def test_20_deleted_events_come_back_without_a_word(self, world: NoticeWorld) -> None:
        """Whoever deletes one reads in one notice why it is back and whom to write to."""
        one = world.book()
        world.cycle()
        world.delete(one)
        world.cycle()
        world.cycle()
        assert [message.kind for message in world.mails()] == ["reverted"]


class TestUnwantedInvitations:
    def test_23_server_and_application_both_invite(self, sqlite_store: SqlStore, world: NoticeWorld) -> None:
        """One sender per recipient: what stands in a calendar asks its server to send nothing, and no mail invites."""
        one = world.book()
        world.cycle()
        assert all("SCHEDULE-AGENT=CLIENT" in line for line in people(world.body(one)))
        post = MailingPractice(sqlite_store)
        post.book(at("2026-12-08T10:00"))
        assert [message.method for message in to(post, "provider")] == [None]

    def test_24_mails_every_five_minutes(self, world: NoticeWorld) -> None:
        """Cycles write no mail, however often they run."""
        world.book()
        for _ in range(5):
            world.cycle(verify=True)
        assert world.mails() == []

    @pytest.mark.parametrize("edit", [replaced("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED"), with_alarm])
    def test_24_one_answer_invites_everybody_again(self, world: NoticeWorld, edit: object) -> None:
        """An answer, or an alarm, is the provider's own: nobody hears of it."""
        one = world.book()
        world.cycle()
        world.edit(one, edit)  # type: ignore[arg-type]  # one of two edits
        world.cycle()
        assert world.mails() == []

    def test_25_a_tool_mails_a_whole_department(self, world: NoticeWorld) -> None:
        """Attendees that somebody adds are told nothing, whatever becomes of the event."""
        one = world.book()
        world.cycle()
        world.edit(one, replaced("STATUS:CONFIRMED", "STATUS:CONFIRMED\r\nATTENDEE:mailto:all@example.net"))
        world.cycle()
        world.change(one, start=START.replace(hour=12))
        world.cycle()
        assert {message.recipient for message in world.mails()} <= {world.provider.email}


def people(text: str) -> list[str]:
    found = [line for line in text.splitlines() if line.startswith(("ORGANIZER", "ATTENDEE"))]
    assert len(found) == 2
    return found


class TestChangesThatDoNotArrive:
    def test_26_a_cancellation_sent_as_a_request(self, post: MailingPractice) -> None:
        """CANCEL with STATUS:CANCELLED and a higher SEQUENCE, for the UID of the booking."""
        post.cancel(post.book())
        booked, cancelled = to(post, "client")
        assert (booked.method, cancelled.method) == ("REQUEST", "CANCEL")
        assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:1", f"UID:{booked.uid}"} <= set(body(cancelled))

    def test_27_an_update_without_a_higher_sequence(self, post: MailingPractice) -> None:
        """SEQUENCE rises with every change, even of the place alone: receivers ignore what does not raise it."""
        one = post.book()
        post.reschedule(one, location="Room 2")
        post.reschedule(one, minutes=80)
        post.cancel(one)
        assert [message.sequence for message in to(post, "client")] == [0, 1, 2, 3]
        assert [f"SEQUENCE:{message.sequence}" in body(message) for message in to(post, "client")] == [True] * 4

    def test_27_a_sequence_that_a_program_of_the_provider_wrote(self, sqlite_store: SqlStore) -> None:
        """A message is never older than what stands in the provider's calendar."""
        post = MailingPractice(sqlite_store)
        one = post.book()
        with post.store.transaction() as tx:
            (publication,) = tx.publications.of_source(one.source)
            tx.publications.save(replace(publication, sequence=7))
        post.sent()
        post.reschedule(one, location="Room 2")
        assert "SEQUENCE:8" in body(to(post, "client")[-1])

    def test_28_one_who_is_taken_off_hears_nothing(self, post: MailingPractice) -> None:
        """A CANCEL without STATUS tells one person alone that they are no longer asked (RFC 5546 section 3.2.5)."""
        one = post.book()
        with post.store.reading() as tx:
            desired = invitation(load(tx, one.source), a_practice(), Party.CLIENT)
        lines = take_off(replace(desired, sequence=1), NOW).decode().splitlines()
        assert {"METHOD:CANCEL", "SEQUENCE:1"} <= set(lines)
        assert not any(line.startswith("STATUS") for line in lines)

    def test_29_not_told_of_a_reschedule_or_the_old_entry_stays(self, post: MailingPractice) -> None:
        """Both parties are told, under the same UID: the event moves in place."""
        post.reschedule(post.book(), start=at("2026-12-02T10:00"))
        for party in ("client", "provider"):
            booked, moved = to(post, party)
            assert booked.uid == moved.uid
            assert "DTSTART;TZID=America/New_York:20261202T100000" in body(moved)

    def test_30_a_cancellation_overtakes_its_request(self, post: MailingPractice) -> None:
        """Of two messages about one event to one person only the older may leave; others do not wait for them."""
        post.sends_at_once = False
        one = post.book()
        with post.store.transaction() as tx:  # both are being sent already, so that nothing is merged
            for message in tx.messages.list():
                tx.messages.save(replace(message, handed_over_at=NOW))
        post.cancel(one)
        with post.store.reading() as tx:
            may_leave = [message for message in tx.messages.list() if not tx.messages.has_older(message)]
        assert [message.method for message in may_leave] == ["REQUEST", "REQUEST"]


class TestRecurrence:
    @pytest.fixture
    def series(self, post: MailingPractice) -> list[Appointment]:
        return post.book_series("FREQ=WEEKLY;COUNT=4")

    def test_31_cancelling_one_session_cancels_the_series(
        self, post: MailingPractice, series: list[Appointment]
    ) -> None:
        """One session less is a REQUEST with the whole of the rest."""
        post.cancel(series[1])
        last = to(post, "client")[-1]
        assert last.method == "REQUEST"
        assert {"RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE;TZID=America/New_York:20261208T100000"} <= set(body(last))

    def test_32_an_override_with_a_lower_sequence(self, post: MailingPractice, series: list[Appointment]) -> None:
        """Every component of a message has the same SEQUENCE."""
        post.reschedule(series[1], location="Room 2")
        post.reschedule(series[2], location="Room 3")
        post.reschedule(series[0], minutes=60, scope=Scope.ALL)
        numbers = [line for line in body(to(post, "client")[-1]) if line.startswith("SEQUENCE:")]
        assert numbers == ["SEQUENCE:3"] * 3

    def test_34_a_range_that_receivers_do_not_know(self, post: MailingPractice, series: list[Appointment]) -> None:
        """This-and-future is two series of their own, never RANGE=THISANDFUTURE."""
        post.reschedule(series[2], start=at("2026-12-15T12:00"), scope=Scope.FUTURE)
        told = [line for message in to(post, "client") for line in body(message)]
        assert not any("RANGE" in line for line in told)
        assert len({message.uid for message in to(post, "client")}) == 2


def test_35_a_zone_without_its_definition(post: MailingPractice) -> None:
    """Every message defines the zones that it uses, those of a cancellation too."""
    post.cancel(post.book())
    for message in to(post, "client"):
        assert {"BEGIN:VTIMEZONE", "TZID:America/New_York"} <= set(body(message))
