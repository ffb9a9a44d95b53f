"""Publications keep a state; claims know since when they are proven; no drift slips past a clear claim."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_WATCHED = sa.text("state IN ('waiting', 'live')")
_PENDING = "(wanted <> done OR intent_kind IS NOT NULL)"
_DUE = sa.text(f"{_PENDING.replace('<>', '!=')} AND state IN ('waiting', 'live')")

_FOREIGN_KEY = "fk_publications_calendar_id"

# Until now a publication that was let go of was deleted: only the trail knows that it ever stood. Its claim must go on
# to know it, so it comes back as forgotten, in a calendar that nobody can name any more.
_LOST = """
    INSERT INTO publications (id, calendar_id, source_kind, source_id, uid, href, sequence, wanted, done, yielded,
                              state, first_seen_at, published_at)
    SELECT 'pub-lost-' || s.id, 'removed', '{kind}', s.id, s.uid, '/lost/' || s.id || '.ics', s.sequence, 1, 1,
           {nothing}, 'forgotten', t.at, t.at
    FROM {table} s JOIN (SELECT subject, MIN(at) AS at FROM audit WHERE action = 'created' GROUP BY subject) t
         ON t.subject = s.id
    WHERE {is_source} AND NOT EXISTS (SELECT 1 FROM publications p WHERE p.source_kind = '{kind}'
                                      AND p.source_id = s.id)
"""

_FOLLOW = """
    UPDATE claims SET confirmed_at = NULL{proven}, status = CASE WHEN NEW.status = 'cancelled' THEN 'void'
    WHEN status = 'clear' THEN 'held' ELSE status END WHERE appointment_id = NEW.id AND status <> 'filed'
"""
_FOLLOWS = "claims_follow_appointments"
_MOVED = """
    NEW.starts_at <> OLD.starts_at OR NEW.ends_at <> OLD.ends_at OR NEW.date_of_service <> OLD.date_of_service
    OR (NEW.status <> OLD.status AND NEW.status IN ('cancelled', 'no_show'))
"""

# PostgreSQL alone lets a claim become clear while a drift is put on record beside it: each would see the other's old
# state. Whoever records a drift takes the claims first, as whoever clears one does, and then looks.
_HELD_BY_DRIFT = {
    "claims_held_by_drift": (
        "EXISTS (SELECT 1 FROM drifts d WHERE d.id = NEW.drift_id AND d.status IN ('open', 'reverted'))",
        "appointment_id = NEW.appointment_id",
    ),
    "claims_held_by_drift_again": (
        "NEW.status = 'open' AND OLD.status <> 'open'",
        "appointment_id IN (SELECT c.appointment_id FROM drift_appointments c WHERE c.drift_id = NEW.id)",
    ),
}


def upgrade() -> None:
    """Give publications their state, claims the time of their proof, and PostgreSQL's triggers a lock."""
    with op.batch_alter_table("publications") as batch:
        batch.drop_constraint(_FOREIGN_KEY, type_="foreignkey")
        batch.add_column(sa.Column("state", sa.String(), nullable=False, server_default="waiting"))
        batch.add_column(sa.Column("first_seen_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE publications SET state = 'live', first_seen_at = COALESCE(published_at, verified_at) "
        "WHERE body IS NOT NULL"
    )
    with op.batch_alter_table("publications") as batch:
        batch.alter_column("state", server_default=None)
    nothing = "CAST('[]' AS JSON)" if _is_postgresql() else "'[]'"
    for kind, table, is_source in (("appointment", "appointments", "s.series_id IS NULL"), ("series", "series", "1=1")):
        op.execute(_LOST.format(kind=kind, table=table, is_source=is_source, nothing=nothing))
    _make_indexes()
    op.add_column("claims", sa.Column("proven_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE claims SET proven_at = confirmed_at WHERE status IN ('clear', 'filed')")
    _replace_trigger(proven=", proven_at = NULL")
    if _is_postgresql():
        _lock_first(lock=True)


def downgrade() -> None:
    """Go back to publications that are deleted with their calendars; what is not watched any more is lost."""
    if _is_postgresql():
        _lock_first(lock=False)
    _replace_trigger(proven="")
    op.drop_column("claims", "proven_at")
    op.execute(
        "DELETE FROM publications WHERE state NOT IN ('waiting', 'live') "
        "OR calendar_id NOT IN (SELECT id FROM calendars)"
    )
    if not _is_postgresql():  # references are not acted on while SQLite's tables are copied
        op.execute(
            "UPDATE drifts SET publication_id = NULL "
            "WHERE publication_id IS NOT NULL AND publication_id NOT IN (SELECT id FROM publications)"
        )
    for name in ("watched", "watched_uid", "pending"):
        op.drop_index(f"ix_publications_{name}", table_name="publications")
    with op.batch_alter_table("publications") as batch:
        batch.drop_column("state")
        batch.drop_column("first_seen_at")
        batch.create_foreign_key(_FOREIGN_KEY, "calendars", ["calendar_id"], ["id"], ondelete="CASCADE")
    op.create_index("ix_publications_uid", "publications", ["uid"])
    pending = sa.text("wanted != done OR intent_kind IS NOT NULL")
    op.create_index(
        "ix_publications_pending",
        "publications",
        ["calendar_id", "href"],
        sqlite_where=pending,
        postgresql_where=pending,
    )


def _make_indexes() -> None:
    op.drop_index("ix_publications_uid", table_name="publications")
    op.drop_index("ix_publications_pending", table_name="publications")
    for name, columns, which in (
        ("watched", ["calendar_id", "href"], _WATCHED),
        ("watched_uid", ["uid"], _WATCHED),
        ("pending", ["calendar_id", "href"], _DUE),
    ):
        op.create_index(f"ix_publications_{name}", "publications", columns, sqlite_where=which, postgresql_where=which)


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _replace_trigger(*, proven: str) -> None:
    """Say anew what becomes of a claim whose appointment moves: what was proven is so no more."""
    then = _FOLLOW.format(proven=proven)
    if _is_postgresql():
        _replace_function(_FOLLOWS, f"IF {_MOVED} THEN {then}; END IF;")
    else:
        op.execute(f"DROP TRIGGER {_FOLLOWS}")
        op.execute(f"CREATE TRIGGER {_FOLLOWS} AFTER UPDATE ON appointments WHEN {_MOVED} BEGIN {then}; END")


def _lock_first(*, lock: bool) -> None:
    for name, (when, which) in _HELD_BY_DRIFT.items():
        taken = f"PERFORM 1 FROM claims WHERE {which} ORDER BY id FOR NO KEY UPDATE;" if lock else ""
        held = f"UPDATE claims SET status = 'held' WHERE status = 'clear' AND {which};"  # noqa: S608 - all from here
        _replace_function(name, f"IF {when} THEN {taken} {held} END IF;")


def _replace_function(name: str, body: str) -> None:
    op.execute(
        f"CREATE OR REPLACE FUNCTION syncd_{name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body} RETURN NEW; END $$"
    )
