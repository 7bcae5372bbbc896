"""What a caller may see and do inside an instance it may read: elements, actions, validation, incidents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dialog_graph import tasks
from dialog_graph.access import decisions, form_rights
from dialog_graph.access.form_rights import Place
from dialog_graph.apps import AppVersion, validate
from dialog_graph.bpmn import ActionType, Definition, TaskDefinition
from dialog_graph.errors import Blocker, Issue, Texts
from dialog_graph.model.instance import DataElement, Instance, TaskEntry, TaskState
from dialog_graph.model.party import Party
from dialog_graph.model.waits import Waits
from dialog_graph.ports import Ports
from dialog_graph.reads import forms, instances
from dialog_graph.storage.database import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionView:
    """One action on a task as the caller may or may not use it."""

    action: str
    is_authorized: bool
    blockers: tuple[Blocker, ...]
    moves_process: bool


async def version(ports: Ports, snapshot: Snapshot, instance: Instance) -> AppVersion:
    """The pinned app version."""
    return await ports.catalogue.version(snapshot, instance.version_id)


async def readable_elements(
    ports: Ports, snapshot: Snapshot, instance: Instance, data_type: str | None
) -> Sequence[DataElement]:
    """The data elements that the caller may read: those whose type asks for an extra action only with that right."""
    pinned = await version(ports, snapshot, instance)
    policy = (await ports.catalogue.policy(snapshot, instance.app_id)).policy
    withheld = await form_rights.withheld(snapshot, Place(pinned, policy, instance))
    return [
        element
        for element in instance.elements
        if data_type in (None, element.data_type) and element.data_type not in withheld
    ]


async def validation(ports: Ports, snapshot: Snapshot, instance: Instance, owner: Party | None) -> list[Issue]:
    """The findings of the current tasks' full validation, without those about data that is hidden from the caller.

    `owner`: the instance's party, for rules that ask for it.
    """
    filled_in = await ports.catalogue.filled_in(snapshot, instance)
    shown = {element.element_id for element in await readable_elements(ports, snapshot, instance, None)}
    hidden = {element.element_id for element in instance.elements} - shown
    found: list[Issue] = []
    for task in instance.open_tasks:
        if tasks.type_of(task.type).is_gated:
            reader = await forms.reader_of(ports, snapshot, instance, task.element_id, owner)
            found += validate(filled_in, instance, task.element_id, reader=reader)
    return [issue for issue in found if issue.data_element_id not in hidden]


async def task_name(ports: Ports, snapshot: Snapshot, instance: Instance, entry: TaskEntry) -> Texts:
    """A task's name in the languages that the app has for it: the name in the drawing is looked up among the texts."""
    if entry.name is None:
        return {}
    shown = await ports.catalogue.presentation(snapshot, instance)
    return shown.texts.all(entry.name) or {"nb": entry.name}


def _names(task: TaskDefinition, *, is_owner: bool) -> dict[str, bool]:
    """Action -> does it move the process; the type's own first, then the declared ones."""
    own = dict.fromkeys(tasks.required(task, None, is_owner=is_owner), True)
    return own | {item.name: item.type is ActionType.PROCESS for item in task.actions}


RETRY = "retry"
"""What repeats the step that an incident stopped."""


async def actions(
    ports: Ports, snapshot: Snapshot, instance: Instance, entry: TaskEntry, is_retrying: bool = False
) -> list[ActionView]:
    """What can be done with the entry, decided as the command would decide it; nothing once it has ended.

    `is_retrying`: its job has failed and is tried again.
    """
    pinned = await version(ports, snapshot, instance)
    task = pinned.definition.task(entry.element_id) if entry.entry_no else None
    if not entry.is_open or instance.deleted_at is not None:
        return []
    is_owner = snapshot.principal.is_org and snapshot.principal.org == instance.org
    names = _names(task, is_owner=is_owner) if task is not None else {}
    again = tasks.retrying(task) if entry.state is TaskState.FAILED else ()
    policy = (await ports.catalogue.policy(snapshot, instance.app_id)).policy
    target = decisions.of_instance(instance, entry.element_id)
    granted = await decisions.allowed(snapshot, policy, target, dict.fromkeys((*names, *again)))
    found = [
        ActionView(
            action=name,
            is_authorized=granted[name],
            blockers=tasks.blockers(entry, name, is_retrying=is_retrying),
            moves_process=moves,
        )
        for name, moves in names.items()
    ]
    if entry.state is TaskState.FAILED and RETRY not in names:
        is_allowed = decisions.is_acting_owner(snapshot.principal, instance.org) or any(granted[name] for name in again)
        found.append(ActionView(action=RETRY, is_authorized=is_allowed, blockers=(), moves_process=True))
    return found


async def due_at(
    ports: Ports, snapshot: Snapshot, instance: Instance, entry: TaskEntry, waits: Waits
) -> datetime | None:
    """When the task must be done: the first timer that ends it, or its deadline; other timers only remind."""
    own = [timer for timer in waits.timers if timer.entry_id == entry.entry_id]
    if not own or entry.state is not TaskState.ACTIVE:
        return entry.due_at
    definition = (await version(ports, snapshot, instance)).definition
    ending = (timer.due_at for timer in own if _is_deadline(definition, timer.element_id, entry.element_id))
    return min(ending, default=entry.due_at)


def _is_deadline(definition: Definition, timer_id: str, task_id: str) -> bool:
    element = definition.element(timer_id)
    return timer_id.startswith(f"{task_id}:deadline") or (element is not None and element.interrupting)


_OWNER = "select instance_id from data_element where element_id = $1 and deleted_at is null"


async def of_element(ports: Ports, snapshot: Snapshot, element_id: UUID) -> DataElement | None:
    """A data element that the caller may read, with its document; None otherwise, whatever the reason."""
    instance_id = await snapshot.fetchval(_OWNER, element_id)
    instance = None if instance_id is None else await instances.one(ports, snapshot, instance_id)
    if instance is None:
        return None
    open_elements = await readable_elements(ports, snapshot, instance, None)
    return next((element for element in open_elements if element.element_id == element_id), None)
