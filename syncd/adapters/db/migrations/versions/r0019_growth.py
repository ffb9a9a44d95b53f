"""What lists need so that a page costs the same, however long the list is."""

from alembic import op

revision = "0019"
down_revision = "0018"

_NEW = {
    "ix_claims_status_date_of_service_id": ("claims", ["status", "date_of_service", "id"]),
    "ix_claims_date_of_service_id": ("claims", ["date_of_service", "id"]),
    "ix_appointments_location_starts_at": ("appointments", ["location", "starts_at"]),
    "ix_audit_actor_number": ("audit", ["actor", "number"]),
    "ix_audit_action_number": ("audit", ["action", "number"]),
    "ix_drifts_provider_id_detected_at": ("drifts", ["provider_id", "detected_at"]),
}


def upgrade() -> None:
    """Add the indexes; one takes the place of a shorter one."""
    for name, (table, columns) in _NEW.items():
        op.create_index(name, table, columns)
    op.drop_index("ix_claims_status_date_of_service", "claims")


def downgrade() -> None:
    """Drop them again."""
    op.create_index("ix_claims_status_date_of_service", "claims", ["status", "date_of_service"])
    for name, (table, _) in _NEW.items():
        op.drop_index(name, table)
