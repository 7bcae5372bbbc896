"""Compensation and transactions (process engine §4.14, invariant P19)."""

import pytest

from dialog_graph.bpmn import Cancel, Outcome, State, TaskLeft
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from tests.unit.bpmn.models import Walk, end, flow, found, line, node, process, start, task, walk
from tests.unit.bpmn.test_loops import LIST, several

UNDO = "<bpmn:compensateEventDefinition/>"
THROW = node("intermediateThrowEvent", "Throw", UNDO)


def undoable(id: str, loop: str = "") -> str:
    """A task with the handler `Undo{id}`."""
    return (
        node("task", id, loop)
        + node("boundaryEvent", f"Edge{id}", UNDO, f'attachedToRef="{id}"')
        + node("task", f"Undo{id}", "", 'isForCompensation="true"')
        + node("association", f"To{id}", "", f'sourceRef="Edge{id}" targetRef="Undo{id}"')
    )


def undone(instance: Walk) -> list[str]:
    """The handlers in the order in which they run; each is completed."""
    seen: list[str] = []
    while instance.active and instance.active[0].startswith("Undo"):
        seen.append(" ".join(instance.active))
        instance.complete(instance.active[0].split("#")[0])
    return seen


def test_handlers_run_one_after_another_the_latest_first():
    instance = walk(*line(undoable("A"), undoable("B"), THROW, task("After"))).start()
    instance.complete("A").complete("B")
    assert undone(instance) == ["UndoB#1", "UndoA#1"]
    assert (instance.active, instance.state.compensation) == (["After#1"], ())


def test_only_what_has_completed_is_undone_and_only_once():
    throws = (node("intermediateThrowEvent", "Throw", UNDO), node("intermediateThrowEvent", "Again", UNDO))
    instance = walk(*line(undoable("A"), *throws, undoable("B"))).start().complete("A")
    assert undone(instance) == ["UndoA#1"]
    assert instance.active == ["B#1"]


def test_a_throw_may_name_one_activity():
    one = node("intermediateThrowEvent", "Throw", '<bpmn:compensateEventDefinition activityRef="A"/>')
    instance = walk(*line(undoable("A"), undoable("B"), one, task("After"))).start()
    instance.complete("A").complete("B")
    assert undone(instance) == ["UndoA#1"]
    assert [record.of for record in instance.state.compensation] == [(4,)]


def test_what_a_completed_subprocess_holds_is_undone_with_it():
    sub = node("subProcess", "Sub", start("In") + undoable("A") + undoable("B") + end("Out")
               + flow("In", "A") + flow("A", "B") + flow("B", "Out"))  # fmt: skip
    instance = walk(*line(undoable("First"), sub, undoable("Last"), THROW)).start()
    for name in ("First", "A", "B", "Last"):
        instance.complete(name)
    assert undone(instance) == ["UndoLast#1", "UndoB#1", "UndoA#1", "UndoFirst#1"]


def test_a_running_subprocess_is_not_looked_into():
    sub = node("subProcess", "Sub", start("In") + undoable("A") + task("Wait") + end("Out")
               + flow("In", "A") + flow("A", "Wait") + flow("Wait", "Out"))  # fmt: skip
    instance = walk(
        start(), sub, task("B"), THROW, end(), flow("Start", "Sub"), flow("Start", "B"), flow("B", "Throw"),
        flow("Throw", "End"), flow("Sub", "End"),
    ).start()  # fmt: skip
    assert instance.complete("A").complete("B").active == ["Wait#1"]


def test_a_multi_instance_is_undone_once_and_the_handler_in_it_once_per_instance():
    whole = walk(*line(undoable("A", several(ours=LIST)), THROW), values={"A:collection": ["x", "y"]}).start()
    whole.send_entry("A", 1).send_entry("A", 2)
    assert undone(whole) == ["UndoA#1"]
    sub = node("subProcess", "Sub", start("In") + undoable("A") + end("Out") + flow("In", "A") + flow("A", "Out")
               + several(ours=LIST))  # fmt: skip
    each = walk(*line(sub, THROW), values={"Sub:collection": ["x", "y"]}).start()
    each.send_entry("A", 2).send_entry("A", 1)
    assert undone(each) == ["UndoA#1", "UndoA#2"]


def test_the_loop_of_what_is_undone_is_kept():
    sub = node("subProcess", "Sub", start("In") + undoable("A") + end("Out") + flow("In", "A") + flow("A", "Out")
               + several(ours=LIST))  # fmt: skip
    instance = walk(*line(sub, task("Then"), THROW), values={"Sub:collection": ["x", "y"]}).start()
    instance.send_entry("A", 2).send_entry("A", 1)
    assert [record.loop for record in instance.state.compensation] == [("y", 1), ("x", 0)]
    assert State.from_json(instance.state.to_json()) == instance.state


def transaction(*more: str) -> tuple[str, ...]:
    inside = (
        start("In"), undoable("A"), task("B"), node("endEvent", "Stop", "<bpmn:cancelEventDefinition/>"), end("Out"),
        task("C"), flow("In", "A"), flow("A", "B"), flow("A", "C"), flow("B", "Out"), flow("C", "Stop"),
    )  # fmt: skip
    return (
        start(), node("transaction", "Deal", "".join(inside)), task("Kept"), task("Broken"), end(), *more,
        node("boundaryEvent", "Cancelled", "<bpmn:cancelEventDefinition/>", 'attachedToRef="Deal"'),
        flow("Start", "Deal"), flow("Deal", "Kept"), flow("Cancelled", "Broken"), flow("Kept", "End"),
        flow("Broken", "End"),
    )  # fmt: skip


def test_a_cancelled_transaction_is_undone_and_left_by_its_cancel_boundary():
    instance = walk(*transaction()).start().complete("A").complete("C")
    assert TaskLeft(element_id="B", entry_no=1, outcome=Outcome.CANCELLED) in instance.events
    assert undone(instance) == ["UndoA#1"]
    assert instance.active == ["Broken#1"]


def test_a_handler_of_its_own_may_undo_what_the_subprocess_holds():
    handler = node(
        "subProcess", "Handler",
        node("startEvent", "HIn", UNDO) + task("UndoAll") + node("endEvent", "HOut", UNDO)
        + flow("HIn", "UndoAll") + flow("UndoAll", "HOut"), 'triggeredByEvent="true"',
    )  # fmt: skip
    inside = start("In") + undoable("A") + end("Out") + flow("In", "A") + flow("A", "Out") + handler
    instance = walk(*line(node("subProcess", "Sub", inside), THROW, task("After"))).start().complete("A")
    assert undone(instance) == ["UndoAll#1", "UndoA#1"]
    assert instance.active == ["After#1"]


def test_cancelling_the_process_forgets_what_could_be_undone():
    instance = walk(*line(undoable("A"), undoable("B"), THROW)).start().complete("A")
    assert len(instance.state.compensation) == 1
    assert instance.send(Cancel("no more")) is None
    assert instance.state.compensation == ()


PLAIN = line(task("T"))


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (undoable("X").replace("<bpmn:association", "<bpmn:group"), "needs one association"),
        (undoable("X") + flow("EdgeX", "T"), "has an outgoing flow"),
        (undoable("X") + flow("UndoX", "T"), "is for compensation and has flows"),
        (undoable("X") + node("boundaryEvent", "Y", UNDO, 'attachedToRef="X"'), "has 2 compensation boundary"),
        (node("boundaryEvent", "X", "<bpmn:cancelEventDefinition/>", 'attachedToRef="T"'), "no transaction"),
        (node("endEvent", "X", "<bpmn:cancelEventDefinition/>"), "outside of a transaction"),
        (node("transaction", "X", node("endEvent", "Y", "<bpmn:cancelEventDefinition/>")), "no cancel boundary"),
    ],
)
def test_compensation_that_cannot_be(part: str, words: str):
    text = process(
        *PLAIN, part.replace("</bpmn:association>", "</bpmn:group>" if "bpmn:group" in part else "</bpmn:association>")
    )
    assert any(words in finding.message for finding in found(text, "DG2113"))


def test_a_throw_that_names_nothing_beside_it():
    text = process(*PLAIN, node("endEvent", "X", '<bpmn:compensateEventDefinition activityRef="Nowhere"/>'))
    assert any("Nowhere" in finding.message for finding in found(text, "DG2116"))


SPOILED: list[Json] = [[[1, [9], [99], {}]], [[1, [9], [0], {}]], [[7, [9], [2], {}]]]


@pytest.mark.parametrize("records", SPOILED)
def test_records_of_something_else_are_refused(records: Json):
    instance = walk(*line(undoable("A"), task("B"))).start().complete("A")
    state = State.from_json(instance.state.to_json() | {"cp": records})
    assert isinstance(state, State)
    refused = Walk(instance.definition, state=state).try_complete("B")
    assert isinstance(refused, Refusal)
    assert refused.code == "INTEGRITY"
