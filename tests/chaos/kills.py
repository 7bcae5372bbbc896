"""A1, A3, A10: workers die at named points, at every boundary of a statement, and at random under load.

After each death the database is looked at before anything is repaired; then a new worker is asked again with the same
key, and at the end the clients' records are held against the database.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol
from uuid import UUID

from dialog_graph.storage import faults
from tests.chaos import equalities, history, replaying
from tests.chaos.figures import Figure
from tests.chaos.processes import Lost, Worker, Zygote
from tests.chaos.site import Ground, Site
from tests.chaos.story import FAULT, OK, PERSON, REFUSED, Call, Case, Walk
from tests.chaos.worker import principal

TRIES = 400
STATEMENTS = 14
"""More calls of the driver than any command makes."""

ELSEWHERE = frozenset({"after-blob", "before-delivery", "after-delivery", "after-claim", "before-job", "after-job"})
"""Points that are not on the way of every command."""
NOT_ON_START = frozenset({"after-lock", "after-load"})


class Contact(Protocol):
    """Whoever answers requests."""

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer. Raises `Lost`."""
        ...


class Contacts(Protocol):
    """Those there are to ask at the moment."""

    @property
    def workers(self) -> Sequence[Contact]:
        """At least one."""
        ...

    async def lost(self) -> None:
        """Called when one of them is gone, before the next is asked."""
        ...


@dataclass(slots=True)
class Crew:
    """The workers of a run; one that died is replaced."""

    zygote: Zygote
    ground: Ground
    workers: list[Worker] = field(default_factory=list[Worker])

    async def fill(self, size: int) -> None:
        """Brings the crew to its size."""
        while len(self.workers) < size:
            self.workers.append(await self.zygote.worker(self.ground.place))

    async def replace(self, number: int = 0) -> None:
        """Kills a worker, dead or alive, and puts a new one in its place."""
        await self.zygote.kill(self.workers[number])
        self.workers[number] = await self.zygote.worker(self.ground.place)

    async def lost(self) -> None:
        """Whoever killed it replaces it."""
        await asyncio.sleep(0)

    async def leave(self) -> None:
        """Ends all workers."""
        for worker in self.workers:
            await self.zygote.kill(worker)
        self.workers.clear()


@dataclass(slots=True)
class Run:
    """One run on one ground: its workers, its clients' records, its figure."""

    ground: Ground
    contacts: Contacts
    figure: Figure
    dice: random.Random
    party: str
    calls: list[Call] = field(default_factory=list[Call])
    ticks: "count[int]" = field(default_factory=lambda: count(1))
    armed: Counter[str] = field(default_factory=Counter[str])

    async def attempt(self, call: Call, worker: Contact) -> bool:
        """Asks once; False when the outcome stays open. Raises `Lost`."""
        answer = await worker.ask(call.request)
        if answer.get("retry"):
            call.losses += 1
            return False
        call.answer = answer
        call.outcome = OK if "ok" in answer else REFUSED if "refused" in answer else FAULT
        call.ended = next(self.ticks)
        return True

    def begin(self, call: Call) -> Call:
        """Notes the call as invoked."""
        call.invoked = next(self.ticks)
        self.calls.append(call)
        self.figure.operations += 1
        return call

    async def resolve(self, call: Call) -> None:
        """Asks again, with the same key, until there is an answer."""
        for _ in range(TRIES):
            try:
                if await self.attempt(call, self.dice.choice(self.contacts.workers)):
                    return
            except Lost:
                call.losses += 1
                await self.contacts.lost()
            await asyncio.sleep(0.01)

    async def look(self, instance_id: str | None = None) -> bool:
        """All equalities now, of one instance or of all."""
        chosen = [UUID(instance_id)] if instance_id else None
        connection = self.ground.connection
        good = self.figure.check(await equalities.broken(connection, chosen), len(equalities.EQUALITIES) + 1)
        found = await equalities.files(connection, self.ground.blobs, chosen)
        return self.figure.check(found.problems) and good

    async def judge(self) -> bool:
        """Everything, when all calls are over: equalities, files, replay of every instance, history."""
        good = await self.look()
        connection = self.ground.connection
        replayed, found = await replaying.differences(connection)
        good = self.figure.check(found, replayed) and good
        good = self.figure.check(await history.problems(connection, self.calls), len(self.calls)) and good
        orphans = (await equalities.files(connection, self.ground.blobs)).orphans
        unknown = sum(call.losses for call in self.calls)
        self.figure.notes.append(
            f"{unknown} outcomes unknown at first, {replayed} instances replayed, {orphans} files without a row"
        )
        return good


# Deaths at places -----------------------------------------------------------------------------------------------------


Fault = tuple[str, dict[str, Any]]
"""Its kind, and the message that arms it."""


def _faults_for(call: Call) -> list[Fault]:
    """Every fault that may strike on the way of a call."""
    points = [point for point in faults.POINTS if point not in ELSEWHERE]
    if call.name == "instantiate":
        points = [point for point in points if point not in NOT_ON_START]
    # An upload asks first, then writes, then reads: three transactions.
    times = (1, 2, 3) if call.name == "upload" else (1,)
    armed: list[Fault] = [(point, {"arm": f"{point}:{time}"}) for point in points for time in times]
    if call.name == "upload":
        armed += [("after-blob", {"arm": "after-blob:1"})] * 6
    for number in range(1, STATEMENTS * len(times)):
        armed.append(("before a statement", {"arm_statement": [number, False, False]}))
        armed.append(("after a statement", {"arm_statement": [number, True, False]}))
    return armed


DISARM = ({"arm": None}, {"arm_statement": [0, False, False]})


def _next_fault(run: Run, call: Call) -> Fault:
    """Half of the deaths at named points, those that have been armed least first; half at statements."""
    possible = _faults_for(call)
    named = [fault for fault in possible if not fault[0].endswith("statement")]
    if run.dice.random() < 0.5:
        return run.dice.choice([fault for fault in possible if fault not in named])
    least = min(run.armed[name] for name, _ in named)
    chosen = run.dice.choice([fault for fault in named if run.armed[fault[0]] == least])
    run.armed[chosen[0]] += 1
    return chosen


async def one_death(run: Run, crew: Crew, walk: Walk) -> bool:
    """One call on the way of which the worker is made to die; False when something was found broken."""
    call = run.begin(walk.next())
    kind, message = _next_fault(run, call)
    worker = crew.workers[0]
    worker.tell(message)
    good = True
    try:
        answered = await run.attempt(call, worker)
        for order in DISARM:
            worker.tell(order)
    except Lost:
        answered = False
        call.losses += 1
        run.figure.faults[kind] += 1
        await crew.replace()
        good = await run.look(call.instance_id)
    if not answered:
        await run.resolve(call)
    if call.outcome in (OK, REFUSED):
        walk.seen(call)
    return await run.look(call.instance_id) and good


async def at_places(run: Run, crew: Crew, kills: int, walk: Walk, *, stop_early: bool = False) -> None:
    """Deaths one after another, each in the middle of the one call that is under way."""
    await crew.fill(1)
    while run.figure.faults.total() < kills:
        if not await one_death(run, crew, walk) and stop_early:
            return


# Deaths under load ----------------------------------------------------------------------------------------------------


async def _client(run: Run, walk: Walk, stop: asyncio.Event) -> None:
    while not stop.is_set():
        call = run.begin(walk.next())
        await run.resolve(call)
        if call.outcome in (OK, REFUSED):
            walk.seen(call)


async def _shared(run: Run) -> Case:
    """An instance that several clients will fight over."""
    walk = Walk(random.Random(run.dice.random()), "shared", run.party)
    for _ in range(2):
        call = run.begin(walk.next())
        await run.resolve(call)
        walk.seen(call)
    return walk.case


async def under_load(run: Run, crew: Crew, kills: int) -> None:
    """Two workers, six clients, three of them on one instance; a worker dies every now and then."""
    await crew.fill(2)
    shared = await _shared(run)
    stop = asyncio.Event()
    walks = [
        Walk(random.Random(run.dice.random()), f"load{number}", run.party, shared if number < 3 else None)
        for number in range(6)
    ]
    clients = [asyncio.create_task(_client(run, walk, stop)) for walk in walks]
    for number in range(kills):
        await crew.workers[number % 2].at_work()
        await asyncio.sleep(run.dice.uniform(0, 0.2))
        await crew.replace(number % 2)
        run.figure.faults["at random under load"] += 1
        if number % 5 == 0:
            await run.look()
    stop.set()
    await asyncio.gather(*clients)


# Whole runs -----------------------------------------------------------------------------------------------------------


def _walk(run: Run, name: str, *, likes_files: bool) -> Walk:
    return Walk(random.Random(run.dice.random()), name, run.party, likes_files=likes_files)


async def product(site: Site, seed: int, places: int, load: int) -> Figure:
    """The real thing: so many deaths at places and under load, and nothing may be found."""
    figure = Figure("A1, A3, A10 worker killed")
    async with site.ground() as ground:
        crew = Crew(site.zygote, ground)
        run = Run(ground, crew, figure, random.Random(seed), principal(PERSON).urn)
        try:
            await at_places(run, crew, places * 2 // 3, _walk(run, "place", likes_files=False))
            await at_places(run, crew, places, _walk(run, "file", likes_files=True))
            await under_load(run, crew, load)
            await run.judge()
        finally:
            await crew.leave()
    return figure


async def twin(site: Site, seed: int, name: str, kills: int) -> int | None:
    """A twin, until it is caught; after how many deaths."""
    figure = Figure(name)
    async with site.ground(name) as ground:
        crew = Crew(site.zygote, ground)
        run = Run(ground, crew, figure, random.Random(seed), principal(PERSON).urn)
        try:
            walk = _walk(run, "place", likes_files=name in OF_FILES)
            await at_places(run, crew, kills, walk, stop_early=True)
            if not figure.violations:
                await run.judge()
        finally:
            await crew.leave()
    return figure.faults.total() if figure.violations else None


OF_FILES = frozenset({"blob written late"})
"""Twins that only uploads give away."""

TWINS: Sequence[str] = ("no transaction", "key outside the transaction", "blob written late")
