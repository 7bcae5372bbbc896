"""B4: the cursor returns every event exactly once and in order, whatever the order in which transactions commit.

The twin reads on from the last number it has seen, as one would without thinking; the same load must make it lose
events.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid5

import asyncpg
import pytest

from dialog_graph.errors import Refused
from dialog_graph.model.event import Audience, Event
from dialog_graph.storage import events
from dialog_graph.storage.database import Database
from dialog_graph.storage.events import EVERYTHING, START, Cursor, EventFilter
from dialog_graph.storage.logins import Logins
from dialog_graph.storage.migrate import feed_restarted, rebase_feed
from tests.integration.rows import (
    DAL,
    FJORD,
    JON,
    KARI,
    MARI,
    as_superior,
    connect,
    make_app,
    make_case,
    person,
    service_owner,
    settled,
)

WRITERS = 8
ROUNDS = 25
STREAMS = [uuid5(UUID(int=0), str(number)) for number in range(5)]

WRITE = """
insert into dg.event (event_id, stream_id, stream_seq, org, party_id, type, time, actor, audience, data)
select gen_random_uuid(), $1, coalesce(max(stream_seq), 0) + 1, 'ttd', 0, 'app.test', now(), '{"kind": "SYSTEM"}', 1,
       '{}'
  from dg.event where stream_id = $1
returning seq
"""


@pytest.fixture
async def sessions(logins: Logins) -> AsyncGenerator[Callable[[], Awaitable[asyncpg.Connection]]]:
    """Makes sessions that may write any event; closed at the end."""
    made: list[asyncpg.Connection] = []

    async def another() -> asyncpg.Connection:
        made.append(await as_superior(logins))
        return made[-1]

    yield another
    for connection in made:
        await connection.close()


class GapFree:
    """The product's reader."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._cursor = START
        self.seen: list[Event] = []

    async def read(self) -> int:
        async with self.database.dispatch() as tx:
            page = await events.after(tx, self._cursor, EVERYTHING, 20)
        self._cursor = page.end_cursor
        self.seen.extend(page.events)
        return len(page.events)


class Naive(GapFree):
    """The broken twin: everything with a number above the last one seen."""

    async def read(self) -> int:
        async with self.database.dispatch() as tx:
            rows = await tx.fetch(
                f"select {events.COLUMNS} from event e where e.seq > $1 order by e.seq limit 20", self._cursor.seq
            )
        self.seen.extend(events.event_of(row) for row in rows)
        self._cursor = Cursor(0, rows[-1]["seq"]) if rows else self._cursor
        return len(rows)


async def write(connection: asyncpg.Connection, seed: int) -> None:
    """Transactions on shared streams: number taken under the stream's lock, kept open for 0-10 ms."""
    dice = random.Random(seed)
    for _ in range(ROUNDS):
        stream = dice.choice(STREAMS)
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext($1))", str(stream))
            await connection.fetchval(WRITE, stream)
            await asyncio.sleep(dice.uniform(0, 0.01))


async def drain(reader: GapFree, writers: asyncio.Future[list[None]]) -> None:
    """Reads while there are writers, then until nothing more comes."""
    while not writers.done():
        await reader.read()
        await asyncio.sleep(0.001)
    await settled(reader.database)
    while await reader.read():
        pass


async def test_a_number_that_commits_late_is_not_passed(
    database: Database, sessions: Callable[[], Awaitable[asyncpg.Connection]]
) -> None:
    slow, quick = await sessions(), await sessions()
    reader, twin = GapFree(database), Naive(database)

    async with slow.transaction():
        first = await slow.fetchval(WRITE, STREAMS[0])
        second = await quick.fetchval(WRITE, STREAMS[1])
        assert await reader.read() == 0, "the second event waits for the first, which is still open"
        assert await twin.read() == 1

    await settled(database)
    await reader.read()
    await twin.read()
    assert [event.seq for event in reader.seen] == [first, second]
    assert [event.seq for event in twin.seen] == [second], "the twin has lost the first event for good"


async def test_nothing_is_lost_doubled_or_out_of_order_under_load(
    database: Database, sessions: Callable[[], Awaitable[asyncpg.Connection]]
) -> None:
    connections = [await sessions() for _ in range(WRITERS)]
    writers = asyncio.gather(*(write(connection, seed) for seed, connection in enumerate(connections)))
    reader, twin = GapFree(database), Naive(database)
    await asyncio.gather(drain(reader, writers), drain(twin, writers))

    positions = [(event.xid, event.seq) for event in reader.seen]
    assert len(positions) == WRITERS * ROUNDS
    assert positions == sorted(set(positions))
    streams: dict[UUID, list[int]] = defaultdict(list)
    for event in reader.seen:
        streams[event.stream_id].append(event.sequence)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in streams.values())
    assert len(twin.seen) < len(reader.seen), "the twin must lose events under this load"


async def test_an_empty_page_moves_the_cursor_to_the_horizon(
    database: Database, sessions: Callable[[], Awaitable[asyncpg.Connection]]
) -> None:
    """A filter that matches nothing must not make its reader begin at the beginning for ever."""
    connection = await sessions()
    await connection.fetchval(WRITE, STREAMS[0])
    await settled(database)
    async with database.dispatch() as tx:
        page = await events.after(tx, START, EventFilter(org="nobody"), 10)
        assert page.events == ()
        assert page.end_cursor == await events.horizon(tx) > START
    await connection.fetchval(WRITE, STREAMS[0])
    await settled(database)
    async with database.dispatch() as tx:
        later = await events.after(tx, page.end_cursor, EVERYTHING, 10)
    assert [event.sequence for event in later.events] == [2]


async def test_a_token_resumes_where_it_was_given(
    database: Database, sessions: Callable[[], Awaitable[asyncpg.Connection]]
) -> None:
    connection = await sessions()
    for _ in range(3):
        await connection.fetchval(WRITE, STREAMS[0])
    await settled(database)
    async with database.dispatch() as tx:
        meta = await events.meta(tx)
        page = await events.after(tx, START, EVERYTHING, 2)
        token = page.end_cursor.token(meta.epoch)
        rest = await events.after(tx, await events.resume(tx, token), EVERYTHING, 10)
        assert [event.sequence for event in rest.events] == [3]
        assert await events.resume(tx, None) == await events.horizon(tx)
        with pytest.raises(Refused) as refused:
            await events.resume(tx, "nonsense")
    assert refused.value.refusal.code == "BAD_CURSOR"


async def test_after_a_restore_the_feed_is_rebased_and_old_tokens_end(
    database: Database, logins: Logins, sessions: Callable[[], Awaitable[asyncpg.Connection]]
) -> None:
    connection = await sessions()
    for _ in range(3):
        await connection.fetchval(WRITE, STREAMS[0])
    async with database.dispatch() as tx:
        token = (await events.horizon(tx)).token((await events.meta(tx)).epoch)
    await connection.execute("update dg.event set xid = '4611686018427387904'")
    dispatcher = await connect(logins.dispatch)
    try:
        assert await feed_restarted(dispatcher)
        await rebase_feed(logins.owner)
        assert not await feed_restarted(dispatcher)
    finally:
        await dispatcher.close()

    async with database.dispatch() as tx:
        page = await events.after(tx, START, EVERYTHING, 10)
        assert [event.sequence for event in page.events] == [1, 2, 3]
        with pytest.raises(Refused) as refused:
            await events.resume(tx, token)
    assert refused.value.refusal.code == "RESYNC_REQUIRED"
    assert refused.value.refusal.floor is not None


@asynccontextmanager
async def three_instances(database: Database, logins: Logins) -> AsyncGenerator[list[UUID]]:
    connection = await as_superior(logins)
    try:
        ttd = await make_app(connection, "ttd", "tilskudd", ("DAGL", "LEDE"))
        nabo = await make_app(connection, "nabo", "skilt", ("DAGL",))
        made = [await make_case(connection, "ttd", party, ttd) for party in (FJORD, DAL)]
        made.append(await make_case(connection, "nabo", FJORD, nabo))
        await settled(database)
        yield [case.instance_id for case in made]
    finally:
        await connection.close()


async def test_every_member_of_a_filter_narrows(database: Database, logins: Logins) -> None:
    async with three_instances(database, logins) as (fjord, dal, neighbour):

        async def found(chosen: EventFilter) -> list[UUID | None]:
            async with database.dispatch() as tx:
                return [event.instance_id for event in (await events.after(tx, START, chosen, 10)).events]

        assert await found(EVERYTHING) == [fjord, dal, neighbour]
        assert await found(EventFilter(instance_id=dal)) == [dal]
        assert await found(EventFilter(party_ids=[FJORD])) == [fjord, neighbour]
        assert await found(EventFilter(org="nabo", party_ids=[FJORD])) == [neighbour]
        assert await found(EventFilter(resource_ids=[])) == []
        assert await found(EventFilter(types=["app.instance.*"])) == [fjord, dal, neighbour]
        assert await found(EventFilter(types=["app.instance.created", "other.*"])) == [fjord, dal, neighbour]
        assert await found(EventFilter(types=["app.instance"])) == []
        assert await found(EventFilter(types=[])) == []
        assert await found(EventFilter(audience=Audience.PARTY)) == [fjord, dal, neighbour]
        assert await found(EventFilter(audience=Audience.INTERNAL)) == []


async def test_callers_get_the_events_of_their_rows_only(database: Database, logins: Logins) -> None:
    async with three_instances(database, logins) as (fjord, dal, neighbour):
        expected = {
            person(KARI): [fjord, neighbour],
            person(MARI): [dal],
            person(JON): [],
            service_owner("ttd"): [fjord, dal],
        }
        for principal, instances in expected.items():
            async with database.snapshot(principal) as tx:
                page = await events.after(tx, START, EVERYTHING, 10)
                history = await events.of_instance(tx, [fjord, dal, neighbour])
            assert [event.instance_id for event in page.events] == instances
            assert [instance_id for instance_id, found in history.items() if found] == instances
