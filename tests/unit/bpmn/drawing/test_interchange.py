"""An interchange is followed where it is whole, mended where that is safe, and left alone where it is not."""

import pytest

from dialog_graph.bpmn.drawing import Drawing, Mark, drawing_of
from dialog_graph.bpmn.drawing.geometry import Box
from dialog_graph.bpmn.drawing.sheet import Sheet
from tests.unit.bpmn.drawing.invariants import drawn_ids, lines_end_on_borders, lines_run_clear, read_svg, violations
from tests.unit.bpmn.drawing.samples import NAMESPACES, edge, flow, process, row, shape


def placed(xml: bytes) -> Sheet:
    drawing = drawing_of(xml)
    assert isinstance(drawing, Drawing)
    assert not drawing.from_layout
    return drawing.sheet


def is_laid_out(xml: bytes) -> bool:
    drawing = drawing_of(xml)
    assert isinstance(drawing, Drawing)
    return drawing.from_layout


AB = shape("a", 10, 20) + shape("b", 210, 20.5)


def test_shapes_and_waypoints_are_kept() -> None:
    sheet = placed(process(row("a", "b"), AB + edge("a-b", (110, 60), (160, 100), (210, 60))))
    assert sheet.boxes == {"a": Box(10, 20, 100, 80), "b": Box(210, 20.5, 100, 80)}
    assert sheet.paths == {"a-b": ((110, 60), (160, 100), (210, 60))}


@pytest.mark.parametrize(
    "points",
    [
        [(60, 60), (260, 60)],
        [(130, 60), (190, 60)],
        [(60, 60), (60, 160), (260, 160), (260, 60)],
        [(110, 60), (209, 60)],
    ],
    ids=["from the middles", "too short", "from inside", "nearly"],
)
def test_ends_of_edges_are_put_on_the_borders(points: list[tuple[float, float]]) -> None:
    assert list(lines_end_on_borders(placed(process(row("a", "b"), AB + edge("a-b", *points))))) == []


@pytest.mark.parametrize(
    "waypoints",
    [
        "",
        edge("a-b"),
        edge("a-b", (110, 60)),
        edge("a-b", (110, 60), ("NaN", 60)),
        edge("a-b", (110, 60), ("inf", 60)),
        edge("a-b", (110, 60), (1e9, 60)),
        edge("a-b", (110, 60), ("", 60)),
        edge("a-b", (60, 60), (60, 60)),
        edge("a-b", *[(110 + n, 60) for n in range(500)]),
    ],
)
def test_an_edge_without_a_usable_way_gets_one(waypoints: str) -> None:
    sheet = placed(process(row("a", "b"), AB + waypoints))
    assert list(lines_end_on_borders(sheet)) == []
    assert len(sheet.paths["a-b"]) <= 4


def test_a_way_of_our_own_runs_around_other_shapes() -> None:
    inside = row("a", "b") + '<task id="between"/>'
    sheet = placed(process(inside, shape("a", 0, 0) + shape("between", 150, 0) + shape("b", 300, 0)))
    assert list(lines_run_clear(sheet)) == []
    assert list(lines_end_on_borders(sheet)) == []


@pytest.mark.parametrize(
    "second",
    [
        "",
        shape("b", "NaN", 0),
        shape("b", "-inf", 0),
        shape("b", 0, 0, -100, 80),
        shape("b", 0, 0, 0, 0),
        shape("b", 0, 0, 90_000, 80),
        shape("b", 1e300, 0),
        shape("b", 99_000, 99_000),
        shape("b", "ten", 0),
        '<di:BPMNShape bpmnElement="b"/>',
        shape("nothing", 210, 20),
    ],
)
def test_when_a_step_has_no_place_everything_is_laid_out(second: str) -> None:
    xml = process(row("a", "b"), shape("a", 10, 20) + second)
    assert is_laid_out(xml)
    drawing = drawing_of(xml)
    assert isinstance(drawing, Drawing)
    assert violations(drawing.sheet) == []


def test_an_attached_event_without_a_place_sits_on_its_host() -> None:
    events = '<boundaryEvent id="e1" attachedToRef="a"/><boundaryEvent id="e2" attachedToRef="a"/>'
    sheet = placed(process(row("a", "b") + events + flow("e1", "b"), AB))
    assert [sheet.boxes[id].cy for id in ("e1", "e2")] == [100, 100]
    assert not sheet.boxes["e1"].overlaps(sheet.boxes["e2"])
    assert list(lines_end_on_borders(sheet)) == []


# Subprocesses ----------------------------------------------------------------------------------------------------

NESTED = f'<task id="t"/><subProcess id="s" name="Inner">{row("a", "b")}</subProcess>{flow("t", "s")}'
OUTER = shape("t", 0, 50) + shape("s", 200, 0, 400, 200, ' isExpanded="true"')
INNER = shape("a", 220, 50) + shape("b", 400, 50)


def test_an_opened_subprocess_shows_its_inside() -> None:
    sheet = placed(process(NESTED, OUTER + INNER))
    assert sheet.opened == {"s"}
    assert sheet.boxes.keys() == {"t", "s", "a", "b"}


@pytest.mark.parametrize(
    "diagram",
    [
        shape("t", 0, 50) + shape("s", 200, 50, more=' isExpanded="false"') + INNER,
        shape("t", 0, 50) + shape("s", 200, 50),
    ],
    ids=["told", "nothing in it"],
)
def test_a_closed_one_hides_it_and_shows_what_goes_on_in_it(diagram: str) -> None:
    xml = process(NESTED, diagram)
    sheet = placed(xml)
    assert sheet.boxes.keys() == {"t", "s"}
    assert sheet.paths.keys() == {"t-s"}
    drawing = drawing_of(xml)
    assert isinstance(drawing, Drawing)
    drawn = read_svg(drawing.svg({"a": Mark.DONE, "b": Mark.ACTIVE}))
    classes = {group.get("data-element"): group.get("class") for group in drawn.iter("{*}g")}
    assert classes["s"] == "subprocess subProcess active"


def test_the_inside_of_a_closed_one_that_has_its_own_plane_stands_below() -> None:
    inner = shape("a", 0, 0) + shape("b", 200, 0)
    own = f'<di:BPMNDiagram><di:BPMNPlane bpmnElement="s">{inner}</di:BPMNPlane></di:BPMNDiagram>'
    xml = (
        process(NESTED, shape("t", 0, 50) + shape("s", 200, 50))
        .decode()
        .replace("</definitions>", own + "</definitions>")
    )
    sheet = placed(xml.encode())
    assert sheet.boxes.keys() == {"t", "s", "a", "b"}
    assert sheet.boxes["a"].y > sheet.boxes["s"].bottom
    assert [name for _, name in sheet.captions] == ["Inner"]
    assert "Inner" in "".join(str(text) for text in read_svg(drawing_svg(xml.encode())).itertext("{*}tspan"))


def drawing_svg(xml: bytes) -> str:
    drawing = drawing_of(xml)
    assert isinstance(drawing, Drawing)
    return drawing.svg()


# Pools, lanes, messages, artifacts ---------------------------------------------------------------------------------

COLLABORATION = (
    '<collaboration id="c"><participant id="p" name="We" processRef="P"/><participant id="q" name="They"/>'
    '<messageFlow id="m" name="Asks" sourceRef="a" targetRef="q"/></collaboration>'
)
LANES = '<laneSet><lane id="l1" name="Office"><flowNodeRef>a</flowNodeRef></lane><lane id="l2" name="Board"/></laneSet>'


def test_pools_lanes_and_message_flows_are_drawn_where_they_are() -> None:
    diagram = (
        shape("p", 0, 0, 500, 300)
        + shape("l1", 30, 0, 470, 150)
        + shape("l2", 30, 150, 470, 150)
        + shape("q", 0, 400, 500, 60)
        + shape("a", 60, 30)
        + shape("b", 260, 30)
        + edge("m", (110, 110), (110, 400))
    )
    xml = process(LANES + row("a", "b"), diagram, beside=COLLABORATION)
    sheet = placed(xml)
    assert sheet.boxes.keys() == {"p", "q", "l1", "l2", "a", "b"}
    assert drawn_ids(read_svg(drawing_svg(xml))) == dict.fromkeys([*sheet.boxes, "m", "a-b"], 1)


def test_data_and_annotations_are_drawn_with_what_ties_them() -> None:
    inside = (
        row("a", "b")
        + '<dataObjectReference id="d" name="Form"/><textAnnotation id="n"><text>Note</text></textAnnotation>'
        '<association id="x" sourceRef="a" targetRef="n"/><association id="y" sourceRef="a-b" targetRef="n"/>'
        '<task id="c"><dataInputAssociation id="i"><sourceRef>d</sourceRef></dataInputAssociation></task>'
    )
    diagram = AB + shape("c", 410, 20) + shape("d", 100, 150, 36, 50) + shape("n", 200, 150, 100, 30)
    sheet = placed(process(inside, diagram + edge("y", (160, 60), (250, 150))))
    assert {"d", "n"} <= sheet.boxes.keys()
    assert sheet.paths.keys() == {"a-b", "x", "y", "i"}, "also the one to a flow, which has only its waypoints"


def test_names_that_have_no_room_get_one_beside_the_lines() -> None:
    inside = (
        '<exclusiveGateway id="g" name="Which way now?"/><task id="a"/><task id="b"/>' + flow("g", "a") + flow("g", "b")
    )
    diagram = shape("g", 0, 0, 50, 50) + shape("a", 150, -15) + shape("b", -25, 200)
    sheet = placed(process(inside, diagram + edge("g-b", (25, 50), (25, 200)) + edge("g-a", (50, 25), (150, 25))))
    assert sheet.labels["g"].bottom < 0, "above, because a flow leaves below"


def test_rooms_for_names_that_are_far_away_are_left_alone() -> None:
    far = (
        '<di:BPMNShape bpmnElement="e"><dc:Bounds x="0" y="0" width="36" height="36"/><di:BPMNLabel>'
        '<dc:Bounds x="5000" y="0" width="10" height="10"/></di:BPMNLabel></di:BPMNShape>'
    )
    sheet = placed(process('<startEvent id="e" name="Begins"/>', far))
    assert abs(sheet.labels["e"].cx - sheet.boxes["e"].cx) < 1


def test_several_diagrams_of_one_process_are_drawn_once() -> None:
    again = f'<di:BPMNDiagram><di:BPMNPlane bpmnElement="P">{shape("a", 900, 900)}</di:BPMNPlane></di:BPMNDiagram>'
    xml = process(row("a", "b"), AB).decode().replace("</definitions>", f"{again}</definitions>")
    assert placed(xml.encode()).boxes["a"] == Box(10, 20, 100, 80)


def test_namespace_prefixes_in_references_are_understood() -> None:
    xml = process(row("a", "b"), AB).decode().replace('bpmnElement="a"', 'bpmnElement="x:a"')
    assert placed(xml.encode()).boxes["a"] == Box(10, 20, 100, 80)
    assert "xmlns:di" in NAMESPACES
