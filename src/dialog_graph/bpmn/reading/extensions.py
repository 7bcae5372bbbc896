"""The extension elements of a task or gateway (app folder rules §3): type, actions, configuration.

Both Altinn namespaces count as one, child order is free, and everything that is not in `KNOWN` below its parent is
reported as ignored.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dialog_graph.bpmn.nodes import CALL_APP, Action, ActionType
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.called_apps import called_app
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.ignored import foreign
from dialog_graph.bpmn.reading.markup import children, text_of
from dialog_graph.bpmn.reading.own_extensions import deadline, external, is_true, retry, signature_policy
from dialog_graph.bpmn.reading.source import SourceNode
from dialog_graph.bpmn.task_config import (
    Correlation,
    EFormidlingConfig,
    ListPerEnvironment,
    Message,
    PaymentConfig,
    PdfConfig,
    PerEnvironment,
    SignatureConfig,
    SubformPdfConfig,
    TaskConfig,
    Wait,
    environment_of,
)
from dialog_graph.model.safe_xml import Element

_EFORMIDLING = (
    *("disabled", "receiver", "process", "standard", "typeVersion", "type"),
    *("securityLevel", "dpfShipmentType", "dataTypes"),
)
KNOWN: Mapping[str, tuple[str, ...]] = {
    "extensionElements": ("taskExtension", "gatewayExtension", "properties"),
    "taskExtension": (
        *("taskType", "actions", "signatureConfig", "paymentConfig", "pdfConfig"),
        *("subformPdfConfig", "eFormidlingConfig"),
    ),
    "gatewayExtension": ("connectedDataTypeId",),
    "properties": ("tasktype", "actions"),
    "actions": ("action",),
    "signatureConfig": (
        *("dataTypesToSign", "signatureDataType", "uniqueFromSignaturesInDataTypes", "signeeProviderId"),
        *("signeeStatesDataTypeId", "signingPdfDataType", "correspondenceResource", "runDefaultValidator"),
    ),
    "dataTypesToSign": ("dataType",),
    "uniqueFromSignaturesInDataTypes": ("dataType",),
    "paymentConfig": ("paymentDataType", "paymentReceiptPdfDataType"),
    "pdfConfig": ("filenameTextResourceKey", "autoPdfTaskIds"),
    "autoPdfTaskIds": ("taskId",),
    "subformPdfConfig": ("filenameTextResourceKey", "subformComponentId", "subformDataTypeId"),
    "eFormidlingConfig": _EFORMIDLING,
    "dataTypes": ("dataType",),
}
"""Altinn element -> the Altinn elements that have a meaning directly below it."""

OURS_ON_TASKS: Mapping[str, tuple[str, ...]] = {
    "signaturePolicy": ("role",),
    "deadline": ("reminder",),
    "external": (),
    "retry": (),
    "correlation": (),
    "message": (),
    "wait": (),
    "ttl": (),
}
"""Element of our own namespace that a task may have -> the elements below it."""

OURS_ON_CALLS: Mapping[str, tuple[str, ...]] = OURS_ON_TASKS | {"callApp": ("map", "attach", "return")}
"""The same for a task that calls another app."""

_NOTHING: Mapping[str, tuple[str, ...]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """What the extensions of one element say; `type` is None where none is given."""

    type: str | None = None
    actions: tuple[Action, ...] = ()
    connected_data_type: str | None = None
    config: TaskConfig = TaskConfig()  # noqa: RUF009 (frozen)


NOTHING_SAID = Extensions()
"""What an element without extensions says."""


def read_extensions(node: SourceNode, findings: Findings) -> Extensions:
    """Reads the extensions of a task or gateway and tells of what is ignored."""
    holders = list(node.xml.iterchildren(f"{{{v.BPMN}}}extensionElements"))
    is_task = node.tag in v.TASKS
    task = [extension for holder in holders for extension in _all(holder, "taskExtension")]
    properties = [old for holder in holders for old in _all(holder, "properties")]
    gateway = [extension for holder in holders for extension in _all(holder, "gatewayExtension")]
    type = _type(node, task, properties) if is_task else None
    calls = node.tag == "callActivity" or (type or "").lower() == CALL_APP.lower()
    ours = OURS_ON_CALLS if calls else OURS_ON_TASKS if is_task else _NOTHING
    for holder in holders:
        _tell_ignored(holder, "extensionElements", ours, findings)
    config = _config(task, _ours(holders)) if is_task else TaskConfig()
    return Extensions(
        type=type,
        actions=_actions([*task, *properties]) if is_task else (),
        connected_data_type=_first_text(gateway, "connectedDataTypeId"),
        config=replace(config, call_app=called_app(node)) if calls else config,
    )


def _tell_ignored(parent: Element, name: str, ours: Mapping[str, tuple[str, ...]], findings: Findings) -> None:
    for namespace, local, child in children(parent):
        if namespace in v.ALTINN and local in KNOWN.get(name, ()):
            _tell_ignored(child, local, _NOTHING, findings)
        elif namespace == v.OURS and local in ours:
            for below, inner, grandchild in children(child):
                if below != v.OURS or inner not in ours[local]:
                    foreign(grandchild, findings)
        else:
            foreign(child, findings)


# small readers of Altinn's elements


def _all(parent: Element, local: str) -> Iterator[Element]:
    return (child for namespace, name, child in children(parent) if namespace in v.ALTINN and name == local)


def _first(parents: list[Element], local: str) -> Element | None:
    return next((child for parent in parents for child in _all(parent, local)), None)


def _first_text(parents: list[Element], local: str) -> str | None:
    found = _first(parents, local)
    return (text_of(found) or None) if found is not None else None


def _text(parent: Element, local: str) -> str | None:
    return _first_text([parent], local)


def _texts(parent: Element, *path: str) -> tuple[str, ...]:
    parents = [parent]
    for local in path:
        parents = [child for parent in parents for child in _all(parent, local)]
    return tuple(text for found in parents if (text := text_of(found)))


def _attribute(element: Element, local: str) -> str | None:
    """An attribute, unqualified or of an Altinn namespace."""
    names = (local, *(f"{{{namespace}}}{local}" for namespace in sorted(v.ALTINN)))
    return next((value.strip() for name in names if (value := element.get(name)) is not None), None)


def _environments(parent: Element, local: str) -> PerEnvironment:
    return PerEnvironment(
        tuple((environment_of(_attribute(found, "env")), text_of(found)) for found in _all(parent, local))
    )


def _type(node: SourceNode, task: list[Element], properties: list[Element]) -> str | None:
    old = _first(properties, "tasktype")
    attributes = (_attribute(node.xml, name) for name in ("tasktype", "taskType"))
    given = (_first_text(task, "taskType"), *attributes, _attribute(old, "id") if old is not None else None)
    return next((type for type in given if type), None)


def _actions(parents: list[Element]) -> tuple[Action, ...]:
    found = (action for parent in parents for actions in _all(parent, "actions") for action in _all(actions, "action"))
    named = ((text_of(action) or _attribute(action, "id"), _attribute(action, "type")) for action in found)
    return tuple(
        Action(name=name, type=ActionType.SERVER if type == ActionType.SERVER else ActionType.PROCESS)
        for name, type in named
        if name
    )


# configuration


def _signature(xml: Element) -> SignatureConfig:
    return SignatureConfig(
        data_types_to_sign=_texts(xml, "dataTypesToSign", "dataType"),
        signature_data_type=_text(xml, "signatureDataType"),
        unique_from_signatures_in_data_types=_texts(xml, "uniqueFromSignaturesInDataTypes", "dataType"),
        signee_provider_id=_text(xml, "signeeProviderId"),
        signee_states_data_type_id=_text(xml, "signeeStatesDataTypeId"),
        signing_pdf_data_type=_text(xml, "signingPdfDataType"),
        correspondence_resource=_environments(xml, "correspondenceResource"),
        run_default_validator=is_true(_text(xml, "runDefaultValidator")),
    )


def _payment(xml: Element) -> PaymentConfig:
    return PaymentConfig(
        payment_data_type=_text(xml, "paymentDataType"),
        payment_receipt_pdf_data_type=_text(xml, "paymentReceiptPdfDataType"),
    )


def _pdf(xml: Element) -> PdfConfig:
    return PdfConfig(
        filename_text_resource_key=_text(xml, "filenameTextResourceKey"),
        auto_pdf_task_ids=_texts(xml, "autoPdfTaskIds", "taskId"),
    )


def _subform_pdf(xml: Element) -> SubformPdfConfig:
    return SubformPdfConfig(
        filename_text_resource_key=_text(xml, "filenameTextResourceKey"),
        subform_component_ids=_texts(xml, "subformComponentId"),
        subform_data_type_ids=_texts(xml, "subformDataTypeId"),
    )


def _e_formidling(xml: Element) -> EFormidlingConfig:
    lists = tuple(
        (environment_of(_attribute(found, "env")), _texts(found, "dataType")) for found in _all(xml, "dataTypes")
    )
    return EFormidlingConfig(
        disabled=_environments(xml, "disabled"),
        receiver=_environments(xml, "receiver"),
        process=_environments(xml, "process"),
        standard=_environments(xml, "standard"),
        type_version=_environments(xml, "typeVersion"),
        type=_environments(xml, "type"),
        security_level=_environments(xml, "securityLevel"),
        dpf_shipment_type=_environments(xml, "dpfShipmentType"),
        data_types=ListPerEnvironment(lists),
    )


def _ours(holders: list[Element]) -> dict[str, list[Element]]:
    found: dict[str, list[Element]] = {}
    for holder in holders:
        for namespace, local, child in children(holder):
            if namespace == v.OURS:
                found.setdefault(local, []).append(child)
    return found


def _config(task: list[Element], ours: dict[str, list[Element]]) -> TaskConfig:
    def altinn(local: str) -> Element | None:
        return _first(task, local)

    def own(local: str) -> Element | None:
        return next(iter(ours.get(local, [])), None)

    return TaskConfig(
        signature=_signature(xml) if (xml := altinn("signatureConfig")) is not None else None,
        payment=_payment(xml) if (xml := altinn("paymentConfig")) is not None else None,
        pdf=_pdf(xml) if (xml := altinn("pdfConfig")) is not None else None,
        subform_pdf=_subform_pdf(xml) if (xml := altinn("subformPdfConfig")) is not None else None,
        e_formidling=_e_formidling(xml) if (xml := altinn("eFormidlingConfig")) is not None else None,
        signature_policy=signature_policy(xml) if (xml := own("signaturePolicy")) is not None else None,
        deadlines=tuple(map(deadline, ours.get("deadline", []))),
        external=external(xml) if (xml := own("external")) is not None else None,
        retry=retry(xml) if (xml := own("retry")) is not None else None,
        correlation=Correlation(key=xml.get("key")) if (xml := own("correlation")) is not None else None,
        message=Message(data_type=xml.get("dataType")) if (xml := own("message")) is not None else None,
        wait=Wait(budget=xml.get("budget", "P1D")) if (xml := own("wait")) is not None else None,
    )
