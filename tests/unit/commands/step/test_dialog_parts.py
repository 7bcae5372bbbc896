"""Buttons, attachments, history and submissions of a projected dialog."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.apps.contents.metadata import CopyInstanceSettings, DataType
from dialog_graph.commands.step import dialog_parts
from dialog_graph.model.dialog import Activity, ActivityType, Consumer, GuiActionPriority, HttpVerb, TransmissionType
from dialog_graph.model.ids import sub, v7
from dialog_graph.model.instance import FileScan, Instance, TaskState
from dialog_graph.model.principal import Actor
from tests.unit.commands.step.dialog_world import (
    INSTANCE_ID,
    LOADED,
    NOW,
    ORG,
    OTHER,
    PERSON,
    URL,
    archived,
    dialog_of,
    element,
    event,
    instance,
    later,
    task,
    version,
)

PAGE = f"{URL}/app/ttd/sample/{INSTANCE_ID}"
COPYING = version(copy_instance=CopyInstanceSettings(enabled=True))


# Actions ------------------------------------------------------------------------------------------------------------


def test_a_running_form_can_be_opened_and_deleted() -> None:
    found = dialog_of(instance())
    open_form, delete = found.gui_actions
    assert (open_form.action, open_form.url, open_form.http_method) == ("read", PAGE, HttpVerb.GET)
    assert (delete.action, delete.http_method) == ("delete", HttpVerb.DELETE)
    assert delete.url == f"{URL}/api/v1/instance/50001/{INSTANCE_ID}"
    assert (open_form.is_delete_dialog_action, delete.is_delete_dialog_action) == (False, True)
    assert delete.prompt is not None
    assert set(delete.prompt) == {"nb", "nn", "en"}
    assert [action.priority for action in (open_form, delete)] == [
        GuiActionPriority.PRIMARY,
        GuiActionPriority.SECONDARY,
    ]


@pytest.mark.parametrize(
    ("found", "attribute"),
    [
        (instance(), "urn:altinn:task:Task_1"),
        (instance(task(state=TaskState.COMPLETED), task("pdf", TaskState.WAITING, 2)), "urn:altinn:task:Task_2"),
        (instance(task(state=TaskState.COMPLETED)), None),
        (archived(), None),
    ],
)
def test_opening_and_deleting_ask_the_policy_at_the_current_task(found: Instance, attribute: str | None) -> None:
    assert [action.authorization_attribute for action in dialog_of(found).gui_actions] == [attribute, attribute]


def test_what_is_archived_is_opened_as_a_receipt() -> None:
    assert dialog_of(archived()).gui_actions[0].url == f"{PAGE}/receipt"


def test_only_archived_instances_are_copied_and_only_where_the_app_allows_it() -> None:
    copies = [len(dialog_of(found, app).gui_actions) for found in (instance(), archived()) for app in (LOADED, COPYING)]
    assert copies == [2, 2, 2, 3]
    copy = dialog_of(archived(), COPYING).gui_actions[2]
    assert (copy.action, copy.url, copy.http_method) == ("instantiate", f"{PAGE}/copy", HttpVerb.GET)
    assert (copy.priority, copy.authorization_attribute) == (GuiActionPriority.TERTIARY, None)
    assert dict(copy.title) == {"nb": "Lag en kopi", "nn": "Lag ein kopi", "en": "Make a copy"}


def test_systems_read_the_instance_as_json() -> None:
    found = dialog_of(instance())
    (read,) = found.api_actions
    (endpoint,) = read.endpoints
    assert (read.action, read.authorization_attribute) == ("read", None)
    assert (endpoint.url, endpoint.http_method, endpoint.version) == (
        f"{URL}/instances/{INSTANCE_ID}",
        HttpVerb.GET,
        "1.0",
    )


def test_ids_of_actions_are_made_of_the_dialog_s_id_and_a_name() -> None:
    found = dialog_of(archived(), COPYING)
    names = ("DialogGuiActionGoTo", "DialogGuiActionDelete", "DialogGuiActionCopy")
    assert [action.id for action in found.gui_actions] == [sub(found.dialog_id, name) for name in names]
    (read,) = found.api_actions
    assert read.id == sub(found.dialog_id, "DialogApiActionRead")
    assert read.endpoints[0].id == sub(read.id, "0")
    again = dialog_of(archived(), COPYING)
    assert (again.gui_actions, again.api_actions) == (found.gui_actions, found.api_actions)


# Attachments --------------------------------------------------------------------------------------------------------


def test_a_file_is_shown_under_its_own_name_and_an_id_made_of_its_own() -> None:
    file = element(9, created_at=later(3), filename="søknad.pdf")
    (found,) = dialog_of(instance(data=(file,))).attachments
    assert found.id == v7(file.element_id, later(3))
    assert (found.display_name, found.name, found.media_type) == ({"nb": "søknad.pdf"}, "file", "application/pdf")
    assert (found.element_id, found.url_id) == (file.element_id, sub(found.id, "url"))


def test_inside_a_transmission_the_id_is_made_of_both() -> None:
    found = dialog_parts.attachment(element(9), LOADED, UUID(int=77))
    assert found.id == sub(UUID(int=77), str(UUID(int=9)))


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        (None, "file"),
        ("x" * 255, "x" * 255),
        ("x" * 252 + ".pdf", "x" * 251 + ".pdf"),
        ("x" * 300, "x" * 255),
        ("." + "x" * 300, "." + "x" * 254),
        ("a." + "x" * 300, "a." + "x" * 253),
    ],
)
def test_a_long_name_is_cut_and_keeps_its_extension(filename: str | None, shown: str) -> None:
    found = dialog_parts.attachment(element(filename=filename), LOADED)
    assert found.display_name == {"nb": shown}


TYPES = {
    "plain": (DataType(id="plain"), Consumer.GUI),
    "form": (DataType(id="form", is_form=True), Consumer.API),
    "owned": (DataType(id="owned", allowed_contributors=("app:owned",)), Consumer.API),
    "org": (DataType(id="org", allowed_contributors=("org:ttd",)), Consumer.GUI),
    "unknown group": (DataType(id="unknown group", grouping="group.own"), Consumer.GUI),
    **{
        group: (DataType(id=group, grouping=f"group.{group}"), Consumer.API)
        for group in ("formdatahtml", "formdatasource", "signaturesource", "paymentsource", "activities")
    },
    "ref-data-as-pdf": (DataType(id="ref-data-as-pdf", allowed_contributors=("app:owned",)), Consumer.GUI),
}
APP = replace(LOADED, data_types={name: data_type for name, (data_type, _) in TYPES.items()})


@pytest.mark.parametrize("name", TYPES)
def test_files_for_people_and_data_for_systems_are_told_apart(name: str) -> None:
    assert dialog_parts.attachment(element(data_type=name), APP).consumer is TYPES[name][1]


def test_a_type_that_the_served_version_does_not_know_is_for_people() -> None:
    assert dialog_parts.attachment(element(data_type="gone"), APP).consumer is Consumer.GUI


@pytest.mark.parametrize(
    ("changes", "is_shown"),
    [
        ({}, True),
        ({"created_by": ORG}, True),
        ({"file_scan": FileScan.CLEAN}, True),
        ({"file_scan": FileScan.PENDING}, False),
        ({"file_scan": FileScan.INFECTED}, False),
        ({"data_type": "ref-data-as-pdf"}, False),
        ({"deleted_at": NOW}, False),
    ],
)
def test_only_what_is_there_and_found_clean_is_shown(changes: dict[str, Any], is_shown: bool) -> None:
    found = dialog_of(instance(data=(element(**changes),)))
    assert len(found.attachments) == found.gui_attachment_count == is_shown


def test_only_files_for_people_are_counted() -> None:
    found = dialog_of(instance(data=(element(1, data_type="form"), element(2, data_type="plain"))), APP)
    assert (len(found.attachments), found.gui_attachment_count) == (2, 1)


# History ------------------------------------------------------------------------------------------------------------

SAVED = "app.instance.data.updated"


@pytest.mark.parametrize(
    ("type", "kind"),
    [
        ("app.instance.created", ActivityType.DIALOG_CREATED),
        (SAVED, ActivityType.FORM_SAVED),
        ("app.instance.submitted", ActivityType.FORM_SUBMITTED),
        ("app.instance.deleted", ActivityType.DIALOG_DELETED),
        ("app.instance.undeleted", ActivityType.DIALOG_RESTORED),
        ("app.instance.process.cancelled", ActivityType.DIALOG_CLOSED),
        ("app.instance.process.completed", None),
        ("app.instance.process.movedTo", None),
        ("app.instance.data.created", None),
        ("app.instance.data.deleted", None),
        ("app.instance.confirmed", None),
        ("process.step", None),
    ],
)
def test_an_event_is_a_line_of_history_with_its_id_time_and_actor(type: str, kind: ActivityType | None) -> None:
    found = event(type, 5, at=later(7))
    lines = dialog_parts.activities([found], None)
    expected = () if kind is None else ((found.event_id, kind, later(7), PERSON),)
    assert tuple((line.id, line.type, line.created_at, line.performed_by) for line in lines) == expected


def saves(*actors: Actor, latest: Activity | None = None) -> list[tuple[UUID, Actor]]:
    events = [event(SAVED, number, actor, later(number)) for number, actor in enumerate(actors, start=1)]
    return [(line.id, line.performed_by) for line in dialog_parts.activities(events, latest)]


def ids(*numbers: int) -> list[UUID]:
    return [UUID(int=1000 + number) for number in numbers]


def test_the_owner_s_saves_are_no_history() -> None:
    assert saves(ORG) == []
    assert len(dialog_parts.activities([event("app.instance.created", actor=ORG)], None)) == 1


def test_saves_that_follow_each_other_are_one_line_per_actor() -> None:
    assert [row for row, _ in saves(PERSON, PERSON, OTHER, OTHER, PERSON)] == ids(1, 3, 5)


def test_the_owner_s_save_between_does_not_part_a_person_s() -> None:
    assert [row for row, _ in saves(PERSON, ORG, PERSON)] == ids(1)


def test_a_line_keeps_its_id_and_its_time_moves() -> None:
    first = dialog_parts.activities([event(SAVED, 1)], None)[-1]
    (moved,) = dialog_parts.activities([event(SAVED, 2, replace(PERSON, level=3), later(60))], first)
    assert moved == replace(first, created_at=later(60))
    assert [row for row, _ in saves(OTHER, latest=first)] == ids(1), "somebody else's save is a line of its own"


def test_anything_between_two_saves_parts_them() -> None:
    lines = dialog_parts.activities(
        [event(SAVED, 1), event("app.instance.deleted", 2), event("app.instance.undeleted", 3), event(SAVED, 4)], None
    )
    assert [line.id for line in lines] == ids(1, 2, 3, 4)


# Submissions --------------------------------------------------------------------------------------------------------


def submitted(number: int, at: int) -> Activity:
    (line,) = dialog_parts.activities([event("app.instance.submitted", number, at=later(at))], None)
    return line


def test_a_submission_carries_the_files_made_up_to_then() -> None:
    files = (element(1, created_at=later(1)), element(2, created_at=later(5)), element(3, created_at=later(6)))
    (found,) = dialog_parts.submissions([submitted(9, 5)], files, LOADED, 0)
    assert (found.id, found.created_at, found.sender) == (UUID(int=1009), later(5), PERSON)
    assert found.type is TransmissionType.SUBMISSION
    assert [item.element_id for item in found.attachments] == [UUID(int=1), UUID(int=2)]
    assert found.title == {"nb": "Innsending #1", "nn": "Innsending #1", "en": "Submission #1"}


def test_no_file_is_carried_twice_and_numbers_go_on() -> None:
    files = (element(1, created_at=later(1)), element(2, created_at=later(6)), element(3, created_at=later(9)))
    first, second = dialog_parts.submissions([submitted(7, 5), submitted(8, 8)], files, LOADED, 4)
    assert [[item.element_id.int for item in found.attachments] for found in (first, second)] == [[1], [2]]
    assert (first.title["en"], second.title["en"]) == ("Submission #5", "Submission #6")
    assert dialog_parts.carried((first, second)) == {UUID(int=1), UUID(int=2)}


def test_other_lines_of_history_send_nothing() -> None:
    lines = dialog_parts.activities([event("app.instance.created"), event(SAVED, 2)], None)
    assert dialog_parts.submissions(lines, (element(),), LOADED, 0) == ()
