"""Calendar users' addresses (RFC 5545 section 3.3.3) and their answers: one of each, however often one is named."""

import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote

from syncd.ics.lines import Line

_SCHEME = "mailto:"
DECLINED = "DECLINED"


def address(line: Line) -> str:
    """Return the calendar user's address without ``mailto:``, percent-decoded and without case.

    Where the value is a server's own URI, the EMAIL parameter tells (RFC 7986).
    """
    value = line.value.strip()
    if value[: len(_SCHEME)].casefold() == _SCHEME:
        return written(value)
    return plain(line.param("EMAIL") or "") or plain(value)


def written(value: str) -> str:
    """Return the address that a calendar user's URI names, as it is compared; without ``mailto:`` the value itself."""
    value = value.strip()
    is_mail = value[: len(_SCHEME)].casefold() == _SCHEME
    return plain(unquote(value[len(_SCHEME) :].partition("?")[0]) if is_mail else value)


def plain(text: str) -> str:
    """Return an address as it is compared; what is no letter at all is left out."""
    shown = text if text.isprintable() else "".join(letter for letter in text if letter.isprintable())
    return (shown if shown.isascii() else unicodedata.normalize("NFC", shown)).strip().strip("<>").strip().casefold()


def answers(attendees: Iterable[Line]) -> dict[str, str]:
    """Return the PARTSTAT by address: where one is named twice, a decline counts, else what stands last."""
    found: dict[str, str] = {}
    for line in attendees:
        who, answer = address(line), (line.param("PARTSTAT") or "NEEDS-ACTION").strip().upper()
        if found.get(who) != DECLINED:
            found[who] = answer
    return found
