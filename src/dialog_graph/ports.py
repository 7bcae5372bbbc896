"""What commands, reads and workers are given to reach the world: one frozen bundle, made by the composition root."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from dialog_graph.access.egress import Egress
from dialog_graph.access.keys import Keys
from dialog_graph.apps.run_findings import RunFindings
from dialog_graph.model.service_task import ServiceHandler
from dialog_graph.settings import Settings
from dialog_graph.storage.blobs import Blobs
from dialog_graph.storage.catalogue import Catalogue
from dialog_graph.storage.database import Database
from dialog_graph.storage.doorbell import Doorbell


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything that is not pure. `random_bytes(n)`: randomness for new ids; tests give their own.

    `findings`: what goes wrong with app versions while this process uses them.
    """

    settings: Settings
    database: Database
    catalogue: Catalogue
    blobs: Blobs
    keys: Keys
    egress: Egress
    doorbell: Doorbell
    random_bytes: Callable[[int], bytes]
    services: Mapping[str, ServiceHandler] = field(default_factory=dict[str, ServiceHandler])
    """Task type -> its code, for types that this server adds to those of the product."""
    findings: RunFindings = field(default_factory=RunFindings)

    def new_revision(self) -> UUID:
        """A random UUIDv4 for revisions that only have to differ."""
        return UUID(bytes=self.random_bytes(16), version=4)
