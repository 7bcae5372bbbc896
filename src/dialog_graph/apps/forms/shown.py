"""Which form an app shows: for a task, at its entry, for a data type without a task (app folder §4.1, §9.1, §9.3)."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from dialog_graph.apps.contents.layouts import LayoutSet
from dialog_graph.apps.version import AppVersion
from dialog_graph.bpmn import Definition, Element, ElementKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownForm:
    """A form and the data type it shows. `task_id`: BPMN id of its task, None for a stateless form."""

    layout: LayoutSet
    data_type: str | None
    task_id: str | None = None


def of_task(version: AppVersion, task_id: str) -> ShownForm | None:
    """The form of a task; None for a task without one."""
    layout = version.layouts.of_task(task_id)
    if layout is None or not layout.contents:
        return None
    return ShownForm(layout=layout, data_type=version.default_data_type(task_id), task_id=task_id)


def of_entry(version: AppVersion) -> ShownForm | None:
    """What meets those who open the app: its stateless form, else the form of the first task that has one."""
    if version.metadata.on_entry.is_stateless:
        return _stateless(version)
    forms = (of_task(version, element.id) for element in _in_order(version.definition) if element.task)
    return next((form for form in forms if form is not None), None)


def of_type(version: AppVersion, data_type: str) -> ShownForm | None:
    """The form in which a form data type is filled in: that of the entry, else one of that type, else its task's."""
    entry = of_entry(version)
    if entry is not None and entry.data_type == data_type:
        return entry
    layout = next((item for item in _without_task(version) if item.data_type == data_type), None)
    if layout is not None:
        return ShownForm(layout=layout, data_type=data_type)
    task_id = version.data_types[data_type].task_id
    found = of_task(version, task_id) if task_id else None
    return found if found is not None and found.data_type == data_type else None


def _stateless(version: AppVersion) -> ShownForm | None:
    """The layout folder that `onEntry.show` names; else the only flat form, or the first without a task."""
    show = version.metadata.on_entry.show
    flat = version.layouts.sets.values() if version.layouts.is_flat else ()
    layout = version.layouts.sets.get(show) or next(iter((*flat, *_without_task(version))), None)
    if layout is None or not layout.contents:
        return None
    free = (item.id for item in version.types_of_task(None) if item.is_form)
    named = layout.data_type if layout.data_type in version.data_types else None
    return ShownForm(layout=layout, data_type=named or next(free, None))


def _without_task(version: AppVersion) -> Iterator[LayoutSet]:
    """Forms of no task of the process: stateless ones."""
    for layout in version.layouts.sets.values():
        has_task = any(version.task_element(task_id) for task_id in layout.tasks)
        if not has_task and not layout.is_subform and layout.contents:
            yield layout


def _in_order(definition: Definition) -> Iterator[Element]:
    """Elements as they are met from the start on, along the flows and into subprocesses; the unmet come last."""
    waiting = deque(_starts(definition, None))
    met: set[int] = set()
    while waiting:
        element = waiting.popleft()
        if element.index in met:
            continue
        met.add(element.index)
        yield element
        waiting.extendleft(_starts(definition, element.index))
        waiting.extend(definition.elements[flow.target] for flow in definition.outgoing(element))
    yield from (element for element in definition.elements if element.index not in met)


def _starts(definition: Definition, scope: int | None) -> list[Element]:
    return [element for element in definition.inside(scope) if element.kind is ElementKind.START_EVENT]
