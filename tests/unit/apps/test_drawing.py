"""A form while it is drawn: what is open, what its options are, and where a form becomes too large."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.apps import Reader, Rights, draw, form_state, remove_hidden, validate
from dialog_graph.apps.forms import drawing
from dialog_graph.apps.forms.form_state import ComponentState, FormState
from dialog_graph.apps.forms.shown import of_entry, of_task
from dialog_graph.apps.run_findings import MAX_VERSIONS, RunFindings
from dialog_graph.apps.stateless import NO_INSTANCE, blank, is_blank
from dialog_graph.apps.version import AppVersion
from dialog_graph.errors import Refused
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.instance import Instance, Lock
from tests.unit.apps.forms_sample import app, group, page, part
from tests.unit.apps.sample import form, instance, loaded


def drawn(version: AppVersion, data: Instance, reader: Reader) -> FormState:
    found = form_state(version, data, "Task_1", reader)
    assert found is not None
    return found


def of(found: FormState) -> dict[str, ComponentState]:
    return {item.key: item for page in found.pages for item in page.components}


# Open and closed ------------------------------------------------------------------------------------------------------


def closed(version: AppVersion, data: Instance, **rights: Any) -> set[str]:
    found = drawn(version, data, Reader(rights=Rights(**rights)))
    return {key for key, item in of(found).items() if item.is_read_only}


SHOWN = app(
    part("own", bound="name"),
    part("own2", bound="age", readOnly=True),
    part("other", dataModelBindings={"simpleBinding": {"dataType": "xml", "field": "name"}}),
    part("file", "FileUpload"),
    part("words", "Paragraph"),
    group("rows", "rows", "cost"),
    part("cost", bound="rows.cost"),
)
DATA = {"name": "x", "rows": [dict[str, Any]()]}


def test_by_itself_a_form_closes_only_what_it_says() -> None:
    assert closed(SHOWN, instance(form(DATA))) == {"own2"}


def test_what_a_type_does_not_let_be_written_is_closed() -> None:
    both = instance(form(DATA), form({}, "xml", 2))

    assert closed(SHOWN, both, writable=frozenset({"model", "file"})) == {"own2", "other"}
    assert closed(SHOWN, both, writable=frozenset({"xml"})) == {"own", "own2", "file", "words", "rows", "cost[0]"}


def test_nothing_is_open_when_the_task_is_not_current() -> None:
    everything = {"own", "own2", "other", "file", "words", "rows", "cost[0]"}

    assert closed(SHOWN, instance(form(DATA)), is_current=False) == everything


@pytest.mark.parametrize("lock", [Lock.MANUAL, Lock.PROCESS])
def test_a_locked_element_closes_its_components(lock: Lock) -> None:
    data = instance(form(DATA, lock=lock), form({}, "xml", 2))

    assert closed(SHOWN, data) == {"own", "own2", "words", "rows", "cost[0]"}


# Options of rows ------------------------------------------------------------------------------------------------------


def test_rows_of_another_type_make_options_too() -> None:
    source = {"group": "rows", "value": "rows[{0}].item", "label": ["dataModel", "rows.item", "xml"], "dataType": "xml"}
    version = app(part("pick", "Dropdown", source=source))
    rows = {"rows": [{"item": "a"}, {"item": {"b": 1}}, {}]}

    found = of(drawn(version, instance(form({}), form(rows, "xml", 2)), Reader()))["pick"].options

    assert [(option.value, option.label) for option in found or ()] == [("a", "A"), (None, "")], "labels may be texts"


def test_a_source_that_cannot_be_read_gives_no_options() -> None:
    odd: list[Any] = [{}, {"group": "rows"}, {"group": "rows", "value": "rows.item"}, {"group": "[", "value": "x"}]
    for source in odd:
        found = drawn(app(part("pick", "Dropdown", source=source)), instance(form({})), Reader())
        assert of(found)["pick"].options is None


def test_options_in_a_component_may_be_odd_without_harm() -> None:
    odd: list[Any] = [
        {"value": 1, "label": "a"},
        {"value": []},
        {"label": ["concat", "b"]},
        5,
        {"VALUE": 2, "Label": "b"},
    ]
    found = of(drawn(app(part("pick", "Dropdown", options=odd)), instance(form({})), Reader()))["pick"].options

    assert [(option.value, option.label) for option in found or ()] == [(1, "A"), (2, "b")]


# Bounds ---------------------------------------------------------------------------------------------------------------


def refused(version: AppVersion, document: Any) -> str:
    with pytest.raises(Refused) as caught:
        drawn(version, instance(form(document)), Reader())
    return caught.value.refusal.code


def test_a_form_of_too_many_rows_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    version = app(group("rows", "rows", "item"), part("item", bound="rows.item"))
    monkeypatch.setattr(drawing, "MAX_DRAWN", 21)

    assert len(of(drawn(version, instance(form({"rows": [{}] * 10})), Reader()))) == 11
    assert refused(version, {"rows": [{}] * 11}) == "VALIDATION_RULE_FAILED"


def test_rows_without_components_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MAX_DRAWN", 21)

    assert refused(app(group("rows", "rows")), {"rows": [{}] * 21}) == "VALIDATION_RULE_FAILED"


def test_the_same_list_in_many_rows_ends_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"options/o.json": [{"value": number, "label": "x"} for number in range(10)]}
    version = app(
        group("rows", "rows", "item"), part("item", "Dropdown", bound="rows.item", optionsId="o"), changes=options
    )
    monkeypatch.setattr(drawing, "MAX_OPTIONS", 30)

    assert len(of(drawn(version, instance(form({"rows": [{}] * 3})), Reader()))) == 4
    assert refused(version, {"rows": [{}] * 4}) == "PAYLOAD_TOO_LARGE"


def test_the_same_value_in_many_texts_ends_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    title: dict[str, Any] = {"textResourceBindings": {"title": ["dataModel", "name"]}}
    version = app(group("rows", "rows", "item"), part("item", bound="rows.item", **title))
    monkeypatch.setattr(drawing, "MAX_CHARACTERS", 103)

    assert len(of(drawn(version, instance(form({"name": "x" * 10, "rows": [{}] * 10})), Reader()))) == 11
    assert refused(version, {"name": "x" * 11, "rows": [{}] * 10}) == "PAYLOAD_TOO_LARGE"


def test_pages_can_be_drawn_one_by_one() -> None:
    changes = {
        "ui/form/Settings.json": {"pages": {"order": ["one", "two"]}},
        "ui/form/layouts/two.json": page(part("b", hidden=["equals", ["component", "a"], "x"])),
    }
    version = app(part("a", bound="name"), changes=changes)
    shown = of_task(version, "Task_1")
    assert shown is not None

    found = draw(version, instance(form({"name": "x"})), shown, names=["two", "nowhere"])

    assert [page.name for page in found.pages] == ["two"]
    assert found.component("b").is_hidden, "pages that are not asked for take part"


# Who reads ------------------------------------------------------------------------------------------------------------


def test_the_checks_know_the_reader_as_the_form_does() -> None:
    version = app(part("a", bound="name", required=["authContext", "write"], hidden=["not", ["authContext", "read"]]))

    def required(**allowed: bool) -> list[str | None]:
        reader = Reader(rights=Rights(allowed=allowed))
        return [
            issue.field
            for issue in validate(version, instance(form({})), "Task_1", reader=reader)
            if issue.source == "Required"
        ]

    assert required(read=True, write=True) == ["name"]
    assert required(read=True, write=False) == []
    assert required(read=False, write=True) == []


def test_hidden_data_goes_as_the_reader_saw_it() -> None:
    removing = {"appsettings.json": {"AppSettings": {"RemoveHiddenData": True}}}
    version = app(part("a", bound="name", hidden=["authContext", "sign"]), changes=removing)
    data = instance(form({"name": "x"}))

    def left(**allowed: bool) -> Any:
        return remove_hidden(version, data, "Task_1", Reader(rights=Rights(allowed=allowed)))

    assert left(sign=True) == {UUID(int=1): {"name": None}}
    assert left(sign=False) == {}
    assert left() == {}, "a rule that fails hides nothing"


def test_whoever_listens_hears_of_rules_that_fail() -> None:
    heard: list[str] = []

    def hears(version: AppVersion, findings: Diags) -> None:
        heard.extend(f"{item.code} {item.element_id} {item.path}" for item in findings)

    version = app(part("a", bound="name", required=["authContext", "fly"]), hidden=["authContext", "swim"])
    drawn(version, instance(form({})), Reader(hears=hears))
    assert heard == ["DG7110 one hidden", "DG7110 one.a required"]

    validate(version, instance(form({})), "Task_1", reader=Reader(hears=hears))
    assert heard[2:] == ["DG7110 one.a required"], "what is not required is not asked whether it is hidden"


# Findings at run time -------------------------------------------------------------------------------------------------


def test_a_place_is_told_once_however_often_it_fails(caplog: pytest.LogCaptureFixture) -> None:
    version = app(group("rows", "rows", "item"), part("item", bound="rows.item", hidden=["authContext", "fly"]))
    findings = RunFindings()

    for _ in range(3):
        drawn(version, instance(form({"rows": [{}, {}]})), Reader(hears=findings.add))

    (found,) = findings.of(version)
    assert (found.code, found.file, found.element_id, found.path) == (
        "DG7110",
        "ui/form/layouts/one.json",
        "one.item",
        "hidden",
    )
    assert len([record for record in caplog.records if "DG7110" in record.getMessage()]) == 1
    assert findings.of(loaded()) == (), "another version has its own"


def test_only_so_many_versions_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    version = app(part("a", bound="name", hidden=["authContext", "fly"]))
    warnings = drawn(version, instance(form({})), Reader()).warnings
    findings = RunFindings()
    findings.add(version, warnings)

    for number in range(MAX_VERSIONS):
        findings.add(_with_hash(version, str(number)), warnings)

    assert findings.of(version) == ()
    assert len(findings.of(_with_hash(version, "999"))) == 1


def _with_hash(version: AppVersion, sha256: str) -> AppVersion:
    return replace(version, sha256=sha256)


# Without an instance --------------------------------------------------------------------------------------------------


def test_a_blank_instance_tells_no_ids() -> None:
    version = app(part("a", bound="name", textResourceBindings={"title": ["instanceContext", "instanceId"]}))
    data = blank(version, {"model": {"name": "x"}})
    shown = of_entry(version)
    assert shown is not None

    found = draw(version, data, shown)

    assert is_blank(data)
    assert data.instance_id == NO_INSTANCE
    assert found.data_element_id is None
    assert found.component("a").bindings[0].data_element_id is None
    assert found.component("a").text() is None
    assert found.component("a").value == "x"
