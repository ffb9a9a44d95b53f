"""Until when the links about an appointment are void, and which was used to book another one."""

from datetime import datetime

from sqlalchemy import select, update

from syncd.adapters.db import tables
from syncd.adapters.db.hours_tables import link_uses
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

    def use(self, appointment_id: str, led_to: str, at: datetime) -> None:
        """Note that the link of a cancelled appointment led to another one; it can do so once."""
        values = {"appointment_id": appointment_id, "led_to": led_to, "used_at": at}
        self._insert(link_uses, values, "Another time was chosen by this link before.")

    def led_to(self, appointment_id: str) -> str | None:
        """Return the appointment that was booked in place of a cancelled one, None when none was."""
        query = select(link_uses.c.led_to).where(link_uses.c.appointment_id == appointment_id)
        found: str | None = self._connection.execute(query).scalar_one_or_none()
        return found
