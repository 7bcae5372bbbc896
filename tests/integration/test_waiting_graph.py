"""What people and systems see of a process that waits, stops and goes on, through the whole graph (§9.1)."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dialog_graph.model.service_task import Defer, Fail, Retry
from dialog_graph.storage.logins import Logins
from tests.flow.graph import Graph
from tests.integration.test_calls import CHILD, calling, child, only_child
from tests.integration.test_jobs import SEND, Office
from tests.integration.test_messages import REPLY
from tests.integration.waits_app import element, files, flows, process, task, timer
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")

SHOWN = """
query ($id: UUID!) { instance(id: $id) {
    revision
    process {
        status
        currentTask { elementId type state dueAt }
        currentTasks { elementId }
        tasks {
            id elementId type state entry dueAt
            waitingFor { timer { until } message { name } job { kind reason { value languageCode } done total }
                         child { id application { id } } }
            failure { code attempts nextAttemptAt details message { value languageCode } }
            actions { action isAuthorized movesProcess blockers { code } }
        }
    }
    parent { id } children { id }
} }
"""
LISTED = """
query ($waitingFor: WaitingKind, $hasIncident: Boolean) {
    instances(filter: {org: "ttd", waitingFor: $waitingFor, hasIncident: $hasIncident}) { edges { node { id } } }
}
"""
RETRY = """
mutation ($input: RetryTaskInput!) { retryTask(input: $input) { instance { revision } errors { code } } }
"""
RESOLVE = """
mutation ($input: ResolveTaskInput!) { resolveTask(input: $input) { instance { status } errors { code } } }
"""
CANCEL = """
mutation ($input: CancelProcessInput!) {
    cancelProcess(input: $input) { instance { status process { status } } errors { code } }
}
"""
ACTIVATE = """
mutation ($input: ActivateTaskInput!) {
    activateTask(input: $input) { instance { process { currentTasks { elementId } } } errors { code } }
}
"""
DELIVER = """
mutation ($input: DeliverMessageInput!) { deliverMessage(input: $input) { instance { id } buffered errors { code } } }
"""


class Seen:
    """The graph over a world, as somebody sees it."""

    def __init__(self, world: Waiting, who: str) -> None:
        self._graph = Graph(world.app.ports)
        self._token = self._graph.token(who)

    async def data(self, document: str, **variables: Any) -> Any:
        return await self._graph.data(self._token, document, **variables)

    async def process(self, instance_id: object) -> dict[str, Any]:
        return (await self.data(SHOWN, id=str(instance_id)))["process"]

    async def task(self, instance_id: object, element_id: str) -> dict[str, Any]:
        """The last entry of the element."""
        found = [task for task in (await self.process(instance_id))["tasks"] if task["elementId"] == element_id]
        return found[-1]

    async def listed(self, **variables: Any) -> set[str]:
        edges = (await self.data(LISTED, **variables))["edges"]
        return {edge["node"]["id"] for edge in edges}


NOTHING = {"timer": None, "message": None, "job": None, "child": None}


async def test_a_timer_that_is_waited_for_is_shown_with_its_moment(logins: Logins, tmp_path: Path) -> None:
    pause = process(
        START, task("Fill"), timer("intermediateCatchEvent", "Pause", "P3D"), END, flows("Start Fill Pause End")
    )
    async with waiting(logins, tmp_path, files(pause)) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        other = await world.app.as_person().instantiate()
        kari = Seen(world, "kari")
        shown = await kari.process(case.id)
        assert (shown["status"], shown["currentTask"]["elementId"]) == ("WAITING", "Pause")
        entry = await kari.task(case.id, "Pause")
        assert (entry["type"], entry["state"], entry["failure"], entry["actions"]) == ("timer", "WAITING", None, [])
        due = await world.admin.fetchval("select due_at from dg.timer")
        until = entry["waitingFor"].pop("timer")["until"]
        assert datetime.fromisoformat(until) == due
        assert entry["waitingFor"] == {name: None for name in NOTHING if name != "timer"}
        owner = Seen(world, "ttd")
        assert await owner.listed(waitingFor="TIMER") == {str(case.id)}
        assert await owner.listed(waitingFor="MESSAGE") == set()
        assert (await kari.process(other.id))["status"] == "RUNNING"
        world.advance(days=3)
        await case.work()
        assert (await kari.task(case.id, "Pause"))["waitingFor"] is None
        assert await owner.listed(waitingFor="TIMER") == set()


async def test_the_moment_that_ends_a_task_is_when_it_is_due(logins: Logins, tmp_path: Path) -> None:
    late = process(
        START,
        task("Fill"),
        timer("boundaryEvent", "Nudge", "P1D", attachedToRef="Fill", cancelActivity="false"),
        timer("boundaryEvent", "Late", "P7D", attachedToRef="Fill"),
        task("Note", "none"),
        END,
        flows("Start Fill End", "Nudge Note End", "Late Note"),
    )
    async with waiting(logins, tmp_path, files(late)) as world:
        case = await world.app.as_person().instantiate()
        shown = (await Seen(world, "kari").process(case.id))["currentTask"]
        due = await world.admin.fetchval("select due_at from dg.timer where element_id = 'Late'")
        assert datetime.fromisoformat(shown["dueAt"]) == due
        assert shown["state"] == "ACTIVE"


async def test_a_job_is_shown_while_it_waits_fails_and_stops(logins: Logins, tmp_path: Path) -> None:
    reason = {"nb": "Arkivet er stengt", "nn": "Arkivet er stengt", "en": "The archive is closed"}
    office = Office(
        Defer(delay=timedelta(hours=1), reason=reason, done=1, total=3), Retry(details="E42"), Fail(details="E99")
    )
    async with waiting(logins, tmp_path, files(SEND), services={"send": office.send}) as world:
        case = await (await world.app.as_person().instantiate()).complete()
        kari, owner = Seen(world, "kari"), Seen(world, "ttd")
        await case.work()
        entry = await kari.task(case.id, "Send")
        job = entry["waitingFor"]["job"]
        assert (job["kind"], job["done"], job["total"]) == ("send", 1, 3)
        assert {item["languageCode"]: item["value"] for item in job["reason"]} == reason
        assert entry["failure"] is None
        assert await owner.listed(waitingFor="JOB") == {str(case.id)}

        world.advance(hours=1)
        await case.work()
        failure = (await kari.task(case.id, "Send"))["failure"]
        assert (failure["code"], failure["attempts"], failure["details"]) == ("JOB_FAILED", 1, None)
        assert failure["nextAttemptAt"] is not None
        assert {item["languageCode"] for item in failure["message"]} == {"nb", "nn", "en"}
        assert (await owner.task(case.id, "Send"))["failure"]["details"] == "E42"
        blockers = [item["blockers"] for item in (await owner.task(case.id, "Send"))["actions"]]
        assert {blocker["code"] for found in blockers for blocker in found} == {"RETRYING"}

        world.advance(seconds=2)
        await case.work()
        stopped = await kari.process(case.id)
        assert (stopped["status"], stopped["currentTask"]["state"]) == ("FAILED", "FAILED")
        failure = (await kari.task(case.id, "Send"))["failure"]
        assert (failure["code"], failure["nextAttemptAt"], failure["details"]) == ("JOB_FAILED", None, None)
        assert (await owner.task(case.id, "Send"))["failure"]["details"] == "E99"
        assert await owner.listed(hasIncident=True) == {str(case.id)}
        assert "E99" not in str(await kari.data(SHOWN, id=str(case.id)))

        retry = {item["action"]: item for item in (await owner.task(case.id, "Send"))["actions"]}["retry"]
        assert retry == {"action": "retry", "isAuthorized": True, "movesProcess": True, "blockers": []}
        given = {"instanceId": str(case.id), "taskId": entry["id"]}
        assert (await kari.data(RETRY, input=given))["errors"] == [{"code": "FORBIDDEN"}]
        assert (await owner.data(RETRY, input=given))["errors"] == []
        assert (await owner.data(RETRY, input=given))["errors"] == [{"code": "NOT_ACTIVE"}]
        assert await owner.listed(hasIncident=True) == set()
        assert (await case.work()).status == "COMPLETED"


async def test_a_stopped_task_is_resolved_by_hand_with_the_data_it_would_have_written(
    logins: Logins, tmp_path: Path
) -> None:
    forms = {"form": "Fill", "answer": None}
    async with waiting(logins, tmp_path, files(SEND, forms=forms), services={"send": Office(Fail()).send}) as world:
        case = await (await (await world.app.as_person().instantiate()).complete()).work()
        owner = Seen(world, "ttd")
        entry = await owner.task(case.id, "Send")
        given = {"instanceId": str(case.id), "taskId": entry["id"], "data": {"answer": {"name": "Ja"}}}
        refused: list[tuple[str, dict[str, Any]]] = [
            ("INVALID_INPUT", {"data": []}),
            ("ACTION_NOT_ALLOWED", {"outcome": "maybe"}),
            ("INVALID_INPUT", {"data": {"nothing": {}}}),
        ]
        for code, wrong in refused:
            assert (await owner.data(RESOLVE, input=given | wrong))["errors"] == [{"code": code}]
        assert (await owner.data(RESOLVE, input=given))["instance"]["status"] == "COMPLETED"
        assert (await case.refresh()).data("answer") == {"name": "Ja"}


async def test_a_message_is_shown_and_delivered(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        case = await world.app.as_person().instantiate()
        await case.fill("form", {"name": "A-1"})
        await case.complete()
        kari, owner = Seen(world, "kari"), Seen(world, "ttd")
        assert (await kari.task(case.id, "Wait"))["waitingFor"] == NOTHING | {"message": {"name": "Reply"}}
        given = {"name": "Reply", "correlationKey": "A-1", "messageId": "m-1"}
        expected: dict[str, Any] = {"instance": {"id": str(case.id)}, "buffered": False, "errors": []}
        assert await owner.data(DELIVER, input=given) == expected
        assert await owner.data(DELIVER, input=given) == expected, "a repeat"
        assert (await kari.process(case.id))["status"] == "ENDED"
        lost = await owner.data(DELIVER, input={"name": "Reply", "correlationKey": "A-2"})
        assert lost == {"instance": None, "buffered": False, "errors": [{"code": "NOT_CORRELATED"}]}
        kept = await owner.data(DELIVER, input={"name": "Reply", "correlationKey": "A-2", "ttl": "PT1M"})
        assert kept == {"instance": None, "buffered": True, "errors": []}


async def test_callers_and_children_know_each_other_for_whoever_may_read_them(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(calling(CHILD)), child()) as world:
        case = await (await (await world.app.as_person().instantiate()).complete()).work()
        other = await only_child(world, case)
        kari = Seen(world, "kari")
        caller, called = await kari.data(SHOWN, id=str(case.id)), await kari.data(SHOWN, id=str(other.id))
        assert (caller["parent"], caller["children"]) == (None, [{"id": str(other.id)}])
        assert (called["parent"], called["children"]) == ({"id": str(case.id)}, [])
        shown = (await kari.task(case.id, "Ask"))["waitingFor"]["child"]
        assert shown == {"id": str(other.id), "application": {"id": "ttd/child"}}
        assert await Seen(world, "ttd").listed(waitingFor="CHILD") == {str(case.id)}


async def test_a_process_is_aborted_once(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(REPLY)) as world:
        case = await world.app.as_person().instantiate()
        kari = Seen(world, "kari")
        given = {"instanceId": str(case.id), "reason": "moved away", "expectedRevision": 1}
        done = await kari.data(CANCEL, input=given)
        assert done == {"instance": {"status": "CANCELLED", "process": {"status": "ENDED"}}, "errors": []}
        again = await kari.data(CANCEL, input={"instanceId": str(case.id)})
        assert again["errors"] == [{"code": "NOT_ACTIVE"}]
        await case.refresh()
        assert [element.lock.value for element in case.instance.elements] == ["process"]
        assert "app.instance.process.cancelled" in await case.events()
        assert (await case.dialog()).status == "NOT_APPLICABLE"


async def test_an_activity_that_is_offered_is_started_and_no_other(logins: Logins, tmp_path: Path) -> None:
    inner = task("Visit", "none") + task("Call", "none")
    ad_hoc = process(START, element("adHocSubProcess", "Look", inner), END, flows("Start Look End"))
    async with waiting(logins, tmp_path, files(ad_hoc, forms={})) as world:
        case = await world.app.as_person().instantiate()
        kari = Seen(world, "kari")
        assert (await kari.data(ACTIVATE, input={"instanceId": str(case.id), "elementId": "End"}))["errors"] == [
            {"code": "NOT_ACTIVE"}
        ]
        done = await kari.data(ACTIVATE, input={"instanceId": str(case.id), "elementId": "Visit"})
        assert done["errors"] == []
        assert done["instance"]["process"]["currentTasks"] == [{"elementId": "Visit"}]
        await case.refresh()
        assert (await case.activate("Call")).tasks == ["Visit", "Call"]
