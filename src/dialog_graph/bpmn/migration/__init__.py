"""Running processes on another version of their definition (process engine §16).

`migrate` either lists every reason against, or gives the state in the numbers of the new definition together with the
waits that begin and end. The caller then lets the new definition go on with `Continue`: a join that lost the flow it
was waiting for goes on at once.
"""

from dialog_graph.bpmn.migration.migrating import Migrated, migrate
from dialog_graph.bpmn.migration.obstacles import MigrationFinding

__all__ = ["Migrated", "MigrationFinding", "migrate"]
