"""Spoiled input never raises: BPMN texts (invariant P35) and stored states (P4)."""

import json
import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from dialog_graph.bpmn import (
    Activate,
    Cancel,
    Command,
    Complete,
    Continue,
    Facts,
    Retry,
    Start,
    State,
    advance,
    read_process,
)
from dialog_graph.errors import Refusal
from dialog_graph.model.diagnostic import has_errors
from dialog_graph.model.json_value import Json
from tests.conformance.bpmn.generated import model, text
from tests.conformance.bpmn.harness import KINDS, NOW, Asking, Instance, World

SPECIAL = (
    b"<",
    b">",
    b'"',
    b"&",
    b"&#0;",
    b"/>",
    b"\x00",
    b"\xff",
    b"<task/>",
    b"<!--",
    b"]]>",
    b"<scriptTask id='F1'/>",
)


def spoiled(random: Random, data: bytes) -> bytes:
    """The text with one to four random edits, of bytes or of whole elements and attribute values."""
    for _ in range(random.randrange(1, 5)):
        data = random.choice(BYTE_EDITS if random.random() < 0.15 else NODE_EDITS)(random, data) or b"<"
    return data


def _other_byte(random: Random, data: bytes) -> bytes:
    place = random.randrange(len(data))
    return data[:place] + bytes([random.randrange(256)]) + data[place + 1 :]


def _inserted(random: Random, data: bytes) -> bytes:
    place = random.randrange(len(data))
    return data[:place] + random.choice(SPECIAL) + data[place:]


def _cut(random: Random, data: bytes) -> bytes:
    place = random.randrange(len(data))
    return data[:place] + data[place + random.randrange(1, 60) :]


def _values_swapped(random: Random, data: bytes) -> bytes:
    parts = re.split(rb'(?<==)("[^"]*")', data)
    first, second = random.randrange(1, len(parts), 2), random.randrange(1, len(parts), 2)
    parts[first], parts[second] = parts[second], parts[first]
    return b"".join(parts)


def _value_copied(random: Random, data: bytes) -> bytes:
    parts = re.split(rb'(?<==)("[^"]*")', data)
    parts[random.randrange(1, len(parts), 2)] = parts[random.randrange(1, len(parts), 2)]
    return b"".join(parts)


def _lines_changed(random: Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    first, second = random.randrange(len(lines)), random.randrange(len(lines))
    lines[first : first + 1] = random.choice(([], [lines[second]], [lines[first], lines[second]]))
    return b"\n".join(lines)


def _tag_renamed(random: Random, data: bytes) -> bytes:
    return data.replace(random.choice(TAGS), random.choice(TAGS))


def _attribute_added(random: Random, data: bytes) -> bytes:
    places = [match.end() for match in re.finditer(rb"<[a-z:]*(?:task|Task|Event|Gateway|Flow)\b", data)]
    place = random.choice(places) if places else 0
    return data[:place] + random.choice(ATTRIBUTES) + data[place:]


BYTE_EDITS = (_other_byte, _inserted, _cut)
NODE_EDITS = (_values_swapped, _value_copied, _lines_changed, _tag_renamed, _attribute_added)
TAGS = (
    *(b"exclusiveGateway", b"parallelGateway", b"inclusiveGateway", b"endEvent", b"startEvent", b"boundaryEvent"),
    *(b"task", b"subProcess", b"transaction", b"adHocSubProcess", b"intermediateThrowEvent", b"intermediateCatchEvent"),
    *(b"errorEventDefinition", b"escalationEventDefinition", b"compensateEventDefinition", b"linkEventDefinition"),
    *(b"standardLoopCharacteristics", b"multiInstanceLoopCharacteristics", b"association", b"cancelEventDefinition"),
)
ATTRIBUTES = (
    b' name="x"',
    b' isForCompensation="true"',
    b' triggeredByEvent="true"',
    b' startQuantity="2"',
    b' xmlns:q="u:1" q:a="1"',
)


def _texts(shared: Path | None) -> list[bytes]:
    drawn = [text(model(Random(seed))) for seed in range(12)]
    files = sorted((shared / "corpus").glob("*/**/*.bpmn*")) if shared else []
    return drawn + [file.read_bytes() for file in files if file.stat().st_size < 60_000]


def _read_spoiled(texts: list[bytes], rounds: int) -> Counter[str]:
    """How many were read, refused as BPMN, refused as XML."""
    counted: Counter[str] = Counter()
    for seed in range(rounds):
        random = Random(seed)
        definition, diagnostics = read_process(spoiled(random, random.choice(texts)), KINDS)
        assert (definition is None) == has_errors(diagnostics)
        assert all(found.message and found.code.startswith("DG") for found in diagnostics)
        as_xml = any(found.code.startswith("DG1") for found in diagnostics)
        counted["read" if definition else "not XML" if as_xml else "refused"] += 1
    return counted


def test_a_thousand_spoiled_models_give_diagnostics():
    counted = _read_spoiled(_texts(None), 1_500)
    assert min(counted["read"], counted["refused"], counted["not XML"]) >= 100, counted


def test_spoiled_models_of_the_corpus_give_diagnostics(shared_dir: Path):
    counted = _read_spoiled(_texts(shared_dir), 300)
    assert counted["refused"] >= 30, counted


def test_the_harness_notices_a_reader_that_raises(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dialog_graph.bpmn.reading.source.children", lambda element: iter(element[0]))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  (a seeded defect)
    with pytest.raises((IndexError, TypeError, ValueError)):
        _read_spoiled(_texts(None), 200)


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
