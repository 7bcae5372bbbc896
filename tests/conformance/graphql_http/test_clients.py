"""The public clients of the two streaming transports follow a feed: events, cursors between them, end, refusal."""

import asyncio
import json

import pytest

from dialog_graph.graphql.lifetime import Times
from tests.conformance.graphql_http import npm
from tests.unit.graphql import toy
from tests.unit.graphql.serving import served
from tests.unit.graphql.test_sse import until

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("transport", ["sse", "ws"])
async def test_a_public_client_follows_a_feed(transport: str) -> None:
    npm.node()
    times = Times(heartbeat=0.02, upkeep=0.02, missed_pongs=1000)
    async with served(toy.application(toy.toy_edge(times=times))) as address:
        client = asyncio.create_task(asyncio.to_thread(npm.run, "clients.mjs", transport, address))
        await until(lambda: bool(toy.NOTES.opened) or client.done())
        toy.SOURCE.events.put_nowait(("p1", 1))
        await until(lambda: toy.SOURCE.events.empty() or client.done())
        toy.NOTES.contexts[0].position = "p7"
        await asyncio.sleep(0.1)
        toy.SOURCE.events.put_nowait(("p8", 2))
        toy.SOURCE.events.put_nowait(None)
        seen = json.loads(await client)
    assert seen["seen"] == [{"count": 1}, {"count": 2}]
    assert seen["refused"] == "FORBIDDEN"
    if transport == "ws":
        assert {"cursor": "p7"} in seen["pings"]
    assert toy.NOTES.open_generators == 0
