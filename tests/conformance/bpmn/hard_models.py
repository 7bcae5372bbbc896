"""Models made by hand where interpreters go wrong: joins in circles, surplus tokens, terminate and errors in loops.

Written as `flows` such as "S>G G?>A G!>B": a question mark gives the flow a condition, an exclamation mark makes it the
default. The first letter of a node tells its kind (`KINDS`), what is inside a subprocess stands in its own line.
"""

import re
from collections.abc import Callable
from typing import Any

from tests.conformance.bpmn.oracle import Model

KINDS = {
    "S": "startEvent",
    "E": "endEvent",
    "T": "userTask",
    "X": "exclusiveGateway",
    "P": "parallelGateway",
    "O": "inclusiveGateway",
    "U": "subProcess",
    "B": "boundaryEvent",
    "M": "intermediateThrowEvent",
}
_FLOW = re.compile(r"(\w+)([?!]?)>(\w+)")
_MULTI = {"kind": "multi", "by": "collection", "sequential": False, "completion": False, "output": True}
_ERROR = {"event": "error", "code": "E1"}
_ANY_ERROR = {"event": "error", "code": None, "interrupting": True}


def made(flows: str, inside: dict[str, str] | None = None, **more: dict[str, Any]) -> Model:
    """The model. `inside`: subprocess -> its nodes; `more`: what a node has besides its kind."""
    scopes = {node: scope for scope, nodes in (inside or {}).items() for node in nodes.split()}
    written = [(source, sign, target) for source, sign, target in _FLOW.findall(flows)]
    ids = dict.fromkeys([*(id for source, _, target in written for id in (source, target)), *more, *scopes])
    nodes = {id: _node(id, scopes.get(id), more.get(id, {})) for id in ids}
    found: list[dict[str, Any]] = []
    for number, (source, sign, target) in enumerate(written):
        found.append({"id": f"F{number}", "source": source, "target": target, "condition": sign == "?"})
        if sign == "!":
            nodes[source]["default"] = f"F{number}"
    return Model(nodes, found)


def _node(id: str, scope: str | None, more: dict[str, Any]) -> dict[str, Any]:
    node: dict[str, Any] = {"tag": KINDS[id[0]], "in": scope, "actions": [], "back": [], "default": None, "loop": None}
    if id[0] == "T":
        node |= {"type": "confirmation", "service": False, "code": True, "actions": ["reject"]}
    return node | more


def joins_that_wait_for_each_other() -> Model:
    """Two inclusive joins, each behind the other, and a third behind both."""
    return made("S>P P>T1 P>T2 T1>O1 T2>O2 O1>X1 X1?>O2 X1!>T3 O2>X2 X2?>O1 X2!>T4 T3>O3 T4>O3 O3>T5 T5>E")


def surplus_at_a_join() -> Model:
    """One branch comes twice, the other once, and again."""
    return made("S>P1 P1>T1 P1>T2 T1>P2 T1>P2b P2b>P2 T2>P2 P2>X X?>T2 X!>T3 T3>E")


def inclusive_in_a_circle() -> Model:
    """An inclusive join whose split leads back before it."""
    return made("S>O1 O1?>T1 O1?>T2 O1!>T3 T1>O2 T2>O2 T3>O2 O2>X X?>O1 X!>T4 T4>E")


def terminate_in_instances() -> Model:
    """Each instance of a parallel multi-instance may end itself, and only itself."""
    inside = {"U1": "S1 P T1 T2 E1 E2"}
    flows = "S>T0 T0>U1 U1>T3 T3>E S1>P P>T1 P>T2 T1>E1 T2>E2"
    return made(flows, inside, U1={"loop": dict(_MULTI)}, E1={"event": "terminate"})


def errors_through_instances() -> Model:
    """An error in one instance goes to the boundary of all, past an event subprocess that catches another."""
    inside = {"U1": "S1 T1 X1 E1 E2 U2", "U2": "S2 T2 E3"}
    flows = "S>U1 U1>T3 T3>E S1>T1 T1>X1 X1?>E1 X1!>E2 S2>T2 T2>E3 B1>T4 T4>E4"
    return made(
        flows,
        inside,
        U1={"loop": dict(_MULTI)},
        E1=dict(_ERROR),
        U2={"by_event": True},
        S2={"event": "error", "code": "E2", "interrupting": True},
        B1={"host": "U1", **_ANY_ERROR},
    )


def escalations_in_a_circle() -> Model:
    """A circle that escalates every time around to a boundary that does not interrupt."""
    inside = {"U1": "S1 T1 M1 X1 E1"}
    flows = "S>U1 U1>T2 T2>E S1>T1 T1>M1 M1>X1 X1?>T1 X1!>E1 B1>T3 T3>E3"
    boundary = {"host": "U1", "event": "escalation", "code": None, "interrupting": False}
    return made(flows, inside, M1={"event": "escalation", "code": "X1"}, B1=boundary)


def undone_instances() -> Model:
    """Every instance of a subprocess holds something to undo; an error of a later task undoes them all."""
    inside = {"U1": "S1 T1 E1 B1 T9", "U2": "S2 M2 T5 E5"}
    flows = "S>U1 U1>T2 T2>X X?>E2 X!>T3 T3>E S1>T1 T1>E1 S2>M2 M2>T5 T5>E5"
    return made(
        flows,
        inside,
        U1={"loop": dict(_MULTI)},
        T9={"undo": True},
        B1={"host": "T1", "event": "compensation", "code": None, "interrupting": True, "handler": "T9"},
        E2=dict(_ERROR),
        U2={"by_event": True},
        S2=dict(_ANY_ERROR),
        M2={"event": "compensation", "code": None, "ref": None},
    )


def joins_behind_joins() -> Model:
    """Inclusive joins directly behind each other, with a way around the first."""
    return made("S>O1 O1?>T1 O1?>T2 O1?>T3 O1!>O4 T1>O2 T2>O2 O2>O3 T3>O3 T3?>O4 O3>O4 O4>T4 T4>E")


HARD_MODELS: tuple[Callable[[], Model], ...] = (
    joins_that_wait_for_each_other,
    surplus_at_a_join,
    inclusive_in_a_circle,
    terminate_in_instances,
    errors_through_instances,
    escalations_in_a_circle,
    undone_instances,
    joins_behind_joins,
)
