"""Compiled execution on a small schema: nulls, what is given up, batches, order, and what it leaves to graphql-core."""

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Annotated, Any

import pytest
import strawberry
from graphql import OperationDefinitionNode, parse, validate
from graphql.execution.values import get_variable_values
from strawberry import Info
from strawberry.dataloader import DataLoader
from strawberry.extensions import FieldExtension

import dialog_graph.graphql
from dialog_graph.graphql.compiled import Compiler, Plan, Plans, Unsupported, plans
from dialog_graph.graphql.execution import graphql_schema


class Notes:
    """The context: what resolvers have done, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.batches: list[list[int]] = []
        self.loader = DataLoader[int, str](load_fn=self._load)

    async def _load(self, keys: list[int]) -> list[str]:
        self.batches.append(keys)
        return [f"n{key}" for key in keys]


async def _fails(info: Info[Notes, None], after: int = 0) -> str:
    for _ in range(after):
        await asyncio.sleep(0)
    info.context.done.append("failed")
    raise ValueError("no")


async def _slow(info: Info[Notes, None]) -> str:
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        info.context.done.append("cancelled")
        raise
    return "late"


async def _works(info: Info[Notes, None], turns: int = 0) -> str:
    for _ in range(turns):
        await asyncio.sleep(0)
    info.context.done.append("worked")
    return "fine"


@strawberry.type
class Leaf:
    number: int

    @strawberry.field
    async def name(self, info: Info[Notes, None]) -> str:
        return await info.context.loader.load(self.number)

    @strawberry.field
    def wrong(self) -> str:
        raise ValueError("no")


@strawberry.type
class Node:
    fails: str = strawberry.field(resolver=_fails)
    works: str = strawberry.field(resolver=_works)

    @strawberry.field
    def at_once(self) -> str:
        raise ValueError("no")

    @strawberry.field
    def leaves(self, count: int = 3) -> list[Leaf]:
        return [Leaf(number=number) for number in range(count)]

    @strawberry.field
    def inner(self) -> "Node":
        return Node()

    @strawberry.field
    def maybe(self) -> "Node | None":
        return Node()


@strawberry.type
class Other:
    text: str


class Shouts(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: Info[Notes, None], **given: Any) -> Any:
        return str(next_(source, info, **given)).upper()


@strawberry.type
class Query:
    slow: str = strawberry.field(resolver=_slow)
    fails: str = strawberry.field(resolver=_fails)

    @strawberry.field
    def node(self) -> Node | None:
        return Node()

    @strawberry.field
    def sure(self) -> Node:
        return Node()

    @strawberry.field(extensions=[Shouts()])
    def shouted(self) -> str:
        return "quiet"

    @strawberry.field
    def either(self) -> Annotated[Leaf | Other, strawberry.union("Either")]:
        return Other(text="o")


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def step(self, info: Info[Notes, None], name: str, turns: int = 0) -> str:
        for _ in range(turns):
            await asyncio.sleep(0)
        info.context.done.append(name)
        return name


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncGenerator[Leaf]:
        yield Leaf(number=7)


SCHEMA = strawberry.Schema(Query, Mutation, Subscription)
CORE = graphql_schema(SCHEMA)
COMPILER = Compiler(SCHEMA, CORE)


def plan(text: str, **values: Any) -> tuple[Plan | Unsupported, Any]:
    """The plan of a valid document, and its variables."""
    document = parse(text)
    assert validate(CORE, document) == []
    operation = next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    variables = get_variable_values(CORE, operation.variable_definitions or (), values)
    return COMPILER.plan(document, Plans(), operation, variables), variables


async def asked(text: str, notes: Notes | None = None, event: object = None, **values: Any) -> tuple[Any, list[Any]]:
    """Data, and the paths of the errors."""
    made, variables = plan(text, **values)
    assert isinstance(made, Plan), made
    data, errors = await made.run(notes or Notes(), variables, event)
    return data, [each.path for each in errors]


async def test_an_error_at_once_gives_up_what_waits_beneath_the_null() -> None:
    notes = Notes()
    assert await asked("{ node { works leaves { name } atOnce } }", notes) == ({"node": None}, [["node", "atOnce"]])
    assert (notes.done, notes.batches) == ([], [])


async def test_an_error_that_is_awaited_comes_up_to_the_nearest_null() -> None:
    found = await asked("{ node { maybe { inner { works fails } } works } }")
    assert found == ({"node": {"maybe": None, "works": "fine"}}, [["node", "maybe", "inner", "fails"]])


async def test_beneath_a_null_no_second_error_is_told() -> None:
    notes = Notes()
    found = await asked("{ node { inner { fails(after: 2) } a: inner { b: fails(after: 5) } works(turns: 9) } }", notes)
    assert found == ({"node": None}, [["node", "inner", "fails"]])
    assert notes.done == ["failed", "failed", "worked"]


async def test_an_error_before_a_null_stays_told() -> None:
    found = await asked("{ node { maybe { atOnce } fails } }")
    assert found == ({"node": None}, [["node", "maybe", "atOnce"], ["node", "fails"]])


async def test_an_error_in_a_list_has_its_index() -> None:
    found = await asked("{ node { leaves(count: 2) { number wrong } } }")
    assert found == ({"node": None}, [["node", "leaves", 0, "wrong"]])


async def test_without_data_nobody_waits_for_the_rest() -> None:
    notes = Notes()
    async with asyncio.timeout(5):
        assert await asked("{ slow fails(after: 2) }", notes) == (None, [["fails"]])
    assert notes.done == ["failed", "cancelled"]


async def test_a_run_that_is_cut_off_leaves_nothing_behind() -> None:
    notes, before = Notes(), asyncio.all_tasks()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await asked("{ slow node { works } }", notes)
    assert notes.done == ["worked", "cancelled"]
    assert asyncio.all_tasks() <= before


async def test_a_loader_gathers_the_keys_of_whole_lists() -> None:
    notes = Notes()
    data, errors = await asked("{ node { leaves { name } inner { leaves(count: 5) { name } } works } }", notes)
    assert errors == []
    assert [each["name"] for each in data["node"]["inner"]["leaves"]] == ["n0", "n1", "n2", "n3", "n4"]
    assert notes.batches == [[0, 1, 2, 3, 4]]


async def test_the_response_has_the_order_of_the_document() -> None:
    data, _ = await asked("{ node { works inner { __typename } ...F b: works } } fragment F on Node { a: works }")
    assert list(data["node"]) == ["works", "inner", "a", "b"]


async def test_mutations_are_carried_out_one_after_the_other() -> None:
    notes = Notes()
    await asked('mutation { a: step(name: "a", turns: 5) b: step(name: "b") }', notes)
    assert notes.done == ["a", "b"]


async def test_the_value_of_a_subscription_is_its_event() -> None:
    found = await asked("subscription { ticks { number name } }", event=Leaf(number=3))
    assert found == ({"ticks": {"number": 3, "name": "n3"}}, [])


async def test_plans_are_remembered_by_what_is_included() -> None:
    document = parse("query ($x: Boolean!) { node @include(if: $x) { works } sure { works } }")
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    known = Plans()

    def made(x: bool) -> Any:
        variables = get_variable_values(CORE, operation.variable_definitions or (), {"x": x})
        return COMPILER.plan(document, known, operation, variables)

    assert made(True) is made(True)
    assert made(True) is not made(False)
    assert [key for key, _ in made(False).root] == ["sure"]
    assert len(known.known) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{ __schema { description } }", "introspection"),
        ("{ shouted }", "Query.shouted is more than its function"),
        ("{ either { __typename } }", "the type Either"),
        ("query ($x: Boolean = true) { sure @skip(if: $x) { works } }", "a condition that is neither true nor false"),
    ],
)
def test_the_rest_runs_ordinarily_and_says_why(text: str, reason: str) -> None:
    made, _ = plan(text, **({"x": None} if "$x" in text else {}))
    assert made == Unsupported(reason)


def test_plans_have_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MAX_FIELDS", 3)
    assert isinstance(plan("{ node { works fails } }")[0], Plan)
    assert plan("{ node { works fails a: works } }")[0] == Unsupported("too many fields")


def test_resolvers_use_nothing_of_info_but_the_context() -> None:
    root = Path(dialog_graph.graphql.__file__).parent
    used = {
        use for each in root.rglob("*.py") for use in re.findall(r"\binfo\.(?!context\b)\w+", each.read_text("utf-8"))
    }
    assert used <= {"info.name"}, "callers.py names the parameter"
