"""Loops with events at their boundary and waits inside (process engine §4.10, §13.1, invariant P18)."""

from dialog_graph.bpmn import CloseWaits, DataChanged, JobFailed, OpenTimer, Outcome, TaskLeft
from tests.unit.bpmn.models import (
    Given,
    after,
    boundary,
    catch,
    end,
    event_subprocess,
    every,
    flow,
    line,
    message,
    node,
    subprocess,
    task,
    walk,
    when,
)


def many(count: int | str = 3, sequential: bool = False, more: str = "") -> str:
    attributes = 'isSequential="true"' if sequential else ""
    parts = f"<bpmn:loopCardinality>{count}</bpmn:loopCardinality>{more}"
    return node("multiInstanceLoopCharacteristics", "Many", parts, attributes)


def looped(part: str, sequential: bool = False) -> str:
    """An activity with three instances."""
    tag = part[1:].split(" ")[0]
    close = f"</{tag}>"
    return part[: -len(close)] + many(sequential=sequential) + close


THREE: dict[str, Given] = {"Fill:cardinality": 3, "Sub:cardinality": 3}
LATE = (task("Late"), end("LateEnd"), flow("Edge", "Late"), flow("Late", "LateEnd"))


def test_the_timer_of_a_loop_exists_once_and_takes_every_instance_away():
    for sequential in (False, True):
        parts = (*line(looped(task("Fill"), sequential)), boundary("Edge", "Fill", after("PT1H")), *LATE)
        instance = walk(*parts, values=THREE).start()
        assert [row.element_id for row in instance.rows.timers] == ["Edge"]
        instance.send_entry("Fill", 1)
        assert [row.element_id for row in instance.rows.timers] == ["Edge"]
        instance.pass_time(hours=1)
        assert (instance.active, instance.waiting) == (["Late#1"], [])
        left = [e.outcome for e in instance.events if isinstance(e, TaskLeft)]
        assert left == [Outcome.COMPLETED, *[Outcome.CANCELLED] * (1 if sequential else 2)]


def test_it_is_closed_when_the_last_instance_is_through():
    parts = (*line(looped(task("Fill")), task("Next")), boundary("Edge", "Fill", after("PT1H")), *LATE)
    instance = walk(*parts, values=THREE).start()
    owner = instance.rows.timer("Edge").owner
    for entry_no in (1, 2, 3):
        instance.send_entry("Fill", entry_no)
    assert (instance.active, instance.waiting) == (["Next#1"], [])
    assert [effect for effect in instance.effects if isinstance(effect, CloseWaits)] == [CloseWaits(owner=owner)]


def test_without_items_nothing_is_waited_for():
    parts = (*line(looped(task("Fill")), task("Next")), boundary("Edge", "Fill", after("PT1H")), *LATE)
    instance = walk(*parts, values={"Fill:cardinality": 0}).start()
    assert (instance.active, instance.waiting) == (["Next#1"], [])
    assert not [effect for effect in instance.effects if isinstance(effect, OpenTimer)]


def test_beside_a_loop_it_comes_again_and_again():
    parts = (*line(looped(task("Fill"))), boundary("Edge", "Fill", every("R/PT1H"), interrupting=False), *LATE)
    instance = walk(*parts, values=THREE).start().pass_time(hours=2)
    assert instance.active == ["Fill#1", "Fill#2", "Fill#3", "Late#1", "Late#2"]


def test_a_loop_of_subprocesses_with_waits_inside_each():
    inner = subprocess("Sub", catch("Wait", message()), more=event_subprocess("On", after("P1D"), task("Help")))
    values: dict[str, Given] = {**THREE, "Wait:correlation": lambda vars: vars.argv[1]}
    instance = walk(*line(looped(inner), task("Next")), boundary("Edge", "Sub", after("P9D")), *LATE, values=values)
    instance.start()
    assert [row.key for row in instance.rows.subscriptions("paid")] == ["0", "1", "2"]
    assert len(instance.rows.timers) == 4
    instance.deliver("paid", 1)
    assert (len(instance.rows.subscriptions("paid")), len(instance.rows.timers)) == (2, 3)
    instance.pass_time(days=1)
    assert (instance.active, instance.waiting) == (["Help#1", "Help#2"], ["Edge: timer"])
    instance.pass_time(days=8)
    assert (instance.active, instance.waiting) == (["Late#1"], [])


def test_an_error_of_one_instance_goes_to_the_boundary_of_the_loop():
    robot = looped(task("Fill", "pdf", tag="serviceTask"))
    error = boundary("Edge", "Fill", "<bpmn:errorEventDefinition/>")
    instance = walk(*line(robot), error, *LATE, values=THREE).start()
    assert instance.waiting == ["Fill: job"] * 3
    failed = JobFailed(element_id="Fill", entry_no=2, code="JOB_FAILED", message="m", error_code="any")
    assert (instance.worker(failed).active, instance.waiting) == (["Late#1"], [])


def test_the_completion_condition_closes_what_the_others_wait_for():
    done = many(more="<bpmn:completionCondition>[]</bpmn:completionCondition>")
    inner = subprocess("Sub", catch("Wait", message())).replace("</bpmn:subProcess>", done + "</bpmn:subProcess>")
    values: dict[str, Given] = {**THREE, "Sub:completionCondition": True}
    instance = walk(*line(inner, task("Next")), values=values).start().deliver("paid", 2)
    assert (instance.active, instance.waiting) == (["Next#1"], [])


def test_loop_variables_reach_conditions_and_timers_inside():
    inner = subprocess("Sub", task("A"), more=event_subprocess("On", when(), task("Help"), interrupting=False))
    values: dict[str, Given] = {**THREE, "On-start:condition": lambda vars: vars.argv[1] == 1}
    instance = walk(*line(looped(inner)), values=values).start()
    assert instance.active == ["A#1", "A#2", "A#3", "Help#1"]
    assert instance.do(DataChanged()).active == ["A#1", "A#2", "A#3", "Help#1"]


def test_sent_back_out_of_a_loop_everything_of_it_is_closed():
    fill = task("Fill", extra='<dg:external sendBackTo="First"/><dg:deadline after="P1D" action="reject"/>')
    parts = (*line(task("First"), looped(fill)), boundary("Edge", "Fill", after("P2D")), *LATE)
    instance = walk(*parts, values=THREE).start().complete("First")
    assert len(instance.waiting) == 4
    instance.send_entry("Fill", 2, "sendBack:First")
    assert (instance.active, instance.waiting) == (["First#2"], [])
