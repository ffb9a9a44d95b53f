"""Until when the links about an appointment are void."""

from datetime import datetime

from sqlalchemy import select, update

from syncd.adapters.db import tables
from syncd.adapters.db.rows import Repository
from syncd.core.errors import AlreadyExistsError

_table = tables.link_revocations


class SqlLinks(Repository):
    """Revocations, in the database: one row for each appointment that has any."""

    def revoke(self, appointment_id: str, at: datetime) -> None:
        """Make every link about the appointment that was issued until ``at`` void."""
        try:
            self._insert(_table, {"appointment_id": appointment_id, "revoked_at": at}, "Links were revoked before.")
        except AlreadyExistsError:
            same = _table.c.appointment_id == appointment_id
            self._connection.execute(update(_table).where(same).values(revoked_at=at))

    def revoked_until(self, appointment_id: str) -> datetime | None:
        """Return until when issued links are void, None when none was revoked."""
        query = select(_table.c.revoked_at).where(_table.c.appointment_id == appointment_id)
        found: datetime | None = self._connection.execute(query).scalar_one_or_none()
        return found
