"""What the server and the linter do with whatever the loader gave them: none of it may fail either."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from dialog_graph.apps import AppEvaluator, AppVersion, Files, check, validate
from dialog_graph.apps.contents.prefill_map import PrefillFacts, Section
from dialog_graph.apps.form_data.calculate import calculate
from dialog_graph.apps.form_data.documents import new_document, read_wire, wire
from dialog_graph.apps.form_data.prefill import prefill
from dialog_graph.apps.forms.drawing import form_state
from dialog_graph.apps.forms.hidden_data import remove_hidden
from dialog_graph.apps.linter import as_annotations, as_json, as_sarif, as_text, mend
from dialog_graph.apps.validation.gate import validate_document
from dialog_graph.bpmn import Vars
from dialog_graph.errors import Refused
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.instance import DataElement
from dialog_graph.model.json_value import Json
from tests.unit.apps.sample import form, instance

FACTS = PrefillFacts(sections={Section.DSF: {"SSN": "1", "Name": "A"}, Section.USER_PROFILE: {"Party": {"Name": "B"}}})
GIVEN: Json = {"amount": "5", "newAddress.city": 3, "name": "A", "rows[0].item": "x"}
MAX_FINDINGS = 1_000


def serve(version: AppVersion) -> None:
    """New documents, their XML and checks; forms, hidden data and the gate of every task; the conditions."""
    elements = [_element(version, data_type, number) for number, data_type in enumerate(_forms(version), start=1)]
    filled = instance(*elements)
    for task in version.definition.tasks:
        # Refusals are answers too.
        with suppress(Refused):
            form_state(version, filled, task.id)
        with suppress(Refused):
            remove_hidden(version, filled, task.id)
        with suppress(Refused):
            validate(version, filled, task.id)
    evaluator = AppEvaluator(version=version, instance=filled)
    for key in version.conditions:
        evaluator.condition(key, Vars(gateway_action="reject", last_task=None, gateway=key))


def _forms(version: AppVersion) -> Sequence[str]:
    return [data_type.id for data_type in version.data_types.values() if data_type.is_form]


def _element(version: AppVersion, data_type: str, number: int) -> DataElement:
    document, _ = new_document(version, data_type, GIVEN)
    _, xml = wire(version, data_type, document)
    if xml is not None:
        read_wire(version, data_type, "application/xml", xml)
    validate_document(version, data_type, document)
    filled, _ = prefill(version, data_type, document, FACTS)
    calculate(version, data_type, filled, instance(), None)
    return form(filled, data_type, number, xml=xml)


def wrong_with(version: AppVersion | None, findings: Diags) -> str | None:
    """What an answer of the loader must not be; None for a good one."""
    if version is None and not any(item.is_error for item in findings):
        return "expected a version or an error, but there is neither"
    by_file: dict[str, int] = {}
    for item in findings:
        by_file[item.file] = by_file.get(item.file, 0) + 1
        try:
            text = f"{item.file}{item.message}{item.hint}{item.element_id}{item.path}{item.related}".encode()
        except UnicodeEncodeError:
            return f"expected findings that can be sent, but {item!a} holds half of a character"
        if not item.message or not item.code.startswith("DG") or len(text) > 20_000:
            return f"expected a code and a text of bounded length, but got {item!a}"[:500]
    crowded = {file: count for file, count in by_file.items() if count > MAX_FINDINGS}
    return f"expected at most {MAX_FINDINGS} findings for a file, but got {crowded}" if crowded else None


def write(files: Files, folder: Path) -> None:
    """The files below a folder; what no file system holds is left out."""
    for path, data in files.contents.items():
        place = folder / path
        with suppress(OSError, ValueError):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)


def lint(folder: Path) -> None:
    """The linter on a folder, in every form, and what it would mend."""
    report = check([folder])
    as_text(report).encode()
    json.dumps(as_json(report)).encode()
    json.dumps(as_sarif(report, folder, "1")).encode()
    as_annotations(report, folder).encode()
    for app in report.apps:
        mended = mend(app, "development")
        if mended is not None and app.files is not None:
            mended.diff(app.files, folder).encode("utf-8", "replace")


def archived(files: Files) -> str | None:
    """What is kept must come back as it was; None when it does."""
    again = Files.from_archive(files.to_archive())
    return None if again.sha256 == files.sha256 else "expected the archive to give the same files, but it does not"
