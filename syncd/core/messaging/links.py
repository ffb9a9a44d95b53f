"""Links in mails: signed, so that nobody makes one up; each for one appointment and one purpose, until it expires.

A token carries what it is for and a signature over it, nothing else: no name, no time of a session.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from syncd.core.errors import RefusalError

_SEPARATOR = "|"  # stands in no id and no purpose


class Purpose(StrEnum):
    """What a link lets its holder do."""

    RESCHEDULE = "reschedule"
    ACCEPT_EDIT = "accept_edit"
    DISMISS_EDIT = "dismiss_edit"


class LinkError(RefusalError):
    """This link is not valid, or no longer. Please contact the practice."""

    code = "invalid_link"


PAGES: Mapping[Purpose, str] = {
    Purpose.RESCHEDULE: "visit",
    Purpose.ACCEPT_EDIT: "edit/meant",
    Purpose.DISMISS_EDIT: "edit/mistake",
}
"""The page to which a link of each purpose leads; what has none is not served, and mails have no link to it."""


class SignedLink(NamedTuple):
    """What a link says: its holder may do ``purpose`` about one appointment; ``about`` names the drift, if it is one.

    Moments are kept to the second.
    """

    purpose: Purpose
    appointment_id: str
    issued_at: datetime
    expires_at: datetime
    about: str = ""


def sign(link: SignedLink, key: bytes) -> str:
    """Return the token of a link; the same link and key give the same token."""
    moments = (str(int(moment.timestamp())) for moment in (link.issued_at, link.expires_at))
    payload = _SEPARATOR.join((link.purpose, link.appointment_id, *moments, link.about)).encode()
    return f"{_text(payload)}.{_text(_signature(payload, key))}"


def read(token: str, key: bytes, purpose: Purpose, now: datetime) -> SignedLink:
    """Return what a token says. Raises `LinkError` for one that is not ours, for another purpose, or expired."""
    body, _, signature = token.partition(".")
    payload = _bytes(body)
    if not hmac.compare_digest(_signature(payload, key), _bytes(signature)):
        raise LinkError
    said, appointment_id, issued, expires, about = payload.decode().split(_SEPARATOR)
    link = SignedLink(Purpose(said), appointment_id, _moment(issued), _moment(expires), about)
    if link.purpose is not purpose:
        raise LinkError
    if link.expires_at <= now:
        raise LinkError("This link has expired. Please contact the practice.")
    return link


def check_not_revoked(link: SignedLink, revoked_until: datetime | None) -> None:
    """Raise `LinkError` for a link that was issued before the appointment's links were revoked."""
    if revoked_until is not None and link.issued_at <= revoked_until:
        raise LinkError


def _signature(payload: bytes, key: bytes) -> bytes:
    return hmac.new(key, payload, hashlib.sha256).digest()


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise LinkError from error
