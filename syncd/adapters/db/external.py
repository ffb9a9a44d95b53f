"""Ids of the practice's own system, in the database."""

from sqlalchemy import Column, String, Table, select

from syncd.adapters.db.metadata import metadata
from syncd.adapters.db.rows import Repository

external_ids = Table(
    "external_ids",
    metadata,
    Column("kind", String, primary_key=True),
    Column("external_id", String, primary_key=True),
    Column("subject", String, nullable=False),
)


class SqlExternalIds(Repository):
    """External ids, in the database."""

    def find(self, kind: str, external_id: str) -> str | None:
        """Return the id here of what that system calls so, None when it is not known."""
        same = (external_ids.c.kind == kind, external_ids.c.external_id == external_id)
        found: str | None = self._connection.execute(select(external_ids.c.subject).where(*same)).scalar_one_or_none()
        return found

    def name(self, kind: str, external_id: str, subject: str) -> None:
        """Note what that system calls a record; said again it stays."""
        if self.find(kind, external_id) != subject:
            values = {"kind": kind, "external_id": external_id, "subject": subject}
            self._insert(external_ids, values, f"Another {kind} is called {external_id} there.")
