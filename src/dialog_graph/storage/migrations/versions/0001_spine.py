"""The spine: catalogue, parties, instances, dialogs, events, and who may do what with them."""

from dialog_graph.storage.migrations.revision import refuse_downgrade, run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the tables, then rights and policies."""
    run_sql("0001_spine.sql", "0001_access.sql")


def downgrade() -> None:
    """Refuses."""
    refuse_downgrade()
