"""Spoiled interchanges never raise and always give a bounded drawing. `DIALOG_GRAPH_DRAWINGS` sets how many."""

import os
import re
from collections import Counter
from random import Random

import pytest

from dialog_graph.bpmn.drawing import Drawing, drawing_of
from tests.conformance.bpmn.spoiled import spoiled
from tests.unit.bpmn.drawing.invariants import bounds, everything_is_there, lines_end_on_borders, read_svg
from tests.unit.bpmn.drawing.samples import random_model, with_interchange

ROUNDS = int(os.environ.get("DIALOG_GRAPH_DRAWINGS", "60")) * 2
NUMBERS = ("NaN", "inf", "-inf", "1e308", "-1e308", "-5", "0", "1e-300", "999999999999", "", "x", "0x10", "1_0", "٣")
_VALUE = re.compile(r'(?<= )(?:x|y|width|height)="[^"]*"')
_PART = re.compile(r"<di:BPMN(?:Shape|Edge) .*?</di:BPMN(?:Shape|Edge)>")
_REFERENCE = re.compile(r'(?<=bpmnElement=")[^"]*')


def drawn_model(random: Random) -> bytes:
    """A random model with the places that the layout gives it as its interchange."""
    xml = random_model(random)
    drawing = drawing_of(xml)
    assert isinstance(drawing, Drawing)
    sheet = drawing.sheet
    boxes = {id: (box.x, box.y, box.width, box.height) for id, box in sheet.boxes.items()}
    return with_interchange(xml, boxes, sheet.paths)


def mutated(random: Random, xml: bytes) -> bytes:
    text = xml.decode()
    for _ in range(random.randrange(1, 6)):
        text = random.choice((_number, _without, _twice, _referred, _without_waypoints))(random, text)
    return text.encode()


def _one(random: Random, pattern: re.Pattern[str], text: str, new: str) -> str:
    places = list(pattern.finditer(text))
    if not places:
        return text
    found = random.choice(places)
    return text[: found.start()] + new.replace("@", found[0]) + text[found.end() :]


def _number(random: Random, text: str) -> str:
    name = random.choice(("x", "y", "width", "height"))
    return _one(random, re.compile(rf'(?<= ){name}="[^"]*"'), text, f'{name}="{random.choice(NUMBERS)}"')


def _without(random: Random, text: str) -> str:
    return _one(random, _PART, text, "")


def _twice(random: Random, text: str) -> str:
    return _one(random, _PART, text, "@@")


def _referred(random: Random, text: str) -> str:
    return _one(random, _REFERENCE, text, random.choice(_REFERENCE.findall(text) or ["P"]))


def _without_waypoints(random: Random, text: str) -> str:
    return re.sub(r"<dd:waypoint [^>]*>", "", text, count=random.randrange(1, 40))


def test_what_the_layout_gives_is_followed_when_written_as_interchange() -> None:
    for seed in range(20):
        xml = drawn_model(Random(seed))
        drawing = drawing_of(xml)
        assert isinstance(drawing, Drawing)
        assert not drawing.from_layout
        laid_out = drawing_of(xml, places=False)
        assert isinstance(laid_out, Drawing)
        assert {id: (box.x, box.width) for id, box in drawing.sheet.boxes.items()} == {
            id: (round(box.x, 2), round(box.width, 2)) for id, box in laid_out.sheet.boxes.items()
        }


@pytest.mark.slow
def test_mutated_interchanges_give_bounded_drawings() -> None:
    counted: Counter[str] = Counter()
    for seed in range(ROUNDS):
        random = Random(seed)
        drawing = drawing_of(mutated(random, drawn_model(random)))
        assert isinstance(drawing, Drawing), seed
        assert list(lines_end_on_borders(drawing.sheet)) == [], seed
        shown = bounds(read_svg(drawing.svg()))
        assert shown.width < 300_000, seed
        assert shown.height < 300_000, seed
        if drawing.from_layout:
            assert list(everything_is_there(drawing.sheet)) == [], seed
        counted["laid out" if drawing.from_layout else "followed"] += 1
    assert min(counted["laid out"], counted["followed"]) > ROUNDS / 10, counted


@pytest.mark.slow
def test_spoiled_files_are_drawn_or_refused() -> None:
    counted: Counter[str] = Counter()
    for seed in range(ROUNDS):
        random = Random(seed)
        drawing = drawing_of(spoiled(random, drawn_model(random)))
        if isinstance(drawing, Drawing):
            read_svg(drawing.svg())
        counted["drawn" if isinstance(drawing, Drawing) else "refused"] += 1
    assert min(counted.values()) > ROUNDS / 20, counted


def test_the_harness_notices_a_reader_that_takes_every_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialog_graph.bpmn.drawing.interchange._number", lambda text: float(text or 0))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType] -- a seeded defect
    with pytest.raises((AssertionError, ValueError, OverflowError)):
        test_mutated_interchanges_give_bounded_drawings()
