"""`draw`: an app folder or a file becomes SVG; what is no process is told in a line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dialog_graph.bpmn.drawing import Drawing, drawing_of
from dialog_graph.cli import made

RUN, app = CliRunner(), made()
XML = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="P">'
    '<startEvent id="s"/><task id="t" name="Søk"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>'
    "</process></definitions>"
).encode()


def test_a_file_is_drawn_to_standard_output(tmp_path: Path) -> None:
    file = tmp_path / "case.bpmn"
    file.write_bytes(XML)
    result = RUN.invoke(app, ["draw", str(file)])
    drawing = drawing_of(XML)
    assert isinstance(drawing, Drawing)
    assert (result.exit_code, result.stdout) == (0, drawing.svg(language="en", title="case.bpmn"))


@pytest.mark.parametrize("root", ["App", "."])
def test_an_app_folder_is_drawn_to_a_file(root: str, tmp_path: Path) -> None:
    place = tmp_path / root / "config" / "process"
    place.mkdir(parents=True)
    (place / "process.bpmn").write_bytes(XML)
    out = tmp_path / "out.svg"
    result = RUN.invoke(app, ["draw", str(tmp_path), "--out", str(out)])
    assert (result.exit_code, result.output) == (0, "")
    assert "Søk" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"nothing", "DG1005"), (b"<a/>", "DG2001"), (b"<!DOCTYPE a><a/>", "DG1006"), (b" " * (2 << 20), "DG1003")],
)
def test_what_is_no_process_is_told(content: bytes, told: str, tmp_path: Path) -> None:
    file = tmp_path / "x.bpmn"
    file.write_bytes(content)
    result = RUN.invoke(app, ["draw", str(file)])
    assert (result.exit_code, told in result.output) == (1, True)
    assert isinstance(result.exception, SystemExit), "no traceback"


def test_a_folder_without_an_app_and_an_app_without_a_process_are_told(tmp_path: Path) -> None:
    assert RUN.invoke(app, ["draw", str(tmp_path)]).exit_code == 1
    (tmp_path / "App" / "config").mkdir(parents=True)
    result = RUN.invoke(app, ["draw", str(tmp_path)])
    assert (result.exit_code, "process.bpmn is missing" in result.output) == (1, True)


def test_a_path_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert RUN.invoke(app, ["draw", str(tmp_path / "nothing")]).exit_code == 2


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    file = tmp_path / "case.bpmn"
    file.write_bytes(XML)
    result = RUN.invoke(app, ["draw", str(file), "--out", str(tmp_path / "no" / "out.svg")])
    assert (result.exit_code, "expected to write" in result.output) == (1, True)
