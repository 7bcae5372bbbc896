"""Folders that others wrote load unchanged; the XML of the template's form goes both ways."""

from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from dialog_graph.apps import AppVersion, Files, PartyType, check, load, read_folder
from dialog_graph.apps.form_data.documents import new_document, read_wire, wire
from dialog_graph.model.diagnostic import DiagnosticSeverity
from dialog_graph.model.json_value import Json
from dialog_graph.urns import AppId

APPS = (
    "app-with-groups-and-task-navigation",
    "component-library",
    "frontend-test",
    "multiple-datamodels-test",
    "payment-test",
    "signing-test",
    "stateless-app",
    "template-v8",
)


def counts(*told: str) -> dict[str, int]:
    """Code -> how often, from `CODE n`."""
    return {code: int(count) for code, _, count in (each.partition(" ") for each in told)}


FOUND: dict[str, dict[str, int]] = {
    # A text only in English that nothing names; no policy at all.
    "app-with-groups-and-task-navigation": counts("DG4001 1", "DG6006 1", "DG9504 1"),
    # A child that is not on its page; an option list of numbers that no component asks for.
    "component-library": counts("DG6103 1", "DG9202 2", "DG9504 1"),
    # Option lists and a task type made in C#; conditions over values that the form restricts; a field that only the
    # nested group has, asked for in the outer one; alternative texts of pictures that look like ids and have no text;
    # a field added to the schema after the XSD was made; browser functions in messages.
    "frontend-test": counts(
        *("DG1008 5", "DG2105 4", "DG2107 3", "DG2201 2", "DG4007 3", "DG5004 1", "DG6005 4", "DG6006 8"),
        *("DG6105 3", "DG6201 7", "DG7003 2", "DG7004 10", "DG9202 5", "DG9502 3"),
    ),
    # A form type without a task that must be there; fields of the first task shown in the second.
    "multiple-datamodels-test": counts("DG3008 1", "DG4007 2", "DG6201 2", "DG9007 7", "DG9202 2"),
    # Components bound beside the model, a child that is not there; an order made in C#; options that are left over.
    "payment-test": counts(
        *("DG2107 1", "DG3006 1", "DG6002 2", "DG6103 1", "DG6201 2", "DG7004 1", "DG9006 2", "DG9202 2"),
        *("DG9311 1", "DG9504 1"),
    ),
    # Fields of the form shown while others sign; the text of a button that is gone.
    "signing-test": counts("DG2105 1", "DG2107 1", "DG3006 2", "DG9007 9", "DG9202 3", "DG9504 1"),
    # A form that asks for a login; fields added to the schema only; prefill of fields that the model does not have; a
    # task for mending without data of its own; labels of an older tool that no form uses.
    "stateless-app": counts(
        *("DG1008 1", "DG2105 1", "DG2107 1", "DG3017 1", "DG5004 3", "DG5010 2", "DG9002 1", "DG9202 2"),
        "DG9504 56",
    ),
    "template-v8": counts("DG3019 1", "DG4007 2"),
}
"""App -> code -> how often. Every one was looked at in its folder and is true of it; none is an error.

`DG9202` of `pdf`, `signing` and `payment` goes with the code of these task types.
"""


def read(shared: Path, app: str) -> Files:
    files = read_folder(shared / "corpus/apps" / app)
    assert isinstance(files, Files)
    return files


def template(shared: Path) -> AppVersion:
    version, diagnostics = load(read(shared, "template-v8"), "development")
    assert version is not None, diagnostics
    return version


@pytest.mark.parametrize("app", APPS)
def test_every_app_of_the_corpus_can_be_activated(shared_dir: Path, app: str) -> None:
    version, diagnostics = load(read(shared_dir, app), "production")

    assert version is not None
    assert [item for item in diagnostics if item.is_error] == []
    assert version.models.keys() == {t.id for t in version.data_types.values() if t.is_form}
    assert all(not model.is_open and model.validator for model in version.models.values())


@pytest.mark.parametrize("app", APPS)
def test_what_is_said_of_an_app_of_the_corpus_is_true_of_it(shared_dir: Path, app: str) -> None:
    (checked,) = check([shared_dir / "corpus/apps" / app]).apps

    assert Counter(item.code for item in checked.diagnostics) == FOUND[app]
    assert [item for item in checked.diagnostics if item.is_error] == []


def test_the_findings_of_the_corpus_do_not_depend_on_the_environment(shared_dir: Path) -> None:
    for environment in ("staging", "production"):
        report = check([shared_dir / "corpus/apps"], environment)
        assert {app.path.name: Counter(item.code for item in app.diagnostics) for app in report.apps} == FOUND


def test_the_examples_have_not_even_a_remark() -> None:
    report = check([Path(__file__).resolve().parents[3] / "apps"])

    assert [(app.path.name, app.diagnostics) for app in report.apps if app.diagnostics] == []
    assert {"change-of-address", "grant-application"} <= {app.path.name for app in report.apps}


def test_the_template_has_no_warning_and_says_what_was_tolerated(shared_dir: Path) -> None:
    version = template(shared_dir)

    assert {item.code for item in version.diagnostics} == {"DG3019", "DG4007"}
    assert {item.severity for item in version.diagnostics} == {DiagnosticSeverity.INFO}
    assert version.app_id == AppId("ttd", "template-v8")
    assert dict(version.title) == {"nb": "template-v8"}
    assert version.metadata.party_types_allowed == frozenset(PartyType)
    assert version.data_types["model"].is_xml
    assert version.default_data_type("Task_1") == "model"
    assert version.settings.publish_events is False


def test_the_form_of_the_template_is_xml_on_the_wire_and_json_inside(shared_dir: Path) -> None:
    version = template(shared_dir)
    document: Json = {"property3": "tre & <fire>", "property1": "ein", "property2": ""}

    stored, xml = wire(version, "model", document)

    assert stored == b'{"property1":"ein","property2":"","property3":"tre & <fire>"}'
    assert xml == (
        b'<?xml version="1.0" encoding="utf-8"?>'
        b"<model><property1>ein</property1><property2></property2>"
        b"<property3>tre &amp; &lt;fire&gt;</property3></model>"
    )
    assert read_wire(version, "model", "application/xml; charset=utf-8", xml) == document


def test_the_xml_is_valid_by_the_template_s_own_xsd(shared_dir: Path) -> None:
    version = template(shared_dir)
    document, _ = new_document(version, "model", {"property1": "a", "property2": "b"})
    _, xml = wire(version, "model", document)
    assert xml is not None

    text = (shared_dir / "corpus/apps/template-v8/App/models/model.xsd").read_bytes()
    assert etree.XMLSchema(etree.fromstring(text)).validate(etree.fromstring(xml))


def test_attributes_text_and_order_of_an_old_form_follow_its_xsd(shared_dir: Path) -> None:
    version, _ = load(read(shared_dir, "stateless-app"), "development")
    assert version is not None
    group = "OpplysningerOmArbeidstakeren-grp-8819"
    inner = "Skjemainstans-grp-8854"
    field = "Journalnummer-datadef-33316"
    document: Json = {
        group: {"gruppeid": 8819, inner: {"gruppeid": 8854, field: {"orid": 33316, "value": 42}}},
        "skjemanummer": 1472,
        "spesifikasjonsnummer": 9812,
    }

    _, xml = wire(version, "stateless", document)

    assert xml is not None
    root = etree.fromstring(xml)
    assert (root.tag, dict(root.attrib)) == ("Skjema", {"skjemanummer": "1472", "spesifikasjonsnummer": "9812"})
    element = root.find(f"{group}/{inner}/{field}")
    assert element is not None
    assert (element.text, element.get("orid")) == ("42", "33316")
    assert read_wire(version, "stateless", "application/xml", xml) == document
