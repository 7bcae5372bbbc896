"""Stories of embedded subprocesses: scopes, completion, terminate, cancellation from the inside out (§4.6, §4.7)."""

from itertools import pairwise

from dialog_graph.bpmn import Cancel, LeaveTask, Limits, Outcome, ProcessEnded, Start, State, Status, TaskLeft
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from tests.unit.bpmn.models import Walk, end, flow, line, node, start, task, walk

TERMINATE = "<bpmn:terminateEventDefinition/>"


def sub(id: str, *parts: str, attributes: str = "") -> str:
    return node("subProcess", id, "".join(parts), attributes)


def inner(prefix: str, *tasks: str) -> tuple[str, ...]:
    """A start, tasks one after the other, and an end, with ids that begin with the prefix."""
    ids = [f"{prefix}Start", *tasks, f"{prefix}End"]
    flows = (flow(a, b) for a, b in pairwise(ids))
    return (start(ids[0]), *(task(id) for id in tasks), end(ids[-1]), *flows)


def test_a_subprocess_is_left_when_everything_in_it_has_ended():
    instance = walk(*line(sub("Sub", *inner("Sub", "A", "B")), task("After"))).start()
    assert instance.active == ["A#1"]
    assert instance.complete("A").complete("B").active == ["After#1"]
    assert instance.complete("After").events[-1] == ProcessEnded(end_event="End")


def test_two_branches_inside_keep_it_open():
    parts = (start("In"), task("A"), task("B"), end("OutA"), end("OutB"),
             flow("In", "A"), flow("In", "B"), flow("A", "OutA"), flow("B", "OutB"))  # fmt: skip
    instance = walk(*line(sub("Sub", *parts), task("After"))).start()
    assert instance.complete("B").active == ["A#1"]
    assert instance.complete("A").active == ["After#1"]


def test_what_the_last_token_brought_goes_on():
    choice = node("exclusiveGateway", "Choice", attributes='default="Choice-No"')
    parts = (
        start(), sub("Sub", start("In"), task("A", actions="approve"), end("Out"), flow("In", "A"), flow("A", "Out")),
        choice, task("Yes"), task("No"), end(), flow("Start", "Sub"), flow("Sub", "Choice"),
        flow("Choice", "Yes", '["x"]'), flow("Choice", "No"), flow("Yes", "End"), flow("No", "End"),
    )  # fmt: skip
    instance = walk(*parts, Choice_Yes=lambda vars: (vars.gateway_action, vars.last_task) == ("approve", "A")).start()
    assert instance.complete("A", "approve").active == ["Yes#1"]


def test_the_stored_form_names_the_token_that_stands_for_the_scope():
    state = walk(*line(sub("Sub", *inner("Sub", "A")))).start().state
    assert state.to_json() == {
        "v": 1,
        "n": 5,
        "st": "active",
        "fl": 1,
        "sc": [[1, 0, 0, "p", {}], [3, 1, 1, "s", {"h": 2}]],
        "tk": [[2, 1, "e", 1, "sub", {}], [5, 3, "e", 3, "wait", {"en": 1}]],
        "ent": {"3": 1},
    }
    assert State.from_json(state.to_json()) == state


def test_terminate_ends_only_its_scope_and_takes_the_flow_of_the_subprocess():
    parts = (start("In"), task("A"), task("B"), end("OutA"), node("endEvent", "Stop", TERMINATE),
             flow("In", "A"), flow("In", "B"), flow("A", "Stop"), flow("B", "OutA"))  # fmt: skip
    both = (start(), sub("Sub", *parts), task("Beside"), task("After"), end(), flow("Start", "Sub"),
            flow("Start", "Beside"), flow("Sub", "After"), flow("After", "End"), flow("Beside", "End"))  # fmt: skip
    instance = walk(*both).start()
    instance.complete("A")
    assert instance.active == ["Beside#1", "After#1"]
    assert TaskLeft(element_id="B", entry_no=1, outcome=Outcome.CANCELLED) in instance.events
    assert LeaveTask(element_id="B", entry_no=1, outcome=Outcome.CANCELLED) in instance.effects


def test_terminate_at_the_top_ends_the_process_with_everything_in_it():
    instance = walk(
        start(), sub("Sub", *inner("Sub", "A")), task("B"), node("endEvent", "Stop", TERMINATE), end(),
        flow("Start", "Sub"), flow("Start", "B"), flow("B", "Stop"), flow("Sub", "End"),
    ).start()  # fmt: skip
    instance.complete("B")
    assert instance.events[-2:] == [
        TaskLeft(element_id="A", entry_no=1, outcome=Outcome.CANCELLED),
        ProcessEnded(end_event="Stop"),
    ]
    assert instance.state.status is Status.ENDED
    assert (instance.state.tokens, instance.state.scopes) == ((), ())


def test_cancelling_closes_inner_entries_where_their_subprocess_stands():
    instance = walk(
        start(), sub("Sub", *inner("Sub", "A")), task("B"), end(),
        flow("Start", "Sub"), flow("Start", "B"), flow("Sub", "End"), flow("B", "End"),
    ).start()  # fmt: skip
    assert instance.send(Cancel("no more")) is None
    assert [event.element_id for event in instance.events if isinstance(event, TaskLeft)] == ["A", "B"]
    assert instance.state.scopes == ()


def test_more_scopes_than_allowed_are_refused():
    nested = sub("Outer", *inner("Outer"), attributes="")
    instance = walk(*line(nested, task("A")))
    instance.limits = Limits(scopes=1)
    refused = instance.send(Start())
    assert isinstance(refused, Refusal)
    assert refused.code == "LOOP_LIMIT"


def test_a_task_may_not_be_sent_back_across_the_border():
    parts = inner("Sub", "A")
    instance = walk(*line(task("Before"), sub("Sub", *parts))).start().complete("Before")
    refused = instance.try_complete("A", "sendBack:Before")
    assert refused is not None
    assert refused.code == "ACTION_NOT_ALLOWED"


SPOILED: list[dict[str, Json]] = [
    {"sc": [[1, 0, 0, "p", {}], [3, 1, 1, "s", {}]]},
    {"sc": [[1, 0, 0, "p", {}], [3, 1, 1, "s", {"h": 5}]]},
    {"sc": [[1, 0, 0, "p", {}], [3, 1, 2, "s", {"h": 2}]]},
    {"sc": [[1, 0, 0, "p", {}], [3, 1, 99, "s", {"h": 2}]]},
    {"sc": [[1, 0, 0, "p", {}], [3, 0, 1, "p", {}]]},
    {"sc": [[1, 0, 0, "p", {}]], "tk": [[2, 1, "e", 1, "sub", {}]]},
    {"sc": [[1, 0, 0, "p", {}], [3, 1, 1, "s", {"h": 2}], [4, 1, 1, "s", {"h": 2}]]},
]


def test_scopes_that_do_not_belong_to_the_tokens_are_refused():
    instance = walk(*line(sub("Sub", *inner("Sub", "A")))).start()
    for spoiled in SPOILED:
        state = State.from_json({**instance.state.to_json(), **spoiled})
        if isinstance(state, State):
            refused = Walk(instance.definition, state=state).try_complete("A")
            assert refused is not None, spoiled
            assert refused.code == "INTEGRITY"
