"""The layout keeps its promises on random models; `DIALOG_GRAPH_DRAWINGS` sets how many are drawn."""

import os
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialog_graph.bpmn.drawing import Drawing, drawing_of
from dialog_graph.bpmn.drawing.geometry import Box
from dialog_graph.bpmn.drawing.sheet import Sheet
from tests.unit.bpmn.drawing.invariants import (
    LAYOUT,
    Rule,
    children_are_inside,
    everything_is_there,
    lines_end_on_borders,
    lines_run_clear,
    names_keep_apart,
    siblings_keep_apart,
    violations,
)
from tests.unit.bpmn.drawing.samples import flow, process, random_model, row

DRAWINGS = int(os.environ.get("DIALOG_GRAPH_DRAWINGS", "60"))
bounded = settings(
    max_examples=DRAWINGS,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def laid_out(xml: bytes) -> Sheet:
    drawing = drawing_of(xml)
    assert isinstance(drawing, Drawing)
    assert drawing.from_layout
    return drawing.sheet


@bounded
@given(st.integers(0, 1 << 40))
def test_random_models_are_tidy(seed: int) -> None:
    assert violations(laid_out(random_model(Random(seed)))) == []


def _laid_onto_each_other(sheet: Sheet) -> Sheet:
    first, second, *_ = (figure.id for figure in sheet.figures if figure.inside is None and figure.host is None)
    return replace(sheet, boxes={**sheet.boxes, second: sheet.boxes[first]})


def _moved_outside(sheet: Sheet) -> Sheet:
    inner = next(figure.id for figure in sheet.figures if figure.inside is not None and figure.host is None)
    return replace(sheet, boxes={**sheet.boxes, inner: sheet.boxes[inner].moved(-5_000, 0)})


def _cut_short(sheet: Sheet) -> Sheet:
    id, path = next(iter(sheet.paths.items()))
    end = (path[-1][0] - 9, path[-1][1])
    return replace(sheet, paths={**sheet.paths, id: (*path[:-1], end)})


def _straight_through(sheet: Sheet) -> Sheet:
    """Every line as the crow flies."""
    return replace(sheet, paths={id: (path[0], path[-1]) for id, path in sheet.paths.items()})


def _crowded_names(sheet: Sheet) -> Sheet:
    return replace(sheet, labels={id: Box(0, 0, 60, 14) for id in sheet.labels})


def _forgotten(sheet: Sheet) -> Sheet:
    last = list(sheet.boxes)[-1]
    return replace(sheet, boxes={id: box for id, box in sheet.boxes.items() if id != last})


TWINS: tuple[tuple[Callable[[Sheet], Sheet], Rule], ...] = (
    (_laid_onto_each_other, siblings_keep_apart),
    (_moved_outside, children_are_inside),
    (_cut_short, lines_end_on_borders),
    (_straight_through, lines_run_clear),
    (_crowded_names, names_keep_apart),
    (_forgotten, everything_is_there),
)


@pytest.mark.parametrize(("spoil", "rule"), TWINS, ids=lambda each: each.__name__)
def test_a_spoiled_drawing_breaks_its_rule(spoil: Callable[[Sheet], Sheet], rule: Rule) -> None:
    sheet = laid_out(random_model(Random(38)))
    assert violations(sheet) == []
    assert list(rule(spoil(sheet)))
    assert rule in LAYOUT


# What it looks like -----------------------------------------------------------------------------------------------


def test_a_row_of_tasks_is_a_straight_line_to_the_right() -> None:
    sheet = laid_out(process(row("a", "b", "c")))
    assert [sheet.boxes[id].cy for id in "abc"] == [sheet.boxes["a"].cy] * 3
    assert sheet.boxes["a"].right < sheet.boxes["b"].x < sheet.boxes["b"].right < sheet.boxes["c"].x
    assert [len(path) for path in sheet.paths.values()] == [2, 2]


def test_of_three_branches_the_middle_one_runs_straight() -> None:
    branches = "".join(f'<task id="{id}"/>{flow("x", id)}{flow(id, "y")}' for id in "abc")
    gateways = '<exclusiveGateway id="x"/><exclusiveGateway id="y"/>'
    sheet = laid_out(process(gateways + branches))
    upper, middle, lower = sorted("abc", key=lambda id: sheet.boxes[id].cy)
    assert sheet.boxes["x"].cy == sheet.boxes[middle].cy == sheet.boxes["y"].cy
    assert sheet.boxes[upper].cy + sheet.boxes[lower].cy == 2 * sheet.boxes["x"].cy
    assert sheet.paths[f"x-{upper}"][0] == (sheet.boxes["x"].cx, sheet.boxes["x"].y), "from the upper corner"
    assert sheet.paths[f"{lower}-y"][-1] == (sheet.boxes["y"].cx, sheet.boxes["y"].bottom), "into the lower corner"


def test_a_flow_back_runs_around_the_steps_between() -> None:
    inside = row("a", "b", "c") + '<exclusiveGateway id="x"/>' + flow("c", "x") + flow("x", "a")
    sheet = laid_out(process(inside))
    back = sheet.paths["x-a"]
    assert back[0][0] > sheet.boxes["c"].right
    assert back[-1] == (sheet.boxes["a"].cx, sheet.boxes["a"].y)
    assert min(y for _, y in back) < sheet.boxes["b"].y
    assert sheet.boxes["a"].x < sheet.boxes["b"].x < sheet.boxes["c"].x < sheet.boxes["x"].x


def test_attached_events_sit_on_the_lower_border_and_their_flows_leave_downwards() -> None:
    events = "".join(f'<boundaryEvent id="{id}" attachedToRef="a"/>{flow(id, "b")}' for id in ("e1", "e2"))
    sheet = laid_out(process(row("a", "b") + events))
    host = sheet.boxes["a"]
    assert [sheet.boxes[id].cy for id in ("e1", "e2")] == [host.bottom, host.bottom]
    assert host.x < sheet.boxes["e1"].x < sheet.boxes["e2"].x < sheet.boxes["e2"].right <= host.right
    assert [sheet.paths[f"{id}-b"][0][1] for id in ("e1", "e2")] == [sheet.boxes["e1"].bottom] * 2


def test_a_subprocess_is_as_large_as_what_it_holds() -> None:
    inner = row(*"abcdefgh")
    sheet = laid_out(process(f'<task id="t"/><subProcess id="s" name="Many">{inner}</subProcess>{flow("t", "s")}'))
    assert sheet.opened == {"s"}
    assert sheet.boxes["s"].width > 8 * sheet.boxes["a"].width
    assert violations(sheet) == []


def test_what_no_flow_leads_to_stands_below() -> None:
    sheet = laid_out(process(row("a", "b") + '<subProcess id="s" triggeredByEvent="true"><task id="c"/></subProcess>'))
    assert sheet.boxes["s"].y > sheet.boxes["a"].bottom


def test_artifacts_stand_above_what_they_are_about() -> None:
    note = '<textAnnotation id="n"><text>Says more</text></textAnnotation>'
    data = '<dataObjectReference id="d" name="Form"/>'
    tied = '<association id="x" sourceRef="b" targetRef="n"/><association id="y" sourceRef="d" targetRef="b"/>'
    sheet = laid_out(process(row("a", "b") + note + data + tied))
    assert max(sheet.boxes[id].bottom for id in "nd") < sheet.boxes["b"].y
    assert sheet.paths.keys() == {"a-b", "x", "y"}
    assert violations(sheet, (siblings_keep_apart, lines_end_on_borders, names_keep_apart, everything_is_there)) == []


def test_every_process_with_a_participant_is_a_pool() -> None:
    pools = '<collaboration id="c"><participant id="p" name="We" processRef="P"/><participant id="q"/></collaboration>'
    sheet = laid_out(process(row("a", "b"), beside=pools))
    assert sheet.boxes["p"].grown(-20).holds(sheet.boxes["a"])
    assert "q" not in sheet.boxes, "a party without a process has no place of its own"


# Hostile sizes: drawn all the same. Time is not asserted here, but what grew with the square would hang.


def _tasks(count: int) -> str:
    return "".join(f'<task id="t{number}"/>' for number in range(count))


def _flows(pairs: list[tuple[int, int]]) -> str:
    return "".join(
        f'<sequenceFlow id="f{number}" sourceRef="t{one}" targetRef="t{other}"/>'
        for number, (one, other) in enumerate(pairs)
    )


LARGE = {
    "a row": _tasks(2_400) + _flows([(n, n + 1) for n in range(2_399)]),
    "a star": _tasks(2_400) + _flows([(0, n) for n in range(1, 2_400)]),
    "back to the first": _tasks(1_600) + _flows([(n, n + 1) for n in range(1_599)] + [(n, 0) for n in range(1, 1_600)]),
    "loops of one": _tasks(1) + _flows([(0, 0)] * 4_900),
    "many flows between two": _tasks(2) + _flows([(0, 1)] * 4_900),
    "single tasks": _tasks(4_900),
    "boxes in boxes": "".join(f'<subProcess id="s{n}">' for n in range(90)) + _tasks(50) + "</subProcess>" * 90,
    "attached": _tasks(1) + "".join(f'<boundaryEvent id="b{n}" attachedToRef="t0"/>' for n in range(4_000)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_the_largest_models_are_drawn(name: str) -> None:
    sheet = laid_out(process(LARGE[name]))
    assert list(everything_is_there(sheet)) == []
    assert list(children_are_inside(sheet)) == []
    assert list(lines_end_on_borders(sheet)) == []


@pytest.mark.slow
def test_a_large_tangle_is_drawn() -> None:
    random = Random(1)
    pairs = [(random.randrange(500), random.randrange(500)) for _ in range(1_400)]
    sheet = laid_out(process(_tasks(500) + _flows(pairs)))
    assert list(everything_is_there(sheet)) == []
    assert list(lines_end_on_borders(sheet)) == []


@pytest.mark.parametrize("inside", ["", '<task id="a"/>', '<subProcess id="s"/>', '<startEvent id="e"/>'])
def test_the_smallest_models_are_drawn(inside: str) -> None:
    assert violations(laid_out(process(inside))) == []
