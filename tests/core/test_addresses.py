"""Addresses and names at the door: what cannot stand in a mail's header is refused, and why is said."""

from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.errors import InvalidValueError
from syncd.core.scheduling.addresses import LONGEST_NAME, checked_address, checked_name
from syncd.services.messaging.headers import WIRE

GOOD = {
    "dana@example.com": "dana@example.com",
    "  dana@example.com ": "dana@example.com",
    "o'b+c=x%y@mail.example.com": "o'b+c=x%y@mail.example.com",
    "Dana@Example.com": "Dana@Example.com",
    "dana@bücher.example": "dana@xn--bcher-kva.example",
    "dana@xn--bcher-kva.example": "dana@xn--bcher-kva.example",
    "dana@例え。jp": "dana@xn--r8jz45g.jp",
    "office@localhost": "office@localhost",
}
WRONG = {
    "": "empty",
    "dana": "no @",
    "@example.com": "before the @",
    "dana@": "domain",
    "dana doe@example.com": "blank",
    "dana@exam ple.com": "blank",
    "dana@example.com\r\nBcc: x@example.org": "blank",
    "dana\x00@example.com": "control character",
    "dana@@example.com": "single address",
    "dana@example.com,robin@example.org": "single address",
    "Dana<dana@example.com>": "single address",
    "dana;robin@example.com": "single address",
    "müller@example.com": "ASCII",
    "名@example.com": "ASCII",
    ".dana@example.com": "dot",
    "dana.@example.com": "dot",
    "da..na@example.com": "dot",
    '"dana"@example.com': "cannot stand before",
    "da(na)@example.com": "cannot stand before",
    "da\\na@example.com": "cannot stand before",
    f"{'x' * 65}@example.com": "64 characters",
    f"{'x' * 60}@{'.'.join(['y' * 60] * 4)}.com": "254 characters",
    f"dana@{'x' * 64}.com": "63 characters",
    "dana@example..com": "dot too many",
    "dana@example.com.": "dot too many",
    "dana@.example.com": "dot too many",
    "dana@-example.com": "hyphens",
    "dana@exa_mple.com": "hyphens",
    "dana@[192.0.2.1]": "hyphens",
    "dana@192.0.2.1": "number",
    "dana@straße.example": "xn--",
    "dana@a\u200db.example": "xn--",
    "dana@\u202eexample.com": "control character",
    "dana@=?utf-8?q?example?=.com": "hyphens",
    f"dana@{'ü' * 70}.example": "IDNA",
}


@pytest.mark.parametrize(("given_text", "kept"), GOOD.items())
def test_an_address_that_can_stand_in_a_header(given_text: str, kept: str) -> None:
    """It is kept as it leaves: its domain in ASCII."""
    assert checked_address(given_text) == kept


@pytest.mark.parametrize(("given_text", "reason"), WRONG.items())
def test_an_address_that_cannot(given_text: str, reason: str) -> None:
    """It is refused in a sentence that says why."""
    with pytest.raises(InvalidValueError) as caught:
        checked_address(given_text)

    assert reason in caught.value.message
    assert caught.value.message.isprintable()


@given(st.text(max_size=30) | st.text(alphabet="ab.@-\"'<>()[]\\,;: =?_üß%\u200d\r\n", max_size=30))
def test_whatever_is_taken_is_one_recipient(text: str) -> None:
    """No address gets in that a header would read as another one, as several, or not at all."""
    try:
        address = checked_address(text)
    except InvalidValueError:
        return

    (read,) = written_and_read("Dana", address)
    assert read == ("Dana", address)


NAMES = [
    "Dana Doe",
    "Müller, Anna",
    'O\'Brien "Pat" (Dr.)',
    "back\\slash",
    "=?utf-8?q?x?=",
    "<dana@example.org>",
    "x" * LONGEST_NAME,
    "Ä" * LONGEST_NAME,
    "😀" * LONGEST_NAME,
    "x, y " * 20 + "z",
    "a" * 50 + ", " + "b" * 60,
    "Dr. med. Anna-Lena Größmann-Überschär, PhD (Psychotherapie) <x>",
    "می‌خواهم",
    "क्‍ष",
    "👩‍⚕️ Doc",
    "ends.",
    "a@b.c",
    "名前 " * 20 + "名",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_a_header(name: str) -> None:
    """Whatever a name is made of, the header names one recipient, and every line is short and ASCII."""
    assert written_and_read(checked_name(name), "dana@example.com") == [(name, "dana@example.com")]


@given(st.text(min_size=1, max_size=LONGEST_NAME))
def test_any_name_in_a_header(text: str) -> None:
    """What the door lets in, a mail can carry; nothing is read as a further recipient or header."""
    try:
        name = checked_name(text)
    except InvalidValueError:
        return

    [(_, address)] = written_and_read(name, "dana@example.com")
    assert address == "dana@example.com"


@pytest.mark.parametrize("text", ["", " \t", "\u200d", "a\x00b", "a\x1bb", "a\u202eb", "a\ue000b", "x" * 121])
def test_a_name_that_is_none(text: str) -> None:
    """It is refused, and a limit is said."""
    with pytest.raises(InvalidValueError) as caught:
        checked_name(text)

    assert len(text) < 100 or str(LONGEST_NAME) in caught.value.message


def written_and_read(name: str, address: str) -> list[tuple[str, str]]:
    """Write a mail to somebody and return who another reader of mails (RFC 2047 and all) takes it to be for."""
    mail = EmailMessage(policy=WIRE)
    mail["To"] = Address(name, addr_spec=address)
    mail["Subject"] = "x"
    mail.set_content("hello")
    content = mail.as_bytes(policy=WIRE)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert max(content) < 128
    read = message_from_bytes(content, policy=SMTP)
    assert read["Subject"] == "x"
    assert list(read.keys()).count("To") == 1
    raw = str(next(value for key, value in message_from_bytes(content).items() if key == "To"))
    return as_another_reader_has_it(raw)


def as_another_reader_has_it(header: str) -> list[tuple[str, str]]:
    """Read an address header by the older parts of the library, which share nothing with what writes it."""
    from email.header import decode_header, make_header
    from email.utils import getaddresses

    return [
        (str(make_header(decode_header(shown))), address)
        for shown, address in getaddresses([header.replace("\r\n", "")])
    ]
