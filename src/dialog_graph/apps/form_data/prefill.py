"""Fills a new document from registers and query parameters (app folder §7).

Steps 3 to 5 of the order in which a new form element is filled; the schema's defaults and the caller's own values
(`documents.new_document`) come before, calculations after.
"""

from collections.abc import Mapping
from copy import deepcopy

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.prefill_map import PrefillFacts, Section
from dialog_graph.apps.form_data.conversion import NotConvertible, converted
from dialog_graph.apps.form_data.documents import model_of
from dialog_graph.apps.version import AppVersion
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json

__all__ = ["PrefillFacts", "prefill", "prefill_query"]

Prefilled = tuple[Json, tuple[str, ...]]
"""The filled document, and a warning for each value that has no place; warnings hold no values."""


def prefill(version: AppVersion, data_type: str, document: Json, facts: PrefillFacts) -> Prefilled:
    """A copy filled from `UserProfile`, `ER` and `DSF`, in this order; what a register lacks is skipped.

    Only null fields are filled, unless the file allows to overwrite.
    """
    found = version.prefills.get(data_type)
    if found is None:
        return document, ()
    filler = _Filler(version, data_type, document, is_overwriting=found.allow_overwrite)
    for section in Section:
        source = facts.sections.get(section)
        for line in found.lines.get(section, ()):
            filler.fill(line.target, paths.get(source, line.source))
    return filler.document, tuple(filler.warnings)


def prefill_query(
    version: AppVersion, data_type: str, document: Json, parameters: Mapping[str, str]
) -> Prefilled | Refusal:
    """A copy filled from the parameters of a stateless form.

    A parameter that the app does not declare refuses with `UNKNOWN_PREFILL_PARAMETER`.
    """
    found = version.prefills.get(data_type)
    declared: Mapping[str, tuple[paths.Step, ...]] = found.query if found else {}
    filler = _Filler(version, data_type, document, is_overwriting=False)
    for name, value in parameters.items():
        if name not in declared:
            known = ", ".join(declared) or "none"
            return Refusal(
                code="UNKNOWN_PREFILL_PARAMETER",
                expected=f"declared parameters ({known})",
                actual="there is another",
                path=("parameters", name),
            )
        filler.fill(declared[name], value)
    return filler.document, tuple(filler.warnings)


class _Filler:
    """One document while it is filled."""

    def __init__(self, version: AppVersion, data_type: str, document: Json, *, is_overwriting: bool) -> None:
        self.shape = model_of(version, data_type).shape
        self.document = deepcopy(document)
        self.is_overwriting = is_overwriting
        self.warnings: list[str] = []

    def fill(self, target: tuple[paths.Step, ...], value: Json) -> None:
        shape = self.shape.at(target)
        if value is None or shape is None or (not self.is_overwriting and paths.get(self.document, target) is not None):
            return
        try:
            fitting = converted(value, shape.kind)
            is_set = not self.shape.lacks_index(target) and paths.put(self.document, target, fitting)
        except NotConvertible:
            self.warnings.append(f"{paths.show(target)}: expected {shape.kind.value}")
        else:
            if not is_set:
                self.warnings.append(f"{paths.show(target)}: no such row")
