"""What a caller may see and change in a form: the policy's answers, as forms and checks ask for them (security §5).

The same rules as the roads that write (process engine §7.3, app folder §4.2), asked beforehand and for all data types
of an instance at once, so that a form shows as open what a write will be let into.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dialog_graph import tasks
from dialog_graph.access import decisions
from dialog_graph.apps import AppVersion, DataType, Rights
from dialog_graph.model.instance import Instance
from dialog_graph.model.principal import Principal
from dialog_graph.policy import DecisionTable
from dialog_graph.storage.database import Snapshot

READ, WRITE = "read", "write"


def may_contribute(principal: Principal, data_type: DataType) -> bool:
    """True when the caller is among the type's allowed contributors; an empty list means everybody."""
    allowed = data_type.allowed_contributors
    if not allowed:
        return True
    mine = {f"orgno:{principal.organisation_number}"} if principal.organisation_number else set[str]()
    if principal.is_org:
        mine.add(f"org:{principal.org}")
    return bool(mine & set(allowed))


@dataclass(frozen=True, slots=True)
class Place:
    """An instance with the version that it is pinned to, and the newest policy."""

    version: AppVersion
    policy: DecisionTable
    instance: Instance

    def holds(self, data_type: DataType) -> bool:
        """True when the instance has an element of the type."""
        return any(element.data_type == data_type.id for element in self.instance.elements)


async def rights_at(snapshot: Snapshot, place: Place, task_id: str | None) -> Rights:
    """What the caller may do at a task, or without one wherever the process stands. Asks the database nothing twice."""
    instance, version = place.instance, place.version
    is_current = any(entry.element_id == task_id for entry in instance.open_tasks)
    names = {READ, WRITE, *actions_of(version, task_id)}
    here = task_id if is_current else None
    return Rights(
        allowed=await _allowed(snapshot, place, here, names),
        withheld=await withheld(snapshot, place),
        writable=await _writable(snapshot, place),
    )


def actions_of(version: AppVersion, task_id: str | None) -> Iterable[str]:
    """The actions of a task: those of its type for whomever, and the declared ones."""
    task = version.definition.task(task_id) if task_id else None
    if task is None:
        return ()
    own = (tasks.required(task, None, is_owner=is_owner) for is_owner in (False, True))
    return (*(name for names in own for name in names), *(action.name for action in task.actions))


async def _allowed(snapshot: Snapshot, place: Place, task_id: str | None, actions: Iterable[str]) -> Mapping[str, bool]:
    target = decisions.of_instance(place.instance, task_id)
    return await decisions.allowed(snapshot, place.policy, target, sorted(actions))


async def withheld(snapshot: Snapshot, place: Place) -> frozenset[str]:
    """The data types that ask for an action beyond `read` that the caller does not hold."""
    demanded = {item.id: item.action_required_to_read for item in place.version.data_types.values()}
    granted = await _allowed(snapshot, place, None, {action for action in demanded.values() if action})
    return frozenset(name for name, action in demanded.items() if action is not None and not granted[action])


async def _writable(snapshot: Snapshot, place: Place) -> frozenset[str]:
    """The data types whose data the caller may change now; a type without element counts only where one may be made."""
    found: set[str] = set()
    granted: dict[str | None, Mapping[str, bool]] = {}
    for data_type in place.version.data_types.values():
        if not _is_open(snapshot.principal, place, data_type):
            continue
        task_id = _task_of(place, data_type)
        if task_id not in granted:
            actions = {item.action_required_to_write for item in place.version.data_types.values()}
            asked = {WRITE, *(action for action in actions if action)}
            granted[task_id] = await _allowed(snapshot, place, task_id, asked)
        answers = granted[task_id]
        if answers[WRITE] and answers[data_type.action_required_to_write or WRITE]:
            found.add(data_type.id)
    return frozenset(found)


def _is_open(principal: Principal, place: Place, data_type: DataType) -> bool:
    """What does not depend on the policy."""
    active = {entry.element_id for entry in place.instance.open_tasks}
    is_makeable = place.holds(data_type) or principal.is_org or not data_type.disallow_user_create
    is_unlocked = tasks.is_writable(_task_of(place, data_type), active, place.instance.status)
    return is_unlocked and is_makeable and may_contribute(principal, data_type)


def _task_of(place: Place, data_type: DataType) -> str | None:
    """The task that opens the type; None for one that may begin at any time (`EnforceDataTypeTaskId` off)."""
    grows = not place.version.settings.enforce_data_type_task_id and not place.holds(data_type)
    return None if grows else data_type.task_id
