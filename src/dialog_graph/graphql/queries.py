"""The root queries: each unpacks its arguments, calls one read, and hands its values to the types."""

from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph.commands.mark_seen import MarkSeen, mark_seen
from dialog_graph.errors import Refused, refuse
from dialog_graph.graphql import event_fields
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.cost import COST, Weight
from dialog_graph.graphql.guide_field import GuideResult, guide
from dialog_graph.graphql.types.application import Application, ApplicationConnection
from dialog_graph.graphql.types.dialog_payloads import (
    DialogByIdPayload,
    SearchDialogInput,
    SearchDialogSortType,
    SearchDialogsPayload,
    by_id_error,
    search_error,
    search_input,
    sort_type,
)
from dialog_graph.graphql.types.enums import InstanceOrder
from dialog_graph.graphql.types.event import EventConnection
from dialog_graph.graphql.types.filters import InstanceFilter, conditions
from dialog_graph.graphql.types.instance import Instance, InstanceConnection
from dialog_graph.graphql.types.party import AuthorizedParty, Party, authorized_party
from dialog_graph.graphql.types.viewer import Viewer
from dialog_graph.graphql.types.webhook import Webhook
from dialog_graph.model.principal import Principal, PrincipalKind
from dialog_graph.reads import applications, dialogs, forms, instances, parties
from dialog_graph.reads.dialog_search import ErrorKind, SearchError, check
from dialog_graph.reads.dialogs import DialogError, NotShown

END_USERS = frozenset(
    {PrincipalKind.PERSON, PrincipalKind.EMAIL_USER, PrincipalKind.SYSTEM_USER, PrincipalKind.ORGANISATION}
)
"""Who has an inbox."""


TOO_SLOW = (
    "Expected an answer in time, but the search takes longer: narrow it by contentUpdatedAfter, by fewer parties or by"
    " a serviceResource."
)
"""What a search is told that is over its budget."""


def known(info: Info[Context, None]) -> Principal:
    """The caller, when it has shown who it is; UNAUTHENTICATED otherwise."""
    principal = info.context.principal
    if principal.kind is PrincipalKind.ANONYMOUS:
        raise refuse("UNAUTHENTICATED")
    return principal


async def _dialog_by_id(info: Info[Context, None], dialog_id: UUID) -> DialogByIdPayload:
    if known(info).kind not in END_USERS:
        return DialogByIdPayload(dialog=None, errors=[by_id_error(NotShown(error=DialogError.FORBIDDEN))])
    shown = await info.context.read(dialogs.by_id, dialog_id)
    if isinstance(shown, NotShown):
        return DialogByIdPayload(dialog=None, errors=[by_id_error(shown)])
    if await _marked(info, dialog_id) or not shown.dialog.is_content_seen:
        shown = await info.context.read(dialogs.by_id, dialog_id)
    if isinstance(shown, NotShown):
        return DialogByIdPayload(dialog=None, errors=[by_id_error(shown)])
    return DialogByIdPayload(dialog=shown, errors=[])  # pyright: ignore[reportArgumentType] -- fields are read from the view


async def _marked(info: Info[Context, None], dialog_id: UUID) -> bool:
    """Marks the dialog as seen; one that is busy just now is shown all the same."""
    try:
        return await info.context.command(mark_seen, MarkSeen(dialog_id=dialog_id))
    except Refused as refused:
        if not refused.refusal.is_retryable:
            raise
        return False


def _refused(errors: tuple[SearchError, ...]) -> SearchDialogsPayload:
    return SearchDialogsPayload(
        items=None,
        has_next_page=False,
        continuation_token=None,
        order_by=list[SearchDialogSortType](),
        errors=[search_error(error) for error in errors],
    )


async def _search_dialogs(info: Info[Context, None], input: SearchDialogInput) -> SearchDialogsPayload:
    if known(info).kind not in END_USERS:
        return _refused((SearchError(ErrorKind.FORBIDDEN, "Expected an end user, but the caller is none."),))
    search = check(search_input(input))
    if isinstance(search, tuple):
        return _refused(search)
    try:
        page = await info.context.read(dialogs.search, search)
    except Refused as refused:
        if refused.refusal.code != "TIMEOUT":
            raise
        await info.context.reset()
        return _refused((SearchError(ErrorKind.DOMAIN, TOO_SLOW),))
    return SearchDialogsPayload(
        items=list(page.items),  # pyright: ignore[reportArgumentType] -- fields are read from the views
        has_next_page=page.has_next,
        continuation_token=page.token,
        order_by=[sort_type(sort.key, sort.is_descending) for sort in page.sorts],
        errors=[],
    )


async def _parties(info: Info[Context, None]) -> list[AuthorizedParty]:
    known(info)
    return [authorized_party(item) for item in await info.context.read(parties.represented)]


async def _viewer(info: Info[Context, None]) -> Viewer:
    return info.context.principal  # pyright: ignore[reportReturnType] -- fields are read from the model's values


async def _party(info: Info[Context, None], urn: str) -> Party | None:
    known(info)
    return await info.context.read(parties.by_urn, urn)  # pyright: ignore[reportReturnType] -- fields are read from the model's values


async def _application(info: Info[Context, None], id: str) -> Application | None:
    found = await info.context.read(applications.by_id, id)
    if found is None or not forms.is_open_to_anyone(found):
        known(info)
    return found  # pyright: ignore[reportReturnType] -- fields are read from the model's values


async def _applications(
    info: Info[Context, None], org: str | None = None, first: int | None = 50, after: str | None = None
) -> ApplicationConnection:
    known(info)
    return await info.context.read(applications.page, org, first, after)  # pyright: ignore[reportReturnType] -- fields are read from the page


async def _instance(info: Info[Context, None], id: UUID) -> Instance | None:
    known(info)
    return await info.context.read(instances.one, id)  # pyright: ignore[reportReturnType] -- fields are read from the model's values


async def _instances(
    info: Info[Context, None],
    filter: InstanceFilter,
    order_by: InstanceOrder | None = InstanceOrder.UPDATED_DESC,
    first: int | None = 50,
    after: str | None = None,
) -> InstanceConnection:
    known(info)
    filters = conditions(filter)
    party_ids = await info.context.read(instances.narrowed, filter.party, filter.org, filter.application or ())
    query = instances.Query(
        filters=filters,
        party_ids=party_ids,
        applications=tuple(filter.application or ()),
        order=(order_by or InstanceOrder.UPDATED_DESC).value,
        first=first,
        after=after,
    )
    return await info.context.read(instances.search, query)  # pyright: ignore[reportReturnType] -- fields are read from the page


@strawberry.type(description="Everything that can be read.")
class Query:
    """One field per root; the reads behind them are in `reads/`."""

    viewer: Viewer = strawberry.field(resolver=_viewer, description="The caller.")
    party: Party | None = strawberry.field(resolver=_party, description="A party that the caller represents.")
    parties: list[AuthorizedParty] = strawberry.field(
        resolver=_parties, description="Everyone the caller represents, on two levels."
    )
    application: Application | None = strawberry.field(resolver=_application, description="By `org/app`.")
    applications: ApplicationConnection = strawberry.field(resolver=_applications)
    instance: Instance | None = strawberry.field(resolver=_instance)
    instances: InstanceConnection = strawberry.field(
        resolver=_instances, description="Those of the caller's parties, or of the service owner's apps."
    )
    events: EventConnection = strawberry.field(
        resolver=event_fields.events, description="The feed, page by page; `after` as in subscriptions."
    )
    guide: GuideResult = strawberry.field(
        resolver=guide,
        metadata={COST: Weight(own=20)},
        description="A stateless form: filled in by `parameters`, calculated and checked; nothing is stored.",
    )
    webhooks: list[Webhook] = strawberry.field(resolver=event_fields.webhooks, description="The caller's own.")
    dialog_by_id: DialogByIdPayload = strawberry.field(
        resolver=_dialog_by_id, description="A whole dialog; reading it marks it as seen."
    )
    search_dialogs: SearchDialogsPayload = strawberry.field(
        resolver=_search_dialogs, description="The inbox: a page of dialogs."
    )
