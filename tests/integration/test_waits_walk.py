"""Random walks over a process with everything that can be waited for, on the real database: whatever people, workers,
clocks and other apps do, in whatever order, each step is a refusal or leaves rows that the state alone gives again.

P2, P10, P15 after every step; the seed is in the name of the test. `DIALOG_GRAPH_WALKS=200` walks longer.
"""

import logging
import os
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.commands.delete_instance import DeleteInstance, delete_instance
from dialog_graph.errors import Refused
from dialog_graph.model.instance import TaskState
from dialog_graph.model.json_value import Json
from dialog_graph.model.service_task import Defer, Fail, PermanentError, Retry, ServiceOutcome, ServiceTask, Success
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from tests.integration.test_calls import CHILD, child
from tests.integration.test_waits_replayed import forgets_to_close
from tests.integration.waits_app import (
    conditional,
    declared,
    element,
    extended,
    files,
    flows,
    message,
    process,
    scope,
    several,
    signal,
    task,
    timer,
)
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
WALKS = int(os.environ.get("DIALOG_GRAPH_WALKS", "3"))
STEPS = 30
NAMES = ("go", "stop", "A-1", "")


def noted(name: str) -> str:
    """True when the notes have this name."""
    return f'["equals", ["dataModel", "name", "notes"], "{name}"]'


BRANCHES = ("Pause", "Wait", "Send", "Ask", "Write", "Either", "Hold", "Look", "Take")
INNER = (
    element("startEvent", "In"),
    element("parallelGateway", "Split"),
    timer("intermediateCatchEvent", "Pause", "PT5H"),
    message("intermediateCatchEvent", "Wait", "Reply"),
    task("Send", "send", '<d:retry maxAttempts="3"/>', kind="serviceTask", actions="reject"),
    element("boundaryEvent", "Caught", '<b:errorEventDefinition errorRef="Refused"/>', attachedToRef="Send"),
    element("callActivity", "Ask", extended(f'<d:callApp app="{CHILD}"/>') + several(cardinality="2")),
    task("Write", "none", '<d:deadline after="PT8H" action="reject"><d:reminder before="PT2H"/></d:deadline>'),
    timer("boundaryEvent", "Nudge", "R/PT3H", of="Cycle", attachedToRef="Write", cancelActivity="false"),
    task("Note", "none"),
    element("eventBasedGateway", "Either"),
    timer("intermediateCatchEvent", "One", "PT6H"),
    message("intermediateCatchEvent", "Other", "Reply"),
    conditional("intermediateCatchEvent", "Hold", noted("go")),
    element("adHocSubProcess", "Look", task("Visit", "none") + task("Call", "none")),
    element("receiveTask", "Take", extended('<d:message dataType="answer"/>'), messageRef="Reply"),
    element("exclusiveGateway", "Which"),
    element("parallelGateway", "Join"),
    element("endEvent", "Out"),
    scope(
        "Watch",
        timer("startEvent", "At", "R4/PT4H", of="Cycle", isInterrupting="false"),
        task("Chase", "none"),
        element("endEvent", "Chased"),
        flows("At Chase Chased"),
        triggeredByEvent="true",
    ),
    flows("In Split", *(f"Split {each}" for each in BRANCHES), "Either One Join", "Either Other Join", "Join Out"),
    flows("Pause Which", f"Which Join?{noted('A-1')}", f"Which Note?{noted('go')}"),
    flows("Nudge Note Out", "Caught Join", *(f"{each} Join" for each in BRANCHES if each not in ("Either", "Pause"))),
)
MODEL = process(
    START,
    task("Fill"),
    scope("Work", *INNER),
    timer("boundaryEvent", "Late", "P3D", attachedToRef="Work"),
    message("boundaryEvent", "Told", "Stop", attachedToRef="Work"),
    signal("boundaryEvent", "Heard", "Alarm", attachedToRef="Work", cancelActivity="false"),
    conditional("boundaryEvent", "Noted", noted("stop"), attachedToRef="Work"),
    signal("intermediateThrowEvent", "Tell", "Alarm"),
    task("After", "none", actions="reject"),
    element("exclusiveGateway", "Again", default="Again-End"),
    END,
    flows("Start Fill Work Tell After Again End", "Late After", "Told After", "Noted After", "Heard After"),
    flows('Again Work?["equals", ["gatewayAction"], "reject"]'),
    outside=[
        declared("Reply", '["dataModel", "name", "form"]'),
        declared("Stop", '["dataModel", "name", "form"]'),
        declared("Alarm", kind="signal"),
        element("error", "Refused", errorCode="REFUSED"),
    ],
)
FORMS = {"form": "Fill", "notes": None, "answer": None}


class Walk:
    """One walk: several instances, and a service that answers by chance."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.cases: list[Case] = []
        self.told: list[str] = []

    async def serve(self, task: ServiceTask) -> ServiceOutcome:
        """The code of the service task."""
        answers: Sequence[ServiceOutcome] = (
            Success(),
            Success(data={"notes": {"name": self.random.choice(NAMES)}}),
            Success(data={"form": {}}),
            Fail(action="reject"),
            Fail(error_code="REFUSED"),
            Retry(details="closed"),
            Defer(delay=timedelta(hours=2), reason={"nb": "vent", "nn": "vent", "en": "wait"}),
        )
        if self.random.random() < 0.1:
            raise PermanentError("gone")
        return self.random.choice(answers)

    async def step(self, world: Waiting) -> None:
        """One thing that somebody does; a refusal is fine, and told."""
        act = self.random.choice(ACTS)
        case = self.random.choice(self.cases)
        code = "done"
        try:
            await act(self, world, case)
        except Refused as refused:
            code = refused.refusal.code
        self.told.append(f"{act.__name__}: {code}")
        assert code not in ("INTERNAL", "INTEGRITY", "TIMEOUT"), self.told
        for each in self.cases:
            await each.refresh()


Act = Callable[[Walk, Waiting, Case], Awaitable[object]]


async def begin(walk: Walk, world: Waiting, case: Case) -> object:
    if len(walk.cases) < 4:
        walk.cases.append(await begun(world, "A-1"))
    return None


async def complete(walk: Walk, world: Waiting, case: Case) -> object:
    active = [entry.element_id for entry in case.instance.open_tasks if entry.state is TaskState.ACTIVE]
    return await case.complete(walk.random.choice((None, None, "reject")), task=walk.random.choice(active or [None]))


async def note(walk: Walk, world: Waiting, case: Case) -> object:
    return await case.fill("notes", {"name": walk.random.choice(NAMES)})


async def fill(walk: Walk, world: Waiting, case: Case) -> object:
    return await case.fill("form", {"name": walk.random.choice(("A-1", "A-2"))})


async def deliver(walk: Walk, world: Waiting, case: Case) -> object:
    owner = case.by(world.app.as_org().principal)
    name, key = walk.random.choice(("Reply", "Reply", "Stop")), walk.random.choice(("A-1", "A-2", None))
    payloads: Sequence[Json] = ({"name": "Ja"}, None, {"name": 5})
    more: dict[str, Any] = walk.random.choice(({}, {"ttl": "PT9H"}, {"ttl": "P1D", "message_id": "m-1"}))
    return await owner.deliver(name, walk.random.choice(payloads), key, **more)


async def wait(walk: Walk, world: Waiting, case: Case) -> object:
    world.advance(hours=walk.random.choice((1, 3, 9, 40)))
    return await case.work()


async def work(walk: Walk, world: Waiting, case: Case) -> object:
    return await case.work()


async def help_out(walk: Walk, world: Waiting, case: Case) -> object:
    owner = case.by(world.app.as_org().principal)
    stopped = (await owner.awaited()).incidents
    if not stopped:
        return None
    name = walk.random.choice(stopped).element_id
    if sum(incident.element_id == name for incident in stopped) > 1:
        return None
    return await (owner.retry(name) if walk.random.random() < 0.5 else owner.resolve(task=name))


async def end_child(walk: Walk, world: Waiting, case: Case) -> object:
    rows = await world.admin.fetch("select other_id from dg.link where relation = 'child' and state = 'LINKED'")
    if not rows:
        return None
    other = await world.others[0].as_person().open(walk.random.choice(rows)[0])
    act = walk.random.choice((other.complete, other.complete, other.cancel, other.delete, other.restore))
    return await act()


async def delete(walk: Walk, world: Waiting, case: Case) -> object:
    return await case.delete()


async def restore(walk: Walk, world: Waiting, case: Case) -> object:
    return await case.restore()


async def activate(walk: Walk, world: Waiting, case: Case) -> object:
    return await case.activate(walk.random.choice(("Visit", "Call")))


async def end_it(walk: Walk, world: Waiting, case: Case) -> object:
    if walk.random.random() < 0.85:
        return None
    if walk.random.random() < 0.5:
        return await case.cancel("enough")
    await delete_instance(case.ports, case.principal, DeleteInstance(instance_id=case.id, hard=True))
    walk.cases.remove(case)
    walk.cases.append(await begun(world, "A-1"))
    return None


ACTS: Sequence[Act] = (
    begin, complete, complete, complete, complete, note, fill, deliver, deliver, deliver, wait, wait, work, work,
    help_out, help_out, end_child, end_child, delete, restore, restore, activate, activate, end_it,
)  # fmt: skip


async def begun(world: Waiting, name: str) -> Case:
    """An instance that waits for everything."""
    case = await world.app.as_person().instantiate()
    await case.fill("form", {"name": name})
    return await case.complete()


async def walked(logins: Logins, folder: Path, seed: int) -> Walk:
    """One walk to its end; then all that is left is done, as far as it is due."""
    walk = Walk(seed)
    app = files(MODEL, forms=FORMS)
    async with waiting(logins, folder, app, child(), services={"send": walk.serve}) as world:
        walk.cases += [await begun(world, name) for name in ("A-1", "A-2")]
        for _ in range(STEPS):
            await walk.step(world)
        await walk.cases[0].work()
    return walk


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(WALKS))
async def test_whatever_happens_rows_are_those_of_the_state(
    logins: Logins, tmp_path: Path, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    walk = await walked(logins, tmp_path, seed)
    broken = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert broken == [], walk.told
    assert len(set(walk.told)) >= 8, f"the walk stands still: {walk.told}"


@pytest.mark.slow
async def test_the_walk_catches_that_closing_is_forgotten(
    logins: Logins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialog_graph.commands.step.waiting.Waiting.close", forgets_to_close)
    with pytest.raises(AssertionError, match="other rows of waits"):
        await walked(logins, tmp_path, 0)
