"""What an action given to `Complete` means (process engine §6.1, §6.3, §8.1).

The table is the second and third column of §8.1: which actions are a task type's own, and which gatewayAction its
completion leaves behind when no declared action was given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from dialog_graph.bpmn.commands import ABANDON, REJECT, SEND_BACK
from dialog_graph.bpmn.definition import Definition
from dialog_graph.bpmn.events import Outcome
from dialog_graph.bpmn.nodes import ActionType, Element, TaskDefinition
from dialog_graph.errors import Refusal

_DEFAULTS = 16


@dataclass(frozen=True, slots=True)
class TypeActions:
    """`own`: actions that complete the task without being declared; `default`: the gatewayAction they leave."""

    own: tuple[str, ...]
    default: str | None = None

    @property
    def completed(self) -> "Leaving":
        """How an entry ends that is completed without an action, or by one of the type's own."""
        return _completed(self.default)


OWN_ACTIONS: Mapping[str, TypeActions] = {
    "data": TypeActions(("write",)),
    "confirmation": TypeActions(("confirm",), "confirm"),
    "signing": TypeActions(("sign", "write"), "sign"),
    "confirmationSigning": TypeActions(("sign",), "sign"),
    "payment": TypeActions(("pay", "write"), "confirm"),
    "feedback": TypeActions(("feedback", "write")),
    "lookup": TypeActions(("write",)),
    "externalValidation": TypeActions(("externalValidation", "write")),
    "externalSigning": TypeActions(("sign", "write"), "sign"),
    "receiveMessage": TypeActions(()),
    "none": TypeActions(("write",)),
}
"""Task type -> its actions. A custom user type has its own name as action."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """How an entry ends. `target`: the task that a targeted send-back leads to, else the flows decide."""

    outcome: Outcome
    gateway_action: str | None
    target: Element | None = None


@lru_cache(_DEFAULTS)
def _completed(gateway_action: str | None) -> Leaving:
    return Leaving(Outcome.COMPLETED, gateway_action)


def type_actions(task_type: str) -> TypeActions:
    """The own actions of a task type, custom ones included."""
    if task_type in OWN_ACTIONS:
        return OWN_ACTIONS[task_type]
    own = () if task_type in (REJECT, ABANDON) else (task_type,)
    return TypeActions(own)


def _choices(task: TaskDefinition) -> str:
    declared = tuple(action.name for action in task.actions if action.type is ActionType.PROCESS)
    names = dict.fromkeys(type_actions(task.type).own + declared)
    return ", ".join(names) or "none"


def _not_allowed(element: Element, task: TaskDefinition, action: str) -> Refusal:
    return Refusal(
        code="ACTION_NOT_ALLOWED",
        expected=f'an action of task "{element.id}" ({_choices(task)})',
        actual=f'"{action}" was given',
        action=action,
    )


def _send_back(definition: Definition, element: Element, task: TaskDefinition, action: str) -> Leaving | Refusal:
    target = definition.element(action.removeprefix(SEND_BACK))
    listed = target is not None and target.id in task.config.send_back_to
    names = ", ".join(task.config.send_back_to) or "none"
    if target is None or not listed or target.task is None or target.scope != element.scope:
        return Refusal(
            code="ACTION_NOT_ALLOWED",
            expected=f'a task that "{element.id}" may be sent back to ({names})',
            actual=f'"{action}" was given',
            action=action,
        )
    return Leaving(Outcome.ABANDONED, REJECT, target)


def leaving(definition: Definition, element: Element, task: TaskDefinition, action: str | None) -> Leaving | Refusal:
    """How the entry ends by this action, or why it may not."""
    kind = type_actions(task.type)
    if action is None:
        return kind.completed
    if action.startswith(SEND_BACK):
        return _send_back(definition, element, task, action)
    if action == ABANDON:
        return Leaving(Outcome.ABANDONED, REJECT)
    if action == REJECT and task.declares(REJECT):
        return Leaving(Outcome.ABANDONED, REJECT)
    if action in kind.own:
        return kind.completed
    if action != REJECT and task.declares(action):
        return Leaving(Outcome.COMPLETED, action)
    if task.declares(action, ActionType.SERVER):
        return Refusal(
            code="ACTION_DOES_NOT_MOVE",
            expected="an action that moves the process",
            actual=f'"{action}" is a server action',
            action=action,
        )
    return _not_allowed(element, task, action)


COMPLETE = "complete"
"""Action of a deadline that completes its task as a command without an action does."""


def deadline_leaving(definition: Definition, element: Element, task: TaskDefinition, action: str) -> Leaving | Refusal:
    """How a deadline ends the entry; it may reject where nobody else can."""
    if action == REJECT:
        return Leaving(Outcome.ABANDONED, REJECT)
    return leaving(definition, element, task, None if action == COMPLETE else action)


def failed_with(action: str | None) -> Leaving:
    """How a task that only the server completes ends: None on success, else the action that it failed with."""
    return Leaving(Outcome.ABANDONED if action == REJECT else Outcome.COMPLETED, action)
