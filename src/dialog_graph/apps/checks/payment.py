"""Checks of payment tasks (app folder §14, `DG9310`, `DG9311`; process engine §8.6)."""

from collections.abc import Iterator

from dialog_graph.apps.checks.places import at_element
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.apps.version import AppVersion
from dialog_graph.bpmn.task_config import PaymentConfig

PAYMENT = "payment"


def check_payment(version: AppVersion, findings: Findings) -> None:
    """Every payment task."""
    for element in version.definition.tasks:
        task, at = element.task, at_element(element)
        if task is None or task.type != PAYMENT:
            continue
        missing = list(_missing(task.config.payment)) if task.config.payment else ["paymentConfig"]
        if missing:
            findings.add("DG9310", at, task=element.id, keys=" and no ".join(missing))
        if not version.logic.may_handle("order"):
            findings.add("DG9311", at, task=element.id)


def _missing(config: PaymentConfig) -> Iterator[str]:
    if not config.payment_data_type:
        yield "paymentDataType"
    if not config.payment_receipt_pdf_data_type:
        yield "paymentReceiptPdfDataType"
