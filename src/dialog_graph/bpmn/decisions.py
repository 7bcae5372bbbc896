"""Every answer that a step used, in order, so that replay needs neither evaluator nor app code.

A decision is JSON-ready: `("c", flow id, answer)` for a condition, `("g", gateway id, (flow ids…))` for a code
gateway, `("v", expression key, {"value": …})` for a value, which is part of the state afterwards. Of a condition only
what decides is kept: true, false, null, the name of another JSON type, or the error, so that no form data reach the
journal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from dialog_graph.bpmn.facts import EvaluationFailed, Vars
from dialog_graph.model.json_value import Json

Answer: TypeAlias = bool | str | None
"""True, False, None, or the name of the JSON type that stood where a boolean was expected."""

Decision: TypeAlias = tuple[str, str, "Answer | Mapping[str, str] | Mapping[str, Json] | tuple[str, ...]"]
"""One recorded answer; see the module."""

CONDITION = "c"
GATEWAY = "g"
VALUE = "v"
_MAX_MESSAGE = 200


def _type_name(value: Json) -> str:
    match value:
        case str():
            return "string"
        case list():
            return "list"
        case dict():
            return "object"
        case _:
            return "number"


_SAMPLES: Mapping[str, Json] = {"string": "", "list": [], "object": {}, "number": 0}


def answer_of(value: "Json | EvaluationFailed") -> Answer | EvaluationFailed:
    """What of an evaluator's value is used and recorded."""
    if isinstance(value, EvaluationFailed):
        return EvaluationFailed(str(value.message)[:_MAX_MESSAGE])
    return value if value is None or isinstance(value, bool) else _type_name(value)


def condition_decision(flow_id: str, answer: Answer | EvaluationFailed) -> Decision:
    """The record of one condition."""
    kept = {"error": answer.message} if isinstance(answer, EvaluationFailed) else answer
    return (CONDITION, flow_id, kept)


def value_of(value: "Json | EvaluationFailed") -> "Json | EvaluationFailed":
    """What of a value is used and recorded: all of it, of a failure the beginning of its message."""
    return EvaluationFailed(str(value.message)[:_MAX_MESSAGE]) if isinstance(value, EvaluationFailed) else value


def value_decision(key: str, answer: "Json | EvaluationFailed") -> Decision:
    """The record of one value: `{"value": …}` or `{"error": …}`."""
    if isinstance(answer, EvaluationFailed):
        return (VALUE, key, {"error": answer.message})
    return (VALUE, key, {"value": answer})


def gateway_decision(gateway_id: str, flows: tuple[str, ...]) -> Decision:
    """The record of one answer of a code gateway."""
    return (GATEWAY, gateway_id, flows)


def _condition_value(answer: object) -> "Json | EvaluationFailed":
    match answer:
        case {"error": str() as message}:
            return EvaluationFailed(message)
        case str():
            return _SAMPLES.get(answer, "")
        case bool():
            return answer
        case _:
            return None


@dataclass(slots=True)
class RecordedAnswers:
    """Gives recorded decisions back in their order: the second `Evaluator`, and the answers of code gateways.

    `mismatch` tells the first question that the record does not answer; the run is worthless from there on.
    """

    decisions: tuple[Decision, ...]
    used: int = 0
    mismatch: str | None = field(default=None)

    def _next(self, kind: str, of: str) -> Any:
        decision = self.decisions[self.used] if self.used < len(self.decisions) else None
        self.used += 1
        if decision is not None and decision[:2] == (kind, of):
            return decision[2]
        self.mismatch = self.mismatch or f"{(kind, of)} was asked, but the record has {decision}"
        return None

    def condition(self, flow_id: str, vars: Vars) -> "Json | EvaluationFailed":
        """The recorded answer of this flow's condition."""
        return _condition_value(self._next(CONDITION, flow_id))

    def value(self, key: str, vars: Vars) -> "Json | EvaluationFailed":
        """The recorded value of this expression."""
        answer = self._next(VALUE, key)
        kept: Mapping[str, Json] = cast(Mapping[str, Json], answer) if isinstance(answer, dict) else {}
        return EvaluationFailed(str(kept["error"])) if "error" in kept else kept.get("value")

    def gateway(self, gateway_id: str) -> tuple[str, ...]:
        """The flows that the gateway's code chose."""
        answer = self._next(GATEWAY, gateway_id)
        flows = cast(tuple[str, ...], answer) if isinstance(answer, tuple) else ()
        return tuple(str(flow) for flow in flows)

    @property
    def left_over(self) -> int:
        """Recorded answers that nobody has asked for."""
        return len(self.decisions) - self.used
