"""The store on SQLite and PostgreSQL (SQLAlchemy, Alembic) and the vault: tables, queries, migrations, sealed secrets.

Nothing of SQLAlchemy leaves this package: rows become the frozen values of ``syncd.core``, database errors become
syncd's own. The vault (``syncd.adapters.db.vault``) is imported by its own name: most commands never need cryptography.
"""

from syncd.adapters.db.schema import downgrade, upgrade
from syncd.adapters.db.store import SqlStore, open_store

__all__ = ["SqlStore", "downgrade", "open_store", "upgrade"]
