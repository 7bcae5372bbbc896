"""Deadlines of tasks and their reminders: timers at the boundary that end the task by an action, or only tell."""

from dialog_graph.bpmn.actions import deadline_leaving
from dialog_graph.bpmn.elements.boundary_events import tell
from dialog_graph.bpmn.elements.entries import leave_entry
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.errors import Refusal


def occur(run: Run, owner: int, element: Element) -> Refusal | None:
    """The time has come."""
    host = run.tokens[owner]
    task = run.element_of(host)
    action = element.event.action if element.event else None
    if action is None or task.task is None:
        tell(run, host, element)
        return None
    step = deadline_leaving(run.definition, task, task.task, action)
    if isinstance(step, Refusal):
        return step
    tell(run, host, element)
    leave_entry(run, host, task, step, action)
    return None
