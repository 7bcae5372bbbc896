"""The root subscriptions: each opens a stream of the feed and hands its events to the types.

A refusal comes before the stream, as an error of the operation. Between two events nothing is held: the snapshot of
the last payload is given back before the next event is waited for. Event rules §8.1.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry
from strawberry import Info

from dialog_graph.errors import Refusal, Refused
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types.event import EventFilter, ProcessEvent, wanted
from dialog_graph.reads.completions import COMPLETED, unconfirmed
from dialog_graph.reads.events import PlacedEvent, Wanted
from dialog_graph.workers.feed import Following, open_stream


async def _opened(info: Info[Context, None], asked: Wanted, after: str | None) -> Following:
    """The stream, from the argument's cursor or from where a client that reconnects says that it stopped."""
    context = info.context

    def moved(position: str) -> None:
        context.position = position

    start = after if after is not None else context.last_event_id
    following = await open_stream(context.ports, context.principal, asked, start, moved)
    context.position = following.position
    return following


async def _events(info: Info[Context, None], following: Following) -> AsyncGenerator[ProcessEvent, None]:
    async with aclosing(following.events()) as stream:
        async for event in stream:
            yield PlacedEvent(event, following.token(event))  # pyright: ignore[reportReturnType] -- fields are read from the read's values
            await info.context.reset()


async def _process_events(
    info: Info[Context, None], filter: EventFilter, after: str | None = None
) -> AsyncGenerator[ProcessEvent, None]:
    return _events(info, await _opened(info, wanted(filter), after))


async def _waiting(
    info: Info[Context, None], asked: Wanted, following: Following
) -> AsyncGenerator[ProcessEvent, None]:
    """One completion for each ended, unconfirmed instance. The client's place stays before all that is followed."""
    page: str | None = None
    while True:
        found, page = await info.context.read(unconfirmed, asked.org, asked.applications, page)
        for event in found:
            yield PlacedEvent(event, following.token(event))  # pyright: ignore[reportReturnType] -- fields are read from the read's values
            await info.context.reset()
        if page is None:
            return


async def _both(info: Info[Context, None], asked: Wanted, following: Following) -> AsyncGenerator[ProcessEvent, None]:
    for part in (_waiting(info, asked, following), _events(info, following)):
        async with aclosing(part) as stream:
            async for event in stream:
                yield event


async def _completions(
    info: Info[Context, None],
    org: str | None = None,
    application: list[str] | None = None,
    after: str | None = None,
    unconfirmed_first: bool | None = False,
) -> AsyncGenerator[ProcessEvent, None]:
    principal = info.context.principal
    if not principal.is_org:
        raise Refused(Refusal(code="FORBIDDEN", expected="a service owner", action="complete"))
    asked = Wanted(org=org or principal.org, applications=tuple(application or ()), types=(COMPLETED,))
    following = await _opened(info, asked, after)
    return _both(info, asked, following) if unconfirmed_first else _events(info, following)


@strawberry.type(
    description="Everything that can be followed. `after`: the cursor of the last event seen misses nothing."
)
class Subscription:
    """One field per stream; the engine behind them is `workers.feed`."""

    process_events = strawberry.subscription(
        resolver=_process_events, description="Events of the caller's parties, or of the service owner's apps."
    )
    completions = strawberry.subscription(
        resolver=_completions,
        description="Ended processes of the service owner's apps, on demand after those not yet confirmed.",
    )
