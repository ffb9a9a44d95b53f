"""Texts of the command line that become values."""

import re
import sys
from datetime import UTC, date, datetime

import typer

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""No session is outside of these; near the ends of the calendar arithmetic with zones fails."""


def moment(text: str, option: str) -> datetime:
    """Return the time that ``text`` gives in ISO 8601; naive where it has no offset.

    A mere day is refused: nobody books a session at midnight by leaving the time out.
    """
    given = _parsed(text)
    if given is None or (_DAY.fullmatch(text)):
        raise typer.BadParameter(f"{text!r} is no time. Give one such as 2026-12-01T10:00", param_hint=option)
    _check_year(given, text, option)
    return given


def day(text: str, option: str) -> date:
    """Return the date that ``text`` gives: 2026-12-01."""
    given = _parsed(text) if _DAY.fullmatch(text) else None
    if given is None:
        raise typer.BadParameter(f"{text!r} is no date. Give one such as 2026-12-01", param_hint=option)
    _check_year(given, text, option)
    return given.date()


def _check_year(given: datetime, text: str, option: str) -> None:
    if not EARLIEST.year <= given.year < LATEST.year:
        raise typer.BadParameter(
            f"{text!r}: the year must be between {EARLIEST.year} and {LATEST.year - 1}", param_hint=option
        )


def bound(text: str | None, option: str) -> datetime | None:
    """Return the moment at which a listing begins or ends, UTC where ``text`` has no offset; None for none.

    The year 1 and the year 9999, which some write for "whenever", become the first and the last that there can be.
    """
    if text is None:
        return None
    given = _parsed(text)
    if given is None:
        raise typer.BadParameter(f"{text!r} is no time. Give one such as 2026-12-01T10:00", param_hint=option)
    within = given.replace(tzinfo=given.tzinfo or UTC)
    return EARLIEST if given.year < EARLIEST.year else LATEST if given.year >= LATEST.year else within


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def password_from(*, from_stdin: bool) -> str:
    """Return the password that is given on standard input, or on a terminal asked for. There must be one."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = str(typer.prompt("Password", hide_input=True, err=True))
    else:
        password = ""
    if not password:
        raise typer.BadParameter("give the password on standard input", param_hint="--password-stdin")
    return password
