"""Jobs: called after the commit, told once, tried again by the schedule, given up in time (process engine §9; P29)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.errors import Refused
from dialog_graph.model.instance import TaskState
from dialog_graph.model.service_task import (
    Defer,
    Fail,
    PermanentError,
    Retry,
    ServiceOutcome,
    ServiceTask,
    Success,
)
from dialog_graph.storage import jobs
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from dialog_graph.workers.jobs import JobRunner
from dialog_graph.workers.quiet import work_until_quiet
from dialog_graph.workers.service_jobs import run_service
from tests.integration.waits_app import element, files, flows, process, task, timer
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")

ERROR = element("error", "Refused", errorCode="REFUSED")
CAUGHT = element("boundaryEvent", "Caught", '<b:errorEventDefinition errorRef="Refused"/>', attachedToRef="Send")
SEND = process(
    START,
    task("Fill"),
    task("Send", "send", '<d:retry maxAttempts="4"/>', kind="serviceTask", actions="reject"),
    CAUGHT,
    element("exclusiveGateway", "Sent", default="Sent-End"),
    task("Mend", "none"),
    task("Explain", "none"),
    END,
    flows(
        "Start Fill Send Sent End",
        'Sent Mend?["equals", ["gatewayAction"], "reject"]',
        "Mend End",
        "Caught Explain End",
    ),
    outside=[ERROR],
)


class Office:
    """The code of the service task: answers as it is told, and remembers what it was asked."""

    def __init__(self, *answers: ServiceOutcome | Exception) -> None:
        self.answers: list[ServiceOutcome | Exception] = list(answers)
        self.asked: list[ServiceTask] = []

    async def send(self, task: ServiceTask) -> ServiceOutcome:
        self.asked.append(task)
        answer = self.answers.pop(0) if self.answers else Success()
        if isinstance(answer, Exception):
            raise answer
        return answer


Play = Callable[..., Awaitable[Case]]


async def sent(world: Waiting) -> Case:
    """A case whose form is handed in."""
    return await (await world.app.as_person().instantiate()).complete()


async def test_the_code_is_called_after_the_commit_and_moves_the_process(logins: Logins, tmp_path: Path) -> None:
    office = Office()
    async with waiting(logins, tmp_path, files(SEND), services={"send": office.send}) as world:
        case = await sent(world)
        assert (case.tasks, office.asked, case.instance.waiting_for) == (["Send"], [], ("JOB",))
        assert case.instance.open_tasks[0].state is TaskState.WAITING
        await case.work()
        assert (case.status, len(office.asked), await world.count("job")) == ("COMPLETED", 1, 0)
        asked = office.asked[0]
        assert (asked.task_id, asked.attempt, asked.step_key) == ("Send", 1, f"{case.id}:Send#1:0")
        assert asked.instance.instance_id == case.id


async def test_a_type_without_code_stops_at_once(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(SEND)) as world:
        case = await sent(world)
        assert case.instance.open_tasks[0].state is TaskState.FAILED
        assert await world.admin.fetchval("select code from dg.incident") == "NO_HANDLER"
        assert (await work_until_quiet(world.app.ports), await world.count("job")) == (0, 0)


async def test_a_failure_is_tried_again_later_each_time_until_it_is_given_up(logins: Logins, tmp_path: Path) -> None:
    office = Office(Retry(details="closed"), TimeoutError("slow"), ValueError("odd"), Retry(details="closed for good"))
    async with waiting(logins, tmp_path, files(SEND), services={"send": office.send}) as world:
        case = await sent(world)
        for attempt, longest in enumerate((1.2, 2.4, 4.8), start=1):
            await case.work()
            assert len(office.asked) == attempt, "not before its time"
            pause = await pause_of(world)
            assert longest / 1.5 <= pause.total_seconds() <= longest
            assert case.instance.open_tasks[0].state is TaskState.WAITING
            world.advance(seconds=longest)
        await case.work()
        assert case.instance.open_tasks[0].state is TaskState.FAILED
        (row,) = await world.admin.fetch("select code, attempts, details from dg.incident")
        assert tuple(row) == ("JOB_FAILED", 4, "closed for good")
        assert await world.count("job") == 0
        assert {asked.step_key for asked in office.asked} == {f"{case.id}:Send#1:0"}, "the outside sees one effect"
        assert {asked.reference_time for asked in office.asked} == {office.asked[0].reference_time}
        journal = await world.admin.fetch("select type from dg.event where type = 'process.job.retrying'")
        assert len(journal) == 3


async def pause_of(world: Waiting) -> timedelta:
    """From the failure to the next attempt, as both were written."""
    failed = "select max(time) from dg.event where type = 'process.job.retrying'"
    return await world.admin.fetchval(f"select next_at - ({failed}) from dg.job")


async def test_a_day_of_failures_is_enough(logins: Logins, tmp_path: Path) -> None:
    office = Office(*[Retry()] * 1000)
    patient = process(START, task("Send", "send", kind="serviceTask"), END, flows("Start Send End"))
    async with waiting(logins, tmp_path, files(patient, forms={}), services={"send": office.send}) as world:
        case = await world.app.as_person().instantiate()
        for _ in range(400):
            await case.work()
            if case.instance.has_incident:
                break
            world.advance(minutes=6)
        assert case.instance.has_incident
        assert 230 <= len(office.asked) <= 300, "up to five minutes apart, for a day"


async def test_retry_asks_again_and_resolve_does_without(logins: Logins, tmp_path: Path) -> None:
    office = Office(Fail(details="no"), Success())
    async with waiting(logins, tmp_path, files(SEND), services={"send": office.send}) as world:
        case, owner = await sent(world), world.app.as_org().principal
        await case.work()
        assert case.instance.has_incident
        await case.by(owner).retry()
        assert await world.count("incident") == 0
        assert (await case.work()).status == "COMPLETED"
        assert len(office.asked) == 2
        office.answers = [Fail()]
        other = await sent(world)
        await other.work()
        assert (await other.by(owner).resolve()).status == "COMPLETED"
        assert len(office.asked) == 3


async def test_who_may_retry_and_who_may_resolve(logins: Logins, tmp_path: Path) -> None:
    office = Office(Fail(), Fail())
    async with waiting(logins, tmp_path, files(SEND), services={"send": office.send}) as world:
        case = await sent(world)
        await case.work()
        before = await world.state()
        for act in (case.retry, case.resolve, case.by(world.app.as_person("jon").principal).retry):
            with pytest.raises(Refused) as refused:
                await act()
            assert refused.value.refusal.code in ("FORBIDDEN", "NOT_FOUND")
        assert await world.state() == before, "a refusal leaves no trace"


@pytest.mark.parametrize(
    ("answer", "task"),
    [
        (Fail(error_code="REFUSED", action="reject"), "Explain"),
        (Fail(action="reject"), "Mend"),
        (Fail(error_code="UNKNOWN", action="reject"), "Mend"),
    ],
    ids=["an error that is caught", "an action", "an error that nobody catches"],
)
async def test_a_failure_may_have_its_own_way_on(
    logins: Logins, tmp_path: Path, answer: ServiceOutcome, task: str
) -> None:
    async with waiting(logins, tmp_path, files(SEND), services={"send": Office(answer).send}) as world:
        case = await (await sent(world)).work()
        assert (case.tasks, case.instance.has_incident) == ([task], False)


async def test_a_permanent_error_is_not_tried_again(logins: Logins, tmp_path: Path) -> None:
    office = Office(PermanentError("the address does not exist"))
    async with waiting(logins, tmp_path, files(SEND), services={"send": office.send}) as world:
        case = await (await sent(world)).work()
        assert (case.instance.has_incident, len(office.asked)) == (True, 1)
        assert "the address does not exist" in await world.admin.fetchval("select details from dg.incident")


async def test_a_deferral_is_no_failure_and_ends_with_its_budget(logins: Logins, tmp_path: Path) -> None:
    waiting_text = {"nb": "venter", "nn": "ventar", "en": "waiting"}
    office = Office(*[Defer(delay=timedelta(hours=10), reason=waiting_text, done=1, total=3)] * 9)
    async with waiting(logins, tmp_path, files(SEND), services={"send": office.send}) as world:
        case = await sent(world)
        for hour, final in ((0, False), (10, False), (20, False), (24, True)):
            world.app.ports.database.clock.offset = timedelta(hours=hour, minutes=1)
            await case.work()
            assert office.asked[-1].is_final is final
        assert len(office.asked) == 4
        assert await world.admin.fetchval("select details from dg.incident") == "the time for deferrals is over"


async def test_what_the_code_writes_stands_in_the_same_revision(logins: Logins, tmp_path: Path) -> None:
    office = Office(Success(data={"answer": {"name": "Ja"}}))
    forms = {"form": "Fill", "answer": None}
    async with waiting(logins, tmp_path, files(SEND, forms=forms), services={"send": office.send}) as world:
        case = await sent(world)
        revision = case.instance.revision
        await case.work()
        assert (case.data("answer"), case.instance.revision) == ({"name": "Ja"}, revision + 1)


async def test_data_that_the_code_may_not_write_is_a_failure(logins: Logins, tmp_path: Path) -> None:
    office = Office(Success(data={"form": {"name": "x"}}), Success(data={"unknown": {}}))
    async with waiting(logins, tmp_path, files(SEND), services={"send": office.send}) as world:
        for code in ("DATA_LOCKED", "APP_LOGIC_FAILED"):
            case = await (await sent(world)).work()
            assert case.instance.has_incident
            found = "select code from dg.incident where instance_id = $1"
            assert await world.admin.fetchval(found, case.id) == code


async def claimed(world: Waiting, holder: str = "a") -> list[jobs.Claimed]:
    async with world.app.ports.database.dispatch() as tx:
        return await jobs.claim(tx, holder, 10)


async def test_a_result_that_comes_after_the_lease_is_dropped(logins: Logins, tmp_path: Path) -> None:
    office = Office()
    async with waiting(logins, tmp_path, files(SEND), services={"send": office.send}) as world:
        case = await sent(world)
        (slow,) = await claimed(world)
        assert await claimed(world, "b") == [], "it is leased"
        world.advance(seconds=61)
        (other,) = await claimed(world, "b")
        assert (slow.attempt, other.attempt, other.crashes) == (1, 2, 1)
        await run_service(world.app.ports, other)
        await run_service(world.app.ports, slow)
        assert (await case.refresh()).status == "COMPLETED"
        assert len(office.asked) == 1, "an attempt that is over already is not even begun"


async def test_a_result_that_comes_after_the_task_was_left_is_dropped_and_told(logins: Logins, tmp_path: Path) -> None:
    slow = process(
        START,
        task("Send", "send", kind="serviceTask"),
        timer("boundaryEvent", "Late", "PT30S", attachedToRef="Send"),
        task("Call", "none"),
        END,
        flows("Start Send End", "Late Call End"),
    )
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def send(_: ServiceTask) -> ServiceOutcome:
        begun.set()
        await go_on.wait()
        return Success()

    async with waiting(logins, tmp_path, files(slow, forms={}), services={"send": send}) as world:
        case = await world.app.as_person().instantiate()
        runner = JobRunner(world.app.ports, "slow")
        await runner.run_due()
        await begun.wait()
        world.advance(seconds=31)
        await case.work()
        assert case.tasks == ["Call"]
        go_on.set()
        await runner.finish_begun()
        assert (await case.refresh()).tasks == ["Call"]
        told = await world.admin.fetchval("select count(*) from dg.event where type = 'process.job.superseded'")
        assert told == 1


async def test_workers_that_die_five_times_leave_an_incident(logins: Logins, tmp_path: Path) -> None:
    office = Office()
    async with waiting(logins, tmp_path, files(SEND), services={"send": office.send}) as world:
        case = await sent(world)
        for attempt in range(1, 6):
            (job,) = await claimed(world)
            assert (job.attempt, job.crashes) == (attempt, attempt - 1)
            world.advance(seconds=61)
        await case.work()
        assert (case.instance.has_incident, office.asked) == (True, [])
        assert await world.admin.fetchval("select details from dg.incident") == "5 attempts ended without a word"


async def test_jobs_of_one_instance_run_one_at_a_time_in_their_order(logins: Logins, tmp_path: Path) -> None:
    both = process(
        START,
        element("parallelGateway", "Split"),
        task("A", "send", kind="serviceTask"),
        task("B", "send", kind="serviceTask"),
        element("parallelGateway", "Join"),
        END,
        flows("Start Split", "Split A Join", "Split B Join", "Join End"),
    )
    office = Office()
    async with waiting(logins, tmp_path, files(both, forms={}), services={"send": office.send}) as world:
        case = await world.app.as_person().instantiate()
        other = await world.app.as_person().instantiate()
        first = await claimed(world)
        assert {job.instance_id for job in first} == {case.id, other.id}
        assert await claimed(world) == [], "the second of each waits for the first"
        for job in first:
            await run_service(world.app.ports, job)
        second = await claimed(world)
        assert len(second) == 2
        for job in second:
            await run_service(world.app.ports, job)
        assert [asked.task_id for asked in office.asked] == ["A", "A", "B", "B"]
        assert (await case.refresh()).status == (await other.refresh()).status == "COMPLETED"


async def test_a_lease_is_renewed_while_the_work_goes_on(
    logins: Logins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialog_graph.workers.jobs.RENEWED_AFTER", 0.01)
    lease: dict[str, Any] = {}

    async def send(_: ServiceTask) -> ServiceOutcome:
        lease["first"] = await world.admin.fetchval("select lease_until from dg.job")
        while await world.admin.fetchval("select lease_until from dg.job") == lease["first"]:  # noqa: ASYNC110 -- a row
            await asyncio.sleep(0.01)
        return Success()

    async with waiting(logins, tmp_path, files(SEND), services={"send": send}) as world:
        case = await (await sent(world)).work()
        assert (case.status, list(lease)) == ("COMPLETED", ["first"])


async def test_a_service_task_is_nobodys_to_complete(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, files(SEND), services={"send": Office().send}) as world:
        case = await sent(world)
        with pytest.raises(Refused) as refused:
            await case.by(world.app.as_org().principal).complete("send")
        assert refused.value.refusal.code in ("FORBIDDEN", "TASK_NOT_READY")
