"""Mails and calendar objects from anybody: read as they are written, and never a reason to fall over."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.adapters.mime import MimeReader
from syncd.core.inbound.answers import COUNTER, Answer, Said, effect_of, only_answers
from syncd.core.inbound.authentication import Belief, Border, belief, parsed
from syncd.core.inbound.letters import CalendarPart, Field, Letter
from syncd.core.inbound.outcomes import WORDS, MailEffect, Reason, Verdict
from syncd.ics.answers import read_answers
from syncd.ics.errors import UnreadableError
from tests.inbound.mails import SERVER, a_mail, an_answer, calendar, vevent

PAT = "pat@example.com"
BERLIN = ZoneInfo("Europe/Berlin")
OUTLOOK = """BEGIN:VCALENDAR
METHOD:COUNTER
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
ATTENDEE;PARTSTAT=TENTATIVE;CN=Pat:MAILTO:Pat@Example.com
COMMENT;LANGUAGE=de-DE:Geht es um elf?\\n
UID:apt-1@example.com
SUMMARY;LANGUAGE=de-DE:Zeitvorschlag: Session
DTSTART;TZID=W. Europe Standard Time:20261202T110000
DTEND;TZID=W. Europe Standard Time:20261202T115000
DTSTAMP:20261123T130000Z
SEQUENCE:0
X-MICROSOFT-CDO-APPT-SEQUENCE:3
END:VEVENT
END:VCALENDAR
"""


def letter(raw: bytes) -> Letter:
    return MimeReader().read(raw)


def test_exchange_proposes_another_time() -> None:
    """Without ORGANIZER, with a Windows zone, the SEQUENCE in a property of its own, and the words beside."""
    (answer,) = read_answers(OUTLOOK.encode(), BERLIN)
    assert (answer.method, answer.sequence, answer.said) == (COUNTER, 3, (Said(PAT, "TENTATIVE"),))
    assert answer.start is not None
    assert answer.start.local.isoformat() == "2026-12-02T11:00:00+01:00"
    assert answer.comment == "Geht es um elf?"
    assert effect_of(answer, PAT) is MailEffect.COUNTERED


@pytest.mark.parametrize("encoded", ["utf-8", "utf-8-sig", "latin-1"])
def test_charsets(encoded: str) -> None:
    """Names in any charset do not keep an answer from being read."""
    body = calendar("REPLY", vevent("apt-1", PAT, "DECLINED", "COMMENT:Grüße")).decode().encode(encoded)
    (answer,) = read_answers(body, BERLIN)
    assert answer.comment[:2] == "Gr"


def test_a_calendar_alone() -> None:
    """Some programs send nothing but the calendar object, without saying its method."""
    raw = b"From: pat@example.com\r\nContent-Type: text/calendar; charset=utf-8\r\n\r\n" + OUTLOOK.encode()
    (part,) = letter(raw).parts
    assert (part.method, read_answers(part.body, BERLIN)[0].uid) == ("", "apt-1@example.com")


def test_nested_too_deeply() -> None:
    """It is put aside before it is entered."""
    inner = b"Content-Type: text/plain\r\n\r\nx"
    for depth in range(60):
        edge = f"b{depth}".encode()
        inner = b'Content-Type: multipart/mixed; boundary="%b"\r\n\r\n--%b\r\n%b\r\n--%b--' % (edge, edge, inner, edge)
    assert letter(b"From: pat@example.com\r\n" + inner).trouble == "too large"


@given(st.binary(max_size=300))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_mail_makes_it_fall_over(octets: bytes) -> None:
    """Whatever octets come in, and whatever is cut out of a mail or put into it."""
    assert letter(octets).size == len(octets)
    whole = an_answer("apt-1", PAT)
    at = int.from_bytes(octets[:2], "big") % len(whole)
    assert letter(whole[:at] + octets + whole[at:]).digest
    assert letter(whole[:at]).digest


@given(st.binary(max_size=60), st.integers(0, 500))
@settings(max_examples=300, deadline=None)
def test_no_calendar_makes_it_fall_over(octets: bytes, at: int) -> None:
    """A calendar object with anything in it is read, or is unreadable."""
    body = OUTLOOK.encode()
    for odd in (octets, body[:at] + octets + body[at:], body[:at] + octets + body[at + len(octets) :]):
        try:
            answers = read_answers(odd, BERLIN)
        except UnreadableError:
            continue
        assert all(answer.uid for answer in answers)


_ANSWERS = st.builds(
    Answer,
    method=st.sampled_from(["REPLY", "COUNTER", "REFRESH", "REQUEST", "CANCEL", ""]),
    uid=st.sampled_from(["a", "b"]),
    said=st.lists(
        st.builds(Said, st.sampled_from([PAT, "x@y"]), st.sampled_from(["ACCEPTED", "DECLINED", "NEEDS-ACTION", "ODD"]))
    ).map(tuple),
    sequence=st.integers(-1, 3),
    refused=st.booleans(),
)


@given(st.lists(st.lists(_ANSWERS, min_size=1, max_size=3), min_size=1, max_size=3), st.sampled_from(["", "REPLY"]))
def test_every_answer_has_one_verdict(copies: list[list[Answer]], method: str) -> None:
    """It is an answer of its sender with one effect, or there is a reason why not, in words; never both."""
    effects: set[MailEffect] = set()
    try:
        answers = only_answers((CalendarPart(b"", method), copy) for copy in copies)
        effects = {effect_of(answer, PAT) for answer in answers}
    except Verdict as verdict:
        reason = verdict.reason
    else:
        reason = Reason.TAKEN
    if reason is not Reason.TAKEN:
        assert reason.effect in {MailEffect.IGNORED, MailEffect.QUARANTINED}
        return
    assert effects <= {*MailEffect} - {MailEffect.IGNORED, MailEffect.QUARANTINED, MailEffect.BOUNCED}
    assert {answer.method for copy in copies for answer in copy} <= {"REPLY", "COUNTER", "REFRESH"}
    assert len({answer.uid for copy in copies for answer in copy}) == 1


def test_every_reason_is_said() -> None:
    """Each has a sentence for a person."""
    assert set(WORDS) == set(Reason)


class TestTrust:
    """Whose Authentication-Results count (RFC 8601)."""

    RECEIVED = Field("received", "from out.example.net by mx.practice.example with ESMTPS")
    LMTP = Field("received", "from mx.practice.example by imap.practice.example with LMTP id 1; Mon, 1 Jan 2026")

    def trusted(self, *texts: str, sender: str = PAT, hops: int = 0) -> bool:
        fields = [Field("authentication-results", f"{SERVER}; {text}") for text in texts]
        return belief([self.LMTP, *fields, self.RECEIVED], sender, Border(SERVER.upper(), hops)) is Belief.BELIEVED

    @pytest.mark.parametrize(
        "text",
        [
            "dmarc=pass header.from=example.com",
            "dmarc=pass (p=reject; sp=none (nested)) header.from=Example.COM",
            "spf=fail smtp.mailfrom=a@list.example.net; dkim=pass header.d=example.com",
            "dmarc=none header.from=example.com; spf=pass smtp.mailfrom=pat@example.com",
            "dkim = pass header.i=@example.com",
        ],
    )
    def test_believed(self, text: str) -> None:
        """In every manner in which servers write it."""
        assert self.trusted(text)

    @pytest.mark.parametrize(
        "text",
        [
            "none",
            "dmarc=fail header.from=example.com; dkim=pass header.d=example.com",
            "dmarc=pass header.from=example.net",
            "dkim=pass header.d=example.net",
            "dkim=pass header.d=com",
            "dkim=pass header.d=mail.example.com",
            'spf=fail reason="x; dmarc=pass header.from=example.com"',
            "spf=none (dmarc=pass header.from=example.com)",
            "dkim=pass header.d=example.com; dkim=fail header.d=example.com",
        ],
    )
    def test_not_believed(self, text: str) -> None:
        """What is quoted, in a comment, of another domain, or said both ways, counts for nothing."""
        assert not self.trusted(text)

    def test_fields_of_several_filters_are_one(self) -> None:
        """And two of them that differ say no."""
        assert self.trusted("spf=none", "dmarc=pass header.from=example.com")
        assert not self.trusted("dmarc=fail header.from=example.com", "dmarc=pass header.from=example.com")

    def test_what_the_sender_wrote(self) -> None:
        """It stands below the border, or says that it was delivered by LMTP where senders can write."""
        own = Field("authentication-results", f"{SERVER}; dmarc=pass header.from=example.com")
        claimed = Field("received", "from with lmtp (evil) by mx.practice.example with ESMTP")
        assert belief([self.RECEIVED, own], PAT, Border(SERVER)) is Belief.REFUSED
        assert belief([claimed, own], PAT, Border(SERVER)) is Belief.REFUSED
        assert belief([self.RECEIVED, own], PAT, Border(SERVER, hops=1)) is Belief.BELIEVED

    @given(st.text(alphabet='ab=;() "\\\t.@/1', max_size=60))
    def test_any_text(self, text: str) -> None:
        """Whatever stands there is parsed."""
        identity, _ = parsed(text)
        assert " " not in identity

    def test_a_mail_as_delivered(self) -> None:
        """The fields are found where servers put them."""
        found = letter(a_mail(PAT, text="x"))
        assert belief(found.trace, found.sender, Border(SERVER)) is Belief.BELIEVED
