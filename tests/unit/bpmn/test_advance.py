"""Stories of the interpreter: start, tasks, end, several starts, splits and merges."""

from dialog_graph.bpmn import (
    Cancel,
    Complete,
    Continue,
    EndProcess,
    EnterTask,
    LeaveTask,
    Outcome,
    ProcessCancelled,
    ProcessEnded,
    ProcessStarted,
    Retry,
    Start,
    State,
    Status,
    TaskEntered,
    TaskLeft,
    advance,
)
from dialog_graph.errors import Refusal
from tests.unit.bpmn.models import Walk, end, flow, line, node, process, read, start, task, walk

DATA_THEN_CONFIRM = line(task("Fill"), task("Confirm", "confirmation"))


def test_data_then_confirmation_then_end():
    instance = walk(*DATA_THEN_CONFIRM).start().complete("Fill").complete("Confirm")
    assert instance.events == [
        ProcessStarted(start_event="Start"),
        TaskEntered(element_id="Fill", entry_no=1, task_type="data"),
        TaskLeft(element_id="Fill", entry_no=1, outcome=Outcome.COMPLETED),
        TaskEntered(element_id="Confirm", entry_no=1, task_type="confirmation", from_task="Fill"),
        TaskLeft(element_id="Confirm", entry_no=1, outcome=Outcome.COMPLETED),
        ProcessEnded(end_event="End"),
    ]
    assert instance.effects == [
        EnterTask(element_id="Fill", entry_no=1),
        LeaveTask(element_id="Fill", entry_no=1, outcome=Outcome.COMPLETED),
        EnterTask(element_id="Confirm", entry_no=1),
        LeaveTask(element_id="Confirm", entry_no=1, outcome=Outcome.COMPLETED),
        EndProcess(end_event="End"),
    ]
    assert instance.state.status is Status.ENDED
    assert not instance.state.has_token


def test_the_run_stops_at_every_inline_effect():
    definition = read(process(*DATA_THEN_CONFIRM))
    facts = Walk(definition).facts
    started = advance(definition, State.empty(), Start(), facts)
    assert not isinstance(started, Refusal)
    assert not started.next
    left = advance(definition, started.state, Complete("Fill", 1), facts)
    assert not isinstance(left, Refusal)
    assert (left.next, len(left.effects)) == (True, 1)
    assert left.state.active_entries(definition) == ()
    entered = advance(definition, left.state, Continue(), facts)
    assert not isinstance(entered, Refusal)
    assert (entered.next, entered.effects) == (False, (EnterTask(element_id="Confirm", entry_no=1),))


def test_a_command_between_two_rounds_is_refused():
    definition = read(process(*DATA_THEN_CONFIRM))
    facts = Walk(definition).facts
    started = advance(definition, State.empty(), Start(), facts)
    assert not isinstance(started, Refusal)
    left = advance(definition, started.state, Complete("Fill", 1), facts)
    assert not isinstance(left, Refusal)
    refused = advance(definition, left.state, Cancel("no"), facts)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.expected) == ("CONFLICT", "Continue")


def test_continue_at_rest_changes_nothing():
    instance = walk(*DATA_THEN_CONFIRM).start()
    state, events = instance.state, list(instance.events)
    assert instance.send(Continue()) is None
    assert (instance.state, instance.events) == (state, events)


def test_an_answer_that_nobody_asked_for_is_refused():
    instance = walk(*DATA_THEN_CONFIRM).start()
    refused = instance.send(Continue(("Fill-Confirm",)))
    assert refused is not None
    assert refused.code == "INVALID_INPUT"


def test_a_second_start_is_refused():
    refused = walk(*DATA_THEN_CONFIRM).start().send(Start())
    assert refused is not None
    assert refused.code == "NOT_ACTIVE"


def test_commands_before_the_start_and_after_the_end_are_refused():
    fresh = walk(*DATA_THEN_CONFIRM)
    ended = walk(*line(task("Fill"))).start().complete("Fill")
    for instance in (fresh, ended):
        for command in (Complete("Fill", 1), Cancel("why"), Retry("Fill", 1)):
            refused = instance.send(command)
            assert refused is not None
            assert refused.code == "NOT_ACTIVE"


def test_an_entry_that_is_not_open_is_not_active():
    instance = walk(*DATA_THEN_CONFIRM).start()
    for command in (Complete("Fill", 2), Complete("Confirm", 1), Complete("Nowhere", 1), Complete("Start", 1)):
        refused = instance.send(command)
        assert refused is not None
        assert refused.code == "NOT_ACTIVE"
    assert instance.active == ["Fill#1"]


def test_one_of_several_start_events_must_be_named():
    instance = walk(
        start("ByParty"), start("ByOrg"), task("A"), task("B"), end(),
        flow("ByParty", "A"), flow("ByOrg", "B"), flow("A", "End"), flow("B", "End"),
    )  # fmt: skip
    for unnamed in (None, "Nowhere", "A"):
        refused = instance.send(Start(unnamed))
        assert refused is not None
        assert refused.code == "START_EVENT_REQUIRED"
        assert refused.expected == "one of the start events ByParty, ByOrg"
    assert instance.start("ByOrg").active == ["B#1"]


def test_an_activity_with_two_flows_splits_and_the_process_ends_with_the_last_token():
    instance = walk(
        start(), task("A"), task("B"), task("C"), end("EndB"), end("EndC"),
        flow("Start", "A"), flow("A", "B"), flow("A", "C"), flow("B", "EndB"), flow("C", "EndC"),
    ).start()  # fmt: skip
    assert instance.complete("A").active == ["B#1", "C#1"]
    assert instance.complete("C").active == ["B#1"]
    assert instance.state.status is Status.ACTIVE
    instance.complete("B")
    assert instance.events[-1] == ProcessEnded(end_event="EndB")


def test_several_flows_into_a_task_do_not_join():
    instance = walk(
        start(), task("A"), task("B"), task("C"), task("D"), end(),
        flow("Start", "A"), flow("A", "B"), flow("A", "C"), flow("B", "D"), flow("C", "D"), flow("D", "End"),
    ).start()  # fmt: skip
    instance.complete("A").complete("B").complete("C")
    assert instance.active == ["D#1", "D#2"]
    instance.send(Complete("D", 2))
    assert instance.active == ["D#1"]


def test_open_entries_are_listed_in_the_order_of_entering():
    instance = walk(
        start(), task("A"), task("B"), task("C"), end(),
        flow("Start", "A"), flow("Start", "B"), flow("A", "C"), flow("B", "End"), flow("C", "End"),
    ).start()  # fmt: skip
    assert instance.active == ["A#1", "B#1"]
    assert instance.complete("A").active == ["B#1", "C#1"]


CONDITIONAL = (
    start(), node("task", "A", attributes='default="A-D"'), task("B"), task("C"), task("D"), end(),
    flow("Start", "A"), flow("A", "B"), flow("A", "C", '["x"]'), flow("A", "D"),
    flow("B", "End"), flow("C", "End"), flow("D", "End"),
)  # fmt: skip


def test_the_default_flow_of_an_activity_fires_only_when_no_condition_is_true():
    assert walk(*CONDITIONAL, A_C=True).start().complete("A").active == ["B#1", "C#1"]
    assert walk(*CONDITIONAL, A_C=False).start().complete("A").active == ["B#1", "D#1"]


def test_an_activity_whose_conditions_are_all_false_has_no_flow():
    parts = (start(), task("A"), end(), flow("Start", "A"), flow("A", "End", '["x"]'))
    refused = walk(*parts).start().try_complete("A")
    assert refused is not None
    assert refused.code == "NO_FLOW"
    assert '"A-End" (["x"]) gave false' in refused.actual


def test_a_path_without_an_end_event_ends_the_process_without_one():
    instance = walk(start(), task("A"), flow("Start", "A")).start().complete("A")
    assert instance.events[-1] == ProcessEnded(end_event=None)
    assert instance.effects[-1] == EndProcess(end_event=None)


def test_cancel_closes_every_open_entry():
    instance = walk(
        start(), task("A"), task("B"), end(), flow("Start", "A"), flow("Start", "B"), flow("A", "End"), flow("B", "End")
    ).start()
    assert instance.send(Cancel("changed my mind")) is None
    assert instance.events[-3:] == [
        TaskLeft(element_id="A", entry_no=1, outcome=Outcome.CANCELLED),
        TaskLeft(element_id="B", entry_no=1, outcome=Outcome.CANCELLED),
        ProcessCancelled(reason="changed my mind"),
    ]
    assert instance.state.status is Status.CANCELLED
    assert not instance.state.has_token
