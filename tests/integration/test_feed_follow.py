"""Following the feed: nothing missed, nothing twice, nothing for strangers, whatever the pace of the follower."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from dialog_graph.errors import Refused
from dialog_graph.model.event import Event
from dialog_graph.model.principal import ANONYMOUS, Principal
from dialog_graph.reads import events as event_reads
from dialog_graph.reads.completions import unconfirmed
from dialog_graph.reads.events import EventPage, Wanted
from dialog_graph.storage.events import Cursor
from dialog_graph.storage.logins import Logins
from dialog_graph.workers import feed, reader
from dialog_graph.workers.feed import Following, follow, open_stream
from tests.integration.event_world import (
    APP,
    KARI_URN,
    NEIGHBOUR,
    OWNER,
    World,
    labels,
    taken,
    world_of,
)
from tests.integration.rows import KARI, OLA, person, settled

SUBSTATUS = "app.instance.substatus.changed"
NOTES = Wanted(applications=(APP,), types=(SUBSTATUS,))


@pytest.fixture
async def world(logins: Logins, tmp_path: Path) -> AsyncGenerator[World]:
    async with world_of(logins, tmp_path) as made:
        yield made


async def opened(world: World, principal: Principal, wanted: Wanted, after: str | None = None) -> Following:
    return await open_stream(world.ports, principal, wanted, after)


async def page(
    world: World, principal: Principal, wanted: Wanted, first: int = 50, after: str | None = None
) -> EventPage:
    await settled(world.ports.database)
    async with world.ports.database.snapshot(principal) as snapshot:
        return await event_reads.feed_page(world.ports, snapshot, wanted, first, after)


async def refusal(world: World, principal: Principal, wanted: Wanted, after: str | None = None) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        await opened(world, principal, wanted, after)
    return caught.value.refusal.code, caught.value.refusal.expected


async def test_a_life_is_told_to_owner_and_party_each_by_its_audience(world: World) -> None:
    owner = await opened(world, OWNER, Wanted(applications=(APP,)))
    party = await opened(world, person(KARI), Wanted(party=KARI_URN))
    async with aclosing(owner.events()) as to_owner, aclosing(party.events()) as to_party:
        await world.sent_in()
        own, partys = await taken(to_owner, 9), await taken(to_party, 7)
    told_to_both = [
        "app.instance.created",
        "app.instance.process.started",
        "app.instance.process.movedTo.Task_1",
        "app.instance.data.locked",
        "app.instance.process.taskEnded.Task_1",
        "app.instance.process.completed",
        "app.instance.submitted",
    ]
    only_owner = {"app.instance.data.created", "app.instance.data.updated"}
    assert sorted(event.type for event in partys) == sorted(told_to_both)
    assert sorted(event.type for event in own) == sorted([*told_to_both, *only_owner])
    assert [event.sequence for event in own] == sorted(event.sequence for event in own)


async def test_strangers_are_told_nothing(world: World) -> None:
    ola = await opened(world, person(OLA), Wanted(applications=(APP,)))
    async with aclosing(ola.events()) as to_ola:
        instance_id = await world.started(KARI)
        await world.noted(instance_id, "for Kari")
        other = await world.started(OLA)
        await world.noted(other, "for Ola")
        found = await taken(to_ola, 4)
    assert {event.instance_id for event in found} == {other}
    assert labels(found) == ["for Ola"]
    assert (await page(world, NEIGHBOUR, Wanted(org="nabo"))).page.items == []


async def test_what_nobody_may_ask_is_refused_before_the_stream(world: World) -> None:
    instance_id = await world.started(KARI)
    kari, ola = person(KARI), person(OLA)
    assert await refusal(world, ANONYMOUS, NOTES) == ("UNAUTHENTICATED", "")
    assert (await refusal(world, kari, Wanted(types=(SUBSTATUS,))))[0] == "INVALID_INPUT"
    assert await refusal(world, NEIGHBOUR, NOTES) == ("INVALID_INPUT", "an org or application that you own")
    assert await refusal(world, OWNER, Wanted(org="nabo")) == ("INVALID_INPUT", "an org or application that you own")
    assert await refusal(world, ola, Wanted(party=KARI_URN)) == ("INVALID_INPUT", "a party that you represent")
    assert await refusal(world, kari, Wanted(applications=("ttd/none",))) == (
        "INVALID_INPUT",
        "an application that exists",
    )
    assert await refusal(world, ola, Wanted(instance_id=instance_id)) == ("NOT_FOUND", "")
    assert (await refusal(world, kari, Wanted(party=KARI_URN), "nonsense"))[0] == "BAD_CURSOR"
    assert (await refusal(world, kari, Wanted(party=KARI_URN), events_token(0)))[0] == "RESYNC_REQUIRED"


def events_token(epoch: int) -> str:
    return Cursor(1, 1).token(epoch)


async def test_a_stream_without_cursor_begins_with_what_happens_next(world: World) -> None:
    instance_id = await world.started()
    await world.noted(instance_id, "before")
    await settled(world.ports.database)
    async with aclosing(follow(world.ports, OWNER, NOTES)) as stream:
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.2)  # the stream stands at the horizon now
        await world.noted(instance_id, "after")
        assert labels([await asyncio.wait_for(first, 20)]) == ["after"]


async def test_a_client_that_resumes_with_its_last_cursor_misses_nothing(world: World) -> None:
    chance = random.Random(7)
    instance_id = await world.started()
    wanted = [str(number) for number in range(60)]

    async def write() -> None:
        for label in wanted:
            await world.noted(instance_id, label)

    seen: list[Event] = []
    after = (await opened(world, OWNER, NOTES)).position
    writing = asyncio.ensure_future(write())
    while len(seen) < len(wanted):
        following = await opened(world, OWNER, NOTES, after)
        async with aclosing(following.events()) as stream:
            seen += await taken(stream, min(chance.randint(1, 9), len(wanted) - len(seen)))
        after = following.token(seen[-1])
    await writing
    assert labels(seen) == wanted


async def test_positions_that_were_told_are_safe_to_resume_from(world: World) -> None:
    instance_id = await world.started()
    told: list[str] = []
    following = await open_stream(world.ports, OWNER, NOTES, None, told.append)
    start = following.position
    async with aclosing(following.events()) as stream:
        for label in ("a", "b", "c"):
            await world.noted(instance_id, label)
        assert labels(await taken(stream, 3)) == ["a", "b", "c"]
    for position, expected in ((start, ["a", "b", "c"]), (told[-1], [])):
        assert labels([item.event for item in (await page(world, OWNER, NOTES, after=position)).page.items]) == expected


async def lived_through(world: World, count: int) -> tuple[list[str], list[str], bool]:
    """What was written while a follower slept and while it went on, what it saw, and whether its queue ran over."""
    instance_id = await world.started()
    following = await opened(world, OWNER, NOTES)
    async with aclosing(following.events()) as stream:
        await world.noted(instance_id, "first")
        seen = await taken(stream, 1)
        for number in range(count):
            await world.noted(instance_id, str(number))
        await settled(world.ports.database)
        await asyncio.sleep(0.1)  # the reader hands over what has settled
        is_over = following._subscriber.is_over  # pyright: ignore[reportPrivateUsage] -- the road taken, not the outcome
        await world.noted(instance_id, "last")
        seen += await taken(stream, count + 1)
    return ["first", *(str(number) for number in range(count)), "last"], labels(seen), is_over


async def test_a_follower_that_was_too_slow_reads_on_from_the_table(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "QUEUE", 3)
    monkeypatch.setattr(feed, "PAGE", 4)
    written, seen, is_over = await lived_through(world, 12)
    assert is_over
    assert seen == written


async def test_without_the_table_an_overflow_loses_events(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken twin of the test above: the queue is dropped, and nobody reads the table."""

    def rejoin(following: Following, tail: reader.Reader) -> None:
        joined(following, tail)
        following._behind = None  # pyright: ignore[reportPrivateUsage] -- this is what the twin breaks

    joined = Following._join  # pyright: ignore[reportPrivateUsage] -- this is what the twin breaks
    monkeypatch.setattr(reader, "QUEUE", 3)
    monkeypatch.setattr(Following, "_join", rejoin)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await lived_through(world, 12)


async def test_many_writers_and_a_follower_from_the_first_to_the_last_event(world: World) -> None:
    """Handovers between table and queue while eight instances are written at once."""
    instances = [await world.started() for _ in range(8)]
    following = await opened(world, OWNER, NOTES)

    async def write(instance_id: UUID) -> None:
        for number in range(12):
            await world.noted(instance_id, str(number))

    writing = asyncio.gather(*(write(instance_id) for instance_id in instances))
    async with aclosing(following.events()) as stream:
        seen = await taken(stream, 96)
    await writing
    for instance_id in instances:
        assert labels([event for event in seen if event.instance_id == instance_id]) == [str(n) for n in range(12)]


async def test_revoked_rights_end_the_stream(
    world: World, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = await opened(world, person(KARI), Wanted(party=KARI_URN))
    instance_id = await world.started()
    async with aclosing(following.events()) as stream:
        await taken(stream, 3)
        await owner.execute("delete from dg.party_role where subject_id = $1 and party_id = $1", KARI)
        await owner.execute("update dg.subject_epoch set epoch = epoch + 1 where subject_id = $1", KARI)
        await world.noted(instance_id, "not for her any more")
        monkeypatch.setattr(feed, "RENEWAL", 0.0)
        with pytest.raises(Refused) as caught:
            await taken(stream, 1)
    assert caught.value.refusal.expected == "a party that you represent"


async def test_lost_rights_count_at_once_though_the_stream_goes_on(world: World, owner: asyncpg.Connection) -> None:
    following = await opened(world, person(KARI), Wanted(applications=(APP,)))
    instance_id = await world.started()
    async with aclosing(following.events()) as stream:
        await taken(stream, 3)
        await owner.execute("update dg.party_role set party_id = $2 where subject_id = $1 and party_id = $1", KARI, OLA)
        await owner.execute("update dg.subject_epoch set epoch = epoch + 1 where subject_id = $1", KARI)
        await world.noted(instance_id, "not for her any more")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await anext(stream)


async def test_pages_are_full_and_always_end_with_a_cursor(world: World) -> None:
    instance_id = await world.started()
    empty = await page(world, OWNER, Wanted(instance_id=instance_id, types=("app.none",)))
    assert (list(empty.page.items), empty.page.has_next) == ([], False)
    for label in ("a", "b", "c", "d", "e"):
        await world.noted(instance_id, label)
    seen: list[str] = []
    after, has_next = empty.end_cursor, True
    sizes: list[int] = []
    while has_next:
        found = await page(world, OWNER, NOTES, 2, after)
        after, has_next = found.end_cursor, found.page.has_next
        sizes.append(len(found.page.items))
        seen += labels([item.event for item in found.page.items])
    assert (seen, sizes) == (["a", "b", "c", "d", "e"], [2, 2, 1])
    again = await page(world, OWNER, NOTES, 2, after)
    assert (list(again.page.items), again.page.has_previous) == ([], True)
    await world.noted(instance_id, "f")
    assert labels([item.event for item in (await page(world, OWNER, NOTES, 2, again.end_cursor)).page.items]) == ["f"]


async def test_a_history_shows_all_but_the_journal_in_stream_order(world: World) -> None:
    instance_id = await world.sent_in()
    async with world.ports.database.snapshot(person(KARI)) as snapshot:
        first = (await event_reads.of_instances(world.ports, snapshot, [instance_id], 4, None))[instance_id]
        rest = (await event_reads.of_instances(world.ports, snapshot, [instance_id], 50, first.end_cursor))[instance_id]
        count = await rest.page.total(snapshot)
    history = [item.event for item in (*first.page.items, *rest.page.items)]
    assert [event.sequence for event in history] == sorted({event.sequence for event in history})
    assert (first.page.has_next, rest.page.has_next, count) == (True, False, len(history))
    names = [event.history_type for event in history if event.history_type]
    assert names[0] == "Created"
    assert {"process_StartEvent", "process_StartTask", "process_EndTask", "process_EndEvent", "Submited"} <= set(names)
    assert not [event for event in history if event.type.startswith("process.")]


async def test_unconfirmed_completions_are_those_without_a_receipt(world: World) -> None:
    waiting, confirmed, _running = await world.sent_in(), await world.sent_in(), await world.started()
    await world.confirmed(confirmed)
    async with world.ports.database.snapshot(OWNER) as snapshot:
        found, more = await unconfirmed(world.ports, snapshot, "ttd", (APP,), None)
    assert [(event.instance_id, event.type) for event in found] == [(waiting, "app.instance.process.completed")]
    assert more is None


async def test_the_reader_runs_only_while_somebody_follows(world: World) -> None:
    database = world.ports.database
    assert database not in reader._readers  # pyright: ignore[reportPrivateUsage] -- nothing else tells
    async with reader.reading(world.ports) as one, reader.reading(world.ports) as other:
        assert one is other
    assert database not in reader._readers  # pyright: ignore[reportPrivateUsage] -- nothing else tells


async def test_a_reader_that_loses_its_connection_is_late_but_loses_nothing(world: World, logins: Logins) -> None:
    instance_id = await world.started()
    following = await opened(world, OWNER, NOTES)
    killer = await asyncpg.connect(**logins.dispatch)
    try:
        async with aclosing(following.events()) as stream:
            await world.noted(instance_id, "before")
            seen = await taken(stream, 1)
            await killer.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and usename = current_user and pid <> pg_backend_pid()"
            )
            await world.noted(instance_id, "after")
            seen += await taken(stream, 1)
    finally:
        await killer.close()
    assert labels(seen) == ["before", "after"]
