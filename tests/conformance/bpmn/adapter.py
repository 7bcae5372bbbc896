"""Models of another engine made ours: its condition texts in our expression language, and an evaluator of variables.

`${input == 1 || input == 3}` becomes `["or", ["equals", ["variable", "input"], 1], …]`. That engine delivers a message
to an execution, not by a key, and calls processes by their id: so every message gets one and the same key, a receive
task a message of its own, and a called process an org. Only what the models use is translated; anything else is an
error of the test.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from dialog_graph.bpmn import Definition, Vars, read_process
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.json_value import Json
from tests.unit.bpmn.models import KINDS

_TEXT = re.compile(
    rb"(<(?:conditionExpression|condition|loopCardinality|completionCondition)\b[^>]*>)(.*?)(</)", re.DOTALL
)
_MESSAGE = re.compile(rb"<message ([^>]*?)\s*/>")
_CORRELATION = b"""<our:correlation xmlns:our="urn:dialog-graph:process:1" key='"all"'/>"""
_RECEIVE = re.compile(rb'<receiveTask id="(\w+)"')
_CALLED = re.compile(rb'calledElement="(\w+)"')
ORG = b"flw"
"""Org of every called process."""

_COMPARISONS = {"==": "equals", "<=": "lessThanEq", ">=": "greaterThanEq", "/": "divide", "-": "minus"}
_LOOP = {"loopCounter": 1, "nrOfInstances": 2, "nrOfActiveInstances": 3, "nrOfCompletedInstances": 4}


def translated(text: str) -> list[Json]:
    """The expression between `${` and `}` in our language."""
    inside = re.sub(r"<!\[CDATA\[|\]\]>", "", text).strip().removeprefix("${").removesuffix("}")
    alternatives = [_comparison(part.strip()) for part in inside.split("||")]
    return alternatives[0] if len(alternatives) == 1 else ["or", *alternatives]


def _comparison(text: str) -> list[Json]:
    if text.startswith("not "):
        return ["not", _comparison(text[4:])]
    for sign, name in _COMPARISONS.items():
        first, found, second = text.partition(sign)
        if found:
            return [name, _operand(first), _operand(second)]
    operand = _operand(text)
    return operand if isinstance(operand, list) else ["plus", operand, 0]


def _operand(text: str) -> Json:
    text = text.strip()
    if text.startswith("'"):
        return text.strip("'")
    if any(sign in text for sign in _COMPARISONS):
        return _comparison(text)
    if text in _LOOP:
        return ["argv", _LOOP[text]]
    return float(text) if "." in text else int(text) if text.isdigit() else ["variable", text]


def read(xml: bytes) -> tuple[Definition | None, Diags]:
    """The model with its conditions translated."""

    def replaced(found: re.Match[bytes]) -> bytes:
        ours = orjson.dumps(translated(found[2].decode())).replace(b"<", b"&lt;")
        return found[1] + ours + found[3]

    return read_process(_correlated(_TEXT.sub(replaced, xml)), KINDS)


def _correlated(xml: bytes) -> bytes:
    received = b"".join(b'<message id="of-%b" name="%b"/>' % (id, id) for id in _RECEIVE.findall(xml))
    xml = _RECEIVE.sub(rb'<receiveTask id="\1" messageRef="of-\1"', xml)
    xml = xml.replace(b"</definitions>", received + b"</definitions>")
    return _CALLED.sub(
        rb'calledElement="%b/\1"' % ORG,
        _MESSAGE.sub(rb"<message \1><extensionElements>%b</extensionElements></message>" % _CORRELATION, xml),
    )


def _divided(first: float, second: float) -> float:
    return first / second


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "or": lambda *values: any(value is True for value in values),
    "not": operator.not_,
    "equals": operator.eq,
    "lessThanEq": operator.le,
    "greaterThanEq": operator.ge,
    "divide": _divided,
    "minus": operator.sub,
    "plus": operator.add,
}


@dataclass
class Variables:
    """Evaluates the translated expressions of a definition over variables."""

    definition: Definition
    values: dict[str, Any] = field(default_factory=dict[str, Any])

    def condition(self, flow_id: str, vars: Vars) -> Json:
        flow = self.definition.flow(flow_id)
        assert flow is not None
        return self._value(orjson.loads(flow.condition_text or "null"), vars)

    def value(self, key: str, vars: Vars) -> Json:
        return self._value(orjson.loads(self.definition.expressions[key][1].text), vars)

    def _value(self, expression: Any, vars: Vars) -> Any:
        if type(expression) is not list:
            return expression
        name, *arguments = [self._value(part, vars) for part in cast(list[Any], expression)]
        if name == "variable":
            return self.values[arguments[0]]
        if name == "argv":
            return cast(Any, vars.argv[arguments[0]])
        return _FUNCTIONS[name](*arguments)
