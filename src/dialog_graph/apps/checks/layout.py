"""Checks of the forms against models, options and each other (app folder §14, `DG61xx`, `DG62xx`, `DG90xx`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from dialog_graph.apps.contents.components import ROW_BINDINGS, Binding, Component, Page
from dialog_graph.apps.contents.layouts import Layouts, LayoutSet
from dialog_graph.apps.contents.logic import Logic
from dialog_graph.apps.contents.options import OptionList
from dialog_graph.apps.contents.shapes import Kind
from dialog_graph.apps.diagnostics import INFO, WARNING
from dialog_graph.apps.readers.expression_checks import check_names, check_parts
from dialog_graph.apps.readers.known import Known
from dialog_graph.apps.readers.layouts_reader import ReadLayouts
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.bpmn import Definition

_BINDS_OTHERWISE = frozenset(
    {"fileupload", "fileuploadwithtag", "imageupload", "subform", "signatureactions", "custom"}
)
"""Types that take input without a binding."""


_ROWS_NEEDED = frozenset({"repeatinggroup", "likert"})
"""Types that show one thing for each row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormKnown:
    """What forms may name: `known` of the app, its option lists, forms and code, and the tasks of its process;
    `data_tasks`: those in which somebody fills in something."""

    known: Known
    options: Mapping[str, OptionList]
    layouts: Layouts
    tasks: frozenset[str] = frozenset()
    data_tasks: frozenset[str] = frozenset()
    logic: Logic = field(default_factory=Logic)

    def at(self, definition: Definition | None) -> "FormKnown":
        """The same with the tasks of a process."""
        tasks = [each for each in definition.tasks if each.task] if definition else []
        data = frozenset(each.id for each in tasks if each.task and each.task.type == "data")
        return replace(self, tasks=frozenset(each.id for each in tasks), data_tasks=data)

    def default_type(self, form: LayoutSet) -> str | None:
        """The data type that bindings without one mean: the form's own, else the first form type of its tasks."""
        if form.data_type is not None:
            return form.data_type
        types = self.known.data_types.values()
        tasks = form.tasks or tuple(t.task_id for t in types if t.is_form)[:1]
        return next((t.id for t in types if t.is_form and t.task_id in tasks), None)


def check_layouts(read: ReadLayouts, given: FormKnown, findings: Findings) -> None:
    """All checks of all forms."""
    for form in given.layouts.sets.values():
        default = given.default_type(form)
        _check_ids(form, findings)
        # A form inside of another may look outside.
        ids = given.layouts.component_ids if form.is_subform else form.component_ids
        known = replace(given.known, components=ids)
        for asked in read.asked.get(form.id, ()):
            written = asked.written
            check_names(written.expression, default, known, written.place, findings)
            check_parts(written.expression, written.place, findings)
        for component in _components(form):
            _check_component(component, given, findings)
            _check_bindings(component, default, given.known, findings)
            if not form.is_subform and not given.tasks.isdisjoint(form.tasks):
                _check_task(component, (form, default), given, findings)


def _components(form: LayoutSet) -> Iterator[Component]:
    for page in form.contents:
        yield from page.all()


def _check_ids(form: LayoutSet, findings: Findings) -> None:
    """One id on two pages: look-ups find the one on their own page, else the first."""
    seen: dict[str, Page] = {}
    for page in form.contents:
        for component in page.all():
            if seen.setdefault(component.id, page) is not page:
                findings.add("DG6102", component.at, WARNING, id=component.id)


def _check_component(component: Component, given: FormKnown, findings: Findings) -> None:
    if component.kind == "subform":
        target = given.layouts.sets.get(component.layout_set or "")
        if target is None or not target.is_subform:
            findings.add("DG6107", component.at_member("layoutSet"), id=component.layout_set)
    options = component.options_id
    if options is not None and options not in given.options and not given.logic.may_handle("options", options):
        findings.add("DG6201", component.at_member("optionsId"), id=component.options_id)
    if not _takes_input(component):
        for name, expression in (("required", component.required), ("readOnly", component.read_only)):
            if expression is not None and expression.source is not False:
                findings.add("DG6108", component.at_member(name), key=name, id=component.id)


def _takes_input(component: Component) -> bool:
    return bool(component.bindings or component.children or component.kind in _BINDS_OTHERWISE)


def _check_bindings(component: Component, default: str | None, known: Known, findings: Findings) -> None:
    for name, binding in component.bindings.items():
        data_type = binding.data_type or default
        if data_type is None:
            continue
        at = binding.at or component.at
        if data_type not in known.data_types:
            findings.add("DG9006", at, id=component.id, reason=f'the unknown data type "{data_type}"')
        elif known.is_form(data_type) and (not binding.steps or known.shape(data_type, binding.path) is None):
            near = known.near(data_type, binding.path)
            reason = f'"{binding.path}", which is not in "{data_type}"{near}'
            findings.add("DG9006", at, WARNING, id=component.id, reason=reason)
        elif name in ROW_BINDINGS and component.kind in _ROWS_NEEDED and not _has_rows(known, data_type, binding):
            findings.add("DG9006", at, WARNING, id=component.id, reason=f'"{binding.path}", which has no rows')


def _has_rows(known: Known, data_type: str, binding: Binding) -> bool:
    shape = known.shape(data_type, binding.path)
    return shape is None or shape.kind in (Kind.ARRAY, Kind.ANY)


def _check_task(
    component: Component, place: tuple[LayoutSet, str | None], given: FormKnown, findings: Findings
) -> None:
    """Data of another task is locked while this form is shown; who says `readOnly` knows. Where people only confirm or
    sign, nobody expects anything else."""
    form, default = place
    severity = INFO if given.data_tasks.isdisjoint(form.tasks) else None
    if component.read_only is not None and component.read_only.source is True:
        return
    fields = (binding for name, binding in component.bindings.items() if name not in ROW_BINDINGS)
    bound = {binding.data_type or default: binding.at or component.at for binding in reversed(tuple(fields))}
    for data_type, at in bound.items():
        declared = given.known.data_types.get(data_type or "")
        if declared is not None and declared.is_form and declared.task_id not in (None, *form.tasks):
            findings.add("DG9007", at, severity, id=component.id, type=data_type)
