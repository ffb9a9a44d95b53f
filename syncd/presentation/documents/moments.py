"""Moments as documents write them."""

from datetime import datetime


def iso(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 with its offset, to the second; None where there is none."""
    return moment.isoformat(timespec="seconds") if moment else None


def exact(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 with its offset, and parts of a second where it has some."""
    return moment.isoformat() if moment else None
