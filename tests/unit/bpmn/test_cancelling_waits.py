"""Whatever is taken away leaves nothing behind that waits (process engine §4.6, invariants P15, P16)."""

import pytest

from dialog_graph.bpmn import (
    Activate,
    Cancel,
    CloseWaits,
    LeaveTask,
    MessageReceived,
    Outcome,
    ProcessCancelled,
    SignalReceived,
    TaskLeft,
    WaitEnded,
)
from dialog_graph.bpmn.run import Run
from tests.unit.bpmn.models import (
    Walk,
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
    signal,
    start,
    subprocess,
    task,
    walk,
    when,
)

RECEIVE = (
    '<bpmn:receiveTask id="Receive" messageRef="sent-id"><bpmn:extensionElements><dg:correlation key=\'["k"]\'/>'
    "</bpmn:extensionElements></bpmn:receiveTask>"
)
CALL = '<bpmn:callActivity id="Call" calledElement="ttd/other"/>'
GATE = (
    node("eventBasedGateway", "Gate") + catch("One", message()) + catch("Two", signal()) + flow("Gate", "One")
    + flow("Gate", "Two")
)  # fmt: skip
INSIDE = ("Wait", "Fill", "Print", "Receive", "Call", "Gate", "Deep")


def everything() -> tuple[str, ...]:
    """A subprocess in which one of everything waits, around it a boundary of each kind."""
    deep = subprocess("Deep", task("Deepest"), more=event_subprocess("Far", message(), task("F"), interrupting=False))
    inside = (
        start("In"), node("parallelGateway", "Both"), catch("Wait", after("PT9H")),
        task("Fill", extra='<dg:deadline after="P9D"><dg:reminder before="P1D"/></dg:deadline>'),
        task("Print", "pdf", tag="serviceTask"), RECEIVE, CALL, GATE, deep, flow("In", "Both"),
        *(flow("Both", id) for id in INSIDE), boundary("Beside", "Fill", every("R/PT8H"), interrupting=False),
        boundary("Seen", "Fill", when(), interrupting=False), boundary("Heard", "Deep", signal("quiet")),
        event_subprocess("Near", signal(), task("N"), interrupting=False),
        event_subprocess("Error", "<bpmn:errorEventDefinition/>", task("E")),
    )  # fmt: skip
    edges = (
        boundary("Late", "Sub", after("P1D")), boundary("Told", "Sub", message("sent")),
        boundary("Stop", "Sub", "<bpmn:escalationEventDefinition/>"),
    )  # fmt: skip
    return (
        start(), node("subProcess", "Sub", "".join(inside)), *edges, task("After"), end(), flow("Start", "Sub"),
        flow("Sub", "After"), flow("After", "End"), *(flow(id, "After") for id in ("Late", "Told", "Stop")),
        event_subprocess("Outer", signal("quiet"), task("O")),
    )  # fmt: skip


def running() -> Walk:
    return walk(*everything()).start()


def test_everything_waits():
    assert sorted(running().waiting) == [
        *("Beside: timer", "Call: call", "Far-start: message", "Fill:deadline: timer", "Fill:reminder1: timer"),
        *("Heard: signal", "Late: timer", "Near-start: signal", "One: message", "Outer-start: signal", "Print: job"),
        *("Receive: message", "Told: message", "Two: signal", "Wait: timer"),
    ]


def interrupted(instance: Walk, how: str) -> Walk:
    match how:
        case "timer":
            return instance.pass_time(days=1)
        case "message":
            row = next(row for row in instance.rows.subscriptions("sent") if row.element_id == "Told")
            return instance.worker(MessageReceived(row.element_id, row.owner, row.name))
        case _:
            row = next(row for row in instance.rows.subscriptions("quiet") if row.element_id == "Outer-start")
            return instance.worker(SignalReceived(row.element_id, row.owner, row.name))


@pytest.mark.parametrize(
    ("how", "active", "left"), [("timer", "After#1", 1), ("message", "After#1", 1), ("signal", "O#1", 0)]
)
def test_what_interrupts_leaves_nothing_of_what_it_took_away(how: str, active: str, left: int):
    instance = interrupted(running(), how)
    assert instance.active[-1] == active
    assert instance.waiting == ["Outer-start: signal"][:left]
    assert not instance.state.has_conditions(instance.definition)
    assert len(instance.state.scopes) == (1 if left else 2)


def test_cancelled_as_a_whole_nothing_is_left():
    instance = running()
    before = len(instance.effects)
    instance.do(Cancel("enough"))
    assert (instance.rows.by_place, instance.state.tokens, instance.state.scopes) == ({}, (), ())
    assert instance.events[-1] == ProcessCancelled(reason="enough")
    effects = instance.effects[before:]
    assert {type(effect) for effect in effects} == {CloseWaits, LeaveTask}
    owners = [effect.owner for effect in effects if isinstance(effect, CloseWaits)]
    assert len(owners) == len(set(owners))
    assert owners[-1] == 1, "the process itself last"
    ends = [event.element_id for event in instance.events if isinstance(event, TaskLeft | WaitEnded)]
    assert ends == ["Wait", "Fill", "Print", "Receive", "Call", "Gate", "Deepest"]


def test_cancelled_twice_is_the_same_both_times():
    one, other = running().do(Cancel("x")), running().do(Cancel("x"))
    assert (one.effects, one.events) == (other.effects, other.events)


def test_terminate_closes_its_scope_and_not_the_one_around():
    stop = node("endEvent", "Stop", "<bpmn:terminateEventDefinition/>")
    inside = (
        start("In"), node("parallelGateway", "Both"), catch("Wait", message()), task("A"), stop, end("Out"),
        flow("In", "Both"), flow("Both", "Wait"), flow("Both", "A"), flow("Wait", "Out"), flow("A", "Stop"),
        event_subprocess("On", signal(), task("H"), interrupting=False),
    )  # fmt: skip
    parts = (
        *line(node("subProcess", "Sub", "".join(inside)), task("After")),
        event_subprocess("Far", signal("quiet"), task("F"), interrupting=False),
    )  # fmt: skip
    instance = walk(*parts).start()
    assert instance.waiting == ["Far-start: signal", "On-start: signal", "Wait: message"]
    instance.complete("A")
    assert (instance.active, instance.waiting) == (["After#1"], ["Far-start: signal"])
    assert WaitEnded(element_id="Wait", entry_no=1, outcome=Outcome.CANCELLED) in instance.events


def test_an_ad_hoc_subprocess_waits_for_its_events_until_it_is_complete():
    inside = (
        task("A"), task("B"), event_subprocess("On", signal(), task("H"), interrupting=False),
        "<bpmn:completionCondition>[]</bpmn:completionCondition>",
    )  # fmt: skip
    around = node("adHocSubProcess", "Sub", "".join(inside))
    edge = (boundary("Edge", "Sub", after("P1D")), flow("Edge", "After"))
    instance = walk(*line(around, task("After")), *edge).start()
    assert instance.waiting == ["Edge: timer", "On-start: signal"]
    assert instance.broadcast("alarm").active == ["H#1"]
    instance.do(Activate("A")).complete("A")
    assert instance.waiting == ["Edge: timer", "On-start: signal"]
    instance.do(Activate("B"))
    instance.answers.by_flow["Sub:adHocCompletion"] = True
    assert (instance.complete("B").active, instance.waiting) == (["After#1"], [])


def test_a_transaction_that_is_cancelled_closes_what_waits_in_it():
    gate = node("exclusiveGateway", "Choice")
    inside = (
        start("In"), node("parallelGateway", "Both"), catch("Wait", message()), task("A"), gate, end("Out"),
        node("endEvent", "Undo", "<bpmn:cancelEventDefinition/>"), flow("In", "Both"), flow("Both", "Wait"),
        flow("Both", "A"), flow("Wait", "Out"), flow("A", "Choice"), flow("Choice", "Undo", '["x"]'),
        flow("Choice", "Out"),
    )  # fmt: skip
    parts = (
        *line(node("transaction", "Sub", "".join(inside))), boundary("Edge", "Sub", "<bpmn:cancelEventDefinition/>"),
        boundary("Late", "Sub", after("P1D")), task("After"), flow("Edge", "After"), flow("Late", "After"),
    )  # fmt: skip
    instance = walk(*parts, Choice_Undo=True).start()
    assert instance.waiting == ["Late: timer", "Wait: message"]
    assert (instance.complete("A").active, instance.waiting) == (["After#1"], [])


def test_an_escalation_from_deep_leaves_what_it_does_not_interrupt():
    escalate = node("endEvent", "Up", '<bpmn:escalationEventDefinition escalationRef="x-id"/>')
    deep = node(
        "subProcess", "Deep",
        start("DeepIn") + task("A") + escalate + flow("DeepIn", "A") + flow("A", "Up"),
    )  # fmt: skip
    middle = subprocess("Sub", deep, more=boundary("Beside", "Deep", after("P2D"), interrupting=False))
    catching = '<bpmn:escalationEventDefinition escalationRef="x-id"/>'
    parts = (*line(middle, task("After")), task("Told"), flow("Edge", "Told"))
    declared = '<bpmn:escalation id="x-id" escalationCode="x"/>'
    for interrupting, active, waiting in ((False, ["Told#1", "After#1"], []), (True, ["Told#1"], [])):
        instance = walk(*parts, boundary("Edge", "Sub", catching, interrupting), declared=declared).start()
        assert instance.waiting == ["Beside: timer"]
        instance.complete("A")
        assert (sorted(instance.active), instance.waiting) == (sorted(active), waiting)


def test_the_checks_of_every_walk_see_a_wait_that_was_forgotten(monkeypatch: pytest.MonkeyPatch):
    instance = running()

    def silent(self: Run, owner: int) -> None:
        self.open.pop(owner, None)

    monkeypatch.setattr(Run, "close", silent)
    with pytest.raises(AssertionError, match="not those of the state"):
        instance.do(Cancel("enough"))


def test_the_checks_of_every_walk_see_a_wait_that_was_closed_twice(monkeypatch: pytest.MonkeyPatch):
    instance = running()
    close = Run.close

    def twice(self: Run, owner: int) -> None:
        close(self, owner)
        self.defer(CloseWaits(owner=owner))

    monkeypatch.setattr(Run, "close", twice)
    with pytest.raises(AssertionError, match="nothing was open"):
        instance.do(Cancel("enough"))
