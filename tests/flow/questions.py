"""Every way to ask for one instance, its dialog, or its data: tables that the tests of strangers go through."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Known:
    """What a stranger might have got hold of."""

    instance: UUID
    dialog: UUID
    element: UUID
    task: UUID
    party: str
    application: str

    @property
    def variables(self) -> dict[str, Any]:
        return {
            "instance": str(self.instance),
            "dialog": str(self.dialog),
            "element": str(self.element),
            "task": str(self.task),
            "party": self.party,
            "application": self.application,
        }


READS = {
    "instance": "query ($instance: UUID!) { instance(id: $instance) { id } }",
    "instances by id": "query ($instance: UUID!) { instances(filter: {ids: [$instance]}) { edges { node { id } } } }",
    "instances of the app": """query ($application: String!)
        { instances(filter: {application: [$application]}) { totalCount edges { node { id } } } }""",
    "dialog": "query ($dialog: UUID!) { dialogById(dialogId: $dialog) { dialog { id } errors { __typename } } }",
    "inbox": """query ($party: String!) { searchDialogs(input: {party: [$party], search: "Fjord"})
        { items { id } } }""",
    "party": "query ($party: String!) { party(urn: $party) { name } }",
}
"""Name -> question whose answer must not contain the thing."""

REFUSED_READS = {
    "events of the instance": """query ($instance: UUID!)
        { events(filter: {instanceId: $instance}) { edges { node { id } } } }""",
    "events of the party": """query ($party: String!) { events(filter: {party: $party}) { edges { node { id } } } }""",
    "instances of the party": """query ($party: String!)
        { instances(filter: {party: [$party]}) { edges { node { id } } } }""",
}
"""Name -> question that is refused, or answered with nothing."""

_START = "$instance: UUID!"
WRITES = {
    "writeFormData": f"""mutation ({_START}) {{ writeFormData(input: {{instanceId: $instance, dataType: "application",
        data: {{amount: 1}}}}) {{ errors {{ __typename code message }} }} }}""",
    "patch": f"""mutation ({_START}, $element: UUID!) {{ writeFormData(input: {{instanceId: $instance,
        dataElementId: $element, patch: []}}) {{ errors {{ __typename code message }} }} }}""",
    "advanceProcess": f"""mutation ({_START}) {{ advanceProcess(input: {{instanceId: $instance}})
        {{ errors {{ __typename code message }} }} }}""",
    "advanceProcess of a task": f"""mutation ({_START}, $task: UUID!) {{ advanceProcess(input: {{instanceId: $instance,
        taskId: $task, action: "reject"}}) {{ errors {{ __typename code message }} }} }}""",
    "deleteDataElement": f"""mutation ({_START}, $element: UUID!) {{ deleteDataElement(input: {{instanceId: $instance,
        dataElementId: $element}}) {{ errors {{ __typename code message }} }} }}""",
    "confirmReceipt": f"""mutation ({_START}) {{ confirmReceipt(input: {{instanceId: $instance}})
        {{ errors {{ __typename code message }} }} }}""",
    "setSubstatus": f"""mutation ({_START}) {{ setSubstatus(input: {{instanceId: $instance, label: "x"}})
        {{ errors {{ __typename code message }} }} }}""",
    "deleteInstance": f"""mutation ({_START}) {{ deleteInstance(input: {{instanceId: $instance}})
        {{ errors {{ __typename code message }} }} }}""",
    "hard deletion": f"""mutation ({_START}) {{ deleteInstance(input: {{instanceId: $instance, hard: true}})
        {{ errors {{ __typename code message }} }} }}""",
    "restoreInstance": f"""mutation ({_START}) {{ restoreInstance(input: {{instanceId: $instance}})
        {{ errors {{ __typename code message }} }} }}""",
}
"""Name -> mutation that must answer NOT_FOUND, the same for a strange instance as for one that is not there."""

REQUESTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("GET", "/instances/{instance}", {}),
    ("DELETE", "/api/v1/instance/50001/{instance}", {}),
    ("GET", "/data/{element}", {}),
    (
        "POST",
        "/instances/{instance}/data?dataType=documentation&filename=a.pdf",
        {"content": b"%PDF-1.7", "headers": {"Content-Type": "application/pdf"}},
    ),
    (
        "PUT",
        "/instances/{instance}/data/{element}",
        {"content": b"{}", "headers": {"Content-Type": "application/json"}},
    ),
)
"""Method, path, options of requests outside GraphQL."""
