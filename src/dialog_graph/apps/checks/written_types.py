"""Checks of the data types that only the server writes: signatures, payments, their PDFs (`DG9303`, `DG9304`)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dialog_graph.apps.checks.places import at_data_type
from dialog_graph.apps.contents.metadata import JSON
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.apps.version import AppVersion
from dialog_graph.bpmn.task_config import PaymentConfig, SignatureConfig, TaskConfig

PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Written:
    """What the server writes into a data type. `type_of`: the type that a task's configuration names for it."""

    what: str
    content_type: str
    type_of: Callable[[SignatureConfig, PaymentConfig], str | None]
    must_be_owned: bool = False


WRITTEN = (
    Written("signatures", JSON, lambda signature, _: signature.signature_data_type, True),
    Written("the states of signees", JSON, lambda signature, _: signature.signee_states_data_type_id, True),
    Written("PDFs of what was signed", PDF, lambda signature, _: signature.signing_pdf_data_type),
    Written("payments", JSON, lambda _, payment: payment.payment_data_type, True),
    Written("PDF receipts of payments", PDF, lambda _, payment: payment.payment_receipt_pdf_data_type),
)


def check_written_types(version: AppVersion, findings: Findings) -> None:
    """Every such type once for each thing that is written into it."""
    for id, written in dict.fromkeys(_named(version)):
        data_type = version.data_types.get(id)
        if data_type is None:
            continue
        if written.must_be_owned and not data_type.is_app_owned:
            findings.add("DG9303", at_data_type(data_type), id=id, what=written.what)
        if not data_type.allows_content_type(written.content_type):
            at = at_data_type(data_type)
            findings.add("DG9304", at, id=id, what=written.what, content_type=written.content_type)


def _named(version: AppVersion) -> Iterator[tuple[str, Written]]:
    for element in version.definition.tasks:
        config = element.task.config if element.task else TaskConfig()
        for written in WRITTEN:
            id = written.type_of(config.signature or SignatureConfig(), config.payment or PaymentConfig())
            if id is not None:
                yield id, written
