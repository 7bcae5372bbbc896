"""Who catches errors and escalations, and what happens when nobody does (process engine §4.8, §4.10, §6.4)."""

import pytest

from dialog_graph.bpmn import IncidentOpened, Outcome, Retry, TaskLeft
from tests.unit.bpmn.models import Walk, end, file, flow, found, gateway, node, read, start, task

DECLARED = (
    '<bpmn:error id="gone" errorCode="GONE"/>',
    '<bpmn:error id="plain"/>',
    '<bpmn:error id="noflow" errorCode="NO_FLOW"/>',
    '<bpmn:escalation id="late" escalationCode="LATE"/>',
)


def throws(kind: str, ref: str | None = None) -> str:
    return f"<bpmn:{kind}EventDefinition{f' {kind}Ref={chr(34)}{ref}{chr(34)}' if ref else ''}/>"


def boundary(id: str, host: str, kind: str, ref: str | None = None, interrupting: bool = True) -> str:
    attributes = f'attachedToRef="{host}"' + ("" if interrupting else ' cancelActivity="false"')
    return node("boundaryEvent", id, throws(kind, ref), attributes)


def model(*parts: str) -> bytes:
    return file(*DECLARED, '<bpmn:process id="P">', *parts, "</bpmn:process>")


def instance_of(*parts: str) -> Walk:
    return Walk(read(model(*parts))).start()


def thrower(*outer: str, kind: str = "error", ref: str = "gone") -> tuple[str, ...]:
    """A subprocess whose task A leads to a throwing end event while B is open; `Sub` goes on to After."""
    inside = (
        start("In"), task("A"), task("B"), node("endEvent", "Throw", throws(kind, ref)), end("Out"),
        flow("In", "A"), flow("In", "B"), flow("A", "Throw"), flow("B", "Out"),
    )  # fmt: skip
    return (
        start(), node("subProcess", "Sub", "".join(inside)), task("After"), task("Caught"), end(),
        flow("Start", "Sub"), flow("Sub", "After"), flow("After", "End"), flow("Caught", "End"), *outer,
    )  # fmt: skip


def test_an_error_leaves_the_subprocess_by_its_boundary():
    instance = instance_of(*thrower(boundary("Edge", "Sub", "error", "gone"), flow("Edge", "Caught"))).complete("A")
    assert instance.active == ["Caught#1"]
    assert TaskLeft(element_id="B", entry_no=1, outcome=Outcome.CANCELLED) in instance.events


@pytest.mark.parametrize("order", [("gone", None), (None, "gone")])
def test_just_this_code_comes_before_every_code(order: tuple[str | None, ...]):
    edges = [boundary(f"Edge{ref}", "Sub", "error", ref) for ref in order]
    parts = (*edges, task("General"), flow("Edgegone", "Caught"), flow("EdgeNone", "General"), flow("General", "End"))
    assert instance_of(*thrower(*parts)).complete("A").active == ["Caught#1"]


def test_the_id_of_an_error_without_a_code_is_its_code():
    parts = thrower(boundary("Edge", "Sub", "error", "plain"), flow("Edge", "Caught"), ref="plain")
    assert instance_of(*parts).complete("A").active == ["Caught#1"]


def test_an_uncaught_error_stops_its_token_and_can_be_tried_again():
    instance = instance_of(*thrower(boundary("Edge", "Sub", "error", "plain"), flow("Edge", "Caught"))).complete("A")
    assert instance.active == ["B#1"]
    opened = [event for event in instance.events if isinstance(event, IncidentOpened)]
    assert [(event.element_id, event.entry_no, event.code) for event in opened] == [("Throw", 0, "UNCAUGHT_ERROR")]
    assert '"GONE"' in opened[0].message
    assert instance.send(Retry("Throw", 0)) is None
    assert len(instance.state.incidents) == 1


def test_the_innermost_catcher_wins():
    inside = (
        start("InnerIn"), task("A"), node("endEvent", "Throw", throws("error", "gone")),
        flow("InnerIn", "A"), flow("A", "Throw"),
    )  # fmt: skip
    middle = (
        start("In"), node("subProcess", "Inner", "".join(inside)), boundary("InnerEdge", "Inner", "error"),
        task("Near"), end("Out"), flow("In", "Inner"), flow("InnerEdge", "Near"), flow("Near", "Out"),
    )  # fmt: skip
    instance = instance_of(
        start(), node("subProcess", "Sub", "".join(middle)), boundary("Edge", "Sub", "error", "gone"),
        task("Far"), end(), flow("Start", "Sub"), flow("Sub", "End"), flow("Edge", "Far"), flow("Far", "End"),
    ).complete("A")  # fmt: skip
    assert instance.active == ["Near#1"]


def test_an_escalation_end_may_leave_the_subprocess_running():
    parts = thrower(
        boundary("Edge", "Sub", "escalation", "late", interrupting=False), flow("Edge", "Caught"),
        kind="escalation", ref="late",
    )  # fmt: skip
    instance = instance_of(*parts).complete("A")
    assert instance.active == ["B#1", "Caught#1"]
    assert instance.complete("B").active == ["Caught#1", "After#1"]


def test_an_interrupting_escalation_cancels_the_subprocess():
    parts = thrower(boundary("Edge", "Sub", "escalation"), flow("Edge", "Caught"), kind="escalation", ref="late")
    assert instance_of(*parts).complete("A").active == ["Caught#1"]


def test_an_uncaught_escalation_is_ignored():
    instance = instance_of(*thrower(kind="escalation", ref="late")).complete("A")
    assert (instance.active, instance.state.incidents) == (["B#1"], ())


def test_a_thrown_escalation_goes_on():
    inside = (
        start("In"), node("intermediateThrowEvent", "Throw", throws("escalation", "late")), task("A"), end("Out"),
        flow("In", "Throw"), flow("Throw", "A"), flow("A", "Out"),
    )  # fmt: skip
    instance = instance_of(
        start(), node("subProcess", "Sub", "".join(inside)),
        boundary("Edge", "Sub", "escalation", "late", interrupting=False), task("Told"), end(),
        flow("Start", "Sub"), flow("Sub", "End"), flow("Edge", "Told"), flow("Told", "End"),
    )  # fmt: skip
    assert instance.active == ["A#1", "Told#1"]


def no_flow(*outer: str) -> tuple[str, ...]:
    inside = (start("In"), task("A"), gateway("Choice"), end("Out"), end("Other"), flow("In", "A"), flow("A", "Choice"),
              flow("Choice", "Out", '["x"]'), flow("Choice", "Other", '["y"]'))  # fmt: skip
    return (start(), node("subProcess", "Sub", "".join(inside)), task("Caught"), end(), flow("Start", "Sub"),
            flow("Sub", "End"), flow("Caught", "End"), *outer)  # fmt: skip


def test_a_choice_that_cannot_be_made_is_caught_by_name():
    instance = instance_of(*no_flow(boundary("Edge", "Sub", "error", "noflow"), flow("Edge", "Caught")))
    assert instance.complete("A").active == ["Caught#1"]


def test_a_catcher_of_every_error_does_not_hide_a_choice_that_cannot_be_made():
    instance = instance_of(*no_flow(boundary("Edge", "Sub", "error"), flow("Edge", "Caught")))
    refused = instance.try_complete("A")
    assert refused is not None
    assert refused.code == "NO_FLOW"


def problems(code: str, *parts: str) -> list[str]:
    return [finding.message for finding in found(model(*thrower(*parts)), code)]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (node("boundaryEvent", "X", throws("error")), "attached to no activity"),
        (boundary("X", "Nowhere", "error"), "attached to no activity"),
        (boundary("X", "Start", "error"), "attached to no activity"),
        (boundary("X", "A", "error"), "attached to no activity"),
        (boundary("X", "Sub", "error", interrupting=False), "cannot be non-interrupting"),
        (node("boundaryEvent", "X", "", 'attachedToRef="Sub"'), "has no event definition"),
        (boundary("X", "Sub", "error") + flow("After", "X"), "has an incoming flow"),
    ],
)
def test_boundaries_that_cannot_be(part: str, words: str):
    assert any(words in message for message in problems("DG2113", part))


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (boundary("X", "Sub", "error", "unknown"), 'unknown error "unknown"'),
        (node("endEvent", "X", throws("error")), "without a code"),
        (node("endEvent", "X", throws("escalation")), "without a code"),
        (node("intermediateThrowEvent", "X", throws("escalation", "what")), 'unknown escalation "what"'),
    ],
)
def test_references_that_lead_nowhere(part: str, words: str):
    assert any(words in message for message in problems("DG2116", part))
