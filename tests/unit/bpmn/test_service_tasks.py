"""Service tasks as jobs: finished, failed, retried, resolved (process engine §6.3, §9)."""

import pytest

from dialog_graph.bpmn import (
    CloseWaits,
    IncidentOpened,
    IncidentResolved,
    JobFailed,
    JobFinished,
    LeaveTask,
    Limits,
    Outcome,
    Resolve,
    Retry,
    StartJob,
    TaskLeft,
)
from tests.unit.bpmn.models import (
    Walk,
    after,
    boundary,
    end,
    event_subprocess,
    flow,
    gateway,
    line,
    node,
    start,
    subprocess,
    task,
    walk,
)

PRINT = task("Print", "pdf", "reject other", tag="serviceTask")
ERRORS = '<bpmn:error id="full-id" errorCode="full"/><bpmn:error id="off-id" errorCode="off"/>'
NEXT = line(PRINT, task("Next"))
HANDLED = (task("Handle"), end("Handled"), flow("Edge", "Handle"), flow("Handle", "Handled"))


def error(code: str = "") -> str:
    return f'<bpmn:errorEventDefinition errorRef="{code}-id"/>' if code else "<bpmn:errorEventDefinition/>"


def failed(error_code: str | None = None, action: str | None = None, entry_no: int = 1) -> JobFailed:
    return JobFailed(
        element_id="Print", entry_no=entry_no, code="JOB_FAILED", message="No answer.", error_code=error_code,
        action=action,
    )  # fmt: skip


def code(instance: Walk, command: JobFinished | JobFailed | Resolve | Retry) -> str | None:
    refusal = instance.try_worker(command)
    return refusal.code if refusal else None


def test_a_service_task_has_a_job_and_goes_on_when_that_is_done():
    instance = walk(*NEXT).start()
    assert instance.waiting == ["Print: job"]
    assert instance.effects[-1] == StartJob(element_id="Print", entry_no=1, owner=3, task_type="pdf")
    instance.worker(JobFinished("Print", 1))
    assert instance.effects[2:4] == [
        CloseWaits(owner=3),
        LeaveTask(element_id="Print", entry_no=1, outcome=Outcome.COMPLETED),
    ]
    assert (instance.active, instance.waiting) == (["Next#1"], [])


@pytest.mark.parametrize(
    ("action", "outcome"), [(None, Outcome.COMPLETED), ("reject", Outcome.ABANDONED), ("other", Outcome.COMPLETED)]
)
def test_the_action_that_it_failed_with_goes_with_the_token(action: str | None, outcome: Outcome):
    parts = (
        start(), PRINT, gateway(default="Gateway-End"), end(), flow("Start", "Print"), flow("Print", "Gateway"),
        flow("Gateway", "Print", '["x"]'), flow("Gateway", "End"),
    )  # fmt: skip
    for command in (JobFinished("Print", 1, action), failed(action=action) if action else JobFinished("Print", 1)):
        instance = walk(*parts).start().worker(command)
        assert TaskLeft(element_id="Print", entry_no=1, outcome=outcome, action=action) in instance.events
        ((_, asked),) = instance.answers.asked
        assert (asked.gateway_action, asked.last_task) == (action, "Print")


def test_a_job_that_failed_for_good_is_an_incident_and_what_was_at_the_boundary_goes_on():
    instance = walk(*NEXT, *HANDLED, boundary("Edge", "Print", after("PT1H"))).start()
    assert instance.waiting == ["Edge: timer", "Print: job"]
    instance.worker(failed())
    assert instance.effects[-1] == CloseWaits(owner=3, element_id="Print")
    assert instance.events[-1] == IncidentOpened(
        element_id="Print", entry_no=1, code="JOB_FAILED", message="No answer."
    )
    assert (instance.active, instance.waiting) == (["Print#1"], ["Edge: timer"])
    assert instance.pass_time(hours=1).active == ["Handle#1"]
    assert instance.incidents == []


def test_a_retry_starts_the_job_anew_and_nothing_else():
    instance = walk(*NEXT, *HANDLED, boundary("Edge", "Print", after("PT1H"))).start().worker(failed())
    before = len(instance.effects)
    instance.do(Retry("Print", 1))
    assert instance.effects[before:] == [StartJob(element_id="Print", entry_no=1, owner=3, task_type="pdf")]
    assert instance.events[-1] == IncidentResolved(element_id="Print", entry_no=1, code="JOB_FAILED")
    assert instance.worker(JobFinished("Print", 1)).active == ["Next#1"]


@pytest.mark.parametrize(
    ("outcome", "left", "action"),
    [
        ("success", Outcome.COMPLETED, None),
        ("reject", Outcome.ABANDONED, "reject"),
        ("other", Outcome.COMPLETED, "other"),
    ],
)
def test_an_incident_can_be_resolved_by_hand(outcome: str, left: Outcome, action: str | None):
    instance = walk(*NEXT).start().worker(failed()).do(Resolve("Print", 1, outcome))
    assert TaskLeft(element_id="Print", entry_no=1, outcome=left, action=action) in instance.events
    assert (instance.active, instance.incidents) == (["Next#1"], [])


def test_only_what_has_stopped_and_is_the_servers_can_be_resolved():
    running = walk(*NEXT).start()
    assert code(running, Resolve("Print", 1, "success")) == "NOT_ACTIVE"
    assert code(running.worker(failed()), Resolve("Print", 1, "dance")) == "ACTION_NOT_ALLOWED"
    unheard = walk(*line(task("Odd", "unheard-of"), task("Next"))).start().do(Resolve("Odd", 1, "success"))
    assert unheard.active == ["Next#1"]
    user = walk(*line(task("Fill"))).start()
    for command in (Resolve("Fill", 1, "success"), Resolve("Start", 1, "success"), Resolve("Nowhere", 0, "success")):
        assert code(user, command) == "NOT_ACTIVE"


def test_an_error_that_the_boundary_knows_comes_before_the_action():
    parts = (*NEXT, *HANDLED, boundary("Edge", "Print", error("full")))
    instance = walk(*parts, declared=ERRORS).start().worker(failed("full", "reject"))
    assert (instance.active, instance.waiting) == (["Handle#1"], [])
    other = walk(*parts, declared=ERRORS).start().worker(failed("off", "reject"))
    assert other.active == ["Next#1"]
    neither = walk(*parts, declared=ERRORS).start().worker(failed("off"))
    assert neither.incidents == [("Print", 1, "JOB_FAILED")]


def test_an_error_goes_to_the_innermost_that_catches_it_the_specific_before_the_general():
    inside = subprocess("Sub", PRINT)
    around = boundary("Around", "Sub", error()) + task("Outer") + flow("Around", "Outer")
    instance = walk(*line(inside), around, declared=ERRORS).start().worker(failed("full"))
    assert (instance.active, instance.waiting) == (["Outer#1"], [])
    general = boundary("General", "Print", error()) + task("X") + flow("General", "X")
    both = boundary("Edge", "Print", error("full")) + task("Y") + flow("Edge", "Y")
    nearer = walk(*line(subprocess("Sub", PRINT, more=general + both)), around, declared=ERRORS)
    assert nearer.start().worker(failed("full")).active == ["Y#1"]


def test_an_error_may_open_an_event_subprocess():
    handler = event_subprocess("On", error("full"), task("Help"))
    instance = walk(*line(PRINT), handler, declared=ERRORS).start().worker(failed("full"))
    assert (instance.active, instance.waiting) == (["Help#1"], [])


def test_what_comes_too_late_changes_nothing():
    instance = walk(*NEXT).start().worker(JobFinished("Print", 1))
    before = instance.state
    late = [
        JobFinished("Print", 1),
        failed(),
        JobFinished("Print", 2),
        JobFinished("Next", 1),
        JobFinished("Nowhere", 1),
    ]
    assert {code(instance, command) for command in late} == {"NOT_ACTIVE"}
    assert instance.state == before
    stopped = walk(*NEXT).start().worker(failed())
    assert code(stopped, JobFinished("Print", 1)) == "NOT_ACTIVE"


def test_a_row_of_automatic_tasks_ends_with_a_callers_command_or_a_timer_not_with_jobs():
    wait = node("intermediateCatchEvent", "Wait", after("PT1H"))
    parts = (
        start(), PRINT, gateway(default="Gateway-Wait"), wait, flow("Start", "Print"), flow("Print", "Gateway"),
        flow("Gateway", "Print", '["x"]'), flow("Gateway", "Wait"), flow("Wait", "Print"),
    )  # fmt: skip
    instance = walk(*parts, Gateway_Print=True)
    instance.limits = Limits(automatic_tasks=3)
    instance.start()
    for entry_no in (1, 2):
        instance.worker(JobFinished("Print", entry_no))
    instance.answers.by_flow["Gateway-Print"] = False
    instance.worker(JobFinished("Print", 3)).pass_time(hours=1)
    assert instance.active == ["Print#4"]
    instance.answers.by_flow["Gateway-Print"] = True
    for entry_no in (4, 5):
        instance.worker(JobFinished("Print", entry_no))
    assert code(instance, JobFinished("Print", 6)) is None
    assert instance.incidents == [("Print", 0, "LOOP_LIMIT")]
