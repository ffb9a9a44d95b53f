"""Texts as people read them: unescaped, in one Unicode form, without markup, links apart."""

import re
import unicodedata
from functools import lru_cache
from html import unescape as unescape_entities
from unicodedata import combining

_MOST_MARKS = 30
_JOINER = "\u034f"
_LONG_RUN = re.compile(r"[\u0300-\U0001f000]{31}")
"""What no text without such letters has: cheaper to look for than the marks themselves."""
_PAIRS_OF_MARKS = frozenset("\u0344\u0f73\u0f75\u0f81")
"""Letters that decompose into two marks."""

_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_TAG = re.compile(r"<(?:/?([a-z][a-z0-9]*)(?:\s[^<>]*)?/?|![^<>]*)>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(style|script|title)\b[^<>]*>[^<]*</\1\s*>", re.IGNORECASE)
_INLINE = frozenset({"a", "b", "i", "u", "s", "em", "strong", "span", "font", "small", "code", "sub", "sup"})
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{1,6}|#x[0-9a-f]{1,6});", re.IGNORECASE)


def plain(text: str) -> str:
    """Return ``text`` in NFC with plain line ends, without blanks at the ends of lines and of the whole."""
    text = composed(text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join([line.rstrip() for line in text.split("\n")]).strip() if "\n" in text else text.strip()


def composed(text: str) -> str:
    """Return ``text`` in NFC, its long runs of marks broken up first: to compose these takes quadratic time."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _stream_safe(text) if len(text) > _MOST_MARKS else text)


def _stream_safe(text: str) -> str:
    """Return ``text`` with a grapheme joiner after every thirty marks in a row (UAX #15 section 13)."""
    if _LONG_RUN.search(text) is None:
        return text
    return _long_runs().sub(lambda run: _JOINER.join(_cut(run[0])), text)


def _cut(run: str) -> list[str]:
    return [run[begin : begin + _MOST_MARKS] for begin in range(0, len(run), _MOST_MARKS)]


@lru_cache(maxsize=1)
def _long_runs() -> re.Pattern[str]:
    """Return what finds more marks in a row than any language writes."""
    marks = [mark for mark in range(0x300, 0x1F000) if combining(chr(mark)) or chr(mark) in _PAIRS_OF_MARKS]
    ranges = "".join(f"\\U{mark:08x}" for mark in marks)
    return re.compile(f"[{ranges}]{{{_MOST_MARKS + 1},}}")


def has_markup(text: str) -> bool:
    """Tell whether ``text`` is HTML, as several programs write into DESCRIPTION."""
    return _TAG.search(text) is not None or _ENTITY.search(text) is not None


def words(text: str) -> str:
    """Return what ``text``, which is `plain`, says without its markup, with one blank between words."""
    if has_markup(text):
        text = composed(unescape_entities(_TAG.sub(_space, _HIDDEN.sub(" ", text))))
    return " ".join(text.split())


def _space(tag: re.Match[str]) -> str:
    return "" if (tag[1] or "").lower() in _INLINE else " "


def links(text: str) -> frozenset[str]:
    """Return the web addresses in ``text``."""
    return frozenset(link.rstrip(".,;:)]").rstrip("/") for link in _LINK.findall(text))


def without_links(text: str) -> str:
    """Return ``text`` without its web addresses and what joined them to the rest."""
    return plain(_LINK.sub("", text)).strip(" \n-–—|,;:()[]") if _LINK.search(text) else text
