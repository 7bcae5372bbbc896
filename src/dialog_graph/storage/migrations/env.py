"""Alembic's entry point: runs the revisions on the connection that `storage.migrate` has opened and locked."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"], version_table_schema="dg", transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
