"""The root fields about events and webhooks: resolvers, inputs and payloads, for `Query`, `Mutation` and `Instance`."""

from typing import Any
from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph.commands.create_webhook import CreateWebhook, create_webhook
from dialog_graph.commands.delete_webhook import DeleteWebhook, delete_webhook
from dialog_graph.errors import refuse
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.payloads import carried_out
from dialog_graph.graphql.types.enums import OnDead, WebhookFormat, WebhookOrdering
from dialog_graph.graphql.types.errors import MutationError
from dialog_graph.graphql.types.event import EventConnection, EventFilter, wanted
from dialog_graph.graphql.types.scalars import Url
from dialog_graph.graphql.types.webhook import Webhook
from dialog_graph.model.principal import PrincipalKind
from dialog_graph.reads import events as event_reads
from dialog_graph.reads import webhooks as webhook_reads

FIRST = 50


def _known(info: Info[Context, None]) -> None:
    if info.context.principal.kind is PrincipalKind.ANONYMOUS:
        raise refuse("UNAUTHENTICATED")


async def events(
    info: Info[Context, None], filter: EventFilter, first: int | None = FIRST, after: str | None = None
) -> EventConnection:
    """`Query.events`."""
    size = FIRST if first is None else first
    return await info.context.read(event_reads.feed_page, wanted(filter), size, after)  # pyright: ignore[reportReturnType] -- fields are read from the page


async def webhooks(info: Info[Context, None], org: str | None = None) -> list[Webhook]:
    """`Query.webhooks`."""
    _known(info)
    return await info.context.read(webhook_reads.of_caller, org)  # pyright: ignore[reportReturnType] -- fields are read from the model's values


@strawberry.input(description="Registers an address that is told of events.")
class CreateWebhookInput:
    """At least one of `application`, `resource` and `org`; whoever is no service owner names a `subject` too."""

    endpoint: Url
    types: list[str] | None = None
    application: str | None = None
    org: str | None = None
    resource: str | None = None
    subject: str | None = None
    include_subunits: bool | None = None
    format: WebhookFormat | None = None
    ordering: WebhookOrdering | None = None
    on_dead: OnDead | None = None
    rate_per_minute: int | None = None
    include_alternative_subject: bool | None = None
    description: str | None = None


@strawberry.input(description="Removes a webhook.")
class DeleteWebhookInput:
    """One of the caller's own."""

    webhook_id: UUID


@strawberry.type
class CreateWebhookPayload:
    """`secret`: shown this once; null when an identical webhook existed already."""

    webhook: Webhook | None = None
    secret: str | None = None
    errors: list[MutationError]


@strawberry.type
class DeleteWebhookPayload:
    """`webhook`: as it was."""

    webhook: Webhook | None = None
    errors: list[MutationError]


def _given(input: CreateWebhookInput) -> CreateWebhook:
    """The command's input: what was left out keeps the command's defaults."""
    members: dict[str, Any] = {name: value for name, value in vars(input).items() if value is not None}
    members.update({name: members[name].value for name in ("format", "ordering", "on_dead") if name in members})
    members["types"] = tuple(input.types or ())
    return CreateWebhook(**members)


async def create(info: Info[Context, None], input: CreateWebhookInput) -> CreateWebhookPayload:
    """`Mutation.createWebhook`."""
    _known(info)
    result = await carried_out(info, create_webhook, _given(input))
    if isinstance(result, list):
        return CreateWebhookPayload(errors=result)
    made = await info.context.read(webhook_reads.one, result.webhook_id)
    return CreateWebhookPayload(webhook=made, secret=result.secret, errors=[])  # pyright: ignore[reportArgumentType] -- fields are read from the model's values


async def delete(info: Info[Context, None], input: DeleteWebhookInput) -> DeleteWebhookPayload:
    """`Mutation.deleteWebhook`."""
    _known(info)
    result = await carried_out(info, delete_webhook, DeleteWebhook(webhook_id=input.webhook_id))
    if isinstance(result, list):
        return DeleteWebhookPayload(errors=result)
    return DeleteWebhookPayload(webhook=result.webhook, errors=[])  # pyright: ignore[reportArgumentType] -- fields are read from the model's values
