"""Fields that lead back: from an instance to its dialog, its events and other instances, from a party to its own.

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
from dialog_graph.graphql.types.waiting import WaitingFor, WaitingView
from dialog_graph.model.instance import Instance as InstanceValue
from dialog_graph.model.party import Party as PartyValue
from dialog_graph.model.waits import Relation
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


async def _parent(root: InstanceValue, info: Info[Context, None]) -> Instance | None:
    waits = await info.context.waits.load(root.instance_id)
    found = (link.other_id for link in waits.links if link.relation is Relation.PARENT)
    parent = next(found, None)
    return None if parent is None else await info.context.instances.load(parent)  # pyright: ignore[reportReturnType] -- fields are read from the model's values


async def _children(root: InstanceValue, info: Info[Context, None]) -> list[Instance]:
    waits = await info.context.waits.load(root.instance_id)
    ids = [link.other_id for link in waits.links if link.relation is Relation.CHILD and link.other_id is not None]
    found = await info.context.instances.load_many(ids)
    return [child for child in found if child is not None]  # pyright: ignore[reportReturnType] -- fields are read from the model's values


async def _child(root: WaitingView, info: Info[Context, None]) -> Instance | None:
    child = root.waits.child_id
    return None if child is None else await info.context.instances.load(child)  # pyright: ignore[reportReturnType] -- fields are read from the model's values


add_field(Instance, "parent", strawberry.field(resolver=_parent, description="The instance that has called this one."))
add_field(
    Instance,
    "children",
    strawberry.field(resolver=_children, description="Those that it has called."),
)
add_field(WaitingFor, "child", strawberry.field(resolver=_child, description="The instance of another application."))
add_field(Instance, "events", strawberry.field(resolver=_events, description="Its history, oldest first."))
add_field(Party, "instances", strawberry.field(resolver=_instances, description="Those that the caller may read."))
add_field(Instance, "dialog", strawberry.field(resolver=_dialog, description="What the party sees of it."))
