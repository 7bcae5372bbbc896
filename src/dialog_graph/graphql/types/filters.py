"""Inputs that choose instances, and their form for the reads."""

from datetime import datetime
from uuid import UUID

import strawberry

from dialog_graph.errors import Refusal, Refused
from dialog_graph.graphql.types.enums import InstanceStatus, WaitingKind

_PLAIN = (
    "ids",
    "application",
    "org",
    "current_task",
    "task_type",
    "is_completed",
    "is_archived",
    "is_deleted",
    "is_hard_deleted",
    "is_confirmed",
    "unconfirmed_since",
    "has_incident",
    "end_event",
    "substatus_label",
    "definition_version",
    "archive_reference",
    *(f"{name}_{side}" for name in ("created", "updated", "ended", "due", "visible") for side in ("after", "before")),
)


@strawberry.input(description="One of an instance's data values.")
class KeyValueInput:
    """`key`: id of a data field."""

    key: str
    value: str


@strawberry.input(description="Which instances to list; values of one list are alternatives, filters are combined.")
class InstanceFilter:
    """`is_confirmed`: by the owning org; bounds are inclusive."""

    ids: list[UUID] | None = None
    party: list[str] | None = None
    application: list[str] | None = None
    org: str | None = None
    status: list[InstanceStatus] | None = None
    current_task: list[str] | None = None
    task_type: list[str] | None = None
    waiting_for: WaitingKind | None = None
    is_completed: bool | None = None
    is_archived: bool | None = None
    is_deleted: bool | None = None
    is_hard_deleted: bool | None = None
    is_confirmed: bool | None = None
    unconfirmed_since: datetime | None = None
    has_incident: bool | None = None
    end_event: str | None = None
    substatus_label: str | None = None
    definition_version: str | None = None
    archive_reference: str | None = None
    data_value: KeyValueInput | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    ended_after: datetime | None = None
    ended_before: datetime | None = None
    due_after: datetime | None = None
    due_before: datetime | None = None
    visible_after: datetime | None = None
    visible_before: datetime | None = None


MAX_VALUES = 100
"""Most values in each list (event rules §3)."""


def _check_lists(given: InstanceFilter) -> None:
    for name in ("ids", "party", "application", "status", "current_task", "task_type"):
        count = len(getattr(given, name) or ())
        if count > MAX_VALUES:
            raise Refused(
                Refusal(
                    code="INVALID_INPUT",
                    expected=f"at most {MAX_VALUES} values",
                    actual=f"there are {count}",
                    path=("filter", name),
                )
            )


def conditions(given: InstanceFilter) -> dict[str, object]:
    """The members that are set, by the names of `reads.instances.CONDITIONS`; parties are resolved by the read.

    Raises INVALID_INPUT for a list that is too long.
    """
    _check_lists(given)
    found: dict[str, object] = {name: getattr(given, name) for name in _PLAIN if getattr(given, name) is not None}
    if given.status is not None:
        found["status"] = [status.value for status in given.status]
    if given.waiting_for is not None:
        found["waiting_for"] = given.waiting_for.value
    if given.data_value is not None:
        found["data_value"] = [given.data_value.key, given.data_value.value]
    return found
