"""The interpreter agrees with the oracle on random models and paths (invariants P1–P5, P11, P24).

`DIALOG_GRAPH_MODELS` sets the number of models of the large property; a failing example is printed by hypothesis.
"""

import os
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialog_graph.bpmn import Cancel, Complete, Start, read_process
from tests.conformance.bpmn.generated import model, text
from tests.conformance.bpmn.harness import KINDS, Instance, World, parting
from tests.conformance.bpmn.oracle import Oracle
from tests.conformance.bpmn.twins import TWINS

MODELS = int(os.environ.get("DIALOG_GRAPH_MODELS", "300"))
thorough = settings(
    max_examples=MODELS,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
randoms = st.randoms(use_true_random=False) | st.integers(0, 1 << 40).map(Random)


@pytest.mark.slow
@thorough
@given(randoms)
def test_interpreter_and_oracle_agree_after_every_command(random: Random):
    assert parting(random, model(random)) is None


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.__name__)
def test_the_harness_catches_every_broken_twin(twin: type[Oracle]):
    drawn = ((Random(seed), model(Random(seed), favour=twin.favour)) for seed in range(3_000))
    assert any(parting(random, shown, twin) is not None for random, shown in drawn)


@settings(thorough, max_examples=100)
@given(randoms)
def test_on_disjoint_and_complete_conditions_both_rules_take_the_same_flow(random: Random):
    drawn = model(random, disjoint=True)
    seed = random.randrange(1 << 20)
    traces: list[list[object]] = []
    for strict in (False, True):
        drawn.strict = strict
        definition, _ = read_process(text(drawn), KINDS)
        if definition is None:
            return  # a circle that never waits, drawn by chance: refused, so there is no flow to take
        instance = Instance(definition, World(seed, drawn, disjoint=True))
        start = next(id for id, node in drawn.nodes.items() if node["tag"] == "startEvent")
        trace: list[object] = [instance.send(Start(start))]
        for tick in range(8):
            instance.world.tick = tick
            entries = [e for e in instance.state.active_entries(definition) if e.incident is None]
            command = Complete(entries[-1].element_id, entries[-1].entry_no) if entries else Cancel("stuck")
            trace += [instance.send(command), list(instance.taken), list(instance.events)]
        traces.append(trace)
    assert traces[0] == traces[1]
