"""A4, P7, P8: several clients at once, on one revision, on one key, on one instance.

A contestant is whatever answers a request: a worker of another process, or the commands in this one.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.chaos import equalities, replaying
from tests.chaos.figures import Figure
from tests.chaos.kills import Crew
from tests.chaos.site import Ground, Site
from tests.chaos.story import APP, OWNER, PERSON, form
from tests.chaos.worker import principal

Answer = dict[str, Any]
Request = dict[str, Any]
Ask = Callable[[Request], Awaitable[Answer]]

MOST = 8
ROUNDS = 25
ROUNDS_OF_STARTS = 2
"""Where the race for the start matters: hardly anything else is raced for."""


async def start_together(asks: Sequence[Ask], requests: Sequence[Request]) -> list[Answer]:
    """Asks all at the same moment, the contestants in turn."""
    barrier = asyncio.Barrier(len(requests))

    async def run(ask: Ask, request: Request) -> Answer:
        await barrier.wait()
        return await ask(request)

    return await asyncio.gather(*(run(asks[n % len(asks)], request) for n, request in enumerate(requests)))


def one_winner(answers: Sequence[Answer], revision: int) -> list[str]:
    """Exactly one has won; the others are told the revision that it made."""
    winners = sum("ok" in answer for answer in answers)
    found = [] if winners == 1 else [f"expected one winner at revision {revision}, but {winners} have won"]
    for answer in answers:
        told = (answer.get("refused"), answer.get("revision"))
        if "ok" not in answer and told != ("CONCURRENCY", revision + 1):
            found.append(f"expected CONCURRENCY with revision {revision + 1}, but the answer is {answer}")
    return found


def all_won(answers: Sequence[Answer], revision: int) -> list[str]:
    """Nobody stood in anybody's way for good."""
    return [f"expected to be served in turn, but the answer is {answer}" for answer in answers if "ok" not in answer]


def all_alike(answers: Sequence[Answer], revision: int) -> list[str]:
    """Everybody got the answer of the first."""
    return [
        f"expected the first answer again, but {answer} is not {answers[0]}"
        for answer in answers
        if "ok" not in answer or answer["ok"] != answers[0].get("ok")
    ]


@dataclass(slots=True)
class Track:
    """The instance that is raced on: where it stands, and its revision."""

    dice: random.Random
    instance_id: str
    revision: int = 1
    stage: str = "Task_1"
    marks: "count[int]" = field(default_factory=count)

    def _request(self, actor: str, name: str, **given: object) -> Request:
        return {"actor": actor, "name": name, "given": {"instance_id": self.instance_id, **given}}

    def _move(self) -> Request:
        action = {"action": "reject"} if self.stage == "Task_2" else {}
        return self._request(PERSON, "advance", **action)

    def _write(self) -> Request:
        return self._request(PERSON, "write", data_type="application", data=form(f"mark {next(self.marks)}"))

    def _label(self) -> Request:
        return self._request(OWNER, "substatus", label=f"label {next(self.marks)}")

    def _any(self) -> Request:
        makers = [self._move, self._label] + ([self._write] if self.stage == "Task_1" else [])
        return self.dice.choice(makers)()

    def expecting(self, request: Request) -> Request:
        """The request, valid at the present revision only."""
        return request | {"given": request["given"] | {"expected_revision": self.revision}}

    def moves(self, number: int) -> list[Request]:
        return [self.expecting(self._move())] * number

    def mixed(self, number: int) -> list[Request]:
        return [self.expecting(self._any()) for _ in range(number)]

    def in_turn(self, number: int) -> list[Request]:
        return [(self._write if self.stage == "Task_1" else self._label)() for _ in range(number)]

    def repeats(self, number: int) -> list[Request]:
        request = self._any()
        request["given"]["idempotency_key"] = f"key {next(self.marks)}"
        return [request] * number

    def follow(self, requests: Sequence[Request], answers: Sequence[Answer]) -> None:
        """Where the instance stands when all are over."""
        won = [request for request, answer in zip(requests, answers, strict=True) if "ok" in answer]
        is_repeat = "idempotency_key" in requests[0]["given"]
        self.revision += min(len(won), 1) if is_repeat else len(won)
        if won and won[0]["name"] == "advance":
            self.stage = "Task_2" if self.stage == "Task_1" else "Task_1"


KINDS: Sequence[tuple[str, Callable[[Track, int], list[Request]], Callable[[Sequence[Answer], int], list[str]]]] = (
    ("one revision", Track.moves, one_winner),
    ("one revision, several commands", Track.mixed, one_winner),
    ("no revision", Track.in_turn, all_won),
    ("one key", Track.repeats, all_alike),
)
"""Name, requests, and what must be true of the answers."""


async def new_track(asks: Sequence[Ask], dice: random.Random, figure: Figure) -> Track:
    """An instance with a valid form; its start is a race as well, of clients with one key."""
    given = {"application": APP, "party": principal(PERSON).urn, "idempotency_key": f"start {dice.random()}"}
    starts = [{"actor": PERSON, "name": "instantiate", "given": given}] * dice.randint(2, MOST)
    answers = await start_together(asks, starts)
    figure.faults["one key, start"] += 1
    figure.operations += len(starts)
    figure.check(all_alike(answers, 0))
    started = next(answer["ok"]["instance_id"] for answer in answers if "ok" in answer)
    track = Track(dice, str(started))
    await one_race(track, asks, figure, 2)
    return track


async def one_race(track: Track, asks: Sequence[Ask], figure: Figure, kind: int) -> bool:
    """One race of a kind; False when it has not gone as it must."""
    name, make, judge = KINDS[kind]
    requests = make(track, track.dice.randint(2, MOST))
    answers = await start_together(asks, requests)
    figure.faults[name] += 1
    figure.operations += len(requests)
    is_good = figure.check(judge(answers, track.revision))
    track.follow(requests, answers)
    return is_good


async def race_on(asks: Sequence[Ask], dice: random.Random, figure: Figure, number: int, rounds: int = ROUNDS) -> None:
    """So many races; ends with the first that has not gone as it must, as later ones would start from nowhere.

    `rounds`: races on one instance before a new one is taken.
    """
    track = await new_track(asks, dice, figure)
    while figure.faults.total() < number and not figure.violations:
        if not await one_race(track, asks, figure, dice.choice([0, 0, 1, 2, 3])):
            return
        if figure.faults.total() % rounds == 0:
            track = await new_track(asks, dice, figure)


async def judge(ground: Ground, figure: Figure) -> None:
    """What the database says when all races are over."""
    figure.check(await equalities.broken(ground.connection, asked=equalities.EQUALITIES), len(equalities.EQUALITIES))
    replayed, found = await replaying.differences(ground.connection)
    figure.check(found, replayed)


def rounds_for(twin: str) -> int:
    """Races on one instance: few for the twin that only a start gives away."""
    return ROUNDS_OF_STARTS if twin == "no lock of keys" else ROUNDS


async def over_workers(site: Site, seed: int, number: int, twin: str = "") -> Figure:
    """The races of clients of two processes."""
    figure = Figure("A4 races over two processes")
    async with site.ground(twin) as ground:
        crew = Crew(site.zygote, ground)
        await crew.fill(2)
        try:
            asks = [worker.ask for worker in crew.workers]
            await race_on(asks, random.Random(seed), figure, number, rounds_for(twin))
            await judge(ground, figure)
        finally:
            await crew.leave()
    return figure


TWINS: Sequence[str] = ("no row lock", "no lock of keys")
