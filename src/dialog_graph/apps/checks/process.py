"""Checks of the process against metadata, forms and code (app folder §14, `DG90xx`–`DG93xx`)."""

from collections.abc import Iterator
from difflib import get_close_matches

from dialog_graph.apps.checks.handlers import is_built_in
from dialog_graph.apps.checks.places import at_data_type, at_element
from dialog_graph.apps.contents.layouts import LayoutKind, LayoutSet
from dialog_graph.apps.diagnostics import PROCESS, At
from dialog_graph.apps.readers.layouts_reader import SETS_FILE
from dialog_graph.apps.readers.reading import Findings, JsonObject
from dialog_graph.apps.version import AppVersion
from dialog_graph.bpmn import Element, ElementKind

_DATA = "data"
_RECEIPT = "CustomReceipt"
_MISSING = ("in this version of dialog-graph", "until then resolveTask moves an instance on")
"""Of a type of our own that cannot be added by the app."""


def check_process(version: AppVersion, top: JsonObject, findings: Findings) -> None:
    """All checks, in the order of the codes."""
    _check_data_types(version, findings)
    _check_tasks(version, findings)
    _check_layouts(version, findings)
    _check_gateways(version, findings)
    _check_names(version, top, findings)


def _check_data_types(version: AppVersion, findings: Findings) -> None:
    for data_type in version.data_types.values():
        task = data_type.task_id
        if task is not None and version.task_element(task) is None:
            near = _near_task(version, task)
            findings.add("DG9001", at_data_type(data_type), id=data_type.id, task=task, near=near)


def _near_task(version: AppVersion, name: str) -> str:
    """A hint that names the task that may be meant; empty without one."""
    tasks = {element.id.lower(): element.id for element in version.definition.tasks}
    found = get_close_matches(name.lower(), tasks, n=1, cutoff=0.85)
    return f', did you mean "{tasks[found[0]]}"' if found else ""


def _check_tasks(version: AppVersion, findings: Findings) -> None:
    for element in version.definition.tasks:
        task, at = element.task, at_element(element)
        if task is None:
            continue
        if not task.has_handler and not version.logic.may_handle_type(task.type):
            where, remedy = _MISSING if is_built_in(task.type) else ("here", "add a handler")
            findings.add("DG9202", at, type=task.type, where=where, remedy=remedy)
        if task.type == _DATA:
            if not version.types_of_task(element.id):
                findings.add("DG9002", at, task=element.id)
            form = version.layouts.of_task(element.id)
            if form is None or not form.contents:
                findings.add("DG9003", at, task=element.id)
        for named in _named_types(element):
            if named not in version.data_types:
                findings.add("DG9302", at, id=named, task=element.id)


def _check_layouts(version: AppVersion, findings: Findings) -> None:
    for form in version.layouts.sets.values():
        for task in _unknown_tasks(version, form):
            file = SETS_FILE if form.line else f"ui/{form.id}"
            near = _near_task(version, task)
            findings.add("DG9004", At(file=file, line=form.line), id=form.id, task=task, near=near)
        data_type = version.data_types.get(form.data_type or "")
        if form.data_type and (data_type is None or not data_type.is_form):
            file = SETS_FILE if form.line else f"ui/{form.id}/Settings.json"
            findings.add("DG9005", At(file=file, line=form.line), id=form.data_type)


def _unknown_tasks(version: AppVersion, form: LayoutSet) -> Iterator[str]:
    """Tasks that a form is for and the process lacks. A folder may also be a receipt, a subform or stateless."""
    is_folder = version.layouts.kind is LayoutKind.TASK_FOLDERS
    if is_folder and (form.is_subform or form.id in (_RECEIPT, version.metadata.on_entry.show)):
        return
    for task in form.tasks:
        if task != _RECEIPT and version.definition.element(task) is None:
            yield task


def _check_gateways(version: AppVersion, findings: Findings) -> None:
    for element in version.definition.elements:
        connected = element.connected_data_type
        if connected and connected not in version.data_types:
            findings.add("DG9204", at_element(element), id=connected)
        if element.kind is not ElementKind.EXCLUSIVE_GATEWAY:
            continue
        flows = version.definition.outgoing(element)
        needs_code = len(flows) > 1 and element.default is None and not any(flow.condition_text for flow in flows)
        if needs_code and not version.logic.may_handle("gateway", element.id):
            findings.add("DG9201", at_element(element), id=element.id)
        if not connected and not _has_default_type(version, element):
            for flow in flows:
                expression = version.conditions.get(flow.id)
                if expression and any(len(call.arguments) < 2 for call in expression.calls("dataModel")):
                    at = At(file=PROCESS, line=flow.condition_line, element_id=flow.id)
                    findings.add("DG9203", at)


def _has_default_type(version: AppVersion, gateway: Element) -> bool:
    """True when every task that leads to the gateway without another in between gives a data type."""
    tasks = list(_tasks_before(version, gateway))
    return bool(tasks) and all(
        task.connected_data_type or version.default_data_type(task.id) is not None for task in tasks
    )


def _tasks_before(version: AppVersion, element: Element) -> Iterator[Element]:
    seen, waiting = {element.index}, list(element.incoming)
    while waiting:
        source = version.definition.elements[version.definition.flows[waiting.pop()].source]
        if source.index in seen:
            continue
        seen.add(source.index)
        if source.task is not None:
            yield source
        else:
            waiting += source.incoming


def _check_names(version: AppVersion, top: JsonObject, findings: Findings) -> None:
    """Tasks that other places name."""
    metadata = version.metadata
    hidden = top.part("messageBoxConfig").part("hideSettings")
    for task, at in hidden.named("hideOnTask"):
        if version.task_element(task) is None:
            findings.add("DG9312", at, key="hideOnTask", task=task)
    after = metadata.e_formidling.send_after_task_id if metadata.e_formidling else None
    if after is not None and version.task_element(after) is None:
        at = top.part("eFormidling").at("sendAfterTaskId")
        findings.add("DG9312", at, key="sendAfterTaskId", task=after)
    for element in version.definition.tasks:
        config = element.task.config if element.task else None
        pdf = config.pdf.auto_pdf_task_ids if config and config.pdf else ()
        back = config.send_back_to if config else ()
        for key, tasks in (("autoPdfTaskIds", pdf), ("sendBackTo", back)):
            for task in tasks:
                if version.task_element(task) is None:
                    findings.add("DG9312", at_element(element), key=key, task=task)


def _named_types(element: Element) -> Iterator[str]:
    """Data types that a task's configuration names."""
    config = element.task.config if element.task else None
    if config is None:
        return
    if config.signature is not None:
        signature = config.signature
        yield from signature.data_types_to_sign
        yield from signature.unique_from_signatures_in_data_types
        single = (
            signature.signature_data_type,
            signature.signee_states_data_type_id,
            signature.signing_pdf_data_type,
        )
        yield from (name for name in single if name)
    if config.payment is not None:
        named = (config.payment.payment_data_type, config.payment.payment_receipt_pdf_data_type)
        yield from (name for name in named if name)
    if config.subform_pdf is not None:
        yield from config.subform_pdf.subform_data_type_ids
    if config.message is not None and config.message.data_type:
        yield config.message.data_type
