"""Broken app folders: whatever is cut, turned or replaced, the loader answers with findings and never fails.

The harness is checked with a loader that fails on one kind of damage: it must be caught.
"""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest
from lxml import etree

from dialog_graph.apps import AppVersion, Files, load, read_folder, validate
from dialog_graph.apps.contents.prefill_map import PrefillFacts, Section
from dialog_graph.apps.form_data.calculate import calculate
from dialog_graph.apps.form_data.documents import new_document, wire
from dialog_graph.apps.form_data.prefill import prefill
from dialog_graph.apps.forms.drawing import form_state
from dialog_graph.apps.forms.hidden_data import remove_hidden
from dialog_graph.apps.validation.gate import validate_document
from dialog_graph.errors import Refused
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.instance import DataElement
from tests.unit.apps.sample import form, instance

APPS = Path(__file__).resolve().parents[3] / "apps/ttd"
OURS = Path(__file__).resolve().parents[2] / "data/apps/ttd"
STRANGE: tuple[Any, ...] = (None, True, -1, 1e300, "", "x" * 300, "#/", [], [[]], {}, {"": 0}, "../../x", "\u0000")
ROUNDS = 400
FACTS = PrefillFacts(sections={Section.DSF: {"SSN": "1", "Name": "A"}, Section.USER_PROFILE: {"Party": {"Name": "B"}}})


def example(name: str) -> Files:
    files = read_folder((APPS if name != "travel-claim" else OURS) / name)
    assert isinstance(files, Files)
    return files


def damaged_bytes(data: bytes, chance: random.Random) -> bytes:
    """Cuts, doubles, overwrites or swaps a few bytes."""
    place = chance.randrange(len(data))
    length = chance.choice((1, 1, 3, 40))
    kinds = (
        lambda: data[:place] + data[place + length :],
        lambda: data[:place] + data[place : place + length] * 2 + data[place + length :],
        lambda: data[:place] + bytes(chance.randrange(256) for _ in range(length)) + data[place + length :],
        lambda: (
            data[:place]
            + chance.choice((b"\xff", b"\x00", b"<", b'"', b"[", b"}", b"&", b"-1", b"null"))
            + data[place:]
        ),
        lambda: data[:place],
    )
    return chance.choice(kinds)()


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of every value inside."""
    members = cast("dict[Any, Any]", value).items() if isinstance(value, dict) else ()
    rows = enumerate(cast("list[Any]", value)) if isinstance(value, list) else ()
    for key, inner in [*members, *rows]:
        yield value, key
        yield from places(inner)


def damaged_json(data: bytes, chance: random.Random) -> bytes:
    """Replaces, removes or renames one member anywhere in the document."""
    value = json.loads(data)
    container, key = chance.choice(list(places(value)) or [({"": value}, "")])
    kind = chance.randrange(3)
    if kind == 0 or isinstance(container, list):
        container[key] = chance.choice(STRANGE)
    elif kind == 1:
        del container[key]
    else:
        container[chance.choice(("id", "ID", "x", "$ref", "type"))] = container.pop(key)
    return json.dumps(value).encode()


def damaged_xml(data: bytes, chance: random.Random) -> bytes:
    """Removes, doubles or renames one element, or changes one of its attributes."""
    root = etree.fromstring(data)
    element = chance.choice(list(root.iter("*")))
    parent = element.getparent()
    kind = chance.randrange(4)
    if kind == 0 and parent is not None:
        parent.remove(element)
    elif kind == 1 and parent is not None:
        parent.append(etree.fromstring(etree.tostring(element)))
    elif kind == 2 and element.attrib:
        element.set(chance.choice(list(element.attrib)), chance.choice(("", "x", "Task_1", "Gateway_Open")))
    else:
        element.tag = chance.choice(("{urn:x}a", "task", "{http://www.omg.org/spec/BPMN/20100524/MODEL}endEvent"))
    return etree.tostring(root)


def damage(files: Files, chance: random.Random) -> Files:
    path = chance.choice(sorted(files.contents))
    data = files.contents[path]
    structured = damaged_xml if path.endswith(("bpmn", "xml")) else damaged_json
    changed = chance.choice((damaged_bytes, structured, structured))(data, chance)
    return Files(contents={**files.contents, path: changed}, place=files.place)


def use(version: AppVersion) -> None:
    """What the server does with any version that it got."""
    elements: list[DataElement] = []
    for data_type in version.data_types.values():
        if data_type.is_form:
            document, _ = new_document(version, data_type.id, {"amount": "5", "newAddress.city": 3})
            wire(version, data_type.id, document)
            validate_document(version, data_type.id, document)
            version.default_data_type(data_type.task_id or "")
            filled, _ = prefill(version, data_type.id, document, FACTS)
            calculate(version, data_type.id, filled, instance(), None)
            elements.append(form(filled, data_type.id, len(elements) + 1))
    for task in version.definition.tasks:
        form_state(version, instance(*elements), task.id)
        remove_hidden(version, instance(*elements), task.id)
        with suppress(Refused):
            validate(version, instance(*elements), task.id)


Loader = Callable[[Files, str], tuple[AppVersion | None, Diags]]


def survivors(name: str, loader: Loader, rounds: int = ROUNDS) -> int:
    """Loads damaged folders; the number of those that gave a version. Raises what the loader raises."""
    original = example(name)
    count = 0
    for seed in range(rounds):
        version, diagnostics = loader(damage(original, random.Random(f"{name}{seed}")), "development")
        assert version is not None or any(item.is_error for item in diagnostics)
        if version is not None:
            use(version)
            count += 1
    return count


@pytest.mark.slow
@pytest.mark.parametrize("name", ["change-of-address", "grant-application", "travel-claim"])
def test_damage_gives_findings_and_never_a_failure(name: str) -> None:
    count = survivors(name, load)

    assert 0 < count < ROUNDS


def test_the_harness_catches_a_loader_that_fails() -> None:
    def fragile(files: Files, environment: str) -> tuple[AppVersion | None, Diags]:
        for path, data in files.contents.items():
            if path.endswith(".json"):
                json.loads(data)
        return load(files, environment)

    with pytest.raises(ValueError, match=r"."):
        survivors("change-of-address", fragile, 100)


@pytest.mark.parametrize("name", ["change-of-address", "grant-application", "travel-claim"])
def test_every_file_may_be_missing_or_empty(name: str) -> None:
    original = example(name)
    for path in original.contents:
        for contents in (
            {other: data for other, data in original.contents.items() if other != path},
            {**original.contents, path: b""},
            {**original.contents, path: b"\xef\xbb\xbf"},
            {**original.contents, path: b"[" * 3_000},
            {**original.contents, path: b"{}"},
        ):
            version, diagnostics = load(Files(contents=contents, place=original.place), "production")
            assert version is not None or any(item.is_error for item in diagnostics)
            if version is not None:
                use(version)
