"""How people write times and dates: by a language tag (BCP 47) such as en-US, as CLDR has it for its region.

Mails are in English; the tag decides between a 12- and a 24-hour clock, and between the orders of a date.
"""

import re
from datetime import datetime

from syncd.core.errors import InvalidValueError

_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?", re.IGNORECASE)


def _regions(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


_TWELVE_HOURS = _regions(
    "AE AG AL AS AU BB BD BH BM BN BS BT CA CO CY DJ DM DO DZ EG EH ER ET FJ FM GD GH GM GR GU GY HK IN IQ JM JO KH KI "
    "KN KP KR KW KY LB LC LR LS LY MH MO MP MR MW MY NA NP NZ OM PA PG PH PK PR PS PW QA SA SB SD SG SL SO SS SY SZ TC "
    "TD TN TO TT TW UM US VC VE VG VI VU WS YE ZM"
)
"""Regions whose preferred clock has twelve hours (CLDR, supplemental timeData)."""
_MONTH_FIRST = _regions("AS FM GU MH MP PH PR PW UM US VI")
_LIKELY = {
    "am": "ET", "ar": "EG", "bn": "BD", "el": "GR", "en": "US", "fil": "PH", "hi": "IN", "km": "KH", "ko": "KR",
    "ms": "MY", "ne": "NP", "pa": "IN", "so": "SO", "sq": "AL", "ta": "IN", "te": "IN", "ur": "PK",
}  # fmt: skip
"""The likely regions of languages that are given without one, where it matters for the clock."""


def checked_language(text: str) -> str:
    """Return a language tag as it is usually spelled. Raises `InvalidValueError` for what is none."""
    found = _TAG.fullmatch(text.strip().replace("_", "-"))
    if found is None:
        raise InvalidValueError(f"{text!r} is no language. Give one such as en-US, en-GB or de.", language=text)
    language, script, region = found.groups()
    parts = (language.lower(), script and script.title(), region and region.upper())
    return "-".join(filter(None, parts))


def has_twelve_hours(language: str) -> bool:
    """Tell whether a language's clock has twelve hours; without a language it has 24."""
    name, _, _ = language.partition("-")
    return _region(language) in _TWELVE_HOURS and not (name == "fr" and _region(language) == "CA")


def clock(moment: datetime, language: str) -> str:
    """Return what a clock shows: 14:05, or 2:05 PM."""
    if not has_twelve_hours(language):
        return f"{moment:%H:%M}"
    return f"{moment.hour % 12 or 12}:{moment:%M} {'AM' if moment.hour < 12 else 'PM'}"


def day(moment: datetime, language: str = "") -> str:
    """Return a date as people write it: Tuesday, 1 December 2026, or Tuesday, December 1, 2026."""
    if _region(language) in _MONTH_FIRST:
        return f"{moment:%A}, {moment:%B} {moment.day}, {moment.year}"
    return f"{moment:%A}, {moment.day} {moment:%B} {moment.year}"


def short_day(moment: datetime, language: str = "") -> str:
    """Return a date for a subject: Tue 1 Dec 2026, or Tue, Dec 1, 2026."""
    if _region(language) in _MONTH_FIRST:
        return f"{moment:%a}, {moment:%b} {moment.day}, {moment.year}"
    return f"{moment:%a} {moment.day} {moment:%b} {moment.year}"


def _region(language: str) -> str:
    parts = language.split("-")
    last = parts[-1].upper()
    is_region = len(parts) > 1 and (len(last) == 2 or last.isdigit())
    return last if is_region else _LIKELY.get(parts[0].lower(), "")
