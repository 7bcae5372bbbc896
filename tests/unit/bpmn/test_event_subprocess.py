"""Event subprocesses that errors and escalations start (process engine §4.8, §4.9)."""

import pytest

from dialog_graph.bpmn import Outcome, ProcessEnded, TaskLeft
from tests.unit.bpmn.models import Walk, end, flow, found, line, node, read, start, task
from tests.unit.bpmn.test_errors_and_escalations import boundary, instance_of, model, throws


def handler(id: str, kind: str, ref: str | None = None, interrupting: bool = True, then: str | None = None) -> str:
    """An event subprocess with a task of its own; `then`: what its end event throws."""
    attributes = "" if interrupting else 'isInterrupting="false"'
    inside = (
        node("startEvent", f"{id}In", throws(kind, ref), attributes), task(f"{id}Task"),
        node("endEvent", f"{id}Out", then or ""), flow(f"{id}In", f"{id}Task"), flow(f"{id}Task", f"{id}Out"),
    )  # fmt: skip
    return node("subProcess", id, "".join(inside), 'triggeredByEvent="true"')


def scope(*handlers: str, kind: str = "error", ref: str = "gone", edge: str = "") -> Walk:
    """A subprocess with two tasks, of which A leads to a throwing end event, and these handlers."""
    inside = (
        start("In"), task("A"), task("B"), node("endEvent", "Throw", throws(kind, ref)), end("Out"),
        flow("In", "A"), flow("In", "B"), flow("A", "Throw"), flow("B", "Out"), *handlers,
    )  # fmt: skip
    return instance_of(
        start(), node("subProcess", "Sub", "".join(inside)), task("After"), task("Edge"), end(),
        flow("Start", "Sub"), flow("Sub", "After"), flow("After", "End"), flow("Edge", "End"), edge,
    )  # fmt: skip


def test_an_error_replaces_the_main_path_and_the_scope_goes_on_normally():
    instance = scope(handler("H", "error", "gone")).complete("A")
    assert instance.active == ["HTask#1"]
    assert TaskLeft(element_id="B", entry_no=1, outcome=Outcome.CANCELLED) in instance.events
    assert instance.complete("HTask").active == ["After#1"]


def test_the_event_subprocess_comes_before_the_boundary():
    edge = boundary("Catch", "Sub", "error", "gone") + flow("Catch", "Edge")
    assert scope(handler("H", "error"), edge=edge).complete("A").active == ["HTask#1"]


def test_what_an_interrupting_handler_throws_leaves_the_scope():
    edge = boundary("Catch", "Sub", "error", "gone") + flow("Catch", "Edge")
    instance = scope(handler("H", "error", "gone", then=throws("error", "gone")), edge=edge)
    assert instance.complete("A").complete("HTask").active == ["Edge#1"]


def test_a_non_interrupting_handler_runs_beside_and_the_scope_waits_for_it():
    instance = scope(handler("H", "escalation", "late", interrupting=False), kind="escalation", ref="late")
    assert instance.complete("A").active == ["B#1", "HTask#1"]
    assert instance.complete("B").active == ["HTask#1"]
    assert instance.complete("HTask").active == ["After#1"]


def test_nothing_more_is_started_when_the_main_path_is_done():
    again = handler("H", "escalation", "late", interrupting=False, then=throws("escalation", "late"))
    instance = scope(again, kind="escalation", ref="late").complete("A")
    instance.complete("HTask")
    assert instance.active == ["B#1", "HTask#2"]
    instance.complete("B").complete("HTask")
    assert instance.active == ["After#1"]


def test_the_process_itself_may_have_one():
    parts = (
        start(), task("A"), node("endEvent", "Throw", throws("error", "gone")), flow("Start", "A"), flow("A", "Throw"),
        handler("H", "error"), end(),
    )  # fmt: skip
    instance = instance_of(*parts).complete("A")
    assert instance.active == ["HTask#1"]
    assert instance.complete("HTask").events[-1] == ProcessEnded(end_event=None)


def test_the_stored_form():
    state = (
        scope(handler("H", "escalation", "late", interrupting=False), kind="escalation", ref="late").complete("A").state
    )
    assert [scope.kind.value for scope in state.scopes] == ["p", "s", "e"]
    assert Walk(read(model(*line(task("X"))))).state.scopes == ()


PLAIN = line(task("A"))


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (
            node("subProcess", "X", start("I") + end("O") + flow("I", "O"), 'triggeredByEvent="true"'),
            "exactly one start",
        ),
        (node("subProcess", "X", "", 'triggeredByEvent="true"'), "exactly one start"),
        (handler("X", "error") + flow("A", "X"), "has flows"),
        (handler("X", "error", interrupting=False), "always interrupts"),
        (node("startEvent", "X", throws("error")) + flow("X", "A"), "only an event subprocess"),
        (node("subProcess", "X", node("startEvent", "I", throws("error"))), "only an event subprocess"),
    ],
)
def test_event_subprocesses_that_cannot_be(part: str, words: str):
    assert any(words in finding.message for finding in found(model(*PLAIN, part), "DG2119"))
