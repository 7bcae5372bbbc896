"""The text of a drawing: well-formed, escaped, without anything that could act or ask, and the same every time."""

import hashlib
import os
import subprocess
import sys
from random import Random

import pytest

from dialog_graph.bpmn.definition import ElementKind
from dialog_graph.bpmn.drawing import LANGUAGES, Drawing, Mark, drawing_of, language_for
from dialog_graph.bpmn.drawing import words as words_of
from dialog_graph.bpmn.drawing.figures import Family
from dialog_graph.bpmn.drawing.marks import EVENTS, GATEWAYS, MARKERS, STATES, TASKS
from dialog_graph.bpmn.drawing.painters import PAINTERS
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.model.safe_xml import Element
from tests.unit.bpmn.drawing.invariants import SVG, drawn_ids, foreign_parts, read_svg
from tests.unit.bpmn.drawing.samples import edge, flow, process, random_model, row, shape

HOSTILE = (
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&quot; onload=&quot;alert(1)",
    "&lt;/text&gt;&lt;foreignObject&gt;",
    "]]&gt;&lt;!--",
    "&lt;a href=&#39;http://x&#39;&gt;",
    "&amp;lt;b&amp;gt;",
    "&#x202e;drow",
    "&#x9;tab&#xA;line",
    "javascript:alert(1) url(http://x)",
    "x" * 255,
    "𝔘𝔫𝔦 مرحبا 中文字符",
)


def drawn(xml: bytes, states: dict[str, Mark] | None = None, language: str = "nb") -> Element:
    drawing = drawing_of(xml)
    assert isinstance(drawing, Drawing)
    return read_svg(drawing.svg(states or {}, language))


def texts_of(root: Element, name: str) -> list[str]:
    return ["".join(str(part) for part in element.itertext()) for element in root.iter(f"{SVG}{name}")]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_shown_and_nothing_else(name: str) -> None:
    note = (
        f'<textAnnotation id="n"><text>{name}</text></textAnnotation><association id="x" sourceRef="a" targetRef="n"/>'
    )
    inside = (
        f'<task id="a" name="{name}"/><endEvent id="b" name="{name}"/>{flow("a", "b", f" name={name!r}")}{note}'
        if "'" not in name
        else f'<task id="a" name="{name}"/>'
    )
    root = drawn(process(inside, name=name))
    assert foreign_parts(root) == []
    assert {str(element.tag) for element in root.iter()} <= {
        f"{SVG}{tag}"
        for tag in (
            "svg",
            "title",
            "desc",
            "style",
            "rect",
            "g",
            "text",
            "tspan",
            "path",
            "ellipse",
        )
    }


def test_ids_are_values_and_no_markup() -> None:
    root = drawn(process('<task id="&quot;&gt;&lt;script&gt;"/>'))
    assert foreign_parts(root) == []
    assert drawn_ids(root) == {'"><script>': 1}


def test_nothing_in_random_drawings_acts_or_asks() -> None:
    for seed in range(40):
        xml = random_model(Random(seed))
        drawing = drawing_of(xml)
        assert isinstance(drawing, Drawing)
        marks = {id: list(Mark)[place % 4] for place, id in enumerate(drawing.sheet.boxes)}
        root = read_svg(drawing.svg(marks))
        assert foreign_parts(root) == [], seed
        expected = [*drawing.sheet.contents.figures, *drawing.sheet.contents.lines]
        assert drawn_ids(root) == dict.fromkeys(expected, 1), "everything once"


@pytest.mark.parametrize(
    "planted",
    [
        "<script>alert(1)</script>",
        '<a href="http://x"/>',
        "<foreignObject/>",
        '<rect onclick="x"/>',
        '<rect style="x"/>',
        '<rect fill="url(#x)"/>',
        "<style>@import 'x'</style>",
        '<image width="1"/>',
        '<g id="x"/>',
        "<use/>",
    ],
)
def test_the_harness_sees_what_must_not_be_there(planted: str) -> None:
    drawing = drawing_of(process(row("a", "b")))
    assert isinstance(drawing, Drawing)
    assert foreign_parts(read_svg(drawing.svg().replace("</svg>", f"{planted}</svg>"))) != []


_PRINT = """
import hashlib, random, sys
from dialog_graph.bpmn.drawing import drawing_of
from tests.unit.bpmn.drawing.samples import random_model
for seed in range(12):
    print(hashlib.sha256(drawing_of(random_model(random.Random(seed))).svg().encode()).hexdigest())
"""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_file_gives_the_same_bytes_in_every_process(seed: str) -> None:
    ours = [hashlib.sha256(_svg(random_model(Random(number))).encode()).hexdigest() for number in range(12)]
    path = os.pathsep.join(entry for entry in (os.getcwd(), *sys.path) if entry)
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
    theirs = subprocess.run([sys.executable, "-c", _PRINT], env=environment, capture_output=True, text=True, check=True)
    assert theirs.stdout.split() == ours


def _svg(xml: bytes) -> str:
    drawing = drawing_of(xml)
    assert isinstance(drawing, Drawing)
    assert drawing.svg() == drawing.svg()
    return drawing.svg()


# For those who do not see it ---------------------------------------------------------------------------------------


def test_every_element_says_what_it_is() -> None:
    root = drawn(process(row("a", "b") + '<startEvent id="s"><messageEventDefinition/></startEvent>' + flow("s", "a")))
    told = {
        str(group.get("data-element")): [str(child.text) for child in group[:2]]
        for group in root.iter(f"{SVG}g")
        if group.get("data-element")
    }
    assert told == {
        "a": ["a", "Oppgave"],
        "b": ["b", "Oppgave"],
        "s": ["Starthendelse (melding)", "Starthendelse (melding)"],
        "a-b": ["Flyt", "Flyt: a → b"],
        "s-a": ["Flyt", "Flyt: s → a"],
    }
    assert (root.get("role"), root[0].text, root[1].text) == ("img", "Prosess", "Trinn: a, b.")


def test_states_are_classes_signs_and_words() -> None:
    states = {"a": Mark.DONE, "b": Mark.ACTIVE, "c": Mark.WAITING, "d": Mark.FAILED, "gone": Mark.ACTIVE}
    root = drawn(process(row(*"abcde"), name="Case"), states, "en")
    groups = {str(group.get("data-element")): group for group in root.iter(f"{SVG}g") if group.get("data-element")}
    assert [groups[id].get("class") for id in "abcde"] == [
        "task task done",
        "task task active",
        "task task waiting",
        "task task failed",
        "task task",
    ]
    assert [len(list(groups[id].iter(f"{SVG}circle"))) for id in "abcde"] == [1, 1, 1, 1, 0], "not by colour alone"
    assert [str(groups[id][1].text) for id in "ab"] == ["Task, done", "Task, active"]
    assert (root[0].text, root[1].text) == ("Case", "failed: d. active: b. waiting: c. done: a.")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [([], "nb"), (["nn"], "nn"), (["en", "nb"], "en"), (["fr", "en"], "en"), (["fr"], "nb"), (["se", "nn"], "nn")],
)
def test_the_best_language_that_we_have(wanted: list[str], expected: str) -> None:
    assert language_for(wanted) == expected


def test_every_kind_of_element_has_a_word_in_every_language() -> None:
    tags = {kind.value for kind in ElementKind} | v.GATEWAYS | {"scriptTask"}
    for key in tags | set(v.EVENT_DEFINITIONS.values()) | {mark.value for mark in Mark}:
        words = [words_of.word(key, language) for language in LANGUAGES]
        assert len(words) == 3
        assert key not in words[:1] or key in ("signal",), key


def test_every_kind_of_element_has_a_look() -> None:
    assert PAINTERS.keys() == set(Family)
    assert set(v.EVENT_DEFINITIONS.values()) <= EVENTS.keys()
    assert GATEWAYS.keys() == v.GATEWAYS
    assert v.TASKS - TASKS.keys() <= {"task", "callActivity"}, "the one is plain, the other has a thick border"
    assert STATES.keys() == {mark.value for mark in Mark}
    assert MARKERS.keys() == {"loop", "parallel", "sequential", "compensation", "adhoc", "closed"}


# How things look -----------------------------------------------------------------------------------------------------


def _parts(root: Element, id: str) -> list[str]:
    group = next(group for group in root.iter(f"{SVG}g") if group.get("data-element") == id)
    return [
        f"{str(part.tag).removeprefix(SVG)} {part.get('class')}" for part in group.iter(f"{SVG}*") if part.get("class")
    ]


def test_events_are_told_apart_by_their_rings() -> None:
    inside = (
        '<startEvent id="s"/><endEvent id="e"/><task id="t"/>'
        '<boundaryEvent id="i" attachedToRef="t"><timerEventDefinition/></boundaryEvent>'
        '<boundaryEvent id="n" attachedToRef="t" cancelActivity="false"><timerEventDefinition/></boundaryEvent>'
        '<intermediateThrowEvent id="x"><escalationEventDefinition/></intermediateThrowEvent>'
    )
    root = drawn(process(inside))
    assert _parts(root, "s")[1:] == ["ellipse shape"]
    assert _parts(root, "e")[1:] == ["ellipse shape thick"]
    assert _parts(root, "i")[1:3] == ["ellipse shape"] * 2
    assert _parts(root, "n")[1:3] == ["ellipse shape dashed"] * 2
    assert _parts(root, "x")[3:] == ["path mark full"], "what is thrown is filled"


def test_markers_of_activities_are_drawn() -> None:
    inside = (
        '<task id="a"><standardLoopCharacteristics/></task>'
        '<task id="b" isForCompensation="true"><multiInstanceLoopCharacteristics isSequential="true"/></task>'
        '<callActivity id="c"/><subProcess id="d"/>'
    )
    root = drawn(process(inside))
    signs = {id: sum(part.startswith("path mark") for part in _parts(root, id)) for id in "abcd"}
    assert signs == {
        "a": len(MARKERS["loop"]),
        "b": len(MARKERS["sequential"]) + len(MARKERS["compensation"]),
        "c": 0,
        "d": len(MARKERS["closed"]),
    }
    assert "rect shape thick" in _parts(root, "c")


def test_lines_are_told_apart() -> None:
    steps = '<task id="a" default="a-b"/><task id="b"/><task id="c"/>'
    condition = '<conditionExpression>["x"]</conditionExpression>'
    condition = f'<sequenceFlow id="if" sourceRef="a" targetRef="c">{condition}</sequenceFlow>'
    note = '<textAnnotation id="n"><text>Note</text></textAnnotation>'
    tied = '<association id="t" sourceRef="c" targetRef="n" associationDirection="One"/>'
    root = drawn(process(steps + flow("a", "b") + flow("b", "c") + condition + note + tied))
    plain = ["g sequenceFlow", "path flow", "path head"]
    assert _parts(root, "b-c") == plain
    assert _parts(root, "a-b") == [*plain, "path flow"], "a slash"
    assert _parts(root, "if") == [*plain, "path head open"], "a diamond"
    assert _parts(root, "t") == ["g association", "path flow dotted", "path flow"], "dots and an open head"


def test_a_message_flow_has_a_ring_and_an_open_head() -> None:
    beside = (
        '<collaboration id="c"><participant id="q"/><messageFlow id="m" sourceRef="a" targetRef="q"/></collaboration>'
    )
    diagram = shape("a", 0, 0) + shape("q", 0, 200, 300, 60) + edge("m", (50, 80), (50, 200))
    root = drawn(process('<task id="a"/>', diagram, beside=beside))
    assert _parts(root, "m") == ["g messageFlow", "path flow dashed", "path head open", "circle head open"]


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"", "DG1005"),
        (b"<definitions/>", "DG2001"),
        (b"<!DOCTYPE x><definitions/>", "DG1006"),
        (process('<task id="t"/>' * 5_000), "DG1003"),
        (b"\xff\xfe", "DG1005"),
    ],
)
def test_what_is_no_bpmn_gives_findings(xml: bytes, code: str) -> None:
    found = drawing_of(xml)
    assert not isinstance(found, Drawing)
    assert [each.code for each in found] == [code]
