"""Fields that lead back: from an instance to its dialog and its events, from a party to its instances.

Modules of types import each other in one direction only, and the later ones name the earlier ones. What an earlier type
says of a later one is added here, when both are known; so the graph has cycles and the code has none.
"""

from typing import Any

import strawberry
from strawberry import Info
from strawberry.types.base import get_object_definition

from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types.dialog import Dialog
from dialog_graph.graphql.types.enums import InstanceOrder
from dialog_graph.graphql.types.event import EventConnection
from dialog_graph.graphql.types.filters import InstanceFilter, conditions
from dialog_graph.graphql.types.instance import Instance, InstanceConnection
from dialog_graph.graphql.types.party import Party
from dialog_graph.model.instance import Instance as InstanceValue
from dialog_graph.model.party import Party as PartyValue
from dialog_graph.reads import events, instances
from dialog_graph.reads.paging import check_first


def add_field(owner: type, name: str, field: Any) -> None:
    """Gives a type one more field, as if it had been declared with the class."""
    field.python_name = name
    field.origin = owner
    get_object_definition(owner, strict=True).fields.append(field)


async def _dialog(root: InstanceValue, info: Info[Context, None]) -> Dialog | None:
    return await info.context.dialogs.load(root.instance_id)  # pyright: ignore[reportReturnType] -- fields are read from the view


async def _instances(
    root: PartyValue,
    info: Info[Context, None],
    filter: InstanceFilter | None = None,
    order_by: InstanceOrder | None = InstanceOrder.UPDATED_DESC,
    first: int | None = 50,
    after: str | None = None,
) -> InstanceConnection:
    chosen = filter or InstanceFilter()
    filters = conditions(chosen)
    named = await info.context.read(instances.narrowed, chosen.party, chosen.org, chosen.application or ())
    query = instances.Query(
        filters=filters,
        party_ids=(root.party_id,) if named is None or root.party_id in named else (),
        applications=tuple(chosen.application or ()),
        order=(order_by or InstanceOrder.UPDATED_DESC).value,
        first=first,
        after=after,
    )
    return await info.context.read(instances.search, query)  # pyright: ignore[reportReturnType] -- fields are read from the page


async def _events(
    root: InstanceValue, info: Info[Context, None], first: int | None = 50, after: str | None = None
) -> EventConnection:
    pages = await info.context.read(events.of_instances, [root.instance_id], check_first(first), after)
    return pages[root.instance_id]  # pyright: ignore[reportReturnType] -- fields are read from the page


add_field(Instance, "events", strawberry.field(resolver=_events, description="Its history, oldest first."))
add_field(Party, "instances", strawberry.field(resolver=_instances, description="Those that the caller may read."))
add_field(Instance, "dialog", strawberry.field(resolver=_dialog, description="What the party sees of it."))
