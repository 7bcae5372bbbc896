"""The root fields of `Mutation` that help a process on from outside: messages, retries, cancelling, activation."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph.commands.activate_task import ActivateTask, activate_task
from dialog_graph.commands.cancel_process import CancelProcess, cancel_process
from dialog_graph.commands.deliver_message import DeliverMessage, deliver_message
from dialog_graph.commands.retry_task import ResolveTask, RetryTask, resolve_task, retry_task
from dialog_graph.errors import refuse
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.payloads import Result, carried_out, without_nulls
from dialog_graph.graphql.types.errors import MutationError
from dialog_graph.graphql.types.instance import Instance
from dialog_graph.graphql.types.scalars import JsonScalar
from dialog_graph.model.principal import PrincipalKind


@strawberry.input(description="A message for processes that wait for it, or that begin with it.")
class DeliverMessageInput:
    """Either `instanceId` or `correlationKey` says whom it is for, or both; a message that starts needs neither.

    `org`: whose processes, where nothing else tells. `party`: whose instance the message starts. `messageId`: of the
    sender; a repeat is answered as the first time. `ttl`: how long it may wait for a receiver (ISO 8601), else not at
    all.
    """

    name: str
    instance_id: UUID | None = None
    correlation_key: str | None = None
    org: str | None = None
    party: str | None = None
    payload: JsonScalar | None = None
    message_id: str | None = None
    ttl: str | None = None


@strawberry.input(description="Repeats the step that an incident stopped.")
class RetryTaskInput:
    """`taskId`: the entry in state FAILED."""

    instance_id: UUID
    expected_revision: int | None = None
    idempotency_key: str | None = None
    task_id: UUID


@strawberry.input(description="Completes by hand a task that an incident stopped.")
class ResolveTaskInput:
    """`outcome`: `success`, or the action with which the task would have failed; `data`: documents by data type."""

    instance_id: UUID
    expected_revision: int | None = None
    idempotency_key: str | None = None
    task_id: UUID
    outcome: str | None = "success"
    data: JsonScalar | None = None


@strawberry.input(description="Aborts the process of an instance.")
class CancelProcessInput:
    """`reason`: for the record; the event only says that there was one."""

    instance_id: UUID
    expected_revision: int | None = None
    idempotency_key: str | None = None
    reason: str | None = None


@strawberry.input(description="Starts an activity that an ad-hoc subprocess offers.")
class ActivateTaskInput:
    """`elementId`: BPMN id of the activity."""

    instance_id: UUID
    expected_revision: int | None = None
    idempotency_key: str | None = None
    element_id: str


@strawberry.type
class DeliverMessagePayload:
    """`instance`: the oldest that the message has reached, or that it has started; `buffered`: nobody waits yet."""

    instance: Instance | None = None
    buffered: bool = False
    errors: list[MutationError]


@strawberry.type
class RetryTaskPayload:
    """Empty `errors`: it happened."""

    instance: Instance | None = None
    errors: list[MutationError]


@strawberry.type
class ResolveTaskPayload:
    """Empty `errors`: it happened."""

    instance: Instance | None = None
    errors: list[MutationError]


@strawberry.type
class CancelProcessPayload:
    """Empty `errors`: it happened."""

    instance: Instance | None = None
    errors: list[MutationError]


@strawberry.type
class ActivateTaskPayload:
    """Empty `errors`: it happened."""

    instance: Instance | None = None
    errors: list[MutationError]


async def _done(
    info: Info[Context, None], run: Callable[..., Awaitable[Result]], given: Any
) -> tuple[Any, list[MutationError]]:
    """The instance as it is after the command, or why there was none."""
    if info.context.principal.kind is PrincipalKind.ANONYMOUS:
        raise refuse("UNAUTHENTICATED")
    result = await carried_out(info, run, given)
    if isinstance(result, list):
        return None, result
    return await info.context.instances.load(result.instance_id), []


async def deliver(info: Info[Context, None], input: DeliverMessageInput) -> DeliverMessagePayload:
    """`Mutation.deliverMessage`."""
    if info.context.principal.kind is PrincipalKind.ANONYMOUS:
        raise refuse("UNAUTHENTICATED")
    result = await carried_out(info, deliver_message, DeliverMessage(**vars(input)))
    if isinstance(result, list):
        return DeliverMessagePayload(errors=result)
    found: Any = None if result.instance_id is None else await info.context.instances.load(result.instance_id)
    return DeliverMessagePayload(instance=found, buffered=result.buffered, errors=[])


async def retry(info: Info[Context, None], input: RetryTaskInput) -> RetryTaskPayload:
    """`Mutation.retryTask`."""
    instance, errors = await _done(info, retry_task, RetryTask(**vars(input)))
    return RetryTaskPayload(instance=instance, errors=errors)


async def resolve(info: Info[Context, None], input: ResolveTaskInput) -> ResolveTaskPayload:
    """`Mutation.resolveTask`."""
    instance, errors = await _done(info, resolve_task, ResolveTask(**without_nulls(input, "outcome")))
    return ResolveTaskPayload(instance=instance, errors=errors)


async def cancel(info: Info[Context, None], input: CancelProcessInput) -> CancelProcessPayload:
    """`Mutation.cancelProcess`."""
    instance, errors = await _done(info, cancel_process, CancelProcess(**vars(input)))
    return CancelProcessPayload(instance=instance, errors=errors)


async def activate(info: Info[Context, None], input: ActivateTaskInput) -> ActivateTaskPayload:
    """`Mutation.activateTask`."""
    instance, errors = await _done(info, activate_task, ActivateTask(**vars(input)))
    return ActivateTaskPayload(instance=instance, errors=errors)
