"""What processes wait for: timers, subscriptions, messages, jobs, incidents, links between instances."""

from dialog_graph.storage.migrations.revision import refuse_downgrade, run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes the tables with their rights and policies."""
    run_sql("0003_waits.sql")


def downgrade() -> None:
    """Refuses."""
    refuse_downgrade()
