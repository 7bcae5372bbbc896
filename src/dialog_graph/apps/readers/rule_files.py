"""Finds the files that stand beside a model: `models/{dataType}.prefill.json` and its kin (app folder §2)."""

from collections.abc import Iterator

from dialog_graph.apps.diagnostics import At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.known import Known
from dialog_graph.apps.readers.reading import Findings, JsonObject, read_json

FOLDER = "models/"


def rule_files(files: Files, suffix: str, known: Known, findings: Findings) -> Iterator[tuple[str, JsonObject]]:
    """(data type, top of its file) for every form data type; a file of anything else is told to have no effect."""
    for path in files.matching(FOLDER, suffix):
        data_type = path.removeprefix(FOLDER).removesuffix(suffix)
        if not known.is_form(data_type):
            findings.add("DG5012", At(file=path), id=data_type)
            continue
        document = read_json(files, path, findings)
        top = document.object() if document else None
        if top is not None:
            yield data_type, top
