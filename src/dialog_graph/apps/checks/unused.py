"""What an app declares and never uses: texts, options, XSDs (app folder §14, `DG9504`; schemas are `DG5006`).

A name counts as used wherever it is written, in whatever file and for whatever reason; only what stands nowhere else
is told.
"""

import codecs
import re
from collections.abc import Iterator

from dialog_graph.apps.contents.components import Component
from dialog_graph.apps.contents.text_ids import is_platform_id
from dialog_graph.apps.contents.texts import TextResource
from dialog_graph.apps.diagnostics import At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.apps.version import AppVersion

_QUOTED = re.compile(r'"((?:[^"\\\n]|\\.){1,255})"|>([^<>]{1,255})<')
_BEGINNING = re.compile(r"[._-]")
_XSD_NAME = re.compile(rb"[A-Za-z0-9_.-]{1,255}\.xsd")
_TEXTS = "config/texts/"
_OF_DATA = frozenset({"dataModel", "component", "argv", "value", "jmespath", "externalApi"})


def check_unused(version: AppVersion, files: Files, findings: Findings) -> None:
    """Texts, options and XSDs that nothing names; code that cannot be read may name anything."""
    if not version.logic.is_readable:
        return
    used = frozenset(_written(version, files))
    for id, options in version.options.items():
        # A list that could not be read has a finding of its own.
        if id not in used and not version.logic.computed and any(options.by_language.values()):
            findings.add("DG9504", At(file=_options_file(files, id)), what="option list", id=id)
    for path in _unused_xsds(version, files):
        findings.add("DG9504", At(file=path), what="XSD", id=path.rpartition("/")[2])
    if not _texts_come_from_data(version):
        for language, text in _first_of_each(version):
            if not _is_used(text.id, used):
                at = At(file=f"{_TEXTS}resource.{language}.json", line=text.line, element_id=text.id)
                findings.add("DG9504", at, what="text", id=text.id)


def _written(version: AppVersion, files: Files) -> Iterator[str]:
    """Every text in quotes or between tags of every file but the texts, names of pages, and what texts name."""
    for path, data in files.contents.items():
        if not path.startswith((_TEXTS, "logic/")):
            if path.startswith("ui/"):
                yield path.rpartition("/")[2].removesuffix(".json")
            for quoted, between in _QUOTED.findall(_decoded(data)):
                yield quoted or between.strip()
    yield from version.logic.texts
    for texts in version.texts.by_language.values():
        yield from (variable.key for text in texts.values() for variable in text.variables)


def _decoded(data: bytes) -> str:
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "utf-8", "replace")


def _options_file(files: Files, id: str) -> str:
    found = (path for path in (f"options/{id}.json", *files.matching(f"options/{id}.", ".json")))
    return next((path for path in found if path in files.contents), "options/")


def _unused_xsds(version: AppVersion, files: Files) -> Iterator[str]:
    """XSDs that no model has and no other XSD names."""
    paths = files.matching("models/", ".xsd")
    models = {model.xsd_file for model in version.models.values()}
    named = {name.decode() for path in paths for name in _XSD_NAME.findall(files.contents[path])}
    yield from (path for path in paths if path not in models and path.rpartition("/")[2] not in named)


def _first_of_each(version: AppVersion) -> Iterator[tuple[str, TextResource]]:
    """Every text in the first language that has it."""
    told: set[str] = set()
    for language, texts in version.texts.by_language.items():
        for id, text in texts.items():
            if id not in told:
                told.add(id)
                yield language, text


def _is_used(id: str, used: frozenset[str]) -> bool:
    """True when it is written somewhere, or a beginning of it that something may be joined to."""
    if id in used or is_platform_id(id):
        return True
    return any(id[: match.end()] in used for match in _BEGINNING.finditer(id))


def _texts_come_from_data(version: AppVersion) -> bool:
    """True when a form shows texts whose ids are not written in it: computed titles, questions that are data."""
    pages = (page for form in version.layouts.sets.values() for page in form.contents)
    components = [component for page in pages for component in page.all()]
    return any(component.kind == "likert" or _computes_texts(component) for component in components)


def _computes_texts(component: Component) -> bool:
    return any(not text.functions.isdisjoint(_OF_DATA) for text in component.texts.values())
