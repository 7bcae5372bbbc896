"""The configuration of tasks: everything of the app folder rules is kept, whether it runs or not."""

from dialog_graph.bpmn import TaskConfig
from dialog_graph.bpmn.task_config import (
    Correlation,
    Deadline,
    EFormidlingConfig,
    External,
    ListPerEnvironment,
    Message,
    PaymentConfig,
    PdfConfig,
    PerEnvironment,
    Retry,
    SignatureConfig,
    SignaturePolicy,
    SubformPdfConfig,
    Wait,
)
from tests.unit.bpmn.models import findings, line, process, read, task


def config(altinn: str = "", ours: str = "") -> TaskConfig:
    extension = f"<altinn:taskExtension>{altinn}</altinn:taskExtension>{ours}"
    text = process(*line(task("A", extra=extension)))
    assert findings(text) == ()
    found = read(text).tasks[0].task
    assert found is not None
    return found.config


def test_a_task_without_configuration():
    assert config() == TaskConfig()


def test_signature_config():
    found = config(
        "<altinn:signatureConfig><altinn:dataTypesToSign><altinn:dataType> form </altinn:dataType>"
        "<altinn:dataType>note</altinn:dataType></altinn:dataTypesToSign>"
        "<altinn:signatureDataType>signature</altinn:signatureDataType>"
        "<altinn:uniqueFromSignaturesInDataTypes><altinn:dataType>first</altinn:dataType>"
        "</altinn:uniqueFromSignaturesInDataTypes>"
        "<altinn:signeeProviderId>board</altinn:signeeProviderId>"
        "<altinn:signeeStatesDataTypeId>states</altinn:signeeStatesDataTypeId>"
        "<altinn:signingPdfDataType>pdf</altinn:signingPdfDataType>"
        '<altinn:correspondenceResource env="tt02">test</altinn:correspondenceResource>'
        "<altinn:correspondenceResource>other</altinn:correspondenceResource>"
        "<altinn:runDefaultValidator>true</altinn:runDefaultValidator></altinn:signatureConfig>"
    ).signature
    assert found == SignatureConfig(
        data_types_to_sign=("form", "note"),
        signature_data_type="signature",
        unique_from_signatures_in_data_types=("first",),
        signee_provider_id="board",
        signee_states_data_type_id="states",
        signing_pdf_data_type="pdf",
        correspondence_resource=PerEnvironment((("staging", "test"), (None, "other"))),
        run_default_validator=True,
    )


def test_payment_and_pdf_configs():
    found = config(
        "<altinn:paymentConfig><altinn:paymentDataType>pay</altinn:paymentDataType>"
        "<altinn:paymentReceiptPdfDataType>receipt</altinn:paymentReceiptPdfDataType></altinn:paymentConfig>"
        "<altinn:pdfConfig><altinn:filenameTextResourceKey>name</altinn:filenameTextResourceKey>"
        "<altinn:autoPdfTaskIds><altinn:taskId>A</altinn:taskId></altinn:autoPdfTaskIds></altinn:pdfConfig>"
        "<altinn:subformPdfConfig><altinn:filenameTextResourceKey>sub</altinn:filenameTextResourceKey>"
        "<altinn:subformComponentId>one</altinn:subformComponentId>"
        "<altinn:subformDataTypeId>rows</altinn:subformDataTypeId></altinn:subformPdfConfig>"
    )
    assert found.payment == PaymentConfig(payment_data_type="pay", payment_receipt_pdf_data_type="receipt")
    assert found.pdf == PdfConfig(filename_text_resource_key="name", auto_pdf_task_ids=("A",))
    assert found.subform_pdf == SubformPdfConfig(
        filename_text_resource_key="sub", subform_component_ids=("one",), subform_data_type_ids=("rows",)
    )


def test_e_formidling_values_per_environment():
    found = config(
        '<altinn:eFormidlingConfig><altinn:disabled env="local">true</altinn:disabled>'
        "<altinn:process>p</altinn:process><altinn:standard>s</altinn:standard>"
        "<altinn:typeVersion>2</altinn:typeVersion><altinn:type>t</altinn:type>"
        '<altinn:securityLevel env="prod">4</altinn:securityLevel><altinn:securityLevel>3</altinn:securityLevel>'
        "<altinn:receiver>r</altinn:receiver><altinn:dpfShipmentType>d</altinn:dpfShipmentType>"
        "<altinn:dataTypes><altinn:dataType>form</altinn:dataType></altinn:dataTypes>"
        '<altinn:dataTypes env="production"><altinn:dataType>a</altinn:dataType>'
        "<altinn:dataType>b</altinn:dataType></altinn:dataTypes></altinn:eFormidlingConfig>"
    ).e_formidling
    assert found == EFormidlingConfig(
        disabled=PerEnvironment((("local", "true"),)),
        receiver=PerEnvironment(((None, "r"),)),
        process=PerEnvironment(((None, "p"),)),
        standard=PerEnvironment(((None, "s"),)),
        type_version=PerEnvironment(((None, "2"),)),
        type=PerEnvironment(((None, "t"),)),
        security_level=PerEnvironment((("production", "4"), (None, "3"))),
        dpf_shipment_type=PerEnvironment(((None, "d"),)),
        data_types=ListPerEnvironment(((None, ("form",)), ("production", ("a", "b")))),
    )
    assert found is not None
    assert [found.security_level.get(name) for name in ("production", "prod", "staging", "at23")] == [
        "4",
        "4",
        "3",
        "3",
    ]
    assert found.data_types.get("production") == ("a", "b")
    assert found.data_types.get("development") == ("form",)
    assert (found.disabled.get("development"), found.disabled.get("staging")) == ("true", None)


def test_the_last_of_equal_environments_wins():
    values = PerEnvironment(((None, "a"), ("local", "b"), (None, "c"), ("local", "d")))
    assert (values.get("development"), values.get("production"), PerEnvironment().get("local")) == ("d", "c", None)
    assert ListPerEnvironment().get("local") == ()


def test_our_own_extensions():
    found = config(
        ours='<dg:signaturePolicy required="2" autoComplete="false" order="sequential" onReject="continue">'
        "<dg:role>DAGL</dg:role><dg:role>LEDE</dg:role></dg:signaturePolicy>"
        '<dg:deadline after="P14D" action="reject"><dg:reminder before="P3D"/><dg:reminder before="P1D"/></dg:deadline>'
        '<dg:deadline at="[]"/><dg:external endpoint="check" timeout="PT1M" sendBackTo="One, Two"/>'
        '<dg:retry base="PT2S" max="PT1M" giveUpAfter="PT1H" maxAttempts="3" userMayRetry="false"/>'
        '<dg:correlation key="[]"/><dg:message dataType="reply"/><dg:wait budget="P2D"/>'
    )
    assert found == TaskConfig(
        signature_policy=SignaturePolicy(
            required="2", auto_complete=False, roles=("DAGL", "LEDE"), order="sequential", on_reject="continue"
        ),
        deadlines=(Deadline(after="P14D", action="reject", reminders=("P3D", "P1D")), Deadline(at="[]")),
        external=External(endpoint="check", timeout="PT1M", send_back_to=("One", "Two")),
        retry=Retry(base="PT2S", max="PT1M", give_up_after="PT1H", max_attempts="3", user_may_retry=False),
        correlation=Correlation(key="[]"),
        message=Message(data_type="reply"),
        wait=Wait(budget="P2D"),
    )
    assert found.send_back_to == ("One", "Two")


def test_our_own_extensions_have_defaults():
    found = config(ours="<dg:signaturePolicy/><dg:retry/><dg:wait/><dg:external/><dg:message/><dg:correlation/>")
    assert found == TaskConfig(
        signature_policy=SignaturePolicy(),
        retry=Retry(),
        wait=Wait(),
        external=External(),
        message=Message(),
        correlation=Correlation(),
    )
