"""The mail that leaves: its parts (RFC 6047), its words, and what of a person it tells."""

from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from syncd.adapters.db import SqlStore
from syncd.adapters.wording import TemplateWords
from syncd.core.messaging.content import MessageKind, News, SessionTime
from syncd.core.messaging.links import Purpose, read
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Scope
from syncd.core.scheduling.money import Money
from syncd.core.scheduling.people import Party
from syncd.core.sync.calendars import Privacy
from syncd.ports.mail import PermanentMailError, WordingError
from syncd.services.messaging.composing import LinkMaker
from syncd.services.messaging.preview import PREVIEWS, preview, preview_all
from syncd.services.scheduling.changes import By
from tests.builders import NOW, START, a_client, a_practice, a_provider, an_admin, at
from tests.messages.builders import a_message
from tests.messages.mailing_practice import LINKS, MailingPractice, calendar_part


@pytest.fixture
def post(sqlite_store: SqlStore) -> MailingPractice:
    provider = a_provider(email="pat@example.com", booking_url="https://book.example.com/pat")
    client = a_client(name="Chris Client", email="chris@example.org", timezone="Europe/Berlin")
    return MailingPractice(sqlite_store, provider=provider, client=client)


def lines(mail: EmailMessage) -> list[str]:
    part = calendar_part(mail)
    assert part is not None
    return str(part.get_content()).replace("\r\n ", "").splitlines()


def only(post: MailingPractice, party: str) -> Message:
    (message,) = post.outbox(party)
    return message


class TestParts:
    def test_an_invitation(self, post: MailingPractice) -> None:
        """Text, HTML and text/calendar with its method are alternatives; beside them stands the file."""
        post.book()
        mail = post.mail(only(post, "client"))
        kinds = [part.get_content_type() for part in mail.walk()]
        assert kinds == [
            *("multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"),
            "application/ics",
        ]
        part = calendar_part(mail)
        assert part is not None
        assert {"method": "REQUEST", "charset": "UTF-8"}.items() <= dict(part["Content-Type"].params).items()
        file = next(part for part in mail.walk() if part.get_filename())
        assert file.get_filename() == "invitation.ics"
        assert file.get_payload(decode=True) == part.get_payload(decode=True)

    def test_the_method_is_the_same_inside_and_out(self, post: MailingPractice) -> None:
        """A mail whose two methods differ is no iMIP message."""
        one = post.book()
        post.cancel(one)
        mail = post.mail(only(post, "client"))
        assert "METHOD:CANCEL" in lines(mail)
        part = calendar_part(mail)
        assert part is not None
        assert part["Content-Type"].params["method"] == "CANCEL"

    def test_headers(self, post: MailingPractice) -> None:
        """From is the organizer, To the recipient with their name; programs see that nobody waits for an answer."""
        post.book()
        mail = post.mail(only(post, "client"))
        assert mail["From"] == "Example Practice <office@example.com>"
        assert mail["To"] == "Chris Client <chris@example.org>"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Date"].datetime == NOW
        assert "ORGANIZER;CN=Example Practice:mailto:office@example.com" in lines(mail)

    def test_written_twice(self, post: MailingPractice) -> None:
        """The same message is the same mail byte for byte, under the same Message-ID."""
        post.book()
        message = only(post, "client")
        assert post.composer.compose(message) == post.composer.compose(message)
        assert post.mail(message)["Message-ID"] == f"<{message.id}@example.com>"

    def test_seven_bits(self, post: MailingPractice) -> None:
        """Every server takes it, however names are written."""
        practice = a_practice(name="Práctica Ejemplo")
        post.practice = practice
        post.book(location="Zimmer 1 – Süd")
        content = post.composer.compose(only(post, "client")).content
        assert max(content) < 128
        assert max(map(len, content.split(b"\r\n"))) < 999
        assert post.mail(only(post, "client"))["From"].startswith("Práctica Ejemplo")

    def test_an_address_that_cannot_be(self, post: MailingPractice) -> None:
        """It is refused for good, as a mail server would: it must not hold up the others."""
        with pytest.raises(PermanentMailError):
            post.composer.compose(a_message(recipient="a b@@example.org", method=None, news=[BOOKED]))

    def test_a_confirmation(self, post: MailingPractice) -> None:
        """A provider in whose calendar syncd writes gets words only."""
        post.book()
        mail = post.mail(only(post, "provider"))
        assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


BOOKED = News(appointment_id="apt-1", before=None, after=SessionTime(start=START, minutes=50, location="Room 1"))


class TestCalendarPart:
    def test_sequence_and_people(self, post: MailingPractice) -> None:
        """The attendee is the recipient, asked to answer; the version is the store's."""
        one = post.book()
        post.reschedule(one, start=at("2026-12-02T11:00"))
        written = lines(post.mail(only(post, "client")))
        assert "SEQUENCE:1" in written
        assert "DTSTAMP:20261123T120000Z" in written
        (attendee,) = (line for line in written if line.startswith("ATTENDEE"))
        assert "mailto:chris@example.org" in attendee
        assert "PARTSTAT=NEEDS-ACTION" in attendee
        assert "RSVP=FALSE" in attendee
        assert "pat@example.com" not in "".join(written)

    def test_a_cancellation_says_why(self, post: MailingPractice) -> None:
        """CANCEL carries STATUS:CANCELLED, a higher SEQUENCE, and the reason as COMMENT."""
        post.cancel(post.book(), reason="provider_ill")
        written = lines(post.mail(only(post, "client")))
        assert {"STATUS:CANCELLED", "SEQUENCE:1", "COMMENT:The provider is ill"} <= set(written)

    def test_one_session_of_a_series_is_cancelled(self, post: MailingPractice) -> None:
        """The rest of the series goes out as a REQUEST with an EXDATE; the text says which session it is about."""
        instances = post.book_series("FREQ=WEEKLY;COUNT=4")
        post.sent()
        post.cancel(instances[1])
        message = only(post, "client")
        assert "METHOD:REQUEST" in lines(post.mail(message))
        assert "EXDATE;TZID=America/New_York:20261208T100000" in lines(post.mail(message))
        assert "Cancelled: Tuesday, 8 December 2026, 16:00 to 16:50" in post.text(message)

    def test_a_split(self, post: MailingPractice) -> None:
        """The new half names the old one; the old one ends in UTC, as its times have a zone."""
        instances = post.book_series("FREQ=WEEKLY;COUNT=4")
        post.sent()
        post.reschedule(instances[2], start=at("2026-12-15T12:00"), scope=Scope.FUTURE)
        ended, moved = (lines(mail) for mail in post.mails("client"))
        assert "RRULE:FREQ=WEEKLY;UNTIL=20261208T150000Z" in ended
        assert f"RELATED-TO:{instances[0].uid}" in moved


class TestWords:
    def test_a_client_in_another_zone(self, post: MailingPractice) -> None:
        """A mail gives the recipient's own time and names the zone; the provider's gives the provider's."""
        post.book()
        assert "Tuesday, 1 December 2026, 16:00 to 16:50 (Europe/Berlin, CET), Room 1" in post.text(
            only(post, "client")
        )
        text = post.text(only(post, "provider"))
        assert "Tuesday, 1 December 2026, 10:00 to 10:50 (America/New_York, EST), Room 1" in text

    def test_a_client_for_whom_it_is_another_day(self, sqlite_store: SqlStore) -> None:
        """The date is the recipient's too."""
        post = MailingPractice(sqlite_store, client=a_client(timezone="Asia/Tokyo"))
        post.book(at("2026-12-01T20:00"))
        assert "Wednesday, 2 December 2026, 10:00 to 10:50 (Asia/Tokyo, JST)" in post.text(only(post, "client"))

    def test_a_client_without_a_zone(self, sqlite_store: SqlStore) -> None:
        """Then it is the provider's."""
        post = MailingPractice(sqlite_store, client=a_client(timezone=None))
        post.book()
        assert "(America/New_York, EST)" in post.text(only(post, "client"))

    def test_a_series_across_both_changes_of_clocks(self, sqlite_store: SqlStore) -> None:
        """The wall time stays, in words and on a client's clock that changes on other days."""
        post = MailingPractice(sqlite_store, client=a_client(timezone="Europe/Berlin"), now=at("2027-02-20T12:00"))
        post.book_series("FREQ=WEEKLY;COUNT=6", at("2027-03-03T10:00"))
        assert post.text(only(post, "provider")).count(", 10:00 to 10:50 (America/New_York, E") == 6
        berlin = post.text(only(post, "client"))
        assert "3 March 2027, 16:00 to 16:50 (Europe/Berlin, CET)" in berlin
        assert "17 March 2027, 15:00 to 15:50 (Europe/Berlin, CET)" in berlin
        assert "31 March 2027, 16:00 to 16:50 (Europe/Berlin, CEST)" in berlin

    def test_a_reschedule(self, post: MailingPractice) -> None:
        """Both parties read the old time and the new one."""
        one = post.book()
        post.sent()
        post.reschedule(one, start=at("2026-12-02T11:00"), location="Room 2")
        text = post.text(only(post, "client"))
        assert "Before: Tuesday, 1 December 2026, 16:00 to 16:50 (Europe/Berlin, CET), Room 1" in text
        assert "Now:    Wednesday, 2 December 2026, 17:00 to 17:50 (Europe/Berlin, CET), Room 2" in text

    def test_two_quick_reschedules(self, post: MailingPractice) -> None:
        """One mail, from the time that the client knows to the last one."""
        one = post.book()
        post.sent()
        post.reschedule(one, start=at("2026-12-02T11:00"))
        post.reschedule(one, start=at("2026-12-03T12:00"))
        text = post.text(only(post, "client"))
        assert "Before: Tuesday, 1 December" in text
        assert "Now:    Thursday, 3 December" in text
        assert "Wednesday, 2 December 2026, 17:00" not in text

    def test_a_long_series(self, post: MailingPractice) -> None:
        """Twelve sessions are listed, of the others how many there are, or that they go on."""
        post.book_series("FREQ=WEEKLY;COUNT=20")
        assert "... and 8 more" in post.text(only(post, "client"))
        post.sent()
        post.book_series("FREQ=WEEKLY", at("2026-12-02T10:00"))
        assert "... and so on." in post.text(only(post, "client"))

    def test_a_personal_word(self, post: MailingPractice) -> None:
        """It is part of the notice to the client, as written: markup in it is text."""
        post.cancel(post.book(), message="So sorry!\n<script>alert(1)</script>", note="for the record alone")
        letter = post.composer.letter(only(post, "client"))
        assert "Example Practice writes:\n\nSo sorry!\n<script>" in letter.text
        assert "&lt;script&gt;" in letter.html
        assert "<script>" not in letter.html
        to_provider = post.composer.letter(only(post, "provider"))
        assert "So sorry" not in to_provider.text
        assert "for the record" not in letter.text + letter.html + to_provider.text

    @pytest.mark.parametrize(
        ("reason", "told"),
        [("provider_ill", True), ("emergency", True), ("client_request", False), ("other", False)],
    )
    def test_reasons_in_words(self, post: MailingPractice, reason: str, told: bool) -> None:
        """A client reads the reason's label where it tells them anything."""
        post.cancel(post.book(), reason=reason, note="why")
        assert ("Reason:" in post.text(only(post, "client"))) is told

    @pytest.mark.parametrize("waived", [False, True])
    def test_a_late_cancellation_for_the_client(self, sqlite_store: SqlStore, waived: bool) -> None:
        """Both read what it costs the client, unless it was waived: an amount is never invented."""
        post = MailingPractice(sqlite_store, provider=a_provider(late_fee=Money(7500, "USD")))
        one = post.book()
        post.now = one.start - timedelta(hours=1)
        post.cancel(one, reason="client_request", waive_fee=waived, by=By(Party.PROVIDER, an_admin("usr-pat")))
        for party in ("client", "provider"):
            assert ("75.00 USD" in post.text(only(post, party))) is not waived

    @pytest.mark.parametrize(
        ("privacy", "shown"), [(Privacy.BUSY, "a client"), (Privacy.INITIALS, "C. C."), (Privacy.NAME, "Chris Client")]
    )
    def test_what_a_provider_reads_of_the_client(self, post: MailingPractice, privacy: Privacy, shown: str) -> None:
        """No more than the practice lets an event's title tell; neither address nor zone."""
        post.practice = a_practice(privacy=privacy)
        post.cancel(post.book())
        letter = post.composer.letter(only(post, "provider"))
        assert shown in letter.text
        everything = letter.subject + letter.text + letter.html
        assert ("Chris" in everything) is (privacy is Privacy.NAME)
        assert "example.org" not in everything
        assert "Berlin" not in everything

    def test_every_template(self, post: MailingPractice) -> None:
        """Each kind of mail can be written to each party who gets it, in text and HTML, with a subject in one line."""
        assert preview_all(post.composer) == 22
        for party, kinds in PREVIEWS.items():
            for kind in kinds:
                letter = preview(post.composer, party, kind)
                assert letter.subject.strip() == letter.subject != ""
                assert "\n" not in letter.subject
                assert "\n\n\n" not in letter.text
                assert letter.html.rstrip().endswith("</html>")


class TestLinks:
    def links(self, post: MailingPractice, party: str = "client") -> str:
        return post.text(only(post, party))

    def test_reschedule(self, post: MailingPractice) -> None:
        """A client gets a link to choose another time, for this appointment and nothing else, and the booking page."""
        one = post.book()
        text = self.links(post)
        token = text.split("https://syncd.example.com/visit/")[1].split()[0]
        link = read(token, LINKS.key, Purpose.RESCHEDULE, NOW)
        assert link.appointment_id == one.id
        assert link.expires_at == one.start + LINKS.valid
        assert "https://book.example.com/pat" in text
        assert "pat@example.com or contact +1 555 0100" in text

    def test_a_reason_that_ends_it(self, post: MailingPractice) -> None:
        """Where the reason offers no other time, there is none in the mail; how to ask is there all the same."""
        post.cancel(post.book(), reason="care_ended")
        text = self.links(post)
        assert "http" not in text
        assert "pat@example.com" in text

    def test_no_address_of_this_installation(self, post: MailingPractice) -> None:
        """Without a base the mail has only the booking page."""
        post.links = LinkMaker()
        post.book()
        assert "/visit/" not in self.links(post)
        assert "https://book.example.com/pat" in self.links(post)

    def test_providers_get_none(self, post: MailingPractice) -> None:
        """A client's link in a provider's mail would let them act as the client."""
        post.book()
        assert "/visit/" not in self.links(post, "provider")


def test_a_template_without_a_subject(tmp_path: Path, post: MailingPractice) -> None:
    """It is refused with the line that is missing."""
    (tmp_path / "client").mkdir()
    (tmp_path / "client" / "booked.txt.j2").write_text("Hello")
    composer = replace(post.composer, words=TemplateWords(tmp_path))
    with pytest.raises(WordingError, match="Subject:"):
        preview(composer, Party.CLIENT, MessageKind.BOOKED)
