"""The data of a drawn instance: what every condition, expression and code gateway answers, from a seed."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias
from zlib import crc32

from dialog_graph.bpmn import EvaluationFailed, Vars
from dialog_graph.model.json_value import Json
from tests.conformance.bpmn.oracle import Model


class Asked(NamedTuple):
    """A question to the evaluator: (flow or expression, gatewayAction, last task, element, loop arguments)."""

    question: tuple[Any, ...]
    answer: Any


class Taken(NamedTuple):
    """Flows that a token was sent along, from the element with this number, in this scope."""

    scope: int
    source: int
    flows: tuple[str, ...]


Log: TypeAlias = tuple["Asked | Taken", ...]

_VALUES: tuple[Any, ...] = (True, True, True, True, False, False, False, None, "true", 1, "!")
_BLANDER: tuple[Any, ...] = (True, False, False, True, False, None)
PARTS: dict[str, tuple[Any, ...]] = {
    "collection": (["a", "b"], ["a", {"b": 1}, None], [], ["a"], "a", None, "!"),
    "cardinality": (0, 1, 2, 3, 2, 3, -1, "2", True, "!"),
    "outputElement": (None, 1, "x", {"y": []}, "!"),
    "timer": ("2031-05-01T10:00:00Z", "2031-05-02", "2020-01-01T00:00:00+01:00", None, "", "soon", 5, "!"),
    "correlation": ("k", "k", "other", 5, True, None, {"a": 1}, "!"),
}


@dataclass
class World:
    """Answers depend on everything that a condition may see and on the time; `tick`: number of the command."""

    seed: int
    model: Model
    disjoint: bool = False
    tick: int = 0

    def answer(self, of: str, action: str | None, last: str | None, at: str, argv: tuple[Any, ...]) -> Any:
        """Of a flow its condition, of a key with a colon the value of an expression."""
        part = of.partition(":")[2]
        if part in PARTS:
            return PARTS[part][self.draw(of, action, last, argv) % len(PARTS[part])]
        return self.condition(of, action, last, at, argv)

    def condition(self, flow: str, action: str | None, last: str | None, gateway: str, argv: tuple[Any, ...]) -> Any:
        if self.disjoint and self.model.nodes[gateway]["tag"] == "exclusiveGateway":
            flows = [each["id"] for each in self.model.out(gateway)]
            return flow == flows[self.draw(gateway, action, last) % len(flows)]
        values = _VALUES if self.seed % 3 == 0 else _BLANDER
        return values[self.draw(flow, action, last, gateway, argv) % len(values)]

    def code(self, gateway: str) -> tuple[str, ...]:
        flows = [each["id"] for each in self.model.out(gateway)]
        answers = [(flow,) for flow in flows] * 3 + [(), tuple(flows), ("elsewhere",)]
        return answers[self.draw(gateway) % len(answers)]

    def draw(self, *parts: object) -> int:
        return crc32(repr((self.seed, self.tick, *parts)).encode()) >> 3


@dataclass
class Asking:
    """The world as an `Evaluator`; keeps questions and answers in a log that others write to as well."""

    world: World
    log: list[Asked | Taken] = field(default_factory=list["Asked | Taken"])

    def condition(self, flow_id: str, vars: Vars) -> "Json | EvaluationFailed":
        question = (flow_id, vars.gateway_action, vars.last_task, vars.gateway, vars.argv)
        value = self.world.answer(*question)
        self.log.append(Asked(question, value))
        return EvaluationFailed("drawn") if value == "!" else value

    def value(self, key: str, vars: Vars) -> "Json | EvaluationFailed":
        return self.condition(key, vars)
