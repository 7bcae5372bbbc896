"""Caps: circles without a wait, entries, tokens, rounds, size of the state (process engine §15, invariant P32)."""

import re

import orjson

from dialog_graph.bpmn import IncidentOpened, Limits, Status
from tests.unit.bpmn.models import Walk, end, flow, found, gateway, line, process, read, start, task, walk

SPIN = (
    start(), task("Fill"), gateway("G1"), gateway("G2"), end(),
    flow("Start", "Fill"), flow("Fill", "G1"), flow("G1", "G2"),
    flow("G2", "G1", '["again"]'), flow("G2", "End", '["done"]'),
)  # fmt: skip


def test_a_circle_of_gateways_is_refused_at_load():
    spin = (start(), task("Fill"), gateway("G1"), gateway("G2"), end())
    flows = (flow("Start", "Fill"), flow("Fill", "G1"), flow("G1", "G2"), flow("G2", "G1"))
    assert [finding.element_id for finding in found(process(*spin, *flows), "DG2205")] == ["G1"]


def test_a_circle_that_conditions_keep_turning_stops_at_the_cap():
    instance = walk(*SPIN, G2_G1=True).start()
    refused = instance.try_complete("Fill")
    assert refused is not None
    assert (refused.code, refused.expected) == ("LOOP_LIMIT", "at most 1000 steps in one command")
    assert len(instance.answers.asked) < 1_000


def test_a_workers_command_ends_a_turning_circle_with_an_incident():
    instance = walk(*SPIN, G2_G1=True).start()
    instance.by_engine = True
    instance.complete("Fill")
    opened = instance.events[-1]
    assert isinstance(opened, IncidentOpened)
    assert opened.code == "LOOP_LIMIT"


def test_a_thousand_rounds_of_a_user_keep_the_state_small_and_the_next_is_refused():
    instance = walk(
        start(), task("Fill"), gateway(default="Gateway-Fill"), end(),
        flow("Start", "Fill"), flow("Fill", "Gateway"), flow("Gateway", "Fill"), flow("Gateway", "End", '["x"]'),
    ).start()  # fmt: skip
    early = _shape(instance.complete("Fill"))
    for _ in range(998):
        instance.complete("Fill")
    assert _shape(instance) == early
    refused = instance.try_complete("Fill")
    assert refused is not None
    assert refused.code == "LOOP_LIMIT"
    assert instance.active == ["Fill#1000"]


def _shape(instance: Walk) -> bytes:
    """The stored state with every number replaced: its counters may grow, nothing else."""
    return re.sub(rb"\d+", b"0", orjson.dumps(instance.state.to_json()))


def test_ten_tasks_mid_way_fit_in_600_bytes():
    instance = walk(*line(*(task(f"Task_{number}") for number in range(10)))).start()
    for number in range(5):
        instance.complete(f"Task_{number}")
    assert len(orjson.dumps(instance.state.to_json())) <= 600


def _forks(limits: Limits, by_engine: bool = False) -> Walk:
    parts = (start(), task("A"), end(), flow("Start", "A"), flow("A", "A", id="x"), flow("A", "A", id="y"))
    return Walk(read(process(*parts, flow("A", "End"))), limits=limits, by_engine=by_engine)


def test_more_tokens_than_the_cap_are_refused():
    instance = _forks(Limits(tokens=2)).start()
    refused = instance.try_complete("A")
    assert refused is not None
    assert (refused.code, refused.expected) == ("LOOP_LIMIT", "at most 2 tokens")


def test_more_tokens_than_the_cap_make_an_incident_and_no_token_more():
    instance = _forks(Limits(tokens=2), by_engine=True).start()
    instance.complete("A")
    assert len(instance.state.tokens) == 1


def test_more_rounds_than_the_cap_are_refused():
    parts = line(task("A"))
    refused = Walk(read(process(*parts)), limits=Limits(rounds=0)).start().try_complete("A")
    assert refused is not None
    assert refused.expected == "at most 0 rounds in one command"


def test_a_state_beyond_its_size_is_refused():
    instance = _forks(Limits(state_bytes=300)).start()
    while (refused := instance.try_complete("A")) is None:
        assert len(orjson.dumps(instance.state.to_json())) <= 300
    assert refused.expected == "a state of at most 300 bytes"


def test_service_tasks_in_a_row_are_capped_until_a_caller_comes():
    services = [task(f"S{number}", "pdf", tag="serviceTask") for number in range(3)]
    split = (
        start(),
        *services,
        end(),
        *(flow("Start", f"S{n}") for n in range(3)),
        *(flow(f"S{n}", "End") for n in range(3)),
    )
    definition = read(process(*split))
    assert Walk(definition, limits=Limits(automatic_tasks=3)).start().active == ["S0#1", "S1#1", "S2#1"]
    instance = Walk(definition, limits=Limits(automatic_tasks=2), by_engine=True).start()
    opened = instance.events[-1]
    assert isinstance(opened, IncidentOpened)
    assert (opened.element_id, opened.code) == ("S2", "LOOP_LIMIT")
    assert instance.state.status is Status.ACTIVE
