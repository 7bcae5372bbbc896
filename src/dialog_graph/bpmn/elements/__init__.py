"""One file per family of BPMN elements, and the table that names their behaviour.

A new element is a member of `ElementKind` or `EventType`, a file here, and a row in `BEHAVIOURS`.
"""

from collections.abc import Mapping

from dialog_graph.bpmn.definition import Element, ElementKind
from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.elements import (
    ad_hoc,
    compensation,
    end_event,
    exclusive_gateway,
    inclusive_gateway,
    link_events,
    parallel_gateway,
    start_event,
    subprocess,
    task,
    throw_events,
)
from dialog_graph.bpmn.elements.activity import activity
from dialog_graph.bpmn.elements.behaviour import Behaviour
from dialog_graph.bpmn.elements.flows import take_true_flows

_TASK = activity(Behaviour(enter=task.enter, retry=task.retry))
_SUB_PROCESS = activity(Behaviour(enter=subprocess.enter, leave=subprocess.leave))
_PASS = Behaviour(enter=take_true_flows)

BEHAVIOURS: Mapping[tuple[ElementKind, EventType | None], Behaviour] = {
    (ElementKind.START_EVENT, None): Behaviour(enter=start_event.enter),
    (ElementKind.START_EVENT, EventType.ERROR): Behaviour(enter=start_event.enter),
    (ElementKind.START_EVENT, EventType.ESCALATION): Behaviour(enter=start_event.enter),
    (ElementKind.START_EVENT, EventType.COMPENSATION): Behaviour(enter=start_event.enter),
    (ElementKind.END_EVENT, None): Behaviour(enter=end_event.enter),
    (ElementKind.END_EVENT, EventType.TERMINATE): Behaviour(enter=end_event.terminate),
    (ElementKind.END_EVENT, EventType.ERROR): Behaviour(enter=throw_events.error),
    (ElementKind.END_EVENT, EventType.ESCALATION): Behaviour(enter=throw_events.escalation_end),
    (ElementKind.END_EVENT, EventType.COMPENSATION): Behaviour(enter=compensation.enter, leave=compensation.end),
    (ElementKind.END_EVENT, EventType.CANCEL): Behaviour(
        enter=compensation.enter_cancel, leave=compensation.leave_transaction
    ),
    (ElementKind.INTERMEDIATE_THROW_EVENT, None): _PASS,
    (ElementKind.INTERMEDIATE_THROW_EVENT, EventType.COMPENSATION): Behaviour(
        enter=compensation.enter, leave=compensation.go_on
    ),
    (ElementKind.INTERMEDIATE_THROW_EVENT, EventType.ESCALATION): Behaviour(enter=throw_events.escalation),
    (ElementKind.INTERMEDIATE_THROW_EVENT, EventType.LINK): Behaviour(enter=link_events.throw),
    (ElementKind.INTERMEDIATE_CATCH_EVENT, EventType.LINK): _PASS,
    (ElementKind.BOUNDARY_EVENT, EventType.ERROR): _PASS,
    (ElementKind.BOUNDARY_EVENT, EventType.ESCALATION): _PASS,
    (ElementKind.BOUNDARY_EVENT, EventType.COMPENSATION): _PASS,
    (ElementKind.BOUNDARY_EVENT, EventType.CANCEL): _PASS,
    (ElementKind.TASK, None): _TASK,
    (ElementKind.USER_TASK, None): _TASK,
    (ElementKind.MANUAL_TASK, None): _TASK,
    (ElementKind.SERVICE_TASK, None): _TASK,
    (ElementKind.SEND_TASK, None): _TASK,
    (ElementKind.RECEIVE_TASK, None): _TASK,
    (ElementKind.BUSINESS_RULE_TASK, None): _TASK,
    (ElementKind.EXCLUSIVE_GATEWAY, None): Behaviour(enter=exclusive_gateway.enter, answer=exclusive_gateway.answer),
    (ElementKind.PARALLEL_GATEWAY, None): Behaviour(enter=parallel_gateway.enter, leave=parallel_gateway.leave),
    (ElementKind.INCLUSIVE_GATEWAY, None): Behaviour(enter=inclusive_gateway.enter, leave=inclusive_gateway.leave),
    (ElementKind.SUB_PROCESS, None): _SUB_PROCESS,
    (ElementKind.TRANSACTION, None): _SUB_PROCESS,
    (ElementKind.AD_HOC_SUB_PROCESS, None): activity(Behaviour(enter=ad_hoc.enter)),
}
"""Element kind and event definition -> what it does; the reader accepts these pairs and no others."""


def behaviour_of(element: Element) -> Behaviour:
    """The verbs of an element."""
    return BEHAVIOURS[element.kind, element.event_type]
