"""The tables as SQLModel classes, one module per group; `METADATA` describes them all.

Commands and hot reads run SQL by hand; these classes are for reads put together with SQLAlchemy and for the test that
holds migrations and tables together.
"""

from dialog_graph.storage.tables import catalogue, dialogs, events, instances, parties, waits, webhooks
from dialog_graph.storage.tables.columns import Table

METADATA = Table.metadata

__all__ = ["METADATA", "Table", "catalogue", "dialogs", "events", "instances", "parties", "waits", "webhooks"]
