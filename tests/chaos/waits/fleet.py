"""Worker processes that run all that a server runs in the background, and what is done to them."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import asyncpg

from dialog_graph.storage import faults
from tests.chaos.figures import Figure
from tests.chaos.processes import Lost, Worker, Zygote
from tests.chaos.site import Ground
from tests.chaos.waits import clocks, witness

NEVER = frozenset({"after-blob", "before-delivery", "after-delivery"})
POINTS: tuple[str, ...] = tuple(point for point in faults.POINTS if point not in NEVER)
"""Named points on the ways of workers."""

PASSAGES = 3
STATEMENTS = 30
"""A fault strikes at one of so many passages of its point, or of so many calls of the driver, from its arming."""

STRUCK = 0.7
"""Seconds after which a fault that has not struck is replaced by a death at random."""

LEASE = timedelta(seconds=61)
"""Longer than what a dead worker has claimed stays its own."""

PATIENCE = 120.0
"""Seconds after which an answer, however busy the machine is, does not come any more."""

FROZEN = 15
"""Every so many turns a worker is frozen."""

JUMP = timedelta(minutes=10)
"""How wrong a worker's own clock is made, in either direction."""


@dataclass(slots=True)
class Fleet:
    """The workers of one run. `stepping`: a session of its own, for the steps of the clock."""

    zygote: Zygote
    ground: Ground
    dice: random.Random
    figure: Figure
    clock: clocks.SharedClock
    stepping: asyncpg.Connection
    points: Sequence[str] = POINTS
    workers: list[Worker] = field(default_factory=list[Worker])
    ahead: timedelta = timedelta(0)
    deaths: int = 0
    _one_step: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def fill(self, size: int) -> None:
        """Brings the fleet to its size."""
        while len(self.workers) < size:
            self.workers.append(await self._new())

    async def _new(self) -> Worker:
        worker = await self.zygote.worker(self.ground.place)
        await worker.ask({"name": "ready", "actor": "org:ttd", "given": {}}, PATIENCE)
        if self.dice.random() < 0.5:
            self._make_wrong(worker)
        return worker

    def _make_wrong(self, worker: Worker) -> None:
        """Its own clock is ten minutes off."""
        worker.tell({"jump": self.dice.choice((-1, 1)) * JUMP.total_seconds()})
        self.figure.faults["own clock 10 min off"] += 1

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer of any worker. Raises `Lost` when it died on the way: the outcome is unknown."""
        alive = [worker for worker in self.workers if not worker.is_gone]
        if not alive:
            await asyncio.sleep(0.01)
            raise Lost
        return await self.dice.choice(alive).ask(request, PATIENCE)

    async def step(self, by: timedelta) -> None:
        """Moves the clock that all share: first the database's, so that nobody is ever ahead of it."""
        async with self._one_step:
            self.ahead += by
            await witness.step(self.stepping, self.ahead)
            self.clock.step_to(self.ahead)

    # What is done to them -------------------------------------------------------------------------------------------

    async def replace(self, number: int, kind: str) -> None:
        """Kills a worker, dead or alive, and puts a new one in its place."""
        await self.zygote.kill(self.workers[number])
        self.figure.faults[f"killed {kind}"] += 1
        self.deaths += 1
        self.workers[number] = await self._new()

    async def die_at_random(self, number: int) -> None:
        """At whatever it is about."""
        await asyncio.sleep(self.dice.uniform(0, 0.25))
        await self.replace(number, "at random")

    async def die_at_a_point(self, number: int) -> None:
        """At one of the named points."""
        point = self.dice.choice(self.points)
        await self._die_armed(number, {"arm": f"{point}:{self.dice.randint(1, PASSAGES)}"}, point)

    async def die_at_a_statement(self, number: int) -> None:
        """Before or after any call of the driver."""
        is_after = self.dice.random() < 0.5
        message = {"arm_statement": [self.dice.randint(1, STATEMENTS), is_after, False]}
        await self._die_armed(number, message, f"{'after' if is_after else 'before'} a statement")

    async def _die_armed(self, number: int, message: dict[str, Any], kind: str) -> None:
        worker = self.workers[number]
        worker.tell(message)
        has_struck = await worker.is_gone_within(STRUCK)
        await self.replace(number, kind if has_struck else "at random")

    async def freeze(self, number: int) -> None:
        """Stopped for a while, in which its leases end and others do its work; then it goes on as if nothing was."""
        process = self.workers[number].number
        os.kill(process, signal.SIGSTOP)
        try:
            await asyncio.sleep(self.dice.uniform(0.05, 0.3))
            await self.step(LEASE)
            await asyncio.sleep(self.dice.uniform(0.05, 0.5))
        finally:
            os.kill(process, signal.SIGCONT)
        self.figure.faults["frozen past its leases"] += 1

    async def be_wrong(self, number: int) -> None:
        """Its own clock jumps while it works."""
        self._make_wrong(self.workers[number])
        await asyncio.sleep(0)

    async def move_on(self, _: int) -> None:
        """The shared clock goes on by a small step."""
        await self.step(timedelta(milliseconds=self.dice.randint(10, 700)))
        self.figure.faults["small step of the clock"] += 1

    async def torment(self, stop: asyncio.Event) -> None:
        """One thing after another is done to them, until the event is set; to half of them at most at a time."""
        turns, numbers = count(1), range(len(self.workers))
        hands = max(1, len(numbers) // 2)
        await asyncio.gather(*(self._torment(numbers[hand::hands], turns, stop) for hand in range(hands)))

    async def _torment(self, numbers: Sequence[int], turns: "count[int]", stop: asyncio.Event) -> None:
        plagues = self._plagues()
        while not stop.is_set():
            plague = self.freeze if next(turns) % FROZEN == 0 else self.dice.choice(plagues)
            await plague(self.dice.choice(numbers))
            with suppress(TimeoutError):
                async with asyncio.timeout(self.dice.uniform(0, 0.15)):
                    await stop.wait()

    def _plagues(self) -> Sequence[Callable[[int], Awaitable[None]]]:
        return (
            *[self.die_at_random] * 3,
            *[self.die_at_a_point] * 5,
            *[self.die_at_a_statement] * 3,
            self.be_wrong,
            self.move_on,
        )

    async def leave(self) -> None:
        """Ends all workers."""
        for worker in self.workers:
            await self.zygote.kill(worker)
        self.workers.clear()
