"""Validation of an instance at a task's gate, and of one element while it is edited (app folder §10.3).

Sources: `Task` (too many, too few elements), `File` (content type, size, scan, name), `DataModel` (JSON Schema,
`schema_validation`), `Xsd` (`xsd_validation`), `Required` (the form, `required_fields`) and `Expression` (rules of the
app, `expression_validation`). Each is one function of the table `_SOURCES`.

Nothing here writes or reads anything but its arguments. The one thing that is raised is `Refused` with
`VALIDATION_RULE_FAILED`: a rule of the app that gives no answer must not pass what it should stop.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from dialog_graph.apps.contents.metadata import MEBIBYTE, DataType
from dialog_graph.apps.evaluator import AppEvaluator, document_of
from dialog_graph.apps.forms.form_tree import MAX_DRAWN, MAX_NODES, FormTree
from dialog_graph.apps.forms.reader import ANYONE, Reader
from dialog_graph.apps.forms.required_fields import required_issues
from dialog_graph.apps.forms.shown import ShownForm, of_task, of_type
from dialog_graph.apps.forms.visibility import Visibility
from dialog_graph.apps.stateless import is_blank
from dialog_graph.apps.validation.expression_validation import Surroundings, expression_issues
from dialog_graph.apps.validation.schema_validation import MAX_ISSUES, validate_document
from dialog_graph.apps.validation.xsd_validation import xsd_issues
from dialog_graph.apps.validation_texts import message
from dialog_graph.apps.version import AppVersion
from dialog_graph.errors import Issue, Refusal, Refused, Severity
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.instance import DataElement, FileScan, Instance

MAX_FILE_NAME = 255
MAX_XML = 64 << 20
UNFIT = "ResultDoesNotFit"
_BAD_NAME = re.compile("[\x00-\x1f\x7f/\\\\\u202a-\u202e\u2066-\u2069]")


class Source(StrEnum):
    """Where an issue comes from."""

    TASK = "Task"
    FILE = "File"
    DATA_MODEL = "DataModel"
    XSD = "Xsd"
    REQUIRED = "Required"
    EXPRESSION = "Expression"


ALL = frozenset(Source)
INCREMENTAL = ALL - {Source.TASK, Source.XSD}


class _Run:
    """One validation: what its sources look at. The form is made when a source asks for it first.

    `shown`: the form that is filled in; `own`: the data types that it is filled in for.
    """

    def __init__(
        self, version: AppVersion, evaluator: AppEvaluator | None, shown: ShownForm | None, own: Iterable[str]
    ) -> None:
        self.version = version
        self.evaluator = evaluator
        self.shown = shown
        self.own = frozenset(own)

    @cached_property
    def form(self) -> FormTree | None:
        """The form over the data."""
        if self.evaluator is None or self.shown is None:
            return None
        limit = MAX_DRAWN if is_blank(self.evaluator.instance) else MAX_NODES
        return FormTree(self.evaluator, self.shown.layout, self.shown.data_type, limit)

    @property
    def warnings(self) -> Diags:
        """Rules of the form that failed, as far as anybody asked."""
        form: FormTree | None = self.__dict__.get("form")
        return form.warnings if form else ()

    @cached_property
    def required(self) -> Mapping[UUID | None, list[Issue]]:
        """What the form requires, by element; None where the task's data has no element yet."""
        found: dict[UUID | None, list[Issue]] = {}
        for field, issue in required_issues(self.form) if self.form else ():
            if field.data_type in self.own:
                found.setdefault(issue.data_element_id, []).append(issue)
        return found

    @cached_property
    def around(self) -> Surroundings | None:
        """What rules of the app may know; None without an instance."""
        if self.evaluator is None or self.form is None:
            return Surroundings(evaluator=self.evaluator) if self.evaluator else None
        hides = Visibility(self.form).is_hidden
        return Surroundings(evaluator=self.evaluator, is_hidden=hides, component=self.form.component_from)


def validate(
    version: AppVersion,
    instance: Instance,
    task_id: str,
    sources: Iterable[Source] = ALL,
    reader: Reader = ANYONE,
) -> tuple[Issue, ...]:
    """The issues of a task: over the types that belong to it, in the order of the metadata and of creation.

    What the form requires in data of other tasks is not asked for: nobody could fill it in now.

    `reader`: who is told; all data counts, what is withheld from the reader too. Raises `Refused`
    (`VALIDATION_RULE_FAILED`) where a rule of the app gives no answer.
    """
    wanted = _in_use(version, sources)
    own = version.types_of_task(task_id)
    run = _Run(version, reader.judging(version, instance), of_task(version, task_id), (item.id for item in own))
    issues: list[Issue] = []
    for data_type in own:
        elements = [element for element in instance.elements if element.data_type == data_type.id]
        if Source.TASK in wanted:
            issues += count_issues(data_type, len(elements))
        for element in elements:
            issues += _element_issues(run, data_type, element, wanted)
    if Source.REQUIRED in wanted:
        issues += run.required.get(None, [])
    reader.hears(version, run.warnings)
    return tuple(issues[:MAX_ISSUES])


def validate_element(
    version: AppVersion, element: DataElement, instance: Instance | None = None, reader: Reader = ANYONE
) -> tuple[Issue, ...]:
    """The issues of one element, as they are told while it is edited; they never block a write.

    Form and rules of the app need the instance that the element belongs to; without it they are not asked. A rule that
    gives no answer is an issue here: nothing is raised. The element of a blank instance is checked by the form that is
    shown without a task.
    """
    data_type = version.data_types.get(element.data_type)
    if data_type is None:
        return ()
    run = _run_of(version, data_type, instance, reader)
    issues: list[Issue] = []
    try:
        # Those before the one that failed are kept.
        issues.extend(_element_issues(run, data_type, element, _in_use(version, INCREMENTAL)))
    except Refused as refused:
        issues.append(_of_refusal(refused.refusal, element))
    reader.hears(version, run.warnings)
    return tuple(issues[:MAX_ISSUES])


def _run_of(version: AppVersion, data_type: DataType, instance: Instance | None, reader: Reader) -> _Run:
    """What the check of one element looks at."""
    evaluator = reader.judging(version, instance) if instance else None
    if instance is not None and is_blank(instance):
        return _Run(version, evaluator, of_type(version, data_type.id), (data_type.id,))
    shown = of_task(version, data_type.task_id) if data_type.task_id else None
    return _Run(version, evaluator, shown, (item.id for item in version.types_of_task(data_type.task_id)))


def calculation_issues(fields: Iterable[str], element_id: UUID | None) -> tuple[Issue, ...]:
    """What the writer is told of calculations whose result does not fit their field (`DG7203`): they change nothing."""
    texts = message(UNFIT, {})
    return tuple(
        Issue(
            code=UNFIT,
            source="Calculation",
            severity=Severity.INFORMATION,
            field=field,
            data_element_id=element_id,
            message=texts,
        )
        for field in fields
    )


def _of_refusal(refusal: Refusal, element: DataElement) -> Issue:
    return Issue(
        code=refusal.code,
        source=Source.EXPRESSION,
        field=refusal.path[0] if refusal.path else None,
        data_element_id=element.element_id,
        message=message("expression", {}),
    )


def _in_use(version: AppVersion, sources: Iterable[Source]) -> frozenset[Source]:
    """The sources that the settings have not switched off."""
    settings = version.settings
    switched = (
        (Source.XSD, settings.xsd_validation),
        (Source.REQUIRED, settings.required_validation),
        (Source.EXPRESSION, settings.expression_validation),
    )
    return frozenset(sources) - {source for source, is_on in switched if not is_on}


def count_issues(data_type: DataType, count: int) -> tuple[Issue, ...]:
    """Too many or too few elements of a type; the field of the issue is the type's id."""
    limits = {"type": data_type.id, "count": count}
    if data_type.max_count and count > data_type.max_count:
        return (_task_issue("TooManyDataElementsOfType", data_type, limits | {"limit": data_type.max_count}),)
    if count < data_type.min_count:
        return (_task_issue("TooFewDataElementsOfType", data_type, limits | {"limit": data_type.min_count}),)
    return ()


def file_issues(
    data_type: DataType, content_type: str | None, size: int, filename: str | None, element_id: UUID | None = None
) -> tuple[Issue, ...]:
    """What an upload is checked for: content type, size in bytes, name."""
    found = dict(_content_problems(data_type, content_type, size))
    if not filename or not filename.strip():
        found["MissingFileName"] = {}
    elif _BAD_NAME.search(filename) or len(filename.encode("utf-8", "surrogatepass")) > MAX_FILE_NAME:
        found["InvalidFileNameFormat"] = {}
    return tuple(_file_issue(code, parameters, element_id) for code, parameters in found.items())


def _element_issues(run: _Run, data_type: DataType, element: DataElement, wanted: frozenset[Source]) -> Iterator[Issue]:
    for source, issues in _SOURCES.items():
        if source in wanted:
            yield from issues(run, data_type, element)


def _task_issue(code: str, data_type: DataType, parameters: Mapping[str, object]) -> Issue:
    return Issue(code=code, source=Source.TASK, field=data_type.id, message=message(code, parameters))


# ------------------------------------------------------------------------------------------------------------- files


def _of_file(run: _Run, data_type: DataType, element: DataElement) -> Iterator[Issue]:
    if data_type.is_form:
        return
    found = dict(_content_problems(data_type, element.content_type, element.size))
    if element.file_scan is FileScan.INFECTED:
        found["DataElementFileInfected"] = {}
    if element.file_scan is FileScan.PENDING and data_type.validation_error_on_pending_file_scan:
        found["DataElementFileScanPending"] = {}
    for code, parameters in found.items():
        yield _file_issue(code, parameters, element.element_id)


def _content_problems(
    data_type: DataType, content_type: str | None, size: int
) -> Iterator[tuple[str, Mapping[str, object]]]:
    if not content_type:
        yield "MissingContentType", {}
    elif not data_type.allows_content_type(content_type):
        yield "ContentTypeNotAllowed", {"found": content_type.partition(";")[0].strip()}
    if data_type.max_size is not None and size > data_type.max_size:
        yield "DataElementTooLarge", {"limit": data_type.max_size // MEBIBYTE}


def _file_issue(code: str, parameters: Mapping[str, object], element_id: UUID | None) -> Issue:
    return Issue(code=code, source=Source.FILE, data_element_id=element_id, message=message(code, parameters))


# -------------------------------------------------------------------------------------------------------- data model


def _of_model(run: _Run, data_type: DataType, element: DataElement) -> Iterator[Issue]:
    if data_type.is_form:
        document = run.evaluator.document(element) if run.evaluator else document_of(element)
        yield from validate_document(run.version, data_type.id, document, element.element_id)


def _of_xsd(run: _Run, data_type: DataType, element: DataElement) -> Iterator[Issue]:
    model = run.version.models.get(data_type.id)
    if model is not None:
        yield from xsd_issues(model, element, MAX_XML)


# ------------------------------------------------------------------------------------------ form and rules of the app


def _of_form(run: _Run, data_type: DataType, element: DataElement) -> Iterator[Issue]:
    yield from run.required.get(element.element_id, ())


def _of_rules(run: _Run, data_type: DataType, element: DataElement) -> Iterator[Issue]:
    file = run.version.rules.get(data_type.id)
    if file is not None and run.around is not None:
        yield from expression_issues(file, element, run.around)


_SOURCES: Mapping[Source, Callable[[_Run, DataType, DataElement], Iterator[Issue]]] = {
    Source.FILE: _of_file,
    Source.DATA_MODEL: _of_model,
    Source.XSD: _of_xsd,
    Source.REQUIRED: _of_form,
    Source.EXPRESSION: _of_rules,
}
