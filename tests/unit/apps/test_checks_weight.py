"""How much a finding weighs and what it advises, where that depends on what the app is like."""

from collections.abc import Mapping
from typing import Any

import pytest

from dialog_graph.model.diagnostic import Diagnostic, DiagnosticSeverity
from tests.unit.apps.faults import FAULTS, STATELESS, found_in
from tests.unit.apps.forms_sample import PAGE, group, page, part
from tests.unit.apps.sample import METADATA, PROCESS, SETS, data_type, loaded, metadata, process

INFO, WARNING = DiagnosticSeverity.INFO, DiagnosticSeverity.WARNING


def one(changes: Mapping[str, Any], code: str) -> Diagnostic:
    """The one finding of a code."""
    (found,) = [item for item in found_in(changes) if item.code == code]
    return found


@pytest.mark.parametrize(
    ("task_type", "where", "hint"),
    [
        ("mailing", "here", "add a handler"),
        ("eFormidling", "here", "add a handler"),
        ("pdf", "in this version of dialog-graph", "until then resolveTask moves an instance on"),
        ("signing", "in this version of dialog-graph", "until then resolveTask moves an instance on"),
    ],
)
def test_nobody_is_told_to_write_code_for_a_type_of_our_own(task_type: str, where: str, hint: str) -> None:
    found = one({PROCESS: process(task=task_type)}, "DG9202")

    assert found.message.startswith(f'task type "{task_type}" has no code {where}:')
    assert found.hint == hint


def test_a_stateless_form_for_those_who_have_logged_in_is_no_fault() -> None:
    types = [{**each, "taskId": None} for each in metadata()["dataTypes"]]
    found = one({METADATA: metadata(onEntry={"show": "open"}, dataTypes=types), **STATELESS}, "DG3017")

    assert (found.severity, found.message) == (INFO, 'the stateless form type "xml" needs a login')
    assert found.hint == "set allowAnonymousOnStateless, if it is for anybody"
    taken = one(FAULTS["DG3017"], "DG3017")
    assert (taken.severity, taken.hint) == (WARNING, "remove taskId from the type")


def test_where_people_only_confirm_fields_of_other_tasks_are_no_fault() -> None:
    shown = {
        PAGE: page(part("a", bound="name")),
        METADATA: data_type(taskId="Task_0"),
        "ui/form/Settings.json": {"defaultDataType": "model"},
    }

    filled_in = one({**shown, PROCESS: process()}, "DG9007")
    confirmed = one({**shown, PROCESS: process(task="confirmation")}, "DG9007")

    assert (filled_in.severity, confirmed.severity) == (WARNING, INFO)


def test_of_two_entries_of_a_layout_set_the_last_counts() -> None:
    sets = [
        {"id": "form", "tasks": [task], "dataType": type} for task, type in (("Task_1", "xml"), ("Task_2", "model"))
    ]

    (form,) = loaded({SETS: {"sets": sets}}).layouts.sets.values()

    assert (form.tasks, form.data_type, form.pages) == (("Task_2",), "model", ("one",))


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({PAGE: page(part("a", bound="name", required="yes"))}, "DG7002", 'Expected boolean, got value "yes"'),
        ({PAGE: page(part("a", bound="name", hidden=2))}, "DG7002", "Expected boolean, got value 2"),
        (
            {PAGE: page(group("g", "name", "c"), part("c", bound="name"))},
            "DG9006",
            'the component "g" binds "name", which has no rows',
        ),
        (
            {"options/a.json": [{"value": 1, "label": "x"}, {"value": "1", "label": "y"}]},
            "DG6203",
            'duplicate option value "1"',
        ),
        (
            {SETS: {"sets": [{"id": "gone", "dataType": "model", "tasks": ["Task_1"]}]}},
            "DG9003",
            'data task "Task_1" has no form',
        ),
    ],
)
def test_what_would_only_show_while_somebody_fills_in_the_form_is_told_before(
    changes: dict[str, Any], code: str, message: str
) -> None:
    found = one(changes, code)

    assert (found.severity, found.message) == (WARNING, message)


@pytest.mark.parametrize("value", ["true", "FALSE", "1", "0.0", 1, 0, True, ["equals", 1, 1]])
def test_whatever_reads_as_yes_or_no_is_in_order(value: object) -> None:
    assert [
        item for item in found_in({PAGE: page(part("a", bound="name", hidden=value))}) if item.code == "DG7002"
    ] == []
