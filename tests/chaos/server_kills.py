"""A1, A3 with the real server: it is killed in the middle of requests, and asked again over HTTP with the same key."""

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from dialog_graph.storage.bootstrap import DATABASE
from dialog_graph.storage.database import prepare_connection
from dialog_graph.storage.logins import embedded_logins
from tests.chaos.figures import Figure
from tests.chaos.kills import Run
from tests.chaos.processes import Lost, Place
from tests.chaos.servers import Server
from tests.chaos.site import Ground, Site
from tests.chaos.story import OK, PERSON, REFUSED, Call, Walk
from tests.chaos.worker import principal

CALLS = 12
"""After so many calls a server that has not met its fault is killed in the middle of the next one."""

AT_RANDOM = "at random"
FAULTS = (
    ("after-commit", 9),
    ("before-commit", 9),
    (AT_RANDOM, 0),
    ("after-write", 2),
    ("after-load", 2),
    ("before-write", 2),
    (AT_RANDOM, 0),
    ("after-decision", 3),
    ("after-lock", 3),
    ("before-begin", 12),
    ("after-context", 12),
    ("after-blob", 1),
)
"""Where servers die, and at most at which passage."""


@dataclass(slots=True)
class Servers:
    """The one server there is at a time; it replaces a crew of workers."""

    folder: Path
    dice: random.Random
    figure: Figure
    workers: list[Server] = field(default_factory=list[Server])
    generation: int = 0
    fault: str = ""

    async def begin(self) -> None:
        """Starts the next server with its fault."""
        self.fault, passages = FAULTS[self.generation % len(FAULTS)]
        self.generation += 1
        armed = None if self.fault == AT_RANDOM else f"{self.fault}:{self.dice.randint(1, passages)}"
        self.workers.append(await Server.start(self.folder, armed))

    async def lost(self) -> None:
        """Notes the death of the server and starts the next."""
        self.figure.faults[self.fault] += 1
        await self.leave()
        await self.begin()

    async def leave(self) -> None:
        """Ends the server."""
        while self.workers:
            await self.workers.pop().kill()


async def _interrupted(run: Run, call: Call, server: Server) -> bool:
    """A call in the middle of which the server is killed from outside."""
    asked = asyncio.create_task(run.attempt(call, server))
    await asyncio.sleep(run.dice.uniform(0, 0.03))
    await server.kill()
    return await asked


async def one_call(run: Run, servers: Servers, walk: Walk, number: int) -> bool:
    """A call; when the server dies of it, the database is looked at and the next server asked again. False then."""
    call = run.begin(walk.next())
    if number == CALLS:
        servers.fault = AT_RANDOM
    is_interrupted = servers.fault == AT_RANDOM and number > 2
    server = servers.workers[0]
    try:
        answered = await (_interrupted(run, call, server) if is_interrupted else run.attempt(call, server))
    except Lost:
        answered = False
        call.losses += 1
    is_alive = call.losses == 0 and not is_interrupted
    if not is_alive:
        await server.kill()
        await run.look()
        await servers.lost()
    if not answered:
        await run.resolve(call)
    if call.outcome in (OK, REFUSED):
        walk.seen(call)
    return is_alive


async def product(site: Site, seed: int, kills: int) -> Figure:
    """So many servers, one after another, on one database."""
    figure = Figure("A1, A3 server killed, over HTTP")
    folder = site.folder / "data"
    dice = random.Random(seed)
    servers = Servers(folder, dice, figure)
    logins = embedded_logins(site.address, DATABASE)
    await servers.begin()
    connection = await asyncpg.connect(**logins.setup)
    await prepare_connection(connection)
    place = Place(host=site.address.host, port=site.address.port, database=DATABASE, folder=folder)
    run = Run(Ground(place, logins, connection), servers, figure, dice, principal(PERSON).urn)
    try:
        walk = Walk(random.Random(dice.random()), "http", run.party)
        number = 0
        while figure.faults.total() < kills:
            number = number + 1 if await one_call(run, servers, walk, number) else 0
        await run.judge()
    finally:
        await servers.leave()
        await connection.close()
        await site.run(f"drop database {DATABASE} with (force)")
    return figure
