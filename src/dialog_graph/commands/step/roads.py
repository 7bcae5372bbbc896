"""What every road that writes data asks, in one order: known type, lock, policy, contributor, the type's own rules.

Process engine §6.5 and §7.3, app folder rules §4.2. Patch, upload, overwrite and delete all come through here.
"""

from enum import Enum

from dialog_graph.access.form_rights import may_contribute
from dialog_graph.apps import DataType
from dialog_graph.apps.validation.gate import count_issues
from dialog_graph.commands.step.work import Work
from dialog_graph.errors import NOT_FOUND, Refusal, Refused
from dialog_graph.model.instance import DataElement
from dialog_graph.policy import Permit


class Road(Enum):
    """What is done to the data."""

    CREATE = "create"
    REPLACE = "replace"
    DELETE = "delete"


def data_type_of(work: Work, name: str) -> DataType:
    """The data type of this name; NOT_FOUND when the app has none."""
    found = work.version.data_types.get(name)
    if found is None:
        raise Refused(NOT_FOUND)
    return found


def _is_own_addition(work: Work, data_type: DataType) -> bool:
    """The owner may always add to types of its own contributor list that have no task (process engine §7.3).

    Always: also when the instance has ended, is cancelled or deleted; nothing that stands there is touched.
    """
    is_own = bool(data_type.allowed_contributors) and may_contribute(work.principal, data_type)
    return work.is_owner and is_own and data_type.task_id is None


def _refuse_user(work: Work, data_type: DataType, road: Road) -> None:
    blocked = {Road.CREATE: data_type.disallow_user_create, Road.DELETE: data_type.disallow_user_delete}
    if not may_contribute(work.principal, data_type) or (blocked.get(road, False) and not work.principal.is_org):
        raise Refused(Refusal(code="FORBIDDEN", expected="a contributor of the data type", action="write"))


async def permit_write(work: Work, name: str, element: DataElement | None, road: Road) -> Permit:
    """The proof that the caller may write this data now; raises `Refused` with the first rule that forbids it.

    An app that switches `EnforceDataTypeTaskId` off lets its types grow while other tasks are current (app folder §13).
    """
    data_type = data_type_of(work, name)
    is_addition = road is Road.CREATE and _is_own_addition(work, data_type)
    grows = road is Road.CREATE and not work.version.settings.enforce_data_type_task_id
    task_id = None if grows else data_type.task_id
    if not is_addition:
        work.require_writable(task_id, element)
    permit = await work.authorize(None if is_addition else task_id, ("write",))
    if data_type.action_required_to_write:
        await work.authorize(task_id, (data_type.action_required_to_write,))
    _refuse_user(work, data_type, road)
    if road is Road.CREATE:
        refuse_too_many(work, data_type)
    return permit


def refuse_too_many(work: Work, data_type: DataType) -> None:
    """VALIDATION_FAILED when one more element would be more than the type's `maxCount`."""
    count = len(work.of_type(data_type.id)) + 1
    issues = tuple(issue for issue in count_issues(data_type, count) if issue.code == "TooManyDataElementsOfType")
    if issues:
        raise Refused(Refusal(code="VALIDATION_FAILED", issues=issues))
