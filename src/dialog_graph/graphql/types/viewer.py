"""The caller, as the graph sees it."""

import strawberry
from strawberry import Info

from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types.enums import ActorKind, actor_kind
from dialog_graph.graphql.types.party import Party, PartyConnection
from dialog_graph.model.principal import Principal
from dialog_graph.reads import parties


def _subject(root: Principal) -> str:
    return root.urn


def _kind(root: Principal) -> ActorKind:
    return actor_kind(root.kind)


def _auth_level(root: Principal) -> int:
    return root.level


def _scopes(root: Principal) -> list[str]:
    return sorted(root.scopes)


async def _party(root: Principal, info: Info[Context, None]) -> Party | None:
    if root.subject_id is None:
        return None
    return await info.context.parties.load(root.subject_id)  # pyright: ignore[reportReturnType] -- fields are read from the model's values


async def _parties(
    root: Principal,
    info: Info[Context, None],
    first: int | None = 50,
    after: str | None = None,
    search: str | None = None,
) -> PartyConnection:
    return await info.context.read(parties.page, first, after, search)  # pyright: ignore[reportReturnType] -- fields are read from the page


@strawberry.type(description="The caller.")
class Viewer:
    """`subject`: the caller's URN, or "anonymous"."""

    subject: str = strawberry.field(resolver=_subject)
    kind: ActorKind = strawberry.field(resolver=_kind)
    name: str | None
    auth_level: int = strawberry.field(resolver=_auth_level)
    scopes: list[str] = strawberry.field(resolver=_scopes)
    org: str | None
    party: Party | None = strawberry.field(resolver=_party)
    parties: PartyConnection = strawberry.field(
        resolver=_parties, description="Everyone the caller represents, by name."
    )
