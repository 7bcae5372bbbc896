"""One file per family of BPMN elements, and the table that names their behaviour.

A new element is a member of `ElementKind`, a file here, and a row in `BEHAVIOURS`.
"""

from collections.abc import Mapping

from dialog_graph.bpmn.definition import ElementKind
from dialog_graph.bpmn.elements import end_event, exclusive_gateway, parallel_gateway, start_event, task
from dialog_graph.bpmn.elements.behaviour import Behaviour

_TASK = Behaviour(enter=task.enter, retry=task.retry)

BEHAVIOURS: Mapping[ElementKind, Behaviour] = {
    ElementKind.START_EVENT: Behaviour(enter=start_event.enter),
    ElementKind.END_EVENT: Behaviour(enter=end_event.enter),
    ElementKind.TASK: _TASK,
    ElementKind.USER_TASK: _TASK,
    ElementKind.MANUAL_TASK: _TASK,
    ElementKind.SERVICE_TASK: _TASK,
    ElementKind.SEND_TASK: _TASK,
    ElementKind.RECEIVE_TASK: _TASK,
    ElementKind.BUSINESS_RULE_TASK: _TASK,
    ElementKind.EXCLUSIVE_GATEWAY: Behaviour(enter=exclusive_gateway.enter, answer=exclusive_gateway.answer),
    ElementKind.PARALLEL_GATEWAY: Behaviour(enter=parallel_gateway.enter, leave=parallel_gateway.leave),
}
"""Element kind -> what it does; complete for every member of `ElementKind`."""
