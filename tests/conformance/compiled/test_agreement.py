"""Compiled execution and ordinary execution of the same documents answer alike, whatever goes wrong behind them.

`DIALOG_GRAPH_DOCUMENTS` sets the number of documents of each property. A failing document is printed with its seed.
"""

import os
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dialog_graph.graphql.execution import graphql_schema
from dialog_graph.graphql.schema import build_schema
from dialog_graph.storage.logins import Logins
from tests.conformance.compiled.generated import Drawn, document
from tests.conformance.compiled.harness import Both, Saboteur, planned
from tests.conformance.compiled.twins import TWINS, Patch
from tests.conformance.compiled.world import CALLERS, Asked, asked_world, stop_the_clock

DOCUMENTS = int(os.environ.get("DIALOG_GRAPH_DOCUMENTS", "150"))
# Ordinary execution leaves coroutines of siblings behind when a field fails at once.
LEFT = r"<coroutine object (GraphQLCoreConverter|Executor)\."
pytestmark = [
    pytest.mark.filterwarnings(r"ignore:coroutine '(GraphQLCoreConverter|Executor)\.:RuntimeWarning"),
    pytest.mark.filterwarnings(rf"ignore:Exception ignored in. {LEFT}:pytest.PytestUnraisableExceptionWarning"),
]
SCHEMA = graphql_schema(build_schema())


@pytest.fixture(scope="module")
async def world(module_logins: Logins, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Asked]:
    async with asked_world(module_logins, Path(tmp_path_factory.mktemp("asked"))) as made:
        yield made


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    stop_the_clock(monkeypatch)


async def parted(world: Asked, both: Both, seed: int) -> str | None:
    random = Random(seed)
    drawn = document(random, SCHEMA, world.values)
    name = random.choice([*CALLERS, "kari", "kari", "kari", "ttd", "ttd"])
    found = await both.parting(drawn, CALLERS[name])
    return None if found is None else f"seed {seed}, asked by {name}: {drawn.text}\n{drawn.variables}\n{found}"


@pytest.mark.slow
async def test_both_ways_answer_alike(world: Asked) -> None:
    both = Both(world.ports)
    for seed in range(DOCUMENTS):
        assert await parted(world, both, seed) is None
    print(both.tally)
    assert both.tally.compared > DOCUMENTS * 0.6
    assert both.tally.compiled == both.tally.compared, "the whole schema is compiled"
    assert both.tally.with_errors


@pytest.mark.slow
@pytest.mark.parametrize("caller", CALLERS)
async def test_forms_are_drawn_alike(world: Asked, caller: str) -> None:
    """Whole forms, which random documents seldom ask for to the end."""
    both = Both(world.ports)
    for drawn in FORMS:
        assert await both.parting(drawn, CALLERS[caller]) is None
    ids = [str(each) for each in dict.fromkeys(world.values["id: UUID"])]
    for each in ids:
        assert await both.parting(Drawn(OF_INSTANCE, {"id": each}), CALLERS[caller]) is None
    assert both.tally.compiled == both.tally.compared == len(ids) + len(FORMS)


_PAGES = """id dataType dataElementId schema settings layouts texts nn: texts(language: "nn")
    options(id: "colours") { value label description helpText tags }
    none: options(id: "none", parameters: {a: 1}) { label }
    pages { name title hidden dataElementId components {
      key id type parent rowIndices hidden required readOnly optionsId children source
      bindings { name dataType path dataElementId value } texts { name key value } options { value label tags }
      rows { index hidden children } pages { name components { key pages { name } } } } }"""
OF_INSTANCE = f"query ($id: UUID!) {{ instance(id: $id) {{ process {{ tasks {{ form {{ {_PAGES} }} }} }} }} }}"
_GUIDE = f"""query ($data: JSON!, $type: String) {{
    guide(application: "ttd/price-guide", data: $data, dataType: $type) {{
      data issues {{ code severity field dataElementId message {{ value languageCode }} source }}
      form {{ {_PAGES} }} }} }}"""
_DATA: list[Any] = [{}, {"kind": "year", "visitors": 60, "code": "A"}, []]
FORMS = [
    *(
        Drawn(f'{{ application(id: "{app}") {{ form {{ {_PAGES} }} }} }}', {})
        for app in ("ttd/forms", "ttd/price-guide")
    ),
    *(Drawn(_GUIDE, {"data": data, "type": each}) for each in ("price", "membership", "nothing") for data in _DATA),
]


@pytest.mark.slow
async def test_both_ways_fail_alike(world: Asked) -> None:
    with Saboteur().within(SCHEMA) as saboteur:
        both = Both(world.ports)
        for seed in range(DOCUMENTS):
            saboteur.plan = planned(Random(-seed), SCHEMA)
            assert await parted(world, both, seed) is None, saboteur.plan
        print(both.tally)
    assert both.tally.with_errors > DOCUMENTS * 0.3


@pytest.mark.slow
@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.__name__)
async def test_every_broken_twin_is_caught(
    world: Asked, twin: Callable[[Patch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Saboteur().within(SCHEMA) as saboteur:
        twin(monkeypatch)
        both = Both(world.ports)
        for seed in range(10_000, 10_400):
            saboteur.plan = planned(Random(-seed), SCHEMA) if seed % 2 else None
            if await parted(world, both, seed):
                return
    raise AssertionError(f"expected {twin.__name__} to be caught, but it was not: {both.tally}")
