"""What all tables share: the names of their constraints, partial indexes, and columns that recur."""

from typing import Any

from sqlalchemy import Column, Connection, DateTime, Integer, MetaData, String, event

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


@event.listens_for(metadata, "before_create")
def _partial_alike(_metadata: MetaData, connection: Connection, **_: Any) -> None:
    """Make an index partial on PostgreSQL as it is on SQLite.

    Said here and not at each index: `postgresql_where=` there would load PostgreSQL's dialect into every process.
    """
    if connection.dialect.name == "postgresql":
        for index in (index for table in metadata.tables.values() for index in table.indexes):
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]


def needed(name: str, kind: Any = String, *rest: Any, server_default: Any = None) -> Column[Any]:
    """Return a column that always has a value."""
    return Column(name, kind, *rest, nullable=False, server_default=server_default)


def local_time_columns(prefix: str, *, nullable: bool = False) -> list[Column[Any]]:
    """Return the three columns of a local time."""
    return [
        Column(f"{prefix}_wall", DateTime(timezone=False), nullable=nullable),
        Column(f"{prefix}_zone", String, nullable=nullable),
        Column(f"{prefix}_fold", Integer, nullable=nullable),
    ]
