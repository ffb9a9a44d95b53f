"""E-mail addresses and names that can stand in a mail's header; whether anybody reads there, only a mail tells."""

import re
import unicodedata
from email.errors import MessageError
from email.headerregistry import Address

from syncd.core.errors import InvalidValueError

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.IGNORECASE)
_LONGEST_LOCAL = 64
_LONGEST_DOMAIN = 253
_LONGEST = 254
_LONGEST_LABEL = 63
LONGEST_NAME = 120
"""Characters of a name of a person or a practice."""
_JOINERS = "\u200c\u200d"  # with which Persian, Hindi and other names are spelled
_READ_IN_TWO_WAYS = "ßς" + _JOINERS
"""Letters that the older and the newer IDNA read differently: the mail would go to another domain."""


def checked_address(text: str) -> str:
    """Return an address as it stands in headers: its domain in ASCII (RFC 5891), blanks around it left out.

    Raises `InvalidValueError` that says what is wrong with it.
    """
    address = text.strip()
    local, at, domain = address.rpartition("@")
    reason = _why_not_one(address, local, at) or _why_no_local_part(local) or ""
    if reason:
        raise _refused(reason)
    found = f"{local}@{_ascii_domain(domain)}"
    if len(found) > _LONGEST:
        raise _refused(f"it has more than {_LONGEST} characters")
    try:
        Address(addr_spec=found)
    except (MessageError, ValueError, IndexError) as error:
        raise _refused("it cannot stand in a mail's header") from error
    return found


def address_key(text: str) -> str:
    """Return an address as it is compared: without case, its domain in ASCII where it can be."""
    try:
        return checked_address(text).casefold()
    except InvalidValueError:
        return text.strip().casefold()


def _refused(reason: str) -> InvalidValueError:
    return InvalidValueError(f"That is no e-mail address: {reason}. Give one such as name@example.com.")


def _why_not_one(address: str, local: str, at: str) -> str | None:
    if not address:
        return "it is empty"
    if any(char.isspace() for char in address):
        return "there is a blank in it"
    if not address.isprintable() and not set(address) & set(_JOINERS):
        return "there is a control character in it"
    if not at:
        return "there is no @ in it"
    if "@" in local or any(char in address for char in ",;<>"):
        return "it has to be a single address, without a name"
    return None


def _why_no_local_part(local: str) -> str | None:
    if not local:
        return "nothing stands before the @"
    if not local.isascii():
        return "before the @ only ASCII letters can stand, since many mail servers take no others"
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "a dot before the @ stands between two letters or digits"
    if len(local) > _LONGEST_LOCAL:
        return f"more than {_LONGEST_LOCAL} characters stand before the @"
    if not _LOCAL.fullmatch(local):
        strange = next(char for char in local if not _LOCAL.fullmatch(char))
        return f"{strange!r} cannot stand before the @"
    return None


def _ascii_domain(domain: str) -> str:
    strange = next((char for char in domain if char in _READ_IN_TWO_WAYS), None)
    if strange is not None:
        name = unicodedata.name(strange).lower()
        raise _refused(f"programs read a domain with {name} differently; give its form that begins with xn--")
    found = domain if domain.isascii() else _idna(domain)
    labels = found.split(".")
    if not all(labels):
        raise _refused("its domain, after the @, is missing or has a dot too many")
    wrong = next((label for label in labels if not _LABEL.fullmatch(label) or len(label) > _LONGEST_LABEL), None)
    if wrong is not None or len(found) > _LONGEST_DOMAIN:
        raise _refused(
            f"a domain is made of letters, digits and hyphens, and each part has at most {_LONGEST_LABEL} characters"
        )
    if labels[-1].isdigit():
        raise _refused("after the @ stands a number where a domain has to stand")
    return found


def _idna(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise _refused("its domain cannot be written in ASCII (IDNA)") from error


def checked_name(text: str) -> str:
    """Return a name with single blanks in it. Raises `InvalidValueError` that says what is wrong with it."""
    name = " ".join(text.split())
    if not name.strip(_JOINERS + " "):
        raise InvalidValueError("A name needs at least one letter.")
    if not all(char.isprintable() or char in _JOINERS for char in name):
        raise InvalidValueError("A name has no control characters and no marks that change the direction of writing.")
    if len(name) > LONGEST_NAME:
        raise InvalidValueError(f"A name has at most {LONGEST_NAME} characters, not {len(name)}.")
    return name
