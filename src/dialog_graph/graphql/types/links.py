"""Fields that lead back: from an instance to its dialog and its events.

Modules of types import each other in one direction only, and the later ones name the earlier ones. What an earlier type
says of a later one is added here, when both are known; so the graph has cycles and the code has none.
"""

from typing import Any

import strawberry
from strawberry import Info
from strawberry.types.base import get_object_definition

from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types.dialog import Dialog
from dialog_graph.graphql.types.instance import Instance
from dialog_graph.model.instance import Instance as InstanceValue
from dialog_graph.reads import dialogs


def add_field(owner: type, name: str, field: Any) -> None:
    """Gives a type one more field, as if it had been declared with the class."""
    field.python_name = name
    field.origin = owner
    get_object_definition(owner, strict=True).fields.append(field)


async def _dialog(root: InstanceValue, info: Info[Context, None]) -> Dialog | None:
    return await info.context.read(dialogs.of_instance, root)  # pyright: ignore[reportReturnType] -- fields are read from the view


add_field(Instance, "dialog", strawberry.field(resolver=_dialog, description="What the party sees of it."))
