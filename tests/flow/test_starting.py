"""Where a process begins: several start events, start events that are not for callers, what is given at the start
(process engine §4.1, §6.5, §7.2)."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.storage.logins import Logins
from tests.flow.graph import Graph
from tests.integration.waits_app import declared, element, files, flows, message, process, task
from tests.integration.waits_world import Waiting, waiting

END = element("endEvent", "End")
INSTANTIATE = """
mutation ($input: InstantiateInput!) { instantiate(input: $input) {
    instance { id process { startEvent currentTask { elementId } } dataElements { type formData } }
    errors { code message ... on InvalidInput { path } }
} }
"""
OFFERED = 'query { application(id: "ttd/waiting") { canInstantiate } }'

TWO = process(
    element("startEvent", "New"),
    element("startEvent", "Renewed"),
    message("startEvent", "Told", "Begin"),
    task("Fill"),
    task("Renew", "none"),
    END,
    flows("New Fill End", "Renewed Renew End", "Told Fill"),
    outside=[declared("Begin", '["dataModel", "name"]')],
)
TOLD = process(
    message("startEvent", "Told", "Begin"),
    task("Fill"),
    END,
    flows("Told Fill End"),
    outside=[declared("Begin", '["dataModel", "name"]')],
)


async def asked(world: Waiting, **given: Any) -> dict[str, Any]:
    """Kari starts the app over the graph."""
    graph = Graph(world.app.ports)
    kari = world.app.as_person("kari").principal
    wanted = {"application": "ttd/waiting", "party": kari.urn} | given
    return await graph.data(graph.token("kari"), INSTANTIATE, input=wanted)


async def test_of_several_start_events_the_caller_names_one(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(TWO)) as world:
        for start, first in (("New", "Fill"), ("Renewed", "Renew")):
            found = await asked(world, startEvent=start)
            assert found["errors"] == []
            assert found["instance"]["process"] == {"startEvent": start, "currentTask": {"elementId": first}}


@pytest.mark.parametrize(
    ("given", "actual"),
    [({}, "none is named"), ({"startEvent": "Told"}, '"Told" is named'), ({"startEvent": "Fill"}, '"Fill" is named')],
)
async def test_without_a_name_or_with_one_that_is_not_for_callers_nothing_begins(
    logins: Logins, tmp_path: Path, given: dict[str, str], actual: str
) -> None:
    async with waiting(logins, tmp_path, files(TWO)) as world:
        found = await asked(world, **given)
        (error,) = found["errors"]
        assert (found["instance"], error["code"], error["path"]) == (None, "START_EVENT_REQUIRED", ["startEvent"])
        assert error["message"].endswith(f"Expected one of the start events New, Renewed, but {actual}.")
        assert await world.count("instance") == 0


async def test_an_app_that_only_begins_by_itself_is_not_offered_to_callers(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(TOLD)) as world:
        graph = Graph(world.app.ports)
        assert (await graph.data(graph.token("kari"), OFFERED))["canInstantiate"] is False
        for given in ({}, {"startEvent": "Told"}):
            (error,) = (await asked(world, **given))["errors"]
            assert error["code"] == "START_EVENT_REQUIRED"
        assert await world.count("instance") == 0


async def test_what_is_given_at_the_start_goes_into_the_forms_of_the_first_tasks_and_the_rest_is_told(
    logins: Logins, tmp_path: Path
) -> None:
    later = process(element("startEvent", "New"), task("Fill"), task("Later"), END, flows("New Fill Later End"))
    forms = {"form": "Fill", "more": "Later"}
    async with waiting(logins, tmp_path, files(later, forms=forms)) as world:
        given = {"form": {"name": "Ada", "count": "many", "gone": 1}, "more": {"name": "x"}}
        found = await asked(world, prefill=given)
        assert found["instance"]["dataElements"] == [{"type": "form", "formData": {"name": "Ada"}}]
        rows = await world.admin.fetch(
            """
            select type, data->'prefillWarnings' as told from dg.event
             where data ? 'prefillWarnings' order by stream_seq
            """
        )
        assert [(row["type"], row["told"]) for row in rows] == [
            ("app.instance.created", ["more: no form of the first tasks"]),
            ("app.instance.data.created", ["count: expected integer", "gone: no such field"]),
        ]
        case = await world.app.as_person("kari").open(UUID(found["instance"]["id"]))
        await case.complete()
        assert case.data("more") == {}, "what the caller gave at the start is for the start"


@pytest.mark.parametrize("prefill", [["x"], 5, []])
async def test_what_cannot_be_stored_refuses_the_whole_start(logins: Logins, tmp_path: Path, prefill: Any) -> None:
    plain = process(element("startEvent", "New"), task("Fill"), END, flows("New Fill End"))
    async with waiting(logins, tmp_path, files(plain)) as world:
        found = await asked(world, prefill=prefill)
        assert [error["code"] for error in found["errors"]] == ["INVALID_INPUT"]
        tables = ("instance", "dialog", "data_element", "event")
        assert [await world.count(table) for table in tables] == [0, 0, 0, 0]
