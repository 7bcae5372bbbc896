"""Spoiled input never raises: BPMN texts (invariant P35) and stored states (P4)."""

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from dialog_graph.bpmn import (
    Activate,
    Cancel,
    Command,
    Complete,
    Continue,
    Definition,
    Facts,
    Retry,
    Start,
    State,
    TaskKind,
    advance,
    compile_process,
    read_process,
)
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.graph import Graph
from dialog_graph.errors import Refusal
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.json_value import Json
from tests.conformance.bpmn.generated import model, text
from tests.conformance.bpmn.harness import KINDS, NOW, Instance
from tests.conformance.bpmn.spoiled import drawn_texts, read_spoiled, spoiled
from tests.conformance.bpmn.world import Asking, World


def _texts_of_corpus(shared: Path) -> list[bytes]:
    files = sorted((shared / "corpus").glob("*/**/*.bpmn*"))
    return [file.read_bytes() for file in files if file.stat().st_size < 60_000]


def test_a_thousand_spoiled_models_give_diagnostics():
    counted = read_spoiled(drawn_texts(), range(1_500))
    assert min(counted["read"], counted["refused"], counted["not XML"]) >= 100, counted


def test_spoiled_models_of_the_corpus_give_diagnostics(shared_dir: Path):
    counted = read_spoiled(_texts_of_corpus(shared_dir), range(300))
    assert counted["refused"] >= 30, counted


def test_the_harness_notices_a_reader_that_raises(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dialog_graph.bpmn.reading.source.text_of", lambda element: element[0].text)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType, reportUnknownMemberType]  (a seeded defect)
    with pytest.raises((IndexError, TypeError, ValueError)):
        read_spoiled(drawn_texts(), range(200))


def test_the_harness_notices_an_error_that_compiling_does_not_look_for(monkeypatch: pytest.MonkeyPatch):
    def only_when_read(graph: Graph, tasks: object, strict: bool, findings: Findings) -> None:
        for node in graph.nodes.values():
            findings.add("DG2106 inner", node.line, node.id, id=node.id)

    monkeypatch.setattr("dialog_graph.bpmn.reader.advise_gateways", only_when_read)
    with pytest.raises(AssertionError):
        read_spoiled(drawn_texts(), range(200))


def test_the_harness_notices_a_definition_that_compiling_makes_otherwise(monkeypatch: pytest.MonkeyPatch):
    def without_code(file: bytes, kinds: Mapping[str, TaskKind]) -> tuple[Definition | None, Diags]:
        return compile_process(file, {})

    monkeypatch.setattr("tests.conformance.bpmn.spoiled.compile_process", without_code)
    with pytest.raises(AssertionError, match="compiled and read differ"):
        read_spoiled(drawn_texts(), range(200))


def _reads_differently(file: bytes, says_nothing: bool) -> bool:
    """Whether it matters which elements of a model are taken for plain."""

    def answered(xml: object, given: object) -> bool:
        return says_nothing

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("dialog_graph.bpmn.reading.source._says_nothing", answered)
        try:
            other = read_process(file, KINDS)
        except LookupError:
            return True
    return read_process(file, KINDS) != other


def _that_read_differently(says_nothing: bool) -> list[int]:
    texts, draws = drawn_texts(), [Random(seed) for seed in range(300)]
    files = [spoiled(random, random.choice(texts)) for random in draws]
    return [seed for seed, file in enumerate(files) if _reads_differently(file, says_nothing)]


def test_what_plain_elements_are_not_asked_they_could_not_break():
    assert _that_read_differently(says_nothing=False) == []


def test_the_comparison_notices_elements_that_are_wrongly_taken_for_plain():
    assert len(_that_read_differently(says_nothing=True)) >= 10


VALUES: tuple[Json, ...] = (
    *(None, True, 0, 1, 2, 3, 7, -1, 10**9, "", "e", "f"),
    *("wait", "inc", "go", "left", "ask", "sub", "join", "active", "p", "s", "e", "m", "c", [], {}),
)


def _spoil(random: Random, value: Json) -> Json:
    """The JSON value with one random place changed."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        name = random.choice(sorted(value))
        return value | {name: _spoil(random, value[name])}
    if isinstance(value, list) and value and random.random() < 0.9:
        place = random.randrange(len(value))
        return [*value[:place], _spoil(random, value[place]), *value[place + 1 :]]
    alike = [other for other in VALUES if type(other) is type(value)]
    return random.choice(alike if alike and random.random() < 0.8 else VALUES)


def test_no_pair_of_state_and_command_raises():
    taken = refused = 0
    for seed in range(800):
        random = Random(seed)
        drawn = model(random)
        definition, _ = read_process(text(drawn), KINDS)
        if definition is None:
            continue
        world = World(seed, drawn)
        instance = Instance(definition, world)
        instance.send(Start(definition.start_events[0].id))
        for entry in instance.state.active_entries(definition)[:1]:
            instance.send(Complete(entry.element_id, entry.entry_no))
        written: Json = json.loads(json.dumps(instance.state.to_json()))
        for _ in range(random.randrange(1, 4)):
            written = _spoil(random, written)
        state = State.from_json(written)
        if isinstance(state, Refusal):
            refused += 1
            continue
        taken += 1
        ids = [element.id for element in definition.elements]
        commands: tuple[Command, ...] = (
            Start(),
            Cancel("x"),
            Continue(),
            *(Activate(id) for id in ids),
            Continue((random.choice(["F0", "F1"]),)),
            *(Complete(id, number) for id in ids for number in (0, 1, 2)),
            *(Retry(id, number) for id in ids for number in (0, 1)),
        )
        for command in commands:
            for by_engine in (False, True):
                facts = Facts(now=NOW, actor="x", evaluator=Asking(world), by_engine=by_engine)
                before = state.to_json()
                advance(definition, state, command, facts)
                assert state.to_json() == before
    assert min(taken, refused) >= 100
