"""Holds, attestations and filing; and what no statement may do to a claim, whoever sends it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_MAY_NOT_BE_FILED = """
    NEW.confirmed_at IS NULL
    OR EXISTS (SELECT 1 FROM appointments a WHERE a.id = NEW.appointment_id
               AND (a.status IN ('cancelled', 'no_show') OR a.ends_at > NEW.confirmed_at))
    OR EXISTS (SELECT 1 FROM drifts d JOIN drift_appointments c ON c.drift_id = d.id
               WHERE c.appointment_id = NEW.appointment_id AND d.status = 'open')
"""

_IS_FILED = "EXISTS (SELECT 1 FROM claims c WHERE c.appointment_id = NEW.id AND c.status = 'filed')"

_MOVED = """
    NEW.starts_at <> OLD.starts_at OR NEW.ends_at <> OLD.ends_at OR NEW.date_of_service <> OLD.date_of_service
"""

# By name: at which event, under which condition, and the words of the refusal.
_REFUSALS = {
    "claims_begin_pending": (
        "BEFORE INSERT ON claims",
        "NEW.status <> 'pending'",
        "a claim begins as pending",
    ),
    "claims_clear_for_reason": (
        "BEFORE UPDATE OF status, confirmed_at ON claims",
        f"NEW.status IN ('clear', 'filed') AND OLD.status <> 'filed' AND ({_MAY_NOT_BE_FILED})",
        "there is a hold on that claim",
    ),
    "claims_filed_when_clear": (
        "BEFORE UPDATE OF status, number ON claims",
        "NEW.status = 'filed' AND OLD.status <> 'filed' AND (OLD.status <> 'clear' OR NEW.number IS NULL)",
        "only a clear claim is filed, under a number",
    ),
    "claims_filed_stay": (
        "BEFORE UPDATE OF status, number, date_of_service, appointment_id ON claims",
        """
        OLD.status = 'filed' AND (NEW.status <> OLD.status OR NEW.number IS NULL OR NEW.number <> OLD.number
        OR NEW.date_of_service <> OLD.date_of_service OR NEW.appointment_id <> OLD.appointment_id)
        """,
        "that claim is filed: a corrected claim is needed",
    ),
    "claims_filed_are_kept": (
        "BEFORE DELETE ON claims",
        "OLD.status = 'filed'",
        "that claim is filed",
    ),
    "appointments_filed_stay": (
        "BEFORE UPDATE ON appointments",
        f"({_MOVED} OR (NEW.status <> OLD.status AND NEW.status <> 'completed')) AND {_IS_FILED}",
        "its claim is filed: a corrected claim is needed",
    ),
}

# By name: at which event, under which condition, and what follows.
_CONSEQUENCES = {
    "claims_follow_appointments": (
        "AFTER UPDATE ON appointments",
        f"{_MOVED} OR (NEW.status <> OLD.status AND NEW.status IN ('cancelled', 'no_show'))",
        """
        UPDATE claims SET confirmed_at = NULL, status = CASE WHEN NEW.status = 'cancelled' THEN 'void'
        WHEN status = 'clear' THEN 'held' ELSE status END WHERE appointment_id = NEW.id AND status <> 'filed'
        """,
    ),
    "drifts_concern_their_appointment": (
        "AFTER INSERT ON drifts",
        "NEW.appointment_id IS NOT NULL",
        "INSERT INTO drift_appointments (drift_id, appointment_id) VALUES (NEW.id, NEW.appointment_id)",
    ),
    "claims_held_by_drift": (
        "AFTER INSERT ON drift_appointments",
        "EXISTS (SELECT 1 FROM drifts d WHERE d.id = NEW.drift_id AND d.status IN ('open', 'reverted'))",
        "UPDATE claims SET status = 'held' WHERE appointment_id = NEW.appointment_id AND status = 'clear'",
    ),
    "claims_held_by_drift_again": (
        "AFTER UPDATE OF status ON drifts",
        "NEW.status = 'open' AND OLD.status <> 'open'",
        """
        UPDATE claims SET status = 'held' WHERE status = 'clear' AND appointment_id IN
        (SELECT c.appointment_id FROM drift_appointments c WHERE c.drift_id = NEW.id)
        """,
    ),
}


def upgrade() -> None:
    """Add columns and tables, take over which appointments known drifts are about, and create the triggers."""
    _add_columns()
    _create_attestations()
    _create_drift_appointments()
    if _is_postgresql():
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()


def downgrade() -> None:
    """Drop them, the triggers first."""
    for name in _REFUSALS | _CONSEQUENCES:
        if _is_postgresql():
            op.execute(f"DROP FUNCTION syncd_{name}() CASCADE")
        else:
            op.execute(f"DROP TRIGGER {name}")
    for table in ("attestations", "drift_appointments"):
        op.drop_table(table)
    op.drop_index("uq_claims_number", table_name="claims")
    for column in ("confirmed_at", "number", "filed_at"):
        op.drop_column("claims", column)


def _add_columns() -> None:
    op.add_column("claims", sa.Column("confirmed_at", sa.DateTime(timezone=True)))
    op.add_column("claims", sa.Column("number", sa.String()))
    op.add_column("claims", sa.Column("filed_at", sa.DateTime(timezone=True)))
    op.create_index("uq_claims_number", "claims", ["number"], unique=True)


def _create_attestations() -> None:
    op.create_table(
        "attestations",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("date_of_service", sa.Date(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name="fk_attestations_appointment_id"),
        sa.PrimaryKeyConstraint("number", name="pk_attestations"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attestations_appointment_id_number", "attestations", ["appointment_id", "number"])


def _create_drift_appointments() -> None:
    op.create_table(
        "drift_appointments",
        sa.Column("drift_id", sa.String(), nullable=False),
        sa.Column("appointment_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["drift_id"], ["drifts.id"], name="fk_drift_appointments_drift_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointments.id"], name="fk_drift_appointments_appointment_id"),
        sa.PrimaryKeyConstraint("drift_id", "appointment_id", name="pk_drift_appointments"),
    )
    op.create_index("ix_drift_appointments_appointment_id", "drift_appointments", ["appointment_id"])
    op.execute("INSERT INTO drift_appointments SELECT id, appointment_id FROM drifts")


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _guard_on_sqlite() -> None:
    for name, (event, when, why) in _REFUSALS.items():
        op.execute(f"CREATE TRIGGER {name} {event} WHEN {when} BEGIN SELECT RAISE(ABORT, '{why}'); END")
    for name, (event, when, then) in _CONSEQUENCES.items():
        op.execute(f"CREATE TRIGGER {name} {event} WHEN {when} BEGIN {then}; END")
    for verb in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER attestations_no_{verb} BEFORE {verb} ON attestations "
            "BEGIN SELECT RAISE(ABORT, 'attestations is append-only'); END"
        )


def _guard_on_postgresql() -> None:
    for name, (event, when, why) in _REFUSALS.items():
        _create_function(name, event, f"IF {when} THEN RAISE EXCEPTION '{why}'; END IF;")
    for name, (event, when, then) in _CONSEQUENCES.items():
        _create_function(name, event, f"IF {when} THEN {then}; END IF;")
    op.execute(
        "CREATE TRIGGER attestations_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON attestations "
        "FOR EACH STATEMENT EXECUTE FUNCTION syncd_append_only()"
    )


def _create_function(name: str, event: str, body: str) -> None:
    row = "OLD" if " DELETE " in event else "NEW"
    op.execute(
        f"CREATE FUNCTION syncd_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN {row}; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} {event} FOR EACH ROW EXECUTE FUNCTION syncd_{name}()")
