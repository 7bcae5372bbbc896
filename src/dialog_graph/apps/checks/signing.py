"""Checks of signing tasks: what they need, and what can hardly be meant (app folder §14, `DG9301`, `DG9305`–`DG9309`,
`DG9314`; process engine §8.4)."""

from collections.abc import Iterator

from dialog_graph.apps.checks.environments import NAMES
from dialog_graph.apps.checks.places import at_data_type, at_element
from dialog_graph.apps.contents.metadata import DataType
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.apps.version import AppVersion
from dialog_graph.bpmn import Element
from dialog_graph.bpmn.task_config import SignatureConfig

SIGNING = frozenset({"signing", "confirmationSigning", "externalSigning"})
"""Task types that gather signatures."""


def check_signing(version: AppVersion, findings: Findings) -> None:
    """Every signing task."""
    for element in version.definition.tasks:
        task = element.task
        if task is None or task.type not in SIGNING:
            continue
        config = task.config.signature or SignatureConfig()
        missing = ["signatureConfig"] if task.config.signature is None else list(_missing(config))
        if missing:
            findings.add("DG9301", at_element(element), task=element.id, keys=" and no ".join(missing))
        _check_signees(version, element, config, findings)
        _check_counts(version, element, findings)


def _missing(config: SignatureConfig) -> Iterator[str]:
    if not config.data_types_to_sign:
        yield "dataTypesToSign"
    if not config.signature_data_type:
        yield "signatureDataType"


def _check_signees(version: AppVersion, element: Element, config: SignatureConfig, findings: Findings) -> None:
    """Signing by those whom the app names."""
    at, provider, states = at_element(element), config.signee_provider_id, config.signee_states_data_type_id
    keys = {"signeeProviderId": provider, "signeeStatesDataTypeId": states}
    given = [key for key, value in keys.items() if value]
    if len(given) == 1:
        (other,) = keys.keys() - given
        findings.add("DG9307", at, task=element.id, key=given[0], other=other)
    signature = config.signature_data_type
    if signature and states and _is_of_states(signature) and _is_of_signatures(states):
        findings.add("DG9305", at, signature=signature, states=states)
    if provider is None:
        return
    if not version.logic.may_handle("signees", provider):
        findings.add("DG9308", at, task=element.id, provider=provider)
    silent = [name for name in NAMES if not config.correspondence_resource.get(name)]
    if silent:
        findings.add("DG9314", at, task=element.id, env=", ".join(silent))


def _is_of_states(id: str) -> bool:
    lowered = id.lower()
    return ("signee" in lowered or "state" in lowered) and "signature" not in lowered


def _is_of_signatures(id: str) -> bool:
    lowered = id.lower()
    return "signature" in lowered and "signee" not in lowered and "state" not in lowered


def _check_counts(version: AppVersion, element: Element, findings: Findings) -> None:
    """How many signatures there must be, and whether there is anything to sign."""
    config = element.task.config if element.task else None
    signature = config.signature if config else None
    if config is None or signature is None:
        return
    signed = [version.data_types.get(id) for id in signature.data_types_to_sign]
    if signed and all(data_type is not None and _may_be_absent(data_type) for data_type in signed):
        findings.add("DG9309", at_element(element), task=element.id)
    holder = version.data_types.get(signature.signature_data_type or "")
    required = config.signature_policy.required if config.signature_policy else None
    if holder is None or required is None or not (required.isascii() and required.isdigit()):
        return
    if 0 < holder.max_count < int(required[:9]):
        at = at_data_type(holder)
        findings.add("DG9306", at, type=holder.id, high=holder.max_count, task=element.id, low=required)


def _may_be_absent(data_type: DataType) -> bool:
    """True when nobody sees to it that there is an element; what the server makes is none of the form's business."""
    return data_type.min_count == 0 and not data_type.auto_create and not data_type.is_app_owned
