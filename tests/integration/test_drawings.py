"""Drawings through the graph: of an application, of an instance at every step, alike in both executions."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from dialog_graph.graphql.answers import encoded
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.execution import Engine, Operation, Outcome
from dialog_graph.graphql.limits import Limits
from dialog_graph.graphql.params import Params
from dialog_graph.graphql.schema import build_schema
from dialog_graph.model.principal import ANONYMOUS, Principal
from dialog_graph.storage.logins import Logins
from tests.integration.case_app import APP
from tests.integration.case_world import KARI, OLA, World, world_of

DEFINED = "query($id: String!) { application(id: $id) { process { svg } } }"
PRESENT = "query($id: UUID!) { instance(id: $id) { process { svg status } } }"


@pytest.fixture(scope="module")
async def world(module_logins: Logins, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    async with world_of(module_logins, Path(tmp_path_factory.mktemp("drawings"))) as world:
        yield world


async def asked(world: World, who: Principal, document: str, languages: tuple[str, ...] = (), **given: object) -> Any:
    """The answer, which both executions give byte for byte."""
    answers: list[bytes] = []
    for compiles in (True, False):
        engine = Engine(build_schema(), Limits(), compiles=compiles)
        prepared = engine.prepare(Params(query=document, variables=given), who, "t")
        assert isinstance(prepared, Operation), prepared
        outcome: Outcome = await engine.execute(prepared, Context(world.ports, who, languages, "t"))
        answers.append(encoded(outcome.body))
    assert answers[0] == answers[1]
    return orjson.loads(answers[0])


async def present(world: World, instance_id: UUID, *languages: str) -> str:
    answer = await asked(world, KARI, PRESENT, languages, id=str(instance_id))
    return answer["data"]["instance"]["process"]["svg"]


def marks(svg: str) -> dict[str, str]:
    """Element id -> its state, of those that have one."""
    found = re.findall(r'<g class="[^"]* (done|active|waiting|failed)" data-element="([^"]*)"', svg)
    return {id: mark for mark, id in found}


async def test_the_drawing_of_an_application_has_no_states(world: World) -> None:
    answer = await asked(world, KARI, DEFINED, id=str(APP))
    svg = answer["data"]["application"]["process"]["svg"]
    assert svg.startswith("<svg ")
    assert marks(svg) == {}
    assert 'data-element="Task_1"' in svg


async def test_the_drawing_of_an_instance_follows_it_to_the_end(world: World) -> None:
    assert marks(await present(world, await world.started())) == {"Start": "done", "Task_1": "active"}
    confirming = await world.confirming()
    assert marks(await present(world, confirming)) == {"Start": "done", "Task_1": "done", "Task_2": "active"}
    await world.advance(confirming, action="reject")
    assert marks(await present(world, confirming)) == {"Start": "done", "Task_1": "active"}
    ended = marks(await present(world, await world.ended()))
    assert ended == {"Start": "done", "Task_1": "done", "Task_2": "done", "End": "done"}


async def test_what_is_told_follows_the_languages_of_the_caller(world: World) -> None:
    instance_id = await world.started()
    assert "aktiv: " in await present(world, instance_id, "nn")
    assert "active: " in await present(world, instance_id, "en")
    assert "active: " in await present(world, instance_id)


async def test_who_may_not_see_the_instance_gets_no_drawing(world: World) -> None:
    instance_id = await world.started()
    answer = await asked(world, OLA, PRESENT, id=str(instance_id))
    assert answer["data"]["instance"] is None
    assert "svg" not in orjson.dumps(await asked(world, ANONYMOUS, DEFINED, id=str(APP))).decode()
