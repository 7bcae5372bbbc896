"""The guide: a stateless form is filled in, and nothing is stored (app folder §4.1, §7).

What a write does to a document is done here too: parameters fill empty fields, calculations run, rows get their ids,
and the checks of a form that is being edited tell what they find.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from dialog_graph.apps.contents.metadata import DataType
from dialog_graph.apps.form_data.calculate import calculate
from dialog_graph.apps.form_data.documents import add_row_ids, check_document, new_document
from dialog_graph.apps.form_data.prefill import prefill_query
from dialog_graph.apps.forms.reader import Reader, Rights
from dialog_graph.apps.forms.shown import ShownForm, of_entry, of_type
from dialog_graph.apps.stateless import blank
from dialog_graph.apps.validation.gate import calculation_issues, validate_element
from dialog_graph.apps.version import AppVersion
from dialog_graph.errors import Issue, Refusal
from dialog_graph.model.instance import Instance
from dialog_graph.model.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the guide is asked. `document`: as far as it is filled in, an empty object to begin; `data_type`: None =
    that of the app's entry; `parameters`: of the address that the form was opened with.
    """

    document: Json
    data_type: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Guided:
    """The answer. `instance`: a blank one with the document; `shown`: None where the app has no form for it."""

    document: Json
    issues: tuple[Issue, ...]
    instance: Instance
    shown: ShownForm | None


MAX_VALUES = 20_000
"""Values of a document, objects and lists included: the guide works for people who have shown nothing of themselves."""

EVERYTHING = Rights(allowed={"read": True, "write": True})
"""Whoever fills in a form that is stored nowhere may read and write it."""


def guided_type(version: AppVersion, named: str | None) -> DataType | Refusal:
    """The form data type that the guide fills in; refuses apps without a stateless entry, and what is no form type."""
    if not version.metadata.on_entry.is_stateless:
        return _refusal("application", "an app with a stateless entry", "it begins with an instance")
    if named is None:
        entry = of_entry(version)
        named = entry.data_type if entry else None
    declared = version.data_types.get(named) if named is not None else None
    if declared is None or not declared.is_form:
        return _refusal("dataType", "a data type of form data", "there is none of this name")
    return declared


def is_for_anyone(version: AppVersion, data_type: DataType | Refusal) -> bool:
    """True when those who have not logged in may fill it in (security rules §2)."""
    return isinstance(data_type, DataType) and data_type.allow_anonymous_on_stateless


def guided(version: AppVersion, question: Question, reader: Reader, new_id: Callable[[], UUID]) -> Guided | Refusal:
    """Fills in, calculates, checks. Refuses with `INVALID_INPUT`, `UNKNOWN_PREFILL_PARAMETER`, `CALCULATION_FAILED`."""
    declared = guided_type(version, question.data_type)
    if isinstance(declared, Refusal):
        return declared
    if _is_large(question.document):
        return _refusal("data", f"a document of at most {MAX_VALUES} values", "there are more")
    begun = question.document if question.document != {} else new_document(version, declared.id)[0]
    checked = check_document(version, declared.id, begun)
    if isinstance(checked, Refusal):
        return checked
    filled = prefill_query(version, declared.id, checked, question.parameters)
    if isinstance(filled, Refusal):
        return filled
    calculated = calculate(version, declared.id, filled[0], blank(version, {declared.id: filled[0]}), None)
    if isinstance(calculated, Refusal):
        return calculated
    reader.hears(version, calculated[2])
    document = add_row_ids(calculated[0], new_id)
    unfit = tuple(item.path for item in calculated[2] if item.path is not None)
    return _checked(version, declared.id, document, (reader, unfit))


def _checked(version: AppVersion, data_type: str, document: Json, told: tuple[Reader, tuple[str, ...]]) -> Guided:
    reader, unfit = told
    instance = blank(version, {data_type: document})
    found = validate_element(version, instance.elements[0], instance, reader)
    issues = (*calculation_issues(unfit, None), *(replace(issue, data_element_id=None) for issue in found))
    return Guided(document=document, issues=issues, instance=instance, shown=of_type(version, data_type))


def _is_large(document: Json) -> bool:
    room, waiting = MAX_VALUES, [document]
    while waiting and room >= 0:
        value = waiting.pop()
        room -= 1
        waiting.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
    return room < 0


def _refusal(member: str, expected: str, actual: str) -> Refusal:
    return Refusal(code="INVALID_INPUT", expected=expected, actual=actual, path=(member,))
