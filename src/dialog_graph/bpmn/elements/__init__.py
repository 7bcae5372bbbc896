"""One file per family of BPMN elements, and the table that names their behaviour.

A new element is a member of `ElementKind` or `EventType`, a file here, and a row in `BEHAVIOURS`.
"""

from collections.abc import Mapping

from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.elements import (
    ad_hoc,
    boundary_events,
    catch_events,
    compensation,
    deadlines,
    end_event,
    event_subprocesses,
    exclusive_gateway,
    inclusive_gateway,
    link_events,
    parallel_gateway,
    sending,
    start_event,
    subprocess,
    task,
    throw_events,
)
from dialog_graph.bpmn.elements.activity import activity
from dialog_graph.bpmn.elements.behaviour import Behaviour
from dialog_graph.bpmn.elements.flows import take_true_flows
from dialog_graph.bpmn.nodes import Element, ElementKind

_TASK = activity(Behaviour(enter=task.enter, begin=task.begin, retry=task.retry, occur=task.occur))
_SUB_PROCESS = activity(Behaviour(enter=subprocess.enter, leave=subprocess.leave))
_PASS = Behaviour(enter=take_true_flows)
_START = Behaviour(enter=start_event.enter, occur=event_subprocesses.occur)
_CATCH = Behaviour(enter=catch_events.enter, occur=catch_events.occur)
_BOUNDARY = Behaviour(enter=take_true_flows, occur=boundary_events.occur)

BEHAVIOURS: Mapping[tuple[ElementKind, EventType | None], Behaviour] = {
    (ElementKind.START_EVENT, None): _START,
    (ElementKind.START_EVENT, EventType.TIMER): _START,
    (ElementKind.START_EVENT, EventType.MESSAGE): _START,
    (ElementKind.START_EVENT, EventType.SIGNAL): _START,
    (ElementKind.START_EVENT, EventType.CONDITIONAL): _START,
    (ElementKind.START_EVENT, EventType.ERROR): _START,
    (ElementKind.START_EVENT, EventType.ESCALATION): _START,
    (ElementKind.START_EVENT, EventType.COMPENSATION): _START,
    (ElementKind.END_EVENT, None): Behaviour(enter=end_event.enter),
    (ElementKind.END_EVENT, EventType.TERMINATE): Behaviour(enter=end_event.terminate),
    (ElementKind.END_EVENT, EventType.ERROR): Behaviour(enter=throw_events.error),
    (ElementKind.END_EVENT, EventType.ESCALATION): Behaviour(enter=throw_events.escalation_end),
    (ElementKind.END_EVENT, EventType.MESSAGE): Behaviour(enter=sending.end_message),
    (ElementKind.END_EVENT, EventType.SIGNAL): Behaviour(enter=sending.end_signal),
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
    (ElementKind.INTERMEDIATE_THROW_EVENT, EventType.MESSAGE): Behaviour(enter=sending.throw_message),
    (ElementKind.INTERMEDIATE_THROW_EVENT, EventType.SIGNAL): Behaviour(enter=sending.throw_signal),
    (ElementKind.INTERMEDIATE_CATCH_EVENT, EventType.LINK): _PASS,
    (ElementKind.INTERMEDIATE_CATCH_EVENT, EventType.TIMER): _CATCH,
    (ElementKind.INTERMEDIATE_CATCH_EVENT, EventType.MESSAGE): _CATCH,
    (ElementKind.INTERMEDIATE_CATCH_EVENT, EventType.SIGNAL): _CATCH,
    (ElementKind.INTERMEDIATE_CATCH_EVENT, EventType.CONDITIONAL): _CATCH,
    (ElementKind.BOUNDARY_EVENT, EventType.TIMER): _BOUNDARY,
    (ElementKind.BOUNDARY_EVENT, EventType.MESSAGE): _BOUNDARY,
    (ElementKind.BOUNDARY_EVENT, EventType.SIGNAL): _BOUNDARY,
    (ElementKind.BOUNDARY_EVENT, EventType.CONDITIONAL): _BOUNDARY,
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
    (ElementKind.CALL_ACTIVITY, None): _TASK,
    (ElementKind.EXCLUSIVE_GATEWAY, None): Behaviour(enter=exclusive_gateway.enter, answer=exclusive_gateway.answer),
    (ElementKind.PARALLEL_GATEWAY, None): Behaviour(enter=parallel_gateway.enter, leave=parallel_gateway.leave),
    (ElementKind.INCLUSIVE_GATEWAY, None): Behaviour(enter=inclusive_gateway.enter, leave=inclusive_gateway.leave),
    (ElementKind.EVENT_BASED_GATEWAY, None): Behaviour(enter=catch_events.enter_gateway),
    (ElementKind.SUB_PROCESS, None): _SUB_PROCESS,
    (ElementKind.TRANSACTION, None): _SUB_PROCESS,
    (ElementKind.AD_HOC_SUB_PROCESS, None): activity(Behaviour(enter=ad_hoc.enter)),
}
"""Element kind and event definition -> what it does; the reader accepts these pairs and no others."""

_DEADLINE = Behaviour(enter=take_true_flows, occur=deadlines.occur)


def behaviour_of(element: Element) -> Behaviour:
    """The verbs of an element."""
    return _DEADLINE if element.is_made else BEHAVIOURS[element.kind, element.event_type]
