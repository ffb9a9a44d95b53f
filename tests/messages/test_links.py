"""Links in mails: what makes one valid."""

from datetime import timedelta

import pytest

from syncd.core.messaging.links import LinkError, Purpose, SignedLink, check_not_revoked, read, sign
from tests.builders import NOW

KEY = b"one key"
LINK = SignedLink(Purpose.ACCEPT_EDIT, "apt-1", NOW, NOW + timedelta(days=1), about="drift-1")


def refused(token: str, *, key: bytes = KEY, purpose: Purpose = LINK.purpose, later: timedelta = timedelta()) -> str:
    with pytest.raises(LinkError) as caught:
        read(token, key, purpose, NOW + later)
    return caught.value.message


def test_a_link_is_followed() -> None:
    """What was signed comes back whole, until the moment at which it expires."""
    token = sign(LINK, KEY)
    assert read(token, KEY, Purpose.ACCEPT_EDIT, NOW + timedelta(hours=23, minutes=59)) == LINK
    assert token.isascii()
    assert "/" not in token


def test_the_same_mail_is_written_again() -> None:
    """A link has no part of chance, so that a mail that is sent twice is the same twice."""
    assert sign(LINK, KEY) == sign(LINK, KEY)


def test_an_expired_link() -> None:
    """A link ends at its time, and says so."""
    assert "expired" in refused(sign(LINK, KEY), later=timedelta(days=1))


def test_a_link_for_another_purpose() -> None:
    """A link that lets its holder do one thing lets them do nothing else."""
    assert "not valid" in refused(sign(LINK, KEY), purpose=Purpose.DISMISS_EDIT)


def test_a_link_signed_with_another_key() -> None:
    """Only the practice's own key makes links."""
    assert "not valid" in refused(sign(LINK, b"another key"))


@pytest.mark.parametrize("about", ["drift-2", ""])
def test_a_link_about_something_else(about: str) -> None:
    """A signature belongs to one appointment and one drift: it cannot be carried over."""
    body = sign(LINK._replace(about=about), KEY).partition(".")[0]
    signature = sign(LINK, KEY).partition(".")[2]
    assert "not valid" in refused(f"{body}.{signature}")


@pytest.mark.parametrize("token", ["", ".", "a", "a.b", "ä.ö", "%%%.%%%", "a.b.c", sign(LINK, KEY) + "a"])
def test_a_token_that_is_none(token: str) -> None:
    """Whatever stands in an address is refused, never an internal error."""
    assert "not valid" in refused(token)


def test_a_revoked_link() -> None:
    """Revoking ends what was issued until then; what is issued later holds."""
    check_not_revoked(LINK, None)
    check_not_revoked(LINK, NOW - timedelta(seconds=1))
    for until in (NOW, NOW + timedelta(days=1)):
        with pytest.raises(LinkError):
            check_not_revoked(LINK, until)
