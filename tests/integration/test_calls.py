"""Calls between apps: one child per call, by the called app's own rules; the caller learns its end (§13; P30, B14)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.apps import Files
from dialog_graph.storage import jobs
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from dialog_graph.urns import AppId
from dialog_graph.workers.call_jobs import run_call
from dialog_graph.workers.quiet import work_until_quiet
from tests.integration.case_app import Rule
from tests.integration.waits_app import RULES, element, extended, files, flows, process, task, timer
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
CHILD = AppId("ttd", "child")
ABROAD = AppId("nabo", "child")


def calling(app: AppId, *inner: str, around: Sequence[str] = (), more: Sequence[str] = (), **attributes: str) -> bytes:
    """A process that calls the app after its form. `inner`: of `dg:callApp`; `around`: elements beside it."""
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    call = f'<d:callApp app="{app}"{written}>{"".join(inner)}</d:callApp>'
    activity = element("callActivity", "Ask", extended(call))
    return process(
        START,
        task("Fill"),
        activity,
        *around,
        END,
        flows("Start Fill Ask End", *more),
        outside=[
            element("error", "Stopped", errorCode="CHILD_CANCELLED"),
            element("error", "No", errorCode="FORBIDDEN"),
        ],
    )


def caught(id: str, error: str) -> str:
    return element("boundaryEvent", id, f'<b:errorEventDefinition errorRef="{error}"/>', attachedToRef="Ask")


def child(app: AppId = CHILD, **members: Any) -> Files:
    """An app with one form."""
    return files(process(START, task("Fill"), END, flows("Start Fill End")), app=app, **members)


MAP = '<d:map from="[&quot;dataModel&quot;, &quot;name&quot;, &quot;form&quot;]" to="form:name"/>'
RETURN = '<d:return from="form:count" to="answer:count"/>'
FORMS = {"form": "Fill", "answer": None}


async def asked(world: Waiting) -> Case:
    case = await world.app.as_person().instantiate()
    await case.fill("form", {"name": "A-1"})
    return await (await case.complete()).work()


async def only_child(world: Waiting, case: Case, number: int = 0) -> Case:
    """The instance that the case has called."""
    query = (
        "select other_id from dg.link where instance_id = $1 and relation = 'child' order by created_at desc limit 1"
    )
    child_id: UUID = await world.admin.fetchval(query, case.id)
    return await world.others[number].as_person().open(child_id)


async def test_a_child_is_made_and_its_end_moves_the_caller_once(logins: Logins, tmp_path: Path) -> None:
    parent = files(calling(CHILD, MAP, RETURN), forms=FORMS)
    async with waiting(logins, tmp_path, parent, child()) as world:
        case = await asked(world)
        assert (case.tasks, case.instance.waiting_for) == (["Ask"], ("CHILD",))
        other = await only_child(world, case)
        assert (other.tasks, other.data("form"), other.instance.party_id) == (
            ["Fill"],
            {"name": "A-1"},
            case.instance.party_id,
        )
        assert other.instance.created_by.org == "ttd"
        await other.fill("form", {"name": "A-1", "count": 7})
        await other.complete()
        assert (await case.refresh()).tasks == ["Ask"], "not before the commit"
        await case.work()
        assert (case.status, case.data("answer")) == ("COMPLETED", {"count": 7})
        links = await world.admin.fetch("select relation, state from dg.link order by relation")
        assert [tuple(row) for row in links] == [("child", "ENDED"), ("parent", "LINKED")]
        for told in (case, other):
            assert "app.instance.linked" in await told.events()


async def test_whatever_is_done_again_there_is_one_child(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(calling(CHILD)), child()) as world:
        case = await world.app.as_person().instantiate()
        await case.complete()
        async with world.app.ports.database.dispatch() as tx:
            (first,) = await jobs.claim(tx, "a", 1)
        real, called = run_call, 0
        assert called == 0
        # The child is made and nobody is told: the worker dies between the two.
        with pytest.MonkeyPatch.context() as patch:

            async def dies(*_: object) -> bool:
                raise ConnectionError

            patch.setattr("dialog_graph.workers.call_jobs.link_child", dies)
            with pytest.raises(ConnectionError):
                await real(world.app.ports, first)
        assert await world.count("instance") == 2
        world.advance(seconds=61)
        await work_until_quiet(world.app.ports)
        assert await world.count("instance") == 2
        other = await only_child(world, await case.refresh())
        await other.complete()
        assert (await case.work()).status == "COMPLETED"


async def test_the_called_app_decides_who_may_call_it(logins: Logins, tmp_path: Path) -> None:
    closed = child(rules=[Rule("PRIV DAGL LEDE", "instantiate read write"), Rule("org:[ORG]", "read")])
    parent = files(
        calling(CHILD, around=[caught("Refused", "No"), task("Explain", "none")], more=["Refused Explain End"])
    )
    async with waiting(logins, tmp_path, parent, closed) as world:
        case = await asked(world)
        assert (case.tasks, await world.count("instance")) == (["Explain"], 1)


async def test_with_the_users_credentials_the_users_rights_count(logins: Logins, tmp_path: Path) -> None:
    closed = child(rules=[Rule("PRIV DAGL LEDE", "instantiate read write"), Rule("org:[ORG]", "read")])
    async with waiting(logins, tmp_path, files(calling(CHILD, credentials="user")), closed) as world:
        case = await asked(world)
        other = await only_child(world, case)
        assert other.instance.created_by.party_id == world.app.as_person().principal.subject_id
        await other.complete()
        assert (await case.work()).status == "COMPLETED"


async def test_an_error_that_nobody_catches_is_an_incident_and_retry_calls_again(
    logins: Logins, tmp_path: Path
) -> None:
    async with waiting(logins, tmp_path, files(calling(CHILD)), child()) as world:
        case = await asked(world)
        first = await only_child(world, case)
        await first.by(world.app.as_org().principal).cancel("changed our mind")
        await case.work()
        assert case.instance.has_incident
        assert await world.admin.fetchval("select code from dg.incident") == "CHILD_FAILED"
        await case.by(world.app.as_org().principal).retry()
        await case.work()
        second = await only_child(world, case)
        assert second.id != first.id
        await second.complete()
        assert (await case.work()).status == "COMPLETED"


async def test_a_child_that_was_cancelled_is_an_error_that_may_be_caught(logins: Logins, tmp_path: Path) -> None:
    parent = files(
        calling(CHILD, around=[caught("Gone", "Stopped"), task("Explain", "none")], more=["Gone Explain End"])
    )
    async with waiting(logins, tmp_path, parent, child()) as world:
        case = await asked(world)
        await (await only_child(world, case)).by(world.app.as_org().principal).cancel()
        assert (await case.work()).tasks == ["Explain"]


async def test_detached_the_caller_goes_on_as_soon_as_there_is_a_child(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(calling(CHILD, completion="detach")), child()) as world:
        case = await asked(world)
        assert case.status == "COMPLETED"
        other = await only_child(world, case)
        before = await world.admin.fetchval("select revision from dg.instance where instance_id = $1", case.id)
        await other.complete()
        await case.work()
        assert case.instance.revision == before


async def test_a_caller_that_is_cancelled_asks_its_child_to_stop(logins: Logins, tmp_path: Path) -> None:
    late = timer("boundaryEvent", "Late", "P1D", attachedToRef="Ask")
    parent = files(calling(CHILD, around=[late, task("Chase", "none")], more=["Late Chase End"]))
    async with waiting(logins, tmp_path, parent, child()) as world:
        case = await asked(world)
        other = await only_child(world, case)
        world.advance(days=1)
        await case.work()
        assert (case.tasks, (await other.refresh()).status) == (["Chase"], "CANCELLED")
        second = await asked(world)
        kept = await only_child(world, second)
        await second.cancel("enough")
        await second.work()
        assert (second.status, (await kept.refresh()).status) == ("CANCELLED", "CANCELLED")
        assert await world.admin.fetchval("select count(*) from dg.link where state = 'UNLINKED'") == 2


async def test_a_child_whose_policy_keeps_it_goes_on_unlinked(logins: Logins, tmp_path: Path) -> None:
    firm = child(rules=[*RULES[:2], Rule("org:[ORG]", "instantiate read write")])
    async with waiting(logins, tmp_path, files(calling(CHILD)), firm) as world:
        case = await asked(world)
        other = await only_child(world, case)
        await case.cancel()
        await case.work()
        assert (await other.refresh()).status == "ACTIVE"
        await other.complete()
        assert (await case.work()).status == "CANCELLED"


async def test_another_orgs_app_lets_the_caller_in_by_its_policy_only(logins: Logins, tmp_path: Path) -> None:
    theirs = child(ABROAD, rules=[*RULES, Rule("org:ttd", "instantiate read")])
    async with waiting(logins, tmp_path, files(calling(ABROAD)), theirs) as world:
        case = await asked(world)
        other = await only_child(world, case)
        assert (other.instance.org, other.instance.created_by.org) == ("nabo", "ttd")
        await other.complete()
        assert (await case.work()).status == "COMPLETED"


async def test_another_orgs_app_that_does_not_name_the_caller_is_closed(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(calling(ABROAD)), child(ABROAD)) as world:
        case = await asked(world)
        assert (case.instance.has_incident, await world.count("instance")) == (True, 1)


async def test_callers_stand_five_deep_at_most(logins: Logins, tmp_path: Path) -> None:
    """An app that calls itself before its first task."""
    itself = AppId("ttd", "waiting")
    call = element("callActivity", "Ask", extended(f'<d:callApp app="{itself}"/>'))
    endless = files(process(START, call, END, flows("Start Ask End")), forms={})
    async with waiting(logins, tmp_path, endless) as world:
        case = await (await world.app.as_person().instantiate()).work()
        assert await world.count("instance") == 6
        assert await world.admin.fetchval("select count(*) from dg.incident where code = 'CHILD_FAILED'") == 1
        assert case.tasks == ["Ask"]


async def test_files_go_along_where_the_child_takes_them(logins: Logins, tmp_path: Path) -> None:
    attach = '<d:attach dataType="drawing" to="received"/>'
    drawing = {"id": "drawing", "taskId": "Fill", "allowedContentTypes": ["text/plain"]}
    received = {"id": "received", "allowedContentTypes": ["text/plain"], "allowedContributors": ["org:ttd"]}
    form = {"id": "form", "taskId": "Fill", "allowedContentTypes": ["application/json"], "maxCount": 1}
    form |= {"appLogic": {"schemaRef": "model", "autoCreate": True}}
    parent = files(calling(CHILD, attach), dataTypes=[form, drawing])
    async with waiting(logins, tmp_path, parent, child(dataTypes=[form, received])) as world:
        case = await world.app.as_person().instantiate()
        await case.upload("drawing", b"a line", "text/plain", "a.txt")
        await (await case.complete()).work()
        (element,) = (await only_child(world, case)).elements("received")
        assert (element.size, element.filename) == (6, "a.txt")
        assert element.blob_key != case.elements("drawing")[0].blob_key


async def test_files_that_the_child_does_not_take_are_no_call(logins: Logins, tmp_path: Path) -> None:
    attach = '<d:attach dataType="drawing" to="secret"/>'
    drawing = {"id": "drawing", "taskId": "Fill", "allowedContentTypes": ["text/plain"]}
    secret = {"id": "secret", "allowedContentTypes": ["text/plain"], "allowedContributors": ["org:nabo"]}
    parent = files(calling(CHILD, attach), dataTypes=[drawing])
    async with waiting(logins, tmp_path, parent, child(dataTypes=[secret])) as world:
        case = await world.app.as_person().instantiate()
        await case.upload("drawing", b"a line", "text/plain", "a.txt")
        await (await case.complete()).work()
        assert (case.instance.has_incident, await world.count("instance")) == (True, 1)
