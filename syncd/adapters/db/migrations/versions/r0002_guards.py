"""Triggers for what no statement may do, whoever sends it: change what is append-only, part a claim from its date."""

from alembic import op

revision = "0002"
down_revision = "0001"

_APPEND_ONLY = ("audit", "appointment_changes")

# SQLite checks foreign keys only on connections that ask for it; these hold for anybody who opens the file.
_DATE_DIFFERS = (
    "WHEN NEW.date_of_service IS NOT (SELECT date_of_service FROM appointments WHERE id = NEW.appointment_id) "
    "BEGIN SELECT RAISE(ABORT, 'a claim has the date of its appointment'); END"
)
_CLAIM_DATES = {
    "claims_date_when_made": f"BEFORE INSERT ON claims {_DATE_DIFFERS}",
    "claims_date_when_changed": f"BEFORE UPDATE OF appointment_id, date_of_service ON claims {_DATE_DIFFERS}",
    "claims_date_follows": (
        "AFTER UPDATE OF date_of_service ON appointments BEGIN "
        "UPDATE claims SET date_of_service = NEW.date_of_service WHERE appointment_id = NEW.id; END"
    ),
}


def upgrade() -> None:
    """Create the triggers."""
    if op.get_context().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()


def downgrade() -> None:
    """Drop the triggers."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION syncd_append_only() CASCADE")
        return
    for trigger in (*_CLAIM_DATES, *(_name(table, verb) for table in _APPEND_ONLY for verb in ("update", "delete"))):
        op.execute(f"DROP TRIGGER {trigger}")


def _guard_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION syncd_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION syncd_append_only()"
        )


def _guard_on_sqlite() -> None:
    for table in _APPEND_ONLY:
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {_name(table, verb)} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    for name, rule in _CLAIM_DATES.items():
        op.execute(f"CREATE TRIGGER {name} {rule}")


def _name(table: str, verb: str) -> str:
    return f"{table}_no_{verb}"
