"""The steps from one schema to the next (Alembic), carried with the package so that an installed syncd can upgrade.

Never change a step that was released; add one, and raise ``schema.REVISION``. SQLite changes a table by copying it
(batch mode), which drops its triggers: a step that changes a table with triggers has to create them again.
"""
