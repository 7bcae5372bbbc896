"""Webhooks, their deliveries, and the leases of those who carry them out."""

from dialog_graph.storage.migrations.revision import refuse_downgrade, run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes the tables with their rights and policies."""
    run_sql("0002_webhooks.sql")


def downgrade() -> None:
    """Refuses."""
    refuse_downgrade()
