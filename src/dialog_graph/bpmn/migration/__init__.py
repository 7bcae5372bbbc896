"""Running processes on another version of their definition (process engine §16).

`migrate` either lists every reason against, or is the first round of a step that goes on with `Continue` on the new
definition: the state in its numbers, and the waits that begin, move and end.
"""

from dialog_graph.bpmn.migration.migrating import migrate
from dialog_graph.bpmn.migration.obstacles import MigrationFinding

__all__ = ["MigrationFinding", "migrate"]
