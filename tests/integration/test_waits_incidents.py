"""Incidents and the ways out: of a task, between tasks, and in every state that a task can have (process engine §9)."""

from pathlib import Path
from typing import Any

import pytest

from dialog_graph.commands.retry_task import ResolveTask, RetryTask, resolve_task, retry_task
from dialog_graph.errors import Refused
from dialog_graph.model.service_task import Fail, Retry, ServiceHandler, Success
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from dialog_graph.workers.quiet import work_until_quiet
from tests.integration.test_calls import CHILD, child, only_child
from tests.integration.test_jobs import Office
from tests.integration.test_waiting_graph import RESOLVE, RETRY, SHOWN, Seen
from tests.integration.waits_app import element, extended, files, flows, process, task, timer
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
CURRENT = "query ($id: UUID!) { instance(id: $id) { process { currentTasks { id elementId } } } }"
NOTES = {"form": "Fill", "notes": None}


def when(count: int) -> str:
    """True when the notes have this number."""
    return f'["equals", ["dataModel", "count", "notes"], {count}]'


# Between tasks --------------------------------------------------------------------------------------------------------

FORK = process(
    START,
    task("Fill"),
    timer("intermediateCatchEvent", "Pause", "PT1H"),
    element("exclusiveGateway", "Which", name="Which way?"),
    task("One", "none"),
    END,
    flows("Start Fill Pause Which", f"Which One?{when(1)}", f"Which End?{when(2)}", "One End"),
)


async def at_the_fork(world: Waiting) -> Case:
    """A case whose timer has led it to a gateway that leads nowhere yet."""
    case = await (await world.app.as_person().instantiate()).complete()
    world.advance(hours=1)
    return await case.work()


async def test_a_gateway_that_leads_nowhere_is_shown_as_what_has_failed(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(FORK, forms=NOTES)) as world:
        case = await at_the_fork(world)
        kari, owner = Seen(world, "kari"), Seen(world, "ttd")
        shown = await kari.process(case.id)
        assert (shown["status"], shown["currentTasks"]) == ("FAILED", [{"elementId": "Which"}])
        current = shown["currentTask"]
        assert (current["elementId"], current["type"], current["state"]) == ("Which", "exclusiveGateway", "FAILED")
        for seen, may in ((kari, False), (owner, True)):
            entry = await seen.task(case.id, "Which")
            assert (entry["entry"], entry["failure"]["code"], entry["waitingFor"]) == (0, "NO_FLOW", None)
            again: dict[str, Any] = {"action": "retry", "isAuthorized": may, "movesProcess": True, "blockers": []}
            assert entry["actions"] == [again]
            assert (entry["failure"]["details"] is not None) is may, "what went wrong inside is the owner's"
        drawn = await kari.data("query ($id: UUID!) { instance(id: $id) { process { svg } } }", id=str(case.id))
        assert "failed" in drawn["process"]["svg"]


async def test_a_gateway_is_tried_again_by_its_owner_when_the_data_are_there(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(FORK, forms=NOTES)) as world:
        case = await at_the_fork(world)
        kari, owner = Seen(world, "kari"), Seen(world, "ttd")
        given = {"instanceId": str(case.id), "taskId": (await owner.task(case.id, "Which"))["id"]}
        assert (await kari.data(RETRY, input=given))["errors"] == [{"code": "FORBIDDEN"}]
        before = await world.state()
        assert (await owner.data(RETRY, input=given))["errors"] == [{"code": "NO_FLOW"}], "nothing has changed yet"
        assert (await owner.data(RESOLVE, input=given))["errors"] == [{"code": "NOT_ACTIVE"}], "it is no task"
        assert await world.state() == before
        await case.fill("notes", {"count": 1})
        assert (await owner.data(RETRY, input=given))["errors"] == []
        assert ((await case.refresh()).tasks, case.instance.has_incident) == (["One"], False)
        assert (await kari.process(case.id))["status"] == "RUNNING"
        assert (await owner.data(RETRY, input=given))["errors"] == [{"code": "NOT_ACTIVE"}]
        assert [entry["elementId"] for entry in (await kari.process(case.id))["tasks"]] == ["Fill", "Pause", "One"]


async def test_a_step_that_stops_again_has_one_incident(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(FORK, forms=NOTES)) as world:
        case = (await at_the_fork(world)).by(world.app.as_org().principal)
        with pytest.raises(Refused) as refused:
            await case.retry()
        assert (refused.value.refusal.code, await world.count("incident")) == ("NO_FLOW", 1)
        await case.fill("notes", {"count": 2})
        assert (await case.retry()).status == "COMPLETED"
        assert await world.count("incident") == 0


async def test_two_that_stopped_at_one_place_go_on_one_after_the_other(logins: Logins, tmp_path: Path) -> None:
    twice = process(
        START,
        task("Fill"),
        element("parallelGateway", "Split"),
        timer("intermediateCatchEvent", "Pause", "PT1H"),
        timer("intermediateCatchEvent", "Rest", "PT1H"),
        element("exclusiveGateway", "Which"),
        task("One", "none"),
        END,
        flows("Start Fill Split", "Split Pause Which", "Split Rest Which", f"Which One?{when(1)}", "One End"),
    )
    async with waiting(logins, tmp_path, files(twice, forms=NOTES)) as world:
        case, owner = await at_the_fork(world), Seen(world, "ttd")
        await case.fill("notes", {"count": 1})
        for left in (1, 0):
            entry = await owner.data(CURRENT, id=str(case.id))
            given = {"instanceId": str(case.id), "taskId": entry["process"]["currentTasks"][-1 - left]["id"]}
            assert (await owner.data(RETRY, input=given))["errors"] == []
            assert await world.count("incident") == left
        assert (await case.refresh()).tasks == ["One", "One"]


async def test_a_stopped_process_may_be_cancelled(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(FORK, forms=NOTES)) as world:
        case = await (await at_the_fork(world)).cancel("enough")
        assert (case.status, case.instance.has_incident, await world.count("incident")) == ("CANCELLED", False, 0)
        shown = await Seen(world, "kari").data(SHOWN, id=str(case.id))
        assert shown["process"]["currentTask"] is None


# In every state -------------------------------------------------------------------------------------------------------

STATES = process(
    START,
    task("Done", "none"),
    element("parallelGateway", "Split"),
    task("Fill", "none"),
    task("Send", "send", kind="serviceTask"),
    task("Again", "again", kind="serviceTask"),
    task("Stop", "stop", kind="serviceTask", actions="reject"),
    task("Nobody", "unknown", kind="serviceTask"),
    element("callActivity", "Ask", extended(f'<d:callApp app="{CHILD}"/>')),
    task("Late", "none", '<d:deadline after="PT1H" action="complete"/>'),
    timer("intermediateCatchEvent", "Pause", "P9D"),
    element("parallelGateway", "Join"),
    END,
    flows(
        "Start Done Split",
        *(f"Split {name} Join" for name in ("Fill", "Send", "Again", "Stop", "Nobody", "Ask", "Late", "Pause")),
        "Join End",
    ),
)

IN_STATE = {
    "Done": ("COMPLETED", "NOT_ACTIVE", "NOT_ACTIVE"),
    "Fill": ("ACTIVE", "NOT_ACTIVE", "NOT_ACTIVE"),
    "Send": ("WAITING", "NOT_ACTIVE", "NOT_ACTIVE"),
    "Again": ("WAITING", "NOT_ACTIVE", "NOT_ACTIVE"),
    "Stop": ("FAILED", None, None),
    "Nobody": ("FAILED", "NO_HANDLER", None),
    "Ask": ("FAILED", None, None),
    "Late": ("COMPLETED", "NOT_ACTIVE", "NOT_ACTIVE"),
    "Pause": ("WAITING", "NOT_ACTIVE", "NOT_ACTIVE"),
}
"""Task -> its state, the refusal of retry, and of resolve; None: carried out."""


async def all_states(world: Waiting) -> Case:
    """An instance with a task in every state; of the jobs one is held up, one is tried again, one has stopped."""
    case = await (await world.app.as_person().instantiate()).complete()
    world.advance(hours=1)
    await work_until_quiet(world.app.ports)
    await (await only_child(world, case)).by(world.app.as_org().principal).cancel()
    await work_until_quiet(world.app.ports)
    return await case.refresh()


def services() -> dict[str, ServiceHandler]:
    """Code for the service tasks; `send` is never asked, because its job is put off."""
    return {
        "send": Office(*[Retry()] * 9).send,
        "again": Office(*[Retry()] * 9).send,
        "stop": Office(Fail(), Success()).send,
    }


@pytest.mark.parametrize("name", IN_STATE)
async def test_retry_and_resolve_in_every_state(logins: Logins, tmp_path: Path, name: str) -> None:
    state, of_retry, of_resolve = IN_STATE[name]
    app = files(STATES, forms={})
    async with waiting(logins, tmp_path, app, child(), services=services()) as world:
        case = await all_states(world)
        entry = next(item for item in reversed(case.instance.tasks) if item.element_id == name)
        assert entry.state.value == state
        given: dict[str, Any] = {"instance_id": case.id, "task_id": entry.entry_id}
        ports, owner = world.app.ports, world.app.as_org().principal
        before = await world.state()
        found: list[str | None] = []
        for act in (lambda: retry_task(ports, owner, RetryTask(**given)),
                    lambda: resolve_task(ports, owner, ResolveTask(**given))):  # fmt: skip
            try:
                await act()
                found.append(None)
            except Refused as refused:
                found.append(refused.refusal.code)
                assert len(found) > 1 or await world.state() == before, "a refusal leaves no trace"
        # What has been tried again runs, so that nobody has to resolve it any more.
        assert found == [of_retry, of_resolve if of_retry is not None or of_resolve is not None else "NOT_ACTIVE"]


@pytest.mark.parametrize("name", ["Stop", "Nobody", "Ask"])
async def test_what_has_stopped_is_resolved_and_leaves_nothing_behind(
    logins: Logins, tmp_path: Path, name: str
) -> None:
    async with waiting(logins, tmp_path, files(STATES, forms={}), child(), services=services()) as world:
        case = await all_states(world)
        await case.by(world.app.as_org().principal).resolve(task=name)
        await case.refresh()
        assert name not in case.waits
        assert await world.admin.fetchval("select count(*) from dg.incident where element_id = $1", name) == 0


@pytest.mark.parametrize(
    ("name", "blocker"), [("Send", "RETRYING"), ("Again", "RETRYING"), ("Stop", "INCIDENT"), ("Nobody", "INCIDENT")]
)
async def test_what_the_server_does_is_nobodys_to_complete(
    logins: Logins, tmp_path: Path, name: str, blocker: str
) -> None:
    async with waiting(logins, tmp_path, files(STATES, forms={}), child(), services=services()) as world:
        case = (await all_states(world)).by(world.app.as_org().principal)
        with pytest.raises(Refused) as refused:
            await case.complete(task=name)
        assert refused.value.refusal.code == "TASK_NOT_READY"
        assert [item.code for item in refused.value.refusal.blockers] == [blocker]


async def test_a_job_that_nobody_has_begun_is_being_processed(logins: Logins, tmp_path: Path) -> None:
    sending = process(START, task("Send", "send", kind="serviceTask"), END, flows("Start Send End"))
    async with waiting(logins, tmp_path, files(sending, forms={}), services=services()) as world:
        case = (await world.app.as_person().instantiate()).by(world.app.as_org().principal)
        with pytest.raises(Refused) as refused:
            await case.complete(task="Send")
        assert [item.code for item in refused.value.refusal.blockers] == ["PROCESSING"]
