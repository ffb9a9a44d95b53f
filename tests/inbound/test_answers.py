"""Answers to invitations: what each changes, and what none may change."""

from datetime import UTC, timedelta

import pytest

from syncd.core.claims.claim import ClaimStatus
from syncd.core.errors import DecisionError
from syncd.core.events.findings import Kind
from syncd.core.messaging.outbox import MessageStatus
from syncd.core.scheduling.appointments import AppointmentStatus
from syncd.core.sync.drift import DriftStatus
from syncd.ports.store.transaction import Store
from syncd.services.decisions.answers import hold_on, requests_by_mail, settled
from syncd.services.decisions.drifts import carry_out
from tests.builders import START
from tests.inbound.mails import a_mail, an_answer, calendar, signed, vevent
from tests.inbound.office import Office

PAT, CHRIS = "pat@example.com", "chris@example.org"
HEX = "040000008200E00074C5B7101A82E008"


def a_counter(uid: str, sender: str, start: str, *more: str, stamp: str = "") -> bytes:
    event = vevent(uid, sender, "TENTATIVE", f"DTSTART:{start}", *more, stamp=stamp)
    return a_mail(sender, calendar("COUNTER", event), method="COUNTER")


class TestOfProviders:
    def test_a_decline_is_a_drift_that_holds_the_claim(self, office: Office) -> None:
        """The session stands, the claim is held, and nobody but the practice is told."""
        one = office.invited()
        received = office.receive(an_answer(one.uid, PAT, "DECLINED", "COMMENT:I am away"))
        assert (received.effect, received.party, received.appointment_id) == ("declined", "provider", one.id)
        (drift,) = office.drifts()
        assert (drift.id, drift.kinds, drift.status) == (received.drift_id, (Kind.DECLINED,), DriftStatus.OPEN)
        assert office.get(one).status is AppointmentStatus.BOOKED
        assert office.claim(one).status in {ClaimStatus.HELD, ClaimStatus.PENDING}
        assert office.outbox() == []

    @pytest.mark.parametrize(("partstat", "effect"), [("ACCEPTED", "accepted"), ("TENTATIVE", "tentative")])
    def test_other_answers_are_on_record(self, office: Office, partstat: str, effect: str) -> None:
        """They change nothing else."""
        assert office.outcome(an_answer(office.invited().uid, PAT, partstat)) == f"{effect}: taken"
        assert office.drifts() == []

    def test_an_acceptance_after_a_decline(self, office: Office) -> None:
        """The decline stays open, and says that the answer is another one now."""
        uid = office.invited().uid
        office.receive(an_answer(uid, PAT))
        office.receive(an_answer(uid, PAT, "ACCEPTED", stamp="20261123T140000Z"))
        (drift,) = office.drifts()
        assert drift.status is DriftStatus.OPEN
        assert "accepted" in drift.note

    def test_a_decline_said_twice(self, office: Office) -> None:
        """A second decline, with a stamp of its own, is the same decision to make."""
        uid = office.invited().uid
        office.receive(an_answer(uid, PAT))
        assert office.outcome(an_answer(uid, PAT, stamp="20261123T140000Z")) == "declined: already_open"
        assert len(office.drifts()) == 1

    def test_another_time(self, office: Office) -> None:
        """A proposal is a drift with the proposed time; a later one takes the place of it."""
        one = office.invited()
        office.receive(a_counter(one.uid, PAT, "20261202T150000Z", "DTEND:20261202T160000Z"))
        office.receive(a_counter(one.uid, PAT, "20261203T150000Z", stamp="20261123T140000Z"))
        (newer,) = (one for one in office.drifts() if one.status is DriftStatus.OPEN)
        (older,) = (one for one in office.drifts() if one.id != newer.id)
        assert (newer.status, older.status) == (DriftStatus.OPEN, DriftStatus.SUPERSEDED)
        assert [finding.observed for finding in older.findings] == [
            "2026-12-02T10:00:00-05:00",
            "2026-12-02T11:00:00-05:00",
        ]

    def test_one_session_of_a_series(self, office: Office) -> None:
        """The instance is known by its original start, in whatever zone it is written; the others stand."""
        first, second, *_ = office.book_series("FREQ=WEEKLY;COUNT=3")
        office.sent()
        named = second.start.astimezone(UTC).strftime("RECURRENCE-ID:%Y%m%dT%H%M%SZ")
        received = office.receive(an_answer(first.uid, PAT, "DECLINED", named))
        assert received.appointment_id == second.id
        (drift,) = office.drifts()
        assert drift.concerned == {second.id}


class TestOfClients:
    def test_a_decline_is_put_before_the_provider(self, office: Office) -> None:
        """Nothing changes by itself: no cancellation, no drift, no hold; the provider is told, with the words."""
        one = office.invited()
        received = office.receive(an_answer(one.uid, CHRIS, "DECLINED", "COMMENT:I am ill"))
        assert (received.effect, received.party, received.reason) == ("declined", "client", "put_before_provider")
        assert (office.get(one).status, office.drifts()) == (AppointmentStatus.BOOKED, [])
        (message,) = office.outbox()
        assert (message.recipient, message.kind, message.method) == (PAT, "client_declined", None)
        assert "I am ill" in office.text(message)

    def test_too_late(self, office: Office) -> None:
        """Within the hours that a client may not change a session by themselves, the provider reads so."""
        one = office.invited()
        office.now = one.start - timedelta(hours=3)
        assert office.outcome(an_answer(one.uid, CHRIS)) == "declined: late_notice"
        (message,) = office.outbox()
        assert "later than clients may change" in office.text(message)
        assert office.get(one).status is AppointmentStatus.BOOKED

    def test_another_time(self, office: Office) -> None:
        """The provider reads which."""
        one = office.invited()
        assert office.outcome(a_counter(one.uid, CHRIS, "20261202T150000Z")) == "countered: put_before_provider"
        (message,) = office.outbox()
        assert "Wednesday, 2 December 2026" in office.text(message)
        assert office.get(one).start == one.start


class TestOfNobody:
    """What is not believed changes nothing, and is shown."""

    @pytest.mark.parametrize(
        ("forged", "reason"),
        [
            ({"above": ""}, "not_authenticated"),
            ({"above": signed(PAT, "fail")}, "not_authenticated"),
            ({"above": "", "below": signed(PAT)}, "not_authenticated"),
            ({"above": signed(PAT, server="mx.attacker.example")}, "not_authenticated"),
            ({"above": signed("a@attacker.example")}, "not_authenticated"),
            ({"attendee": CHRIS}, "wrong_attendee"),
            ({"sequence": 7}, "wrong_sequence"),
            ({"method": "REQUEST"}, "method_differs"),
        ],
    )
    def test_forgeries(self, office: Office, forged: dict[str, str], reason: str) -> None:
        """No drift, no mail, no hold."""
        assert office.outcome(an_answer(office.invited().uid, PAT, **forged)) == f"quarantined: {reason}"
        assert (office.drifts(), office.outbox()) == ([], [])

    def test_where_nobody_said_whom_to_believe(self, office: Office) -> None:
        """Without the name of the own server, no answer is believed."""
        office.border = type(office.border)()
        assert office.outcome(an_answer(office.invited().uid, PAT)) == "quarantined: not_configured"

    def test_a_stranger(self, office: Office) -> None:
        """A forwarded invitation is answered by somebody who was never asked."""
        assert office.outcome(an_answer(office.invited().uid, "eve@example.net")) == "quarantined: unknown_sender"

    def test_one_answers_for_the_other(self, office: Office) -> None:
        """Client and provider hold one UID: From and ATTENDEE together say who answers."""
        assert office.outcome(an_answer(office.invited().uid, CHRIS, attendee=PAT)) == "quarantined: wrong_attendee"

    def test_two_senders(self, office: Office) -> None:
        """A mail with two From fields is from nobody."""
        raw = an_answer(office.invited().uid, PAT).replace(b"From: pat@", b"From: eve@example.net\r\nFrom: pat@", 1)
        assert office.receive(raw).effect == "quarantined"

    def test_copies_that_differ(self, office: Office) -> None:
        """Two calendar parts of one mail have to say the same."""
        uid = office.invited().uid
        raw = an_answer(uid, PAT, copy=calendar("REPLY", vevent(uid, PAT, "ACCEPTED")))
        assert office.outcome(raw) == "quarantined: copies_differ"

    def test_what_is_none_of_ours(self, office: Office) -> None:
        """Other people's mail in the mailbox leaves nothing behind but that it was seen."""
        received = office.receive(an_answer("party@example.net", "eve@example.net", "ACCEPTED"))
        assert (received.effect, received.reason) == ("ignored", "foreign")
        assert (received.sender, received.uid, received.message_id) == ("", "", "")

    def test_words(self, office: Office) -> None:
        """What a client writes by hand waits for a person."""
        office.invited()
        assert office.outcome(a_mail(CHRIS, text="I cannot come")) == "quarantined: words_only"
        assert office.outcome(a_mail(CHRIS, text="I am away", Auto_Submitted="auto-replied")) == "ignored: automatic"

    def test_an_automatic_answer_is_an_answer(self, office: Office) -> None:
        """A mailer that answers for its user says that it is a program."""
        raw = an_answer(office.invited().uid, PAT, Auto_Submitted="auto-generated")
        assert office.outcome(raw) == "declined: taken"


class TestTimes:
    def test_the_same_mail_again(self, office: Office) -> None:
        """By another way, with other servers' fields and line ends, it is the same mail."""
        raw = an_answer(office.invited().uid, PAT)
        office.receive(raw)
        again = b"From pat@example.com Mon Nov 23 13:00:00 2026\n" + raw.replace(b"id 1", b"id 2")
        assert office.outcome(again.replace(b"\r\n", b"\n")) == "ignored: repeated"

    def test_the_same_answer_in_another_mail(self, office: Office) -> None:
        """A Message-ID of its own does not make an answer another one."""
        uid = office.invited().uid
        office.receive(an_answer(uid, PAT))
        assert office.outcome(an_answer(uid, PAT)) == "ignored: repeated"

    def test_out_of_order(self, office: Office) -> None:
        """Of two answers the one that was given later counts, in whatever order they come in."""
        uid = office.invited().uid
        office.receive(an_answer(uid, PAT, "ACCEPTED", stamp="20261123T150000Z"))
        assert office.outcome(an_answer(uid, PAT, stamp="20261123T140000Z")) == "ignored: out_of_order"

    def test_to_an_earlier_invitation(self, office: Office) -> None:
        """Who answers to the old time has not answered to the new one."""
        one = office.invited()
        office.reschedule(one, start=START + timedelta(days=1))
        office.sent()
        assert office.outcome(an_answer(one.uid, PAT)) == "ignored: stale"
        assert office.outcome(an_answer(one.uid, PAT, sequence=1)) == "declined: taken"

    def test_after_the_session_began(self, office: Office) -> None:
        """It changes nothing any more."""
        one = office.invited()
        office.now = one.start + timedelta(minutes=1)
        assert office.outcome(an_answer(one.uid, PAT)) == "ignored: over"

    def test_a_change_of_the_session_settles_it(self, office: Office) -> None:
        """Once the practice moves or cancels it, there is nothing to decide on the answer to what was."""
        one = office.invited()
        office.receive(an_answer(one.uid, PAT))
        office.reschedule(one, start=START + timedelta(days=1))
        assert [drift.status for drift in office.drifts()] == [DriftStatus.SUPERSEDED]


class TestRefresh:
    def ask(self, uid: str, sender: str = PAT) -> bytes:
        return a_mail(sender, calendar("REFRESH", vevent(uid, sender)), method="REFRESH")

    def test_the_present_state_is_sent(self, office: Office) -> None:
        """To the address on record, once an hour at most."""
        one = office.invited()
        assert office.outcome(self.ask(one.uid)) == "refresh: answered"
        (message,) = office.outbox()
        assert (message.recipient, message.kind, message.method) == (PAT, "refreshed", "REQUEST")
        assert office.outcome(self.ask(one.uid)) == "ignored: asked_often"

    def test_nobody_else_is_told(self, office: Office) -> None:
        """It would tell a stranger of a client."""
        assert office.outcome(self.ask(office.invited().uid, "eve@example.net")) == "quarantined: unknown_sender"
        assert office.outbox() == []


class TestDecisions:
    def test_accepting_a_decline_cancels(self, office: Office) -> None:
        """With its messages, as any cancellation."""
        one = office.invited()
        office.receive(an_answer(one.uid, PAT))
        with office.store.transaction() as tx:
            drift = tx.drifts.get(office.drifts()[0].id)
            for request in requests_by_mail(tx, drift, office.terms()):
                carry_out(tx, request, office.terms(), "", allow_overlap=False)
            settled(tx, drift, DriftStatus.ACCEPTED, office.terms(), "")
        assert office.get(one).status is AppointmentStatus.CANCELLED
        assert {message.method for message in office.outbox()} == {"CANCEL"}
        assert [one.status for one in office.drifts()] == [DriftStatus.ACCEPTED]

    def test_accepting_a_proposal_moves(self, office: Office) -> None:
        """To the proposed time and length, in the appointment's own zone."""
        one = office.invited()
        office.receive(a_counter(one.uid, PAT, "20261202T150000Z", "DTEND:20261202T160000Z"))
        with office.store.transaction() as tx:
            for request in requests_by_mail(tx, office.drifts()[0], office.terms()):
                carry_out(tx, request, office.terms(), "", allow_overlap=False)
        after = office.get(one)
        assert (after.start.isoformat(), after.minutes) == ("2026-12-02T10:00:00-05:00", 60)

    def test_refusing_a_decline_asks_again(self, office: Office) -> None:
        """By a REQUEST with a higher SEQUENCE, so that the provider's program asks them anew."""
        one = office.invited()
        office.receive(an_answer(one.uid, PAT))
        with office.store.transaction() as tx:
            hold_on(tx, office.drifts()[0], office.terms(), "")
        (message,) = office.outbox()
        assert (message.kind, message.method, message.recipient) == ("asked_again", "REQUEST", PAT)
        assert message.sequence == office.get(one).sequence > one.sequence

    def test_refusing_a_proposal(self, office: Office) -> None:
        """By a DECLINECOUNTER (RFC 5546 section 3.2.8)."""
        one = office.invited()
        office.receive(a_counter(one.uid, PAT, "20261202T150000Z"))
        with office.store.transaction() as tx:
            hold_on(tx, office.drifts()[0], office.terms(), "")
        (message,) = office.outbox()
        assert (message.kind, message.method) == ("counter_refused", "DECLINECOUNTER")
        assert "METHOD:DECLINECOUNTER" in str(message.facts["calendar"])
        assert office.get(one).start == one.start

    def test_nothing_to_send_where_no_invitation_is(self, sqlite_store: Store) -> None:
        """A provider in whose calendar syncd writes holds no invitation by mail."""
        office = Office(sqlite_store, writes_calendar=True)
        one = office.invited()
        office.receive(an_answer(one.uid, PAT))
        with pytest.raises(DecisionError, match="calendar"), office.store.transaction() as tx:
            hold_on(tx, office.drifts()[0], office.terms(), "")
        assert office.drifts()[0].status is DriftStatus.OPEN


def test_a_uid_that_exchange_wrapped(office: Office) -> None:
    """It comes back as hexadecimal around ours."""
    uid = office.invited().uid
    held = b"vCal-Uid\x01\x00\x00\x00" + uid.encode() + b"\x00"
    wrapped = HEX + "00" * 20 + f"{len(held):08X}" + held.hex().upper()
    assert office.outcome(an_answer(wrapped, PAT)) == "declined: taken"


def test_invitations_ask_for_answers(office: Office) -> None:
    """And what they say in words of it is no longer that nobody reads them."""
    office.sends_at_once = False
    office.book()
    for message in office.outbox():
        assert "RSVP=TRUE" in str(message.facts["calendar"])
        assert "tells nobody" not in office.text(message)
        assert "is read" in office.text(message)
    assert {message.status for message in office.outbox()} == {MessageStatus.QUEUED}
