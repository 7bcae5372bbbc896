"""The schema: one strawberry schema of the types in `types/`, and its SDL."""

import strawberry
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig

from dialog_graph.graphql.mutations import Mutation
from dialog_graph.graphql.queries import Query
from dialog_graph.graphql.subscriptions import Subscription
from dialog_graph.graphql.types import enums, links
from dialog_graph.graphql.types.dialog_payloads import PEER_ERRORS
from dialog_graph.graphql.types.errors import ERROR_TYPES
from dialog_graph.graphql.types.scalars import SCALARS


def build_schema(*, field_suggestions: bool = True) -> strawberry.Schema:
    """The whole schema. `field_suggestions`: tell about near names in errors (development only)."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[*ERROR_TYPES, *PEER_ERRORS],
        config=StrawberryConfig(disable_field_suggestions=not field_suggestions, scalar_map=SCALARS),
    )


def sdl() -> str:
    """The schema in the schema definition language, as `schema/schema.graphql` holds it."""
    return print_schema(build_schema()) + "\n"


__all__ = ["build_schema", "enums", "links", "sdl"]
