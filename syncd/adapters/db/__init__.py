"""The store on SQLite and PostgreSQL (SQLAlchemy, Alembic) and the vault: tables, queries, migrations, sealed secrets.

Nothing of SQLAlchemy leaves this package: rows become the frozen values of ``syncd.core``, database errors become
syncd's own.
"""

from syncd.adapters.db.schema import downgrade, upgrade
from syncd.adapters.db.store import SqlStore, open_store
from syncd.adapters.db.vault import FernetVault, new_key

__all__ = ["FernetVault", "SqlStore", "downgrade", "new_key", "open_store", "upgrade"]
