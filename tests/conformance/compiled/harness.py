"""Runs one operation both ways and tells where the answers part; plants faults behind resolvers."""

import asyncio
import functools
import inspect
import re
import zlib
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, cast

import orjson

from dialog_graph.errors import Refusal, Refused, refuse
from dialog_graph.graphql.answers import encoded
from dialog_graph.graphql.compiled import Unsupported
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.execution import Engine, Operation, Outcome
from dialog_graph.graphql.limits import Limits
from dialog_graph.graphql.params import Params
from dialog_graph.graphql.schema import build_schema
from dialog_graph.model.principal import Principal
from dialog_graph.ports import Ports
from tests.conformance.compiled.generated import Drawn

WIDE = Limits(repeated_names=1000, same_name=200, aliases=300)
"""Merges and aliases are what the documents are for; how many a client may use is tested elsewhere."""
_ADDRESS = re.compile(r"0x[0-9a-f]+")


@dataclass
class Tally:
    """What has been run, for the reader of the test's output. `broken`: ordinary execution was no oracle."""

    compared: int = 0
    compiled: int = 0
    refused: int = 0
    with_errors: int = 0
    within: int = 0
    broken: int = 0
    reasons: dict[str, int] = field(default_factory=dict[str, int])

    def __str__(self) -> str:
        return (
            f"{self.compared} documents compared, {self.compiled} ran compiled, {self.with_errors} with errors"
            f" ({self.within} beside data), {self.refused} refused before execution, {self.broken} broke ordinary"
            f" execution; not compiled: {self.reasons or 'none'}"
        )


class Both:
    """The same schema, executed compiled and ordinarily."""

    def __init__(self, ports: Ports) -> None:
        schema = build_schema(field_suggestions=False)
        self.compiled = Engine(schema, WIDE)
        self.ordinary = Engine(schema, WIDE, compiles=False)
        self.tally = Tally()
        self._ports = ports

    async def parting(self, drawn: Drawn, principal: Principal) -> str | None:
        """Where the two answers part; None when they agree, or when the document may not run at all."""
        params = Params(query=drawn.text, variables=drawn.variables)
        prepared = self.compiled.prepare(params, principal, "t")
        if isinstance(prepared, Outcome):
            self.tally.refused += 1
            return None
        self._count(prepared)
        try:
            ordinary = await self._answer(self.ordinary, prepared, principal)
        except asyncio.CancelledError:
            # A field that gives up its siblings cancels what a loader does for others too; not so compiled.
            if cast(Any, asyncio.current_task()).cancelling():
                raise
            self.tally.broken += 1
            return None
        compiled = await self._answer(self.compiled, prepared, principal)
        self._count_errors(ordinary)
        return difference(_still(ordinary), _still(compiled))

    async def _answer(self, engine: Engine, operation: Operation, principal: Principal) -> bytes:
        outcome = await engine.execute(operation, Context(self._ports, principal, trace_id="t"))
        return encoded(outcome.body)

    def _count_errors(self, answer: bytes) -> None:
        has_errors = answer.startswith(b'{"errors"')
        self.tally.with_errors += has_errors
        self.tally.within += has_errors and b'"data":null' not in answer

    def _count(self, operation: Operation) -> None:
        self.tally.compared += 1
        plan = self.compiled.plan(operation, self.compiled.variables(operation))
        if isinstance(plan, Unsupported):
            self.tally.reasons[plan.reason] = self.tally.reasons.get(plan.reason, 0) + 1
        else:
            self.tally.compiled += 1


def _still(answer: bytes) -> bytes:
    """The answer without positions behind the last event: they move with every transaction of the server."""
    return re.sub(rb'"[A-Za-z0-9_-]*A{11}"', b'"the end"', answer)


def difference(ordinary: bytes, compiled: bytes) -> str | None:
    """Data must be equal byte for byte, errors in any order.

    Where several errors come up to one null, the specification lets either be told (GraphQL §6.4.4): which fields
    fail first depends on who waits for what. There must then be one in both answers, under the same null.
    """
    if ordinary == compiled:
        return None
    one, other = orjson.loads(ordinary), orjson.loads(compiled)
    if orjson.dumps(one.get("data")) != orjson.dumps(other.get("data")):
        return f"data\n{ordinary.decode()}\n{compiled.decode()}"
    places = _by_null(one), _by_null(other)
    if places[0].keys() != places[1].keys():
        return f"errors under other nulls\n{ordinary.decode()}\n{compiled.decode()}"
    for place, errors in places[0].items():
        if (
            len(errors) == len(places[1][place]) == 1
            and errors != places[1][place]
            and not _both_came_up(place, one, other)
        ):
            return f"errors at {place}\n{errors}\n{places[1][place]}"
    return None


def _both_came_up(place: tuple[Any, ...], one: Any, other: Any) -> bool:
    """Both errors come from beneath the null."""
    paths = [tuple(_by_null(each)[place][0].get("path", ())) for each in (one, other)]
    return all(len(path) > len(place) for path in paths) and paths[0] != paths[1]


def _by_null(answer: Any) -> dict[tuple[Any, ...], list[Any]]:
    """Errors by the null that they have left."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    for error in answer.get("errors", ()):
        path = error.get("path", [])
        found.setdefault(tuple(path[: _depth_of_null(answer.get("data"), path)]), []).append(error)
    return found


def _depth_of_null(value: Any, path: list[Any]) -> int | None:
    """How far a path leads before null; all the way when it does not fit the data."""
    for depth, key in enumerate(path):
        if value is None:
            return depth
        try:
            value = value[key]
        except (LookupError, TypeError):
            return None
    return None


# Faults ---------------------------------------------------------------------------------------------------------------


class Planted(Exception):
    """A fault of ours."""


class Nothing:
    """Has no attribute of ours, and the same text always."""

    def __repr__(self) -> str:
        return "nothing"


Fault = Callable[[], Any]


def _raise(error: Exception) -> Any:
    raise error


FAULTS: Mapping[str, Fault] = {
    "a refusal": lambda: _raise(refuse("FORBIDDEN")),
    "a refusal with details": lambda: _raise(Refused(Refusal(code="RATE_LIMITED", retry_after=3))),
    "an exception": lambda: _raise(Planted("secret")),
    "null": lambda: None,
    "an exception as a value": lambda: Planted("secret"),
    "something without attributes": Nothing,
    "an empty list": list,
    "a list of nothing": lambda: [None],
    "a list of somethings": lambda: [Nothing(), None, Nothing()],
    "a text": lambda: "text",
}


@dataclass(frozen=True)
class Sabotage:
    """Which resolvers go wrong and how. `share`: of the objects, chosen by their content; in hundredths."""

    faults: dict[tuple[str, str], str]
    share: int
    delay: int

    def fault(self, owner: str, name: str, given: Any) -> Fault | None:
        kind = self.faults.get((owner, name))
        if kind is None:
            return None
        content = _ADDRESS.sub("", repr(given))[:2000]
        return FAULTS[kind] if zlib.crc32(content.encode()) % 100 < self.share else None


def planned(random: Random, schema: Any) -> Sabotage:
    """Some resolvers anywhere in the schema; more of those where null may stand, so that not all is null at once."""
    fields = [(name, each, field) for name, type_ in _objects(schema) for each, field in type_.fields.items()]
    resolved = [item for item in fields if _resolver(item[2]) and (item[0] != "Query" or random.random() < 0.1)]
    share = random.choice([0.02, 0.1, 0.4])
    chosen = [(name, each) for name, each, field in resolved if random.random() < share * _boost(field)]
    faults = {each: random.choice(list(FAULTS)) for each in chosen}
    return Sabotage(faults, share=random.choice([30, 60, 100]), delay=random.choice([0, 0, 1, 3]))


def _boost(definition: Any) -> float:
    if "JSON" in str(definition.type):
        return 0.0  # what is no JSON at all breaks both ways alike, when the answer is written
    return 0.4 if str(definition.type).endswith("!") else 3.0


def _objects(schema: Any) -> list[tuple[str, Any]]:
    hidden = ("Mutation", "Subscription")
    return [
        (n, t) for n, t in schema.type_map.items() if hasattr(t, "is_type_of") and n[:2] != "__" and n not in hidden
    ]


def _resolver(definition: Any) -> Any:
    strawberry = definition.extensions.get("strawberry-definition")
    return getattr(strawberry, "base_resolver", None)


class Saboteur:
    """Stands between fields and their functions; `plan` None lets everything through."""

    plan: Sabotage | None = None

    @contextmanager
    def within(self, schema: Any) -> Generator["Saboteur"]:
        """In the whole schema, before anything is compiled."""
        places: dict[int, tuple[Any, Any]] = {}
        for owner, type_ in _objects(schema):
            for name, definition in type_.fields.items():
                resolver = _resolver(definition)
                if resolver is not None and id(resolver) not in places:
                    places[id(resolver)] = (resolver, resolver.wrapped_func)
                    resolver.wrapped_func = self._around(resolver.wrapped_func, owner, name)
        try:
            yield self
        finally:
            for resolver, function in places.values():
                resolver.wrapped_func = function

    def _around(self, function: Any, owner: str, name: str) -> Any:
        def sync(*args: Any, **kwargs: Any) -> Any:
            fault = self.plan and self.plan.fault(owner, name, _source(args, kwargs))
            return fault() if fault else function(*args, **kwargs)

        async def later(*args: Any, **kwargs: Any) -> Any:
            fault = self.plan and self.plan.fault(owner, name, _source(args, kwargs))
            for _ in range(self.plan.delay if self.plan and fault else 0):
                await asyncio.sleep(0)
            return fault() if fault else await function(*args, **kwargs)

        return functools.wraps(function)(later if inspect.iscoroutinefunction(function) else sync)


def _source(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What the fault is chosen by: the object, or the arguments of a root field."""
    if "root" in kwargs:
        return kwargs["root"]
    given = [each for each in args if not hasattr(each, "context")]
    return given[0] if given else {name: value for name, value in kwargs.items() if name != "info"}
