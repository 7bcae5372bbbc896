"""What a caller, its child and their readers know of each other, and calls that cannot be made (process engine §13)."""

from pathlib import Path
from typing import Any

from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from dialog_graph.urns import AppId
from tests.flow.graph import Graph
from tests.flow.test_self_starting import OLA
from tests.integration.test_calls import CHILD, asked, calling, child, only_child
from tests.integration.waits_app import element, extended, files, flows, process, task
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
NAMED = f"&quot;{OLA}&quot;"
LINKED = """
query ($id: UUID!) { instance(id: $id) { dialog { id instance {
    parent { id application { id } dialog { id } }
    children { id application { id } dialog { id } }
} } } }
"""
FAILED = """
query ($id: UUID!) { instance(id: $id) { process { status tasks {
    elementId state waitingFor { child { id } } failure { code attempts nextAttemptAt details message { value } }
} } } }
"""


async def seen(world: Waiting, who: str, document: str, case: Case) -> dict[str, Any] | None:
    graph = Graph(world.app.ports)
    return await graph.data(graph.token(who), document, id=str(case.id))


async def ask(world: Waiting) -> tuple[Case, Case]:
    case = await asked(world)
    return case, await only_child(world, case)


async def test_the_dialogs_of_caller_and_child_lead_to_each_other(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(calling(CHILD)), child()) as world:
        case, other = await ask(world)
        above, below = await seen(world, "kari", LINKED, case), await seen(world, "kari", LINKED, other)
        assert above is not None
        assert below is not None
        parent, child_ = above["dialog"], below["dialog"]
        assert parent["instance"] == {
            "parent": None,
            "children": [{"id": str(other.id), "application": {"id": "ttd/child"}, "dialog": {"id": child_["id"]}}],
        }
        assert child_["instance"] == {
            "parent": {"id": str(case.id), "application": {"id": "ttd/waiting"}, "dialog": {"id": parent["id"]}},
            "children": [],
        }
        await other.complete()
        await case.work()
        again = await seen(world, "kari", LINKED, case)
        assert again == above, "both know each other also when the child has ended"


async def test_whoever_may_not_read_the_other_one_does_not_learn_of_it(logins: Logins, tmp_path: Path) -> None:
    """The child belongs to somebody else, whom the expression of the call names."""
    async with waiting(logins, tmp_path, files(calling(CHILD, party=NAMED)), child()) as world:
        case = await world.app.as_person("kari").instantiate()
        case = await (await case.complete()).work()
        child_id = await world.admin.fetchval("select other_id from dg.link where relation = 'child'")
        other = await world.others[0].as_person("ola").open(child_id)
        hers, his = await seen(world, "kari", LINKED, case), await seen(world, "ola", LINKED, other)
        assert hers is not None
        assert his is not None
        assert hers["dialog"]["instance"] == {"parent": None, "children": []}
        assert his["dialog"]["instance"] == {"parent": None, "children": []}
        owner = await seen(world, "ttd", LINKED, case)
        assert owner is not None
        assert [item["id"] for item in owner["dialog"]["instance"]["children"]] == [str(child_id)]


async def test_an_app_that_is_not_on_this_server_stops_the_caller_and_says_so(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(calling(AppId("nabo", "abroad")))) as world:
        case = await asked(world)
        assert case.instance.has_incident
        for who, details in (
            ("kari", None),
            ("ttd", "expected an app of this server, but nabo/abroad is not here"),
        ):
            found = await seen(world, who, FAILED, case)
            assert found is not None
            task = found["process"]["tasks"][-1]
            assert (found["process"]["status"], task["elementId"], task["state"]) == ("FAILED", "Ask", "FAILED")
            assert (task["failure"]["code"], task["failure"]["details"]) == ("CHILD_FAILED", details)
            assert task["failure"]["nextAttemptAt"] is None


async def test_what_the_called_app_has_against_it_is_told_to_the_owner(logins: Logins, tmp_path: Path) -> None:
    closed = child(partyTypesAllowed={"person": False, "organisation": True})
    async with waiting(logins, tmp_path, files(calling(CHILD)), closed) as world:
        case = await asked(world)
        found = await seen(world, "ttd", FAILED, case)
        assert found is not None
        failure = found["process"]["tasks"][-1]["failure"]
        assert (failure["code"], failure["details"]) == (
            "CHILD_FAILED",
            "The app is not for this kind of party. Expected a party of kind organisation, but it is a PERSON.",
        )


BROKEN = process(
    START,
    task("Fill"),
    element("endEvent", "Bad", '<b:errorEventDefinition errorRef="Unfit"/>'),
    flows("Start Fill Bad"),
    outside=[element("error", "Unfit", errorCode="UNFIT")],
)
CATCHING = process(
    START,
    task("Fill"),
    element("callActivity", "Ask", extended(f'<d:callApp app="{CHILD}"/>')),
    element("boundaryEvent", "Unfit", '<b:errorEventDefinition errorRef="E"/>', attachedToRef="Ask"),
    task("Else", "none"),
    END,
    flows("Start Fill Ask End", "Unfit Else End"),
    outside=[element("error", "E", errorCode="UNFIT")],
)


async def test_an_error_end_of_the_child_is_an_error_that_the_caller_may_catch(logins: Logins, tmp_path: Path) -> None:
    """The child itself stops at its end: what it threw is nobody's there."""
    async with waiting(logins, tmp_path, files(CATCHING), files(BROKEN, app=CHILD)) as world:
        case, other = await ask(world)
        await other.complete()
        assert (other.instance.has_incident, (await case.refresh()).tasks) == (True, ["Ask"])
        assert (await case.work()).tasks == ["Else"]
        await other.by(world.app.as_org().principal).cancel()
        await case.work()
        assert (case.tasks, case.instance.has_incident) == (["Else"], False), "it has gone on already"
        assert await world.count("job") == 0


async def test_an_error_end_of_the_child_that_nobody_catches_is_an_incident(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(calling(CHILD)), files(BROKEN, app=CHILD)) as world:
        case, other = await ask(world)
        await other.complete()
        await case.work()
        found = await seen(world, "ttd", FAILED, case)
        assert found is not None
        assert (found["process"]["status"], found["process"]["tasks"][-1]["failure"]["code"]) == (
            "FAILED",
            "CHILD_FAILED",
        )


async def test_a_child_that_stopped_at_its_error_while_the_caller_was_deleted_is_heard_of_afterwards(
    logins: Logins, tmp_path: Path
) -> None:
    async with waiting(logins, tmp_path, files(CATCHING), files(BROKEN, app=CHILD)) as world:
        case, other = await ask(world)
        await case.delete()
        await other.complete()
        assert (await case.work()).tasks == ["Ask"]
        await case.restore()
        assert (await case.work()).tasks == ["Else"]
