"""Parallel gateways: split, join by incoming flow, surplus, nesting, deadlock (process engine §4.3, invariant P12)."""

from collections import Counter
from random import Random

from dialog_graph.bpmn import Complete, Limits, ProcessEnded, Retry, State, Status
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from tests.unit.bpmn.models import Walk, end, flow, gateway, node, start, task, walk


def both(id: str) -> str:
    return node("parallelGateway", id)


TWO = (
    start(), both("Split"), task("A", actions="reject approve"), task("B"), both("Join"), task("C"), end(),
    flow("Start", "Split"), flow("Split", "A"), flow("Split", "B"), flow("A", "Join"), flow("B", "Join"),
    flow("Join", "C"), flow("C", "End"),
)  # fmt: skip


def test_a_split_opens_every_branch_and_the_join_waits_for_all():
    instance = walk(*TWO).start()
    assert instance.active == ["A#1", "B#1"]
    assert instance.complete("B").active == ["A#1"]
    assert instance.complete("A").active == ["C#1"]
    assert instance.complete("C").state.status is Status.ENDED


def test_a_waiting_token_is_a_count_at_its_flow():
    written = walk(*TWO).start().complete("B").state.to_json()
    assert written["jn"] == {"1:4": {"4": 1}}
    loaded = State.from_json(written)
    assert isinstance(loaded, State)
    assert loaded.to_json() == written


def test_the_join_keeps_the_action_of_the_last_token():
    parts = (
        start(), both("Split"), task("A", actions="approve"), task("B"), both("Join"), gateway("Choice"),
        task("Yes"), task("No"), end(),
        flow("Start", "Split"), flow("Split", "A"), flow("Split", "B"), flow("A", "Join"), flow("B", "Join"),
        flow("Join", "Choice"), flow("Choice", "Yes", '["x"]'), flow("Choice", "No", '["y"]'),
        flow("Yes", "End"), flow("No", "End"),
    )  # fmt: skip
    for order, wanted in ((("A", "B"), "No#1"), (("B", "A"), "Yes#1")):
        instance = walk(
            *parts, Choice_Yes=lambda vars: vars.gateway_action == "approve", Choice_No=lambda vars: True
        ).start()
        for name in order:
            instance.complete(name, "approve" if name == "A" else None)
        assert instance.active == [wanted]


def test_tokens_of_one_flow_do_not_make_up_for_another():
    instance = walk(
        start(), task("Twice"), gateway("Merge"), task("Other"), both("Join"), task("After"), end(),
        flow("Start", "Twice"), flow("Start", "Other"), flow("Twice", "Merge"), flow("Twice", "Merge", id="again"),
        flow("Merge", "Join"), flow("Other", "Join"), flow("Join", "After"), flow("After", "End"),
    ).start()  # fmt: skip
    assert instance.complete("Twice").active == ["Other#1"]
    assert instance.complete("Other").active == ["After#1"]
    assert instance.complete("After").state.status is Status.ACTIVE
    assert instance.state.to_json()["jn"] == {"1:4": {"4": 1}}


def test_a_gateway_may_join_and_split():
    instance = walk(
        start(), task("A"), task("B"), both("Knot"), task("C"), task("D"), end(),
        flow("Start", "A"), flow("Start", "B"), flow("A", "Knot"), flow("B", "Knot"),
        flow("Knot", "C"), flow("Knot", "D"), flow("C", "End"), flow("D", "End"),
    ).start()  # fmt: skip
    assert instance.complete("A").complete("B").active == ["C#1", "D#1"]


def test_a_join_that_can_never_fire_keeps_the_process_open_until_it_is_cancelled():
    instance = walk(
        start(), gateway(default="Gateway-B"), task("A"), task("B"), both("Join"), end(),
        flow("Start", "Gateway"), flow("Gateway", "A", '["x"]'), flow("Gateway", "B"),
        flow("A", "Join"), flow("B", "Join"), flow("Join", "End"),
    ).start()  # fmt: skip
    instance.complete("B")
    assert (instance.active, instance.state.status, instance.state.has_token) == ([], Status.ACTIVE, True)


def test_sent_back_into_one_branch_the_other_is_untouched():
    instance = walk(*TWO).start().complete("B")
    instance.complete("A", "reject")
    assert instance.active == ["C#1"]


def test_a_worker_that_hits_the_cap_before_a_join_loses_no_token():
    instance = walk(*TWO).start().complete("B")
    instance.by_engine = True
    instance.limits = Limits(transitions=1)
    assert instance.send(Complete("A", 1)) is None
    assert [(i.element_id, i.code) for i in instance.state.open_incidents(instance.definition)] == [
        ("Join", "LOOP_LIMIT")
    ]
    instance.limits = Limits()
    assert instance.send(Retry("Join", 0)) is None
    assert instance.active == ["C#1"]


def arrivals(random: Random, flows: int, rounds: int) -> tuple[Counter[int], int, int]:
    """Random arrivals at one join: how many came along each flow, how often it fired, how many still wait."""
    names = [f"T{number}" for number in range(flows)]
    instance = walk(
        start(), *(task(name) for name in names), both("Join"), task("After"), end(),
        *(flow("Start", name) for name in names), *(flow(name, "Join") for name in names),
        *(flow(name, name, id=f"again{name}") for name in names), flow("Join", "After"), flow("After", "End"),
    ).start()  # fmt: skip
    came: Counter[int] = Counter()
    for _ in range(rounds):
        number = random.randrange(flows)
        instance.complete(names[number])
        came[number] += 1
    waiting = sum(sum(counts.values()) for counts in instance.state.joins.values())
    return came, sum(name.startswith("After") for name in instance.active), waiting


def test_a_join_fires_as_often_as_its_poorest_flow_and_no_token_is_lost():
    for seed in range(30):
        random = Random(seed)
        flows = random.randrange(2, 5)
        came, fired, waiting = arrivals(random, flows, random.randrange(12))
        assert fired == min(came[number] for number in range(flows))
        assert sum(came.values()) == fired * flows + waiting


def test_spoiled_counts_are_refused():
    instance = walk(*TWO).start().complete("B")
    wrong: tuple[Json, ...] = (
        *({"1:4": {"9": 1}}, {"1:4": {"4": 0}}, {"1:4": {}}),
        *({"7:4": {"4": 1}}, {"1:99": {"4": 1}}, {"1:1": {"4": 1}}),
    )
    for spoiled in wrong:
        state = State.from_json(instance.state.to_json() | {"jn": spoiled})
        assert isinstance(state, State)
        other = Walk(instance.definition, state=state)
        refused = other.send(Complete("A", 1))
        assert isinstance(refused, Refusal)
        assert refused.code == "INTEGRITY"


def test_the_end_is_the_last_event_reached():
    instance = walk(
        start(), both("Split"), task("A"), task("B"), end("EndA"), end("EndB"),
        flow("Start", "Split"), flow("Split", "A"), flow("Split", "B"), flow("A", "EndA"), flow("B", "EndB"),
    ).start()  # fmt: skip
    assert instance.complete("B").complete("A").events[-1] == ProcessEnded(end_event="EndA")
