"""The interpreter keeps its invariants on random models and paths, and whoever breaks one is caught.

The number of paths is small enough for every run; `python -m tests.conformance.bpmn` goes more of them.
"""

import sys
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialog_graph.bpmn import Cancel, Complete, Start, read_process
from tests.conformance.bpmn.campaign import INVARIANTS, Figures, campaign, everyone, hunt, named
from tests.conformance.bpmn.defects import Defect
from tests.conformance.bpmn.generated import model, text
from tests.conformance.bpmn.harness import KINDS, Instance
from tests.conformance.bpmn.oracle import Oracle
from tests.conformance.bpmn.walk import Walk, compiled
from tests.conformance.bpmn.world import World

SEED = 20_310_501
"""The same in every run, so that a change shows."""

SHARES, PATHS = 8, 700
"""Parts that can run side by side, and the paths of each."""

thorough = settings(
    max_examples=60,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
randoms = st.randoms(use_true_random=False) | st.integers(0, 1 << 40).map(Random)


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_every_invariant_holds_on_random_paths(share: int, capfd: pytest.CaptureFixture[str]):
    figures = campaign(SEED, share * PATHS, PATHS)
    with capfd.disabled():
        print(f"\nseed {SEED}, share {share}: {figures.table()}", file=sys.stderr, flush=True)
    assert figures.faults == []
    assert figures.paths >= PATHS
    assert {name for name in INVARIANTS if not figures.seen[name]} == set()


@thorough
@given(randoms)
def test_interpreter_and_oracle_agree_after_every_command(random: Random):
    drawn = model(random)
    definition = compiled(drawn)
    if definition is not None:
        Walk(random, definition, drawn).run()


@pytest.mark.parametrize("twin", [*everyone()], ids=lambda twin: " ".join(named(twin)))
def test_every_broken_twin_is_caught(twin: type[Oracle] | Defect):
    assert hunt(twin, SEED) is not None


def test_a_fault_is_told_with_what_repeats_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Oracle, "age", lambda oracle: 7)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  (a seeded defect)
    figures = campaign(SEED, 3, 4)
    assert figures.faults
    assert figures.faults[0].startswith(f"--seed {SEED} --model ")
    assert not figures.is_good
    assert not Figures(twins={("P1", "somebody"): None}).is_good


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
        trace: list[object] = [instance.send(Start(start)).refusal]
        for tick in range(8):
            instance.world.tick = tick
            entries = [e for e in instance.state.active_entries(definition) if e.incident is None]
            command = Complete(entries[-1].element_id, entries[-1].entry_no) if entries else Cancel("stuck")
            step = instance.send(command)
            trace += [step.refusal, step.taken, step.events]
        traces.append(trace)
    assert traces[0] == traces[1]
