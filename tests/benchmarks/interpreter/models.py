"""The models that all engines run, written by us from one description, and the works that are measured on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

OURS, SPIFF, BPMN_ENGINE = "dialog-graph", "SpiffWorkflow", "bpmn-engine"
BEGIN, FINISH = "Begin", "Finish"
TASKS = tuple(f"T{number:02}" for number in range(1, 11))

WHILE_BELOW: Mapping[str, str] = {
    OURS: '["lessThan", ["dataModel", "rounds"], ["dataModel", "limit"]]',
    SPIFF: "rounds < limit",
    BPMN_ENGINE: "${environment.services.isLess(environment.variables.rounds,environment.variables.limit)}",
}
"""Engine -> the one condition of the models in its language: fewer rounds are done than wanted."""


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node; `default`: id of its default flow."""

    tag: str
    id: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow from node to node; `below`: with the condition."""

    source: str
    target: str
    below: bool = False

    @property
    def id(self) -> str:
        """Made of its ends."""
        return f"{self.source}-{self.target}"


@dataclass(frozen=True, slots=True)
class Model:
    """One process."""

    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]


def _model(*nodes: Node, flows: tuple[Flow, ...]) -> Model:
    return Model((Node("startEvent", BEGIN), *nodes, Node("endEvent", FINISH)), flows)


_USER_TASKS = tuple(Node("userTask", id) for id in TASKS)
ROW = _model(*_USER_TASKS, flows=tuple(Flow(*pair) for pair in pairwise((BEGIN, *TASKS, FINISH))))
SPLIT = _model(
    Node("parallelGateway", "Split"),
    *_USER_TASKS,
    Node("parallelGateway", "Join"),
    flows=(
        Flow(BEGIN, "Split"),
        *(flow for id in TASKS for flow in (Flow("Split", id), Flow(id, "Join"))),
        Flow("Join", FINISH),
    ),
)
LOOP = _model(
    Node("exclusiveGateway", "Merge"),
    Node("userTask", TASKS[0]),
    Node("exclusiveGateway", "Again", default=f"Again-{FINISH}"),
    flows=(
        Flow(BEGIN, "Merge"),
        Flow("Merge", TASKS[0]),
        Flow(TASKS[0], "Again"),
        Flow("Again", "Merge", below=True),
        Flow("Again", FINISH),
    ),
)


@dataclass(frozen=True, slots=True)
class Work:
    """One line of the table. `do`: compile or run, or diagnose, which only ours can; `limit`: rounds of the loop."""

    name: str
    do: str
    model: Model
    limit: int = 0


WORKS = (
    Work("parse + compile (not diagnose), 10 tasks", "compile", ROW),
    Work("parse + compile (not diagnose), 10-way split", "compile", SPLIT),
    Work("10 tasks in a row", "run", ROW),
    Work("10-way parallel split and join", "run", SPLIT),
    Work("100 rounds of a loop", "run", LOOP, 100),
)
DIAGNOSED = (
    Work("diagnose + compile, 10 tasks, as when it is deployed", "diagnose", ROW),
    Work("diagnose + compile, 10-way split, as when it is deployed", "diagnose", SPLIT),
)
"""What only our engine does: every finding, with a search through the states that the process can come to."""

LONGER: Mapping[str, Work] = {
    OURS: Work("1,000 rounds of a loop", "run", LOOP, 1000),
    BPMN_ENGINE: Work("1,000 rounds of a loop", "run", LOOP, 1000),
    SPIFF: Work("200 rounds of a loop", "run", LOOP, 200),
}
"""What a round costs when there are more of them: SpiffWorkflow would take minutes for a thousand."""


def text(model: Model, engine: str) -> str:
    """The model as BPMN, with conditions for one engine."""
    lines = (
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="D" targetNamespace="urn:benchmark"',
        '  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
        '<process id="P" isExecutable="true">',
        *(_node(node) for node in model.nodes),
        *(_flow(flow, WHILE_BELOW[engine]) for flow in model.flows),
        "</process></definitions>",
    )
    return "\n".join(lines)


def _node(node: Node) -> str:
    default = f" default={quoteattr(node.default)}" if node.default else ""
    return f"<{node.tag} id={quoteattr(node.id)}{default}/>"


def _flow(flow: Flow, below: str) -> str:
    kind = 'xsi:type="tFormalExpression"'
    inside = f"<conditionExpression {kind}>{escape(below)}</conditionExpression>" if flow.below else ""
    ends = f"sourceRef={quoteattr(flow.source)} targetRef={quoteattr(flow.target)}"
    return f"<sequenceFlow id={quoteattr(flow.id)} {ends}>{inside}</sequenceFlow>"


def outcome(work: Work) -> dict[str, object]:
    """What every engine must answer: the ids it compiled, or the tasks in the order completed and the end."""
    tasks = [node.id for node in work.model.nodes if node.tag == "userTask"]
    if work.do != "run":
        return {"elements": sorted(node.id for node in work.model.nodes)}
    return {"completed": tasks * max(work.limit, 1), "end": FINISH}
