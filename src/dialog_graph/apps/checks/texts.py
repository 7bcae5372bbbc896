"""Checks of the texts that forms, PDFs and settings name (app folder §14, `DG9502`).

Messages of validation rules are looked at with their file (`DG7105`).
"""

from collections.abc import Iterator
from dataclasses import replace

from dialog_graph.apps.checks.places import at_element
from dialog_graph.apps.contents.components import Component
from dialog_graph.apps.contents.layouts import LayoutSet
from dialog_graph.apps.contents.text_ids import is_platform_id, looks_like_id
from dialog_graph.apps.diagnostics import At
from dialog_graph.apps.readers.layouts_reader import ReadLayouts
from dialog_graph.apps.readers.reading import Findings, JsonObject
from dialog_graph.apps.version import AppVersion
from dialog_graph.model.diagnostic import DiagnosticPlace

_MAX_PLACES = 20


def check_texts(version: AppVersion, read: ReadLayouts, top: JsonObject, findings: Findings) -> None:
    """Every id that no language has, once, with the other places that name it. Without any texts `DG6001` says it."""
    if not version.texts.languages:
        return
    places: dict[str, list[At]] = {}
    for id, at in (*_in_forms(version, read), *_in_process(version), *_in_metadata(version, top)):
        if version.texts.resource(id, "nb") is None:
            places.setdefault(id, []).append(at)
    for id, (first, *others) in places.items():
        also = dict.fromkeys(DiagnosticPlace(file=at.file, line=at.line, message="here too") for at in others)
        findings.add("DG9502", replace(first, related=tuple(also)[:_MAX_PLACES]), id=id)


def _in_forms(version: AppVersion, read: ReadLayouts) -> Iterator[tuple[str, At]]:
    for form in version.layouts.sets.values():
        for component in _components(form):
            for name, text in component.texts.items():
                if isinstance(text.source, str) and _is_id(text.source):
                    yield text.source, component.at_member(name)
        for asked in read.asked.get(form.id, ()):
            for call in asked.written.expression.calls("text"):
                id = call.literal(0)
                if isinstance(id, str) and _is_id(id):
                    yield id, asked.written.place(call.path)


def _components(form: LayoutSet) -> Iterator[Component]:
    return (component for page in form.contents for component in page.all())


def _is_id(text: str) -> bool:
    return looks_like_id(text) and not is_platform_id(text)


def _in_process(version: AppVersion) -> Iterator[tuple[str, At]]:
    """Names of PDF files; these can be nothing else than ids, unless they have a blank."""
    for element in version.definition.tasks:
        config = element.task.config if element.task else None
        for pdf in (config.pdf, config.subform_pdf) if config else ():
            key = pdf.filename_text_resource_key if pdf else None
            if key is not None and " " not in key:
                yield key, at_element(element)


def _in_metadata(version: AppVersion, top: JsonObject) -> Iterator[tuple[str, At]]:
    key = version.metadata.api_scopes.error_message_text_resource_key
    if key is not None and _is_id(key):
        yield key, top.part("apiScopes").at("errorMessageTextResourceKey")
