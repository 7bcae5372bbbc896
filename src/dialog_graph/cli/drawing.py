"""Commands that draw: `draw`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from dialog_graph.apps import Files, read_folder
from dialog_graph.apps.diagnostics import PROCESS
from dialog_graph.bpmn.drawing import Drawing, drawing_of
from dialog_graph.cli.terminal import fail
from dialog_graph.model.safe_xml import BPMN_LIMITS

commands = typer.Typer()


@commands.command()
def draw(
    path: Annotated[Path, typer.Argument(help="An app folder, or a BPMN file.", exists=True)],
    out: Annotated[Path | None, typer.Option(help="File to write to, else standard output.")] = None,
) -> None:
    """Draws a process as SVG: from the diagram in the file where it has a whole one, else laid out anew."""
    drawing = drawing_of(_process(path), file=path.as_posix())
    if not isinstance(drawing, Drawing):
        raise fail("\n".join(f"{found.file}:{found.line or 1} {found.code} {found.message}" for found in drawing))
    svg = drawing.svg(language="en", title=path.name)
    if out is None:
        sys.stdout.write(svg)
        return
    try:
        out.write_text(svg, encoding="utf-8")
    except OSError as fault:
        raise fail(f"expected to write {out}, but {fault.strerror}") from None


def _process(path: Path) -> bytes:
    """The bytes of the process, no more than a process may have and one, so that more is seen."""
    if path.is_dir():
        files = read_folder(path)
        if not isinstance(files, Files):
            raise fail(files[0].message)
        if PROCESS not in files.contents:
            raise fail(f"expected a process in the app, but {PROCESS} is missing")
        return files.contents[PROCESS]
    try:
        with path.open("rb") as file:
            return file.read(BPMN_LIMITS.max_bytes + 1)
    except OSError as fault:
        raise fail(f"expected to read {path}, but {fault.strerror}") from None
