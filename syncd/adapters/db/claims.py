"""Claims, one per appointment. They are made with their appointments and take their dates from them."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, or_, select, update

from syncd.adapters.db import tables
from syncd.adapters.db.rows import Repository
from syncd.core.errors import ConflictError
from syncd.core.records import Claim, ClaimStatus

_table = tables.claims


class SqlClaims(Repository):
    """Claims, in the database."""

    def get(self, ref: str) -> Claim:
        """Return the one with that id or of the appointment with that id, locked until the transaction ends."""
        named = or_(_table.c.id == ref, _table.c.appointment_id == ref)
        return _claim(self._one(self._locked(select(_table).where(named)), _missing(ref)))

    def save(self, claim: Claim) -> None:
        """Store a changed one. Raises `ConflictError` when its date is no longer the appointment's."""
        same = (_table.c.id == claim.id, _table.c.date_of_service == claim.date_of_service)
        done = self._connection.execute(update(_table).where(*same).values(status=claim.status))
        if done.rowcount == 0:
            self.get(claim.id)
            raise ConflictError("The appointment of that claim has another date by now.", id=claim.id)

    def list(self, status: ClaimStatus | None = None) -> Sequence[Claim]:
        """Return all, or those in a status, by date of service."""
        query = select(_table).order_by(_table.c.date_of_service, _table.c.id)
        if status is not None:
            query = query.where(_table.c.status == status)
        return [_claim(row) for row in self._many(query)]


def _missing(ref: str) -> str:
    return f"No claim {ref!r}. See: syncd claim list"


def _claim(row: RowMapping) -> Claim:
    return Claim(
        id=row["id"],
        appointment_id=row["appointment_id"],
        date_of_service=row["date_of_service"],
        status=ClaimStatus(row["status"]),
    )
