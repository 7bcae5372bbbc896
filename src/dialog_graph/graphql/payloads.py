"""Inputs and payloads of the mutations, and the one wrapper that turns refusals into data."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph.errors import Refused
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types.data_element import DataElement
from dialog_graph.graphql.types.errors import MutationError, ValidationIssue, payload_errors
from dialog_graph.graphql.types.instance import Instance, ReceiptConfirmation
from dialog_graph.graphql.types.scalars import JsonScalar

ResultT = TypeVar("ResultT")


class Result(Protocol):
    """What the results of commands on an instance have in common."""

    @property
    def instance_id(self) -> UUID:
        """The instance that was changed."""
        ...


@strawberry.input(description="Starts an application for a party.")
class InstantiateInput:
    """`prefill`: `{path: value}` for the first forms, or `{dataType: {path: value}}`."""

    application: str
    party: str
    prefill: JsonScalar | None = None
    start_event: str | None = None
    due_at: datetime | None = None
    visible_from: datetime | None = None
    idempotency_key: str | None = None


@strawberry.input(description="Replaces (`data`) or changes (`patch`, RFC 6902) a form.")
class WriteFormDataInput:
    """One of `dataElementId` and `dataType`, one of `data` and `patch`."""

    instance_id: UUID
    expected_revision: int | None = None
    idempotency_key: str | None = None
    data_element_id: UUID | None = None
    data_type: str | None = None
    data: JsonScalar | None = None
    patch: JsonScalar | None = None


@strawberry.input(description="Completes a task, rejects it, or sends the process back.")
class AdvanceProcessInput:
    """`action`: left out to complete; `reject`, `sendBack:{taskId}` or a declared one otherwise."""

    instance_id: UUID
    expected_revision: int | None = None
    idempotency_key: str | None = None
    task_id: UUID | None = None
    action: str | None = None
    note: str | None = None


@strawberry.input(description="Deletes a data element.")
class DeleteDataElementInput:
    """Only while the task that owns it is active."""

    instance_id: UUID
    expected_revision: int | None = None
    idempotency_key: str | None = None
    data_element_id: UUID


@strawberry.input(description="The service owner has received the data.")
class ConfirmReceiptInput:
    """Idempotent and final."""

    instance_id: UUID
    expected_revision: int | None = None
    idempotency_key: str | None = None


@strawberry.input(description="The service owner says where the case stands.")
class SetSubstatusInput:
    """Text keys or literal texts; both left out removes the substatus."""

    instance_id: UUID
    expected_revision: int | None = None
    idempotency_key: str | None = None
    label: str | None = None
    description: str | None = None


@strawberry.input(description="Deletes an instance with its dialog.")
class DeleteInstanceInput:
    """`hard` cannot be undone."""

    instance_id: UUID
    expected_revision: int | None = None
    idempotency_key: str | None = None
    hard: bool | None = False


@strawberry.input(description="Takes a deletion back.")
class RestoreInstanceInput:
    """Not possible after a hard deletion."""

    instance_id: UUID
    expected_revision: int | None = None
    idempotency_key: str | None = None


@strawberry.type
class InstantiatePayload:
    """Empty `errors`: it happened."""

    instance: Instance | None = None
    errors: list[MutationError]


@strawberry.type
class WriteFormDataPayload:
    """`changedPaths`: where the stored form differs from what was sent; `issues` never block the write."""

    instance: Instance | None = None
    data_element: DataElement | None = None
    issues: list[ValidationIssue] = strawberry.field(default_factory=list[ValidationIssue])
    changed_paths: list[str] = strawberry.field(default_factory=list[str])
    errors: list[MutationError]


@strawberry.type
class AdvanceProcessPayload:
    """Empty `errors`: it happened."""

    instance: Instance | None = None
    errors: list[MutationError]


@strawberry.type
class DeleteDataElementPayload:
    """Empty `errors`: it happened."""

    instance: Instance | None = None
    errors: list[MutationError]


@strawberry.type
class ConfirmReceiptPayload:
    """`alreadyConfirmed`: an earlier call did it."""

    instance: Instance | None = None
    confirmation: ReceiptConfirmation | None = None
    already_confirmed: bool = False
    errors: list[MutationError]


@strawberry.type
class SetSubstatusPayload:
    """Empty `errors`: it happened."""

    instance: Instance | None = None
    errors: list[MutationError]


@strawberry.type
class DeleteInstancePayload:
    """After a hard deletion `instance` is null."""

    instance: Instance | None = None
    errors: list[MutationError]


@strawberry.type
class RestoreInstancePayload:
    """Empty `errors`: it happened."""

    instance: Instance | None = None
    errors: list[MutationError]


def without_nulls(input: object, *names: str) -> dict[str, Any]:
    """The members of an input; of those with a default, null means the default."""
    return {name: value for name, value in vars(input).items() if value is not None or name not in names}


async def carried_out(
    info: Info[Context, None], run: Callable[..., Awaitable[ResultT]], given: Any
) -> ResultT | list[MutationError]:
    """The result of a command, or its refusal as data; refusals that are never data stay exceptions."""
    try:
        return await info.context.command(run, given)
    except Refused as refused:
        errors = payload_errors(refused.refusal, info.context.languages)
        if errors is None:
            raise
        return errors
