"""Sentences of the services as pages write them: what is typed on a command line means nothing there."""

import re
from datetime import date, datetime

from syncd.presentation import moments

_IN_BRACKETS = re.compile(r"\s*\((?:or,? )?syncd [^)]*\)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_KNOWN = re.compile(
    r"\bsyncd (?:drift|claim|calendar|message|provider|client|appointment|check|reconcile|workers|user|audit|init|"
    r"upgrade|key|link|report|token|config|status|alerts)\b|\s--[a-z]"
)


_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:[+-]\d\d:\d\d|Z)?)?")


def for_pages(message: str) -> str:
    """Return a message with times as people read them and without commands: each page offers its own next step."""
    message = _MOMENT.sub(_said, message)
    kept = [part for part in _SENTENCE.split(_IN_BRACKETS.sub("", message)) if not _KNOWN.search(part)]
    return " ".join(kept) or message


def _said(found: re.Match[str]) -> str:
    """Return a date or a time of a message as pages write it; what is none is left as it is."""
    text = found[0]
    try:
        moment = datetime.fromisoformat(text) if "T" in text else None
        return moments.day(date.fromisoformat(text)) if moment is None else moments.when(moment)
    except ValueError:
        return text
