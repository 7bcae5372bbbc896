"""The table of task types that have code here."""

from types import MappingProxyType

from dialog_graph.bpmn import TaskKind
from dialog_graph.tasks.confirmation import CONFIRMATION
from dialog_graph.tasks.data import DATA
from dialog_graph.tasks.feedback import FEEDBACK
from dialog_graph.tasks.task_type import Awaits, TaskType
from dialog_graph.tasks.untyped import NONE

TYPES = MappingProxyType({task_type.name: task_type for task_type in (DATA, CONFIRMATION, FEEDBACK, NONE)})

KINDS = MappingProxyType({name: task_type.kind for name, task_type in TYPES.items()})
"""Task type -> user or service, as the process reader needs it."""


_AWAITS = MappingProxyType(
    {name: task_type.awaits for name, task_type in TYPES.items()}
    | dict.fromkeys(("signing", "confirmationsigning", "externalsigning"), Awaits.SIGNATURE)
    | dict.fromkeys(("externalvalidation", "receivemessage"), Awaits.FEEDBACK)
)
"""Task type in lower case -> what the dialog says; also for types without code here (process engine §8.1)."""

_SERVICES = frozenset({"prefill", "pdf", "eformidling", "fiksarkiv", "subformpdf", "notification", "callapp"})


def awaits_of(name: str) -> Awaits:
    """What the dialog says about a task of the type; letter case does not count (inbox rules §13.2)."""
    return _AWAITS.get(name.lower(), Awaits.INPUT)


def is_service(name: str) -> bool:
    """True for the types that only the server completes (process engine §8.12); letter case does not count."""
    return name.lower() in _SERVICES


def type_of(name: str) -> TaskType:
    """The row for a type; one without code here needs its own name as action, and no gate lets it pass.

    What only the server completes takes `write` to be tried again. Process engine §8.1, last rows. The interpreter
    opens an incident where such a task is reached.
    """
    action = "write" if is_service(name) else name
    known = TYPES.get(name)
    return known or TaskType(name=name, kind=TaskKind.SERVICE, awaits=Awaits.INPUT, required=(action,))
