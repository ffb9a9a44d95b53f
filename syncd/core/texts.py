"""Texts that people type in: how long one may be, and what never reaches a terminal or a mail."""

import unicodedata

from syncd.core.errors import InvalidValueError

LONGEST_PLACE = 300
LONGEST_NOTE = 2_000
LONGEST_MESSAGE = 5_000
_JOINERS = "\u200c\u200d"


def checked_text(what: str, text: str, most: int) -> str:
    """Return a text without the blanks around it. Raises `InvalidValueError` for one that is too long.

    ``what`` names it in the sentence: "The note".
    """
    found = printable(text).strip()
    if len(found) > most:
        raise InvalidValueError(f"{what} has at most {most} characters, not {len(found)}.", most=most)
    return found


def printable(text: str) -> str:
    """Return a text without control characters and marks that turn the direction of writing; its lines stay."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(char for char in lines if char == "\n" or char.isprintable() or _is_kept(char))


def _is_kept(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) == "Zs"


def in_one_line(text: str) -> str:
    """Return a text for a place that has one line only."""
    return " ".join(printable(text).split())
