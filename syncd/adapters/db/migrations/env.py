"""Where Alembic begins: it works on the connection, and in the transaction, that it is handed."""

from alembic import context

from syncd.adapters.db import (  # noqa: F401 - their tables are in the metadata
    access_tables,
    alerting_tables,
    api_tables,
    external,
    feed_tables,
    hours_tables,
)
from syncd.adapters.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
