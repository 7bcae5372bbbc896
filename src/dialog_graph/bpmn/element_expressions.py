"""The expressions of an element besides the conditions of its flows, each with the part of the key it is asked by."""

from collections.abc import Iterator, Mapping

from dialog_graph.bpmn.element_parts import EventDefinition, Expression, MultiInstance, StandardLoop
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.task_config import CallAppConfig

LOOP_CONDITION = "loopCondition"
COLLECTION = "collection"
CARDINALITY = "cardinality"
COMPLETION_CONDITION = "completionCondition"
OUTPUT_ELEMENT = "outputElement"
AD_HOC_COMPLETION = "adHocCompletion"
TIMER = "timer"
CORRELATION = "correlation"
CONDITION = "condition"
PARTY = "party"
MAP = "map"
"""Followed by the number of the mapping, from 0."""

_Parts = Mapping[str, Expression | None]
_NONE: _Parts = {}


def expressions_of(element: Element) -> Iterator[tuple[str, Expression]]:
    """Part and expression, of those that there are."""
    call = element.task.config.call_app if element.task else None
    found: dict[str, Expression | None] = {
        **_of_loop(element.loop),
        AD_HOC_COMPLETION: element.ad_hoc.completion if element.ad_hoc else None,
        **(_of_event(element.event) if element.event else _NONE),
        CORRELATION: element.message.key if element.message else None,
        **(_of_call(call) if call else _NONE),
    }
    yield from ((part, expression) for part, expression in found.items() if expression is not None)


def _of_loop(loop: StandardLoop | MultiInstance | None) -> _Parts:
    match loop:
        case StandardLoop(condition=condition):
            return {LOOP_CONDITION: condition}
        case MultiInstance():
            return {
                COLLECTION: loop.collection,
                CARDINALITY: loop.cardinality,
                COMPLETION_CONDITION: loop.completion,
                OUTPUT_ELEMENT: loop.output,
            }
        case None:
            return _NONE


def _of_event(event: EventDefinition) -> _Parts:
    timer = event.timer.expression if event.timer else None
    return {TIMER: timer, CONDITION: event.condition, PARTY: event.party}


def _of_call(call: CallAppConfig) -> _Parts:
    return {PARTY: call.party, **{f"{MAP}{number}": mapped.value for number, mapped in enumerate(call.maps)}}


IS_CONDITION = frozenset({LOOP_CONDITION, COMPLETION_CONDITION, AD_HOC_COMPLETION, CONDITION})
"""Parts of which only exactly `true` counts."""
