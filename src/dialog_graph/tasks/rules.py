"""Who may complete a task, with which action, and what stands in the way (process engine §6.2 steps 4-8, §8.1)."""

from types import MappingProxyType

from dialog_graph.bpmn import ABANDON, REJECT, SEND_BACK, ActionType, TaskDefinition
from dialog_graph.errors import Blocker, Refusal
from dialog_graph.model.instance import TaskEntry, TaskState
from dialog_graph.tasks.types import type_of

COMPLETE_ANYWAY = frozenset({REJECT, ABANDON})
"""Actions that leave a task without its gate."""

_TEXTS = MappingProxyType(
    {
        "PROCESSING": {
            "nb": "Oppgaven behandles av systemet.",
            "nn": "Oppgåva blir behandla av systemet.",
            "en": "The task is being processed by the system.",
        },
        "RETRYING": {
            "nb": "Systemet prøver igjen om en stund.",
            "nn": "Systemet prøver igjen om ei stund.",
            "en": "The system will try again in a while.",
        },
        "INCIDENT": {
            "nb": "Noe gikk galt i dette steget. Tjenesteeieren følger det opp.",
            "nn": "Noko gjekk gale i dette steget. Tenesteeigaren følgjer det opp.",
            "en": "Something went wrong in this step. The service owner is handling it.",
        },
    }
)

_BLOCKING_STATES = MappingProxyType({TaskState.WAITING: "PROCESSING", TaskState.FAILED: "INCIDENT"})


def leaves_backwards(action: str | None) -> bool:
    """True for reject, abandon and send-back: no validation, no finalising."""
    return action is not None and (action in COMPLETE_ANYWAY or action.startswith(SEND_BACK))


def required(task: TaskDefinition, action: str | None, *, is_owner: bool) -> tuple[str, ...]:
    """Policy actions of which any suffices to complete the task (process engine §8.1).

    `is_owner`: the caller acts as the org that owns the app. An explicit action needs exactly itself, send-back and
    abandon need `reject`.
    """
    if leaves_backwards(action):
        return (REJECT,)
    if action is not None:
        return (action,)
    return type_of(task.type).completing(is_owner=is_owner)


def allowed(task: TaskDefinition, action: str | None, *, is_owner: bool) -> Refusal | None:
    """Refuses actions that are neither the type's own nor declared, and those that never move the process.

    The owner's own actions are nobody else's: a party's `write` must not pass a feedback task by being named.
    Abandoning is the owner's too, declared or not; sending back needs a listed target only (process engine §6.1).
    """
    own = type_of(task.type).completing(is_owner=is_owner)
    if action is None or action in own or _is_open(task, action, is_owner=is_owner):
        return None
    if task.declares(action, ActionType.SERVER):
        return Refusal(
            code="ACTION_DOES_NOT_MOVE",
            expected="a process action",
            actual=f"{action!r} is a server action",
            path=("action",),
        )
    names = sorted({*own, *(item.name for item in task.actions)})
    return Refusal(
        code="ACTION_NOT_ALLOWED",
        expected=f"one of the task's actions ({', '.join(names)})",
        actual=f"{action!r} was given",
        path=("action",),
    )


def _is_open(task: TaskDefinition, action: str, *, is_owner: bool) -> bool:
    if action == ABANDON:
        return is_owner
    if action.startswith(SEND_BACK):
        return action.removeprefix(SEND_BACK) in task.config.send_back_to
    return task.declares(action)


def retrying(task: TaskDefinition | None) -> tuple[str, ...]:
    """Policy actions of which any lets others than the owning org repeat what an incident stopped; empty: none does.

    They are the type's own, unless the task says that users may not (process engine §8.1, §9). `task`: None where the
    incident stands at something else.
    """
    if task is None or (task.config.retry is not None and not task.config.retry.user_may_retry):
        return ()
    return required(task, None, is_owner=False)


def default_action(task: TaskDefinition, action: str | None) -> str | None:
    """The gatewayAction that completing with `action` gives (process engine §6.3)."""
    rule = type_of(task.type)
    if leaves_backwards(action):
        return REJECT
    return rule.default_action if action is None or action in rule.own_actions else action


def blockers(entry: TaskEntry, action: str | None = None, *, is_retrying: bool = False) -> tuple[Blocker, ...]:
    """What stands in the way of leaving the entry with `action`, as far as no validation is needed to know it.

    A declared `reject` leads out of an incident (process engine §6.2 step 4). `is_retrying`: its job has failed and is
    tried again.
    """
    code = _BLOCKING_STATES.get(entry.state)
    if code is None or (code == "INCIDENT" and action == REJECT):
        return ()
    code = "RETRYING" if is_retrying and code == "PROCESSING" else code
    return (Blocker(code=code, message=_TEXTS[code]),)
