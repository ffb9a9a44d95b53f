"""How mails are written on the wire: names in address headers are folded by our own hand.

The standard library (3.11 at least) drops the quotes of a long name as it folds it, and a name with a comma then reads
as further recipients, or ends the headers.
"""

import base64
import re
from collections.abc import Iterator
from email.headerregistry import Address
from email.policy import EmailPolicy
from typing import Any

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_LONGEST_PLAIN = 60
_CHUNK = 45
"""Octets of an encoded word: with its frame it has less than 75 characters (RFC 2047 section 2)."""


class Wire(EmailPolicy):
    """RFC 5322 with CRLF and seven bits."""

    def fold(self, name: str, value: Any) -> str:
        """Return a header as it leaves."""
        addresses = getattr(value, "addresses", None)
        if addresses is None:
            return str(super().fold(name, value))
        return f"{name}: {','.join(f'{self.linesep} ' * (at > 0) + mailbox(a) for at, a in enumerate(addresses))}\r\n"

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return a header as it leaves, in octets."""
        return self.fold(name, value).encode("ascii")


WIRE = Wire(linesep="\r\n", cte_type="7bit")


def mailbox(address: Address) -> str:
    """Return name and address in ASCII (RFC 5322 section 3.4, RFC 2047 section 5), folded where it is long."""
    name = address.display_name
    if not name:
        return address.addr_spec
    is_plain = name.isascii() and name.isprintable() and len(name) <= _LONGEST_PLAIN and "=?" not in name
    phrase = _plain(name) if is_plain else "\r\n ".join(_encoded_words(name))
    return f"{phrase}{' ' if is_plain else f'{WIRE.linesep} '}<{address.addr_spec}>"


def _plain(name: str) -> str:
    if _ATOMS.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _encoded_words(text: str) -> Iterator[str]:
    chunk = b""
    for char in text:
        octets = char.encode()
        if len(chunk) + len(octets) > _CHUNK:
            yield _encoded_word(chunk)
            chunk = b""
        chunk += octets
    yield _encoded_word(chunk)


def _encoded_word(octets: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(octets).decode()}?="
