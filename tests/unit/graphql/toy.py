"""A small schema with the edge around it, for tests of the transports: every kind of resolver, good and bad."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import strawberry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from strawberry import Info, Schema
from strawberry.schema.config import StrawberryConfig

from dialog_graph.access.refusals import TokenRefusal
from dialog_graph.errors import Refusal, Refused, refuse
from dialog_graph.graphql.cors import Cors, Origins
from dialog_graph.graphql.cost import COST, Weight
from dialog_graph.graphql.documents import Persisted
from dialog_graph.graphql.edge import Edge
from dialog_graph.graphql.execution import Engine, Rules
from dialog_graph.graphql.lifetime import Times
from dialog_graph.graphql.limits import Limits
from dialog_graph.graphql.routes import routes
from dialog_graph.graphql.seats import Seats
from dialog_graph.graphql.types.scalars import SCALARS, JsonScalar
from dialog_graph.model.principal import ANONYMOUS, Principal, PrincipalKind

SECRET = "the secret of the database"
DIALOG = UUID("018f0000-0000-7000-8000-000000000001")


@dataclass
class ToyContext:
    """What the edge asks of a context, and notes of what happened to it."""

    principal: Principal
    languages: tuple[str, ...]
    trace_id: str
    last_event_id: str | None = None
    position: str | None = None
    resets: int = 0

    async def reset(self) -> None:
        self.resets += 1


@dataclass
class Notes:
    """What the toy has seen."""

    contexts: list[ToyContext] = field(default_factory=list[ToyContext])
    open_generators: int = 0
    opened: int = 0
    cancelled: int = 0


@strawberry.type
class Node:
    id: int
    name: str

    @strawberry.field
    def child(self) -> "Node":
        return Node(id=self.id + 1, name="child")

    @strawberry.field
    def children(self, first: int = 50) -> list["Node"]:
        return [Node(id=number, name="n") for number in range(first)]

    @strawberry.field(metadata={COST: Weight(page=20)})
    def relatives(self) -> list["Node"]:
        return []


@strawberry.type
class Found:
    items: list[Node]


@strawberry.input
class Wish:
    search: str | None = None
    limit: int | None = 10


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "hello"

    @strawberry.field
    def node(self) -> Node | None:
        return Node(id=1, name="one")

    @strawberry.field
    def search(self, search: str | None = None, limit: int | None = None) -> Found:
        return Found(items=[])

    @strawberry.field
    def find(self, wish: Wish) -> Found:
        return Found(items=[])

    @strawberry.field(metadata={COST: Weight(own=7.5)})
    def dear(self) -> str:
        return "dear"

    @strawberry.field
    def echo(self, text: str = "", times: int = 1) -> str:
        return text * times

    @strawberry.field
    def big(self) -> JsonScalar:
        return JsonScalar({"amount": Decimal("1.10"), "count": 2**70, "plain": 1})

    @strawberry.field
    def languages(self, info: Info[ToyContext, None]) -> list[str]:
        return list(info.context.languages)

    @strawberry.field
    def fault(self) -> str | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    def strict_fault(self) -> str:
        raise RuntimeError(SECRET)

    @strawberry.field
    def bad_number(self) -> int | None:
        return 2**40

    @strawberry.field
    def refused(self) -> str | None:
        raise Refused(Refusal(code="AUTH_LEVEL_TOO_LOW", required_level=4))

    @strawberry.field
    async def slow(self, info: Info[ToyContext, None]) -> str:
        await asyncio.sleep(60)
        return "done"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def save(self, text: str) -> str:
        return text


class Source:
    """The events of a feed, given by the test; None ends it."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[tuple[str, int] | Exception | None] = asyncio.Queue()


NOTES = Notes()
SOURCE = Source()


async def follow(context: ToyContext, after: str | None) -> AsyncGenerator[int]:
    """Events of the source, with their positions."""
    NOTES.open_generators += 1
    NOTES.opened += 1
    context.position = after or context.last_event_id
    try:
        while (event := await SOURCE.events.get()) is not None:
            if isinstance(event, Exception):
                raise event
            context.position, number = event
            yield number
    except asyncio.CancelledError:
        NOTES.cancelled += 1
        raise
    finally:
        NOTES.open_generators -= 1


@strawberry.type
class DialogEvent:
    id: UUID
    type: str


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: Info[ToyContext, None], after: str | None = None) -> AsyncGenerator[int]:
        async for number in follow(info.context, after):
            yield number

    @strawberry.subscription
    async def resumed(self, info: Info[ToyContext, None]) -> AsyncGenerator[str]:
        yield info.context.last_event_id or "from now"

    @strawberry.subscription
    async def flood(self, info: Info[ToyContext, None], size: int = 1000) -> AsyncGenerator[str]:
        NOTES.open_generators += 1
        NOTES.opened += 1
        try:
            while True:
                yield "x" * size
        finally:
            NOTES.open_generators -= 1

    @strawberry.subscription
    async def broken(self) -> AsyncGenerator[int]:
        yield 1
        raise RuntimeError(SECRET)

    @strawberry.subscription
    async def forbidden(self) -> AsyncGenerator[int]:
        raise refuse("FORBIDDEN")
        yield 1

    @strawberry.subscription
    async def dialog_events(self, info: Info[ToyContext, None], dialog_id: UUID) -> AsyncGenerator[DialogEvent]:
        async for _ in follow(info.context, None):
            info.context.position = None
            yield DialogEvent(id=dialog_id, type="DIALOG_UPDATED")


def schema() -> Schema:
    config = StrawberryConfig(disable_field_suggestions=True, scalar_map=SCALARS)
    return Schema(Query, Mutation, Subscription, config=config)


SCHEMA = schema()

PERSON = Principal(kind=PrincipalKind.PERSON, urn="urn:p", level=4, subject_id=7)
CALLERS = {
    "person": PERSON,
    "low": Principal(kind=PrincipalKind.PERSON, urn="urn:low", level=0, subject_id=8),
    "org": Principal(kind=PrincipalKind.SERVICE_OWNER, urn="urn:o", level=3, org="ttd"),
    "expired": Principal(kind=PrincipalKind.PERSON, urn="urn:e", level=4, subject_id=9, expires_at=1),
    "dialog": Principal(
        kind=PrincipalKind.DIALOG_HOLDER, urn="urn:d", level=3, subject_id=7, dialog_id=DIALOG, expires_at=2_000_000_000
    ),
}


async def identify(authorization: str | TokenRefusal | None) -> Principal:
    """Tokens are the names above."""
    if authorization is None:
        return ANONYMOUS
    if authorization == "Bearer crash":
        raise RuntimeError(SECRET)
    if authorization == "Bearer busy":
        raise Refused(Refusal(code="RATE_LIMITED", retry_after=7))
    name = authorization.removeprefix("Bearer ") if isinstance(authorization, str) else ""
    if name not in CALLERS:
        raise refuse("UNAUTHENTICATED")
    return CALLERS[name]


def make_context(principal: Principal, languages: tuple[str, ...], trace_id: str) -> ToyContext:
    context = ToyContext(principal, languages, trace_id)
    NOTES.contexts.append(context)
    return context


def page(request: Request) -> Response:
    del request
    return HTMLResponse("<title>GraphiQL</title>")


def order(cursor: str) -> int:
    """Toy cursors are numbers after a `p`."""
    return int(cursor.removeprefix("p"))


def toy_edge(
    *,
    limits: Limits | None = None,
    rules: Rules | None = None,
    persisted: Persisted | None = None,
    times: Times | None = None,
    seats: Seats | None = None,
    now: Callable[[], float] = lambda: 1_000_000_000.0,
    who: Callable[[str | TokenRefusal | None], Awaitable[Principal]] = identify,
    origins: Sequence[str] = ("https://inbox.example",),
) -> Edge:
    """The edge around the toy schema, fresh notes and an empty source with it."""
    NOTES.__init__()
    SOURCE.__init__()
    return Edge(
        engine=Engine(SCHEMA, limits or Limits(), rules=rules, persisted=persisted),
        make_context=make_context,
        identify=who,
        graphiql=page,
        origins=Origins.of(origins, development=False),
        times=times or Times(),
        seats=seats or Seats(),
        cursor_order=order,
        now=now,
    )


def application(edge: Edge) -> Starlette:
    """The edge as an application, behind the cross-origin rules."""
    return Starlette(routes=routes(edge), middleware=[Middleware(Cors, origins=edge.origins)])
