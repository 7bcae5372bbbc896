"""One run of a plan: its errors, the nulls that they leave, and the fields whose values are awaited.

A pass over synchronous fields writes results into dicts and lists at once; a field that must be awaited leaves a
placeholder and a `Waiting`. All that one pass left waiting starts together, so that data loaders gather their keys over
whole lists. A failure becomes null at the nearest place where null may stand; what still waits beneath it is given up.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, cast

from graphql import FieldNode, GraphQLError, located_error


class Place(NamedTuple):
    """Where a value of the response goes: the place around it (None: the root), its key there, and its container.

    `is_nullable`: null may stand here, so errors from beneath end here.
    """

    parent: "Place | None"
    key: str | int
    container: Any
    is_nullable: bool


at_place: "Callable[[tuple[Place | None, str | int, Any, bool]], Place]" = partial(cast(Any, tuple).__new__, Place)
"""A place of its four members; the class itself takes three times as long, and this is done for every object."""


@dataclass(slots=True, eq=False)
class Info:
    """What resolvers get as `info`: they use nothing of it but the context (a test holds them to it)."""

    context: Any


Finish = Callable[["Run", Any, Place], Any]
"""Completes a value that is not null for its place; raises whatever stands in the way."""


class Waiting(NamedTuple):
    """A field whose value is awaited; `nodes` are told in its error."""

    value: Awaitable[Any]
    finish: Finish
    nodes: list[FieldNode]
    place: Place


def path_to(place: Place | None) -> list[str | int]:
    """The response path of a place."""
    path: list[str | int] = []
    while place is not None:
        path.append(place.key)
        place = place.parent
    path.reverse()
    return path


def _is_within(place: Place | None, outer: Place) -> bool:
    while place is not None:
        if place is outer:
            return True
        place = place.parent
    return False


def _give_up(waiting: Waiting) -> None:
    close = getattr(waiting.value, "close", None)
    if close is not None:
        close()  # a coroutine; a future may be others' too, and is left alone


class Run:
    """The state of one request. `variables`: coerced, as graphql-core knows them; `arguments`: see `arguments`."""

    __slots__ = (
        "_broken",
        "_lost",
        "_over",
        "_tasks",
        "arguments",
        "errors",
        "info",
        "is_lost",
        "variables",
        "waiting",
    )

    def __init__(self, context: object, variables: Any) -> None:
        self.info = Info(context)
        self.variables = variables
        self.arguments: dict[int, dict[str, Any]] = {}
        self.errors: list[GraphQLError] = []
        self.waiting: list[Waiting] = []
        self.is_lost = False
        """An error came up to the root: there is no data."""
        self._lost: dict[int, Place] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._over: asyncio.Future[None] | None = None
        self._broken: BaseException | None = None

    def fail(self, error: Exception, nodes: list[FieldNode], place: Place) -> None:
        """Notes an error of this pass at a place where null may stand; elsewhere raises it, located, to those around.

        What the pass left waiting beneath the place is the end of `waiting`, and is given up.
        """
        located = located_error(error, nodes, path_to(place))
        if not place.is_nullable:
            raise located
        self.errors.append(located)
        self._forget(place)

    def _forget(self, place: Place) -> None:
        while self.waiting and _is_within(self.waiting[-1].place, place):
            _give_up(self.waiting.pop())

    def lose(self, error: GraphQLError) -> None:
        """An error has come up to the root."""
        self.is_lost = True
        self.errors.append(error)
        for waiting in self.waiting:
            _give_up(waiting)
        self.waiting.clear()

    async def finish(self) -> None:
        """Awaits all that waits, and what that leaves waiting in turn."""
        while self.waiting and not self.is_lost:
            batch, self.waiting = self.waiting, []
            if len(batch) == 1:
                await self._settle(batch[0])
            else:
                await self._together(batch)

    async def _together(self, batch: list[Waiting]) -> None:
        self._over = asyncio.get_running_loop().create_future()
        try:
            for waiting in batch:
                self._start(waiting)
            await self._over
        finally:
            await self._stop()
        if self._broken is not None:
            raise self._broken

    def _start(self, waiting: Waiting) -> None:
        task = asyncio.create_task(self._follow(waiting))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            self._broken = self._broken or asyncio.CancelledError()
        elif error := task.exception():
            self._broken = self._broken or error
        is_over = not self._tasks or self.is_lost or self._broken is not None
        if is_over and self._over is not None and not self._over.done():
            self._over.set_result(None)

    async def _stop(self) -> None:
        """Nothing of this run goes on after it: its context is about to be given up."""
        broken, left = self._broken, list(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
        self._broken = broken

    async def _follow(self, waiting: Waiting) -> None:
        """Settles one field, goes on with the first that it leaves waiting, and starts the others beside it."""
        while True:
            await self._settle(waiting)
            if not self.waiting or self.is_lost:
                return
            (waiting, *others), self.waiting = self.waiting, []
            for other in others:
                self._start(other)

    async def _settle(self, waiting: Waiting) -> None:
        value, finish, nodes, place = waiting
        if self._is_given_up(place):
            _give_up(waiting)
            return
        try:
            found = await value
            if not self._is_given_up(place):
                place.container[place.key] = finish(self, found, place)
        except Exception as error:  # whatever a resolver raises is an error of its field
            self._drop(error, nodes, place)

    def _is_given_up(self, place: Place | None) -> bool:
        if not self._lost:
            return self.is_lost
        while place is not None:
            if id(place) in self._lost:
                return True
            place = place.parent
        return self.is_lost

    def _drop(self, error: Exception, nodes: list[FieldNode], place: Place) -> None:
        """Null at the nearest place that allows it. An error beneath a null that already stands is not told."""
        self._forget(place)
        if self._is_given_up(place):
            return
        located = located_error(error, nodes, path_to(place))
        around: Place | None = place
        while around is not None and not around.is_nullable:
            around = around.parent
        if around is None:
            self.lose(located)
            return
        around.container[around.key] = None
        self._lost[id(around)] = around
        self.errors.append(located)
