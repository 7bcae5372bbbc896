"""The known models: with their interchange as it is, without it by the layout, both tidy."""

from pathlib import Path

import pytest

from dialog_graph.bpmn.drawing import Drawing, drawing_of
from tests.unit.bpmn.drawing.invariants import (
    children_are_inside,
    drawn_ids,
    foreign_parts,
    lines_end_on_borders,
    read_svg,
    siblings_keep_apart,
    violations,
)

PROJECT = Path(__file__).resolve().parents[4]


def models(shared_dir: Path) -> list[Path]:
    corpus = shared_dir / "corpus"
    found = [*(corpus / "bpmn").rglob("*.bpmn*"), *corpus.glob("apps/*/App/config/process/process.bpmn")]
    assert len(found) > 30
    return sorted(found)


def of_apps() -> list[Path]:
    return sorted((PROJECT / "apps").glob("*/*/App/config/process/process.bpmn"))


def drawing(path: Path, *, places: bool) -> Drawing:
    found = drawing_of(path.read_bytes(), places=places)
    assert isinstance(found, Drawing), path.name
    return found


def test_all_models_of_the_corpus_are_tidy_when_laid_out(shared_dir: Path) -> None:
    for path in models(shared_dir):
        assert violations(drawing(path, places=False).sheet) == [], path.name


def test_all_models_of_the_corpus_are_drawn_once_and_cleanly(shared_dir: Path) -> None:
    followed = 0
    for path in models(shared_dir):
        found = drawing(path, places=True)
        root = read_svg(found.svg())
        assert foreign_parts(root) == [], path.name
        assert set(drawn_ids(root).values()) == {1}, path.name
        assert list(lines_end_on_borders(found.sheet)) == [], path.name
        followed += not found.from_layout
    assert followed >= 10


def test_the_interchange_models_have_their_lanes_pools_and_messages(shared_dir: Path) -> None:
    sheet = drawing(shared_dir / "corpus/bpmn/miwg/C.1.0.bpmn", places=True).sheet
    tags = [figure.tag for figure in sheet.figures]
    assert (tags.count("lane"), tags.count("participant")) == (4, 2)
    assert sum(sheet.contents.lines[id].kind == "messageFlow" for id in sheet.paths) == 5


@pytest.mark.parametrize("path", of_apps(), ids=lambda path: path.parts[-5])
def test_our_own_apps_are_drawn_as_they_were_made(path: Path) -> None:
    found = drawing(path, places=True)
    assert not found.from_layout
    assert violations(found.sheet, (siblings_keep_apart, children_are_inside, lines_end_on_borders)) == []
