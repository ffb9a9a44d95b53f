"""Texts of the command line that become values."""

import re
from datetime import UTC, datetime

import typer

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def moment(text: str, option: str, *, day_will_do: bool = False) -> datetime:
    """Return the time that ``text`` gives in ISO 8601; naive where it has no offset.

    A mere day is refused unless it will do as its midnight: nobody books a session at midnight by leaving the time out.
    """
    given = _parsed(text)
    if given is None or (_DAY.fullmatch(text) and not day_will_do):
        raise typer.BadParameter(f"{text!r} is no time. Give one such as 2026-12-01T10:00", param_hint=option)
    return given


def bound(text: str | None, option: str) -> datetime | None:
    """Return the moment at which a listing begins or ends, UTC where ``text`` has no offset; None for none."""
    if text is None:
        return None
    given = moment(text, option, day_will_do=True)
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
