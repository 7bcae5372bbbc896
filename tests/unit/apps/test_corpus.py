"""Folders that others wrote load unchanged; the XML of the template's form goes both ways."""

from pathlib import Path

import pytest
from lxml import etree

from dialog_graph.apps import AppVersion, Files, PartyType, load, read_folder
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
