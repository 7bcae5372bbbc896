"""Who did something, as people may see it: national numbers of others are masked (inbox rules §5, security §9)."""

import hashlib
from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph import urns
from dialog_graph.access.key_files import URL_SECRET
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types.enums import ActorKind, ActorType, actor_kind
from dialog_graph.model.principal import Actor as ActorValue
from dialog_graph.model.principal import PrincipalKind

EPHEMERAL = "urn:altinn:person:identifier-ephemeral:"
_ORG_KINDS = frozenset({PrincipalKind.SERVICE_OWNER, PrincipalKind.APP_WORKER})


@strawberry.type(description="Who did something.")
class Actor:
    """`actor_type` is null for the system; `actor_id` of persons is masked."""

    actor_type: ActorType | None
    actor_id: str | None
    actor_name: str | None
    kind: ActorKind | None
    auth_level: int | None


def ephemeral(info: Info[Context, None], about: UUID, party_id: int) -> str:
    """An id that tells actors of one dialog apart and nothing else."""
    digest = info.context.ports.keys.mac(URL_SECRET, f"actor:{about}:{party_id}".encode())
    return EPHEMERAL + hashlib.sha256(digest).hexdigest()[:10]


async def actor(info: Info[Context, None], value: ActorValue, about: UUID) -> Actor:
    """An actor for the wire. `about`: id of the dialog or instance that it acted on."""
    is_org = value.kind in _ORG_KINDS
    is_system = value.kind is PrincipalKind.SYSTEM
    party = None if is_org or value.party_id is None else await info.context.parties.load(value.party_id)
    actor_id = None if party is None else party.urn
    if party is not None and actor_id is not None and actor_id.startswith(urns.PERSON):
        actor_id = ephemeral(info, about, party.party_id)
    side = ActorType.SERVICE_OWNER if is_org else ActorType.PARTY_REPRESENTATIVE
    return Actor(
        actor_type=None if is_system else side,
        actor_id=actor_id,
        actor_name=None if party is None else party.name,
        kind=actor_kind(value.kind),
        auth_level=None if is_system else value.level,
    )
