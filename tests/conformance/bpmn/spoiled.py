"""BPMN texts with random edits of bytes, attributes and elements, and what the reader makes of them (P35)."""

import re
from collections import Counter
from collections.abc import Sequence
from random import Random

from dialog_graph.bpmn import compile_process, read_process
from dialog_graph.model.diagnostic import has_errors
from tests.conformance.bpmn.generated import model, text
from tests.conformance.bpmn.harness import KINDS

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


def drawn_texts() -> list[bytes]:
    """Texts to spoil: models of every kind of block."""
    favours = ("", "", "inner", "undo", "ad_hoc", "some")
    return [text(model(Random(seed), favour=favours[seed % len(favours)])) for seed in range(18)]


def read_spoiled(texts: Sequence[bytes], seeds: Sequence[int]) -> Counter[str]:
    """How many were read, refused as BPMN, refused as XML; compiling alone must come to the same."""
    counted: Counter[str] = Counter()
    for seed in seeds:
        random = Random(seed)
        file = spoiled(random, random.choice(texts))
        definition, diagnostics = read_process(file, KINDS)
        assert (definition is None) == has_errors(diagnostics)
        errors = tuple(found for found in diagnostics if found.is_error)
        assert compile_process(file, KINDS) == (definition, errors), f"seed {seed}: compiled and read differ"
        assert all(found.message and found.code.startswith("DG") for found in diagnostics)
        as_xml = any(found.code.startswith("DG1") for found in diagnostics)
        counted["read" if definition else "not XML" if as_xml else "refused"] += 1
    return counted
