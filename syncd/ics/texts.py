"""Texts as people read them: unescaped, in one Unicode form, without markup, links apart."""

import re
import unicodedata
from html import unescape as unescape_entities

_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_TAG = re.compile(r"<(?:/?([a-z][a-z0-9]*)(?:\s[^<>]*)?/?|![^<>]*)>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(style|script|title)\b[^<>]*>[^<]*</\1\s*>", re.IGNORECASE)
_INLINE = frozenset({"a", "b", "i", "u", "s", "em", "strong", "span", "font", "small", "code", "sub", "sup"})
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{1,6}|#x[0-9a-f]{1,6});", re.IGNORECASE)


def plain(text: str) -> str:
    """Return ``text`` in NFC with plain line ends, without blanks at the ends of lines and of the whole."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def has_markup(text: str) -> bool:
    """Tell whether ``text`` is HTML, as several programs write into DESCRIPTION."""
    return _TAG.search(text) is not None or _ENTITY.search(text) is not None


def words(text: str) -> str:
    """Return what ``text`` says without its markup, with one blank between words."""
    if has_markup(text):
        text = unescape_entities(_TAG.sub(_space, _HIDDEN.sub(" ", text)))
    return " ".join(unicodedata.normalize("NFC", text).split())


def _space(tag: re.Match[str]) -> str:
    return "" if (tag[1] or "").lower() in _INLINE else " "


def links(text: str) -> frozenset[str]:
    """Return the web addresses in ``text``."""
    return frozenset(link.rstrip(".,;:)]").rstrip("/") for link in _LINK.findall(text))


def without_links(text: str) -> str:
    """Return ``text`` without its web addresses and what joined them to the rest."""
    return plain(_LINK.sub("", text)).strip(" \n-–—|,;:()[]") if _LINK.search(text) else text
