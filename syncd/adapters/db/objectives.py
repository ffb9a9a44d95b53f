"""Since when a calendar must have been proven equal, as SQL: each may have an objective of its own."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, case, literal, select

from syncd.adapters.db import tables
from syncd.adapters.db.types import Instant
from syncd.core.reporting.alerts import Objectives

_minutes = tables.calendars.c.objective_minutes


def proven_since(connection: Connection, now: datetime, within: Objectives) -> ColumnElement[datetime]:
    """Return the moment as an expression over a row of calendars; few calendars have an objective of their own."""
    usual = literal(now - within.proof, Instant)
    own = connection.execute(select(_minutes).where(_minutes.is_not(None)).distinct()).scalars().all()
    if not own:
        return usual
    return case({each: literal(now - timedelta(minutes=each), Instant) for each in own}, value=_minutes, else_=usual)
