"""The projection as a whole: when a dialog changes, what counts as content, labels, switches, and folding.

Folding step by step, each time from what the rows of the step before give back, must come to the same dialog as
projecting all at once; broken twins of the fold must be caught.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from dialog_graph.apps import AppVersion
from dialog_graph.apps.contents.metadata import MessageBoxConfig
from dialog_graph.commands.step.projection import Projection, Source, project
from dialog_graph.model.dialog import Activity, ContentValue, Dialog, DialogStatus, Folder, Transmission
from dialog_graph.model.event import Event
from dialog_graph.model.ids import sub, v7
from dialog_graph.model.instance import Confirmation, FileScan, Instance, InstanceStatus, Substatus, TaskState
from tests.unit.commands.step.dialog_world import (
    CREATED,
    INSTANCE_ID,
    LOADED,
    NOW,
    ORG,
    OTHER,
    PERSON,
    SUBMITTED,
    archived,
    dialog_of,
    element,
    event,
    instance,
    later,
    projected,
    source,
    stored,
    task,
    texts,
    version,
)

SAVED = event("app.instance.data.updated", 3, at=later(60))
START = stored(dialog_of(instance(), LOADED, CREATED))


def step(found: Instance, *events: Event, existing: Dialog = START, **more: Any) -> Projection:
    """The next step, a minute later, with a fresh revision."""
    return projected(existing, source(found, at=later(60), revision=2, **more), *events)


# A new dialog -------------------------------------------------------------------------------------------------------


def test_a_new_dialog_is_its_instance_s() -> None:
    found = projected(None, source(instance()), CREATED)
    dialog = found.dialog
    assert dialog.dialog_id == sub(v7(INSTANCE_ID, NOW), "Dialog") != v7(INSTANCE_ID, NOW)
    assert (dialog.instance_id, dialog.org, dialog.party_id) == (INSTANCE_ID, "ttd", 50001)
    assert dialog.service_resource == "app_ttd_sample", "without the prefix of its URN"
    assert dialog.created_at == dialog.updated_at == dialog.content_updated_at == NOW
    assert dialog.revision == dialog.context_revision == UUID(int=1, version=4)
    assert (dialog.folder, dialog.is_sent, dialog.seen, dialog.marked_unopened) == (Folder.DEFAULT, False, False, False)
    assert (dialog.status, found.labels, found.transmissions) == (DialogStatus.DRAFT, (), ())
    assert dialog.latest_activity == found.activities[-1]


def test_what_is_stored_comes_back_and_is_not_changed_by_looking_again() -> None:
    for found in (instance(data=(element(),)), archived(data=(element(),), substatus=Substatus(label="x"))):
        dialog = dialog_of(found, LOADED, CREATED, *((SUBMITTED,) if found.archived_at else ()))
        assert stored(dialog) == dialog
        assert project(stored(dialog), source(found, at=later(60)), ()) is None


def test_a_step_that_changes_nothing_of_the_dialog_moves_no_label() -> None:
    binned = replace(START, folder=Folder.BIN)
    assert project(binned, source(instance(), at=later(60)), (event("app.instance.data.locked", 2),)) is None


# What counts as a change of content ---------------------------------------------------------------------------------

SEEN = replace(START, seen=True, marked_unopened=True)
CHANGES: list[tuple[str, Instance, bool]] = [
    ("status", instance(task("confirmation")), True),
    ("substatus", instance(substatus=Substatus(label="x")), True),
    ("summary", instance(substatus=Substatus(description="x")), True),
    ("presentation text", instance(presentation_texts={"name": "Kari"}), True),
    ("attachment", instance(data=(element(),)), True),
    ("due date", instance(due_at=later(9000)), False),
    ("soft deletion", instance(deleted_at=later(60), status=InstanceStatus.DELETED), False),
]


@pytest.mark.parametrize(("found", "is_content"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_only_a_change_of_content_moves_its_time_and_takes_the_seen_flag(found: Instance, is_content: bool) -> None:
    dialog = step(found, existing=SEEN).dialog
    assert (dialog.updated_at, dialog.revision) == (later(60), UUID(int=2, version=4))
    assert dialog.content_updated_at == (later(60) if is_content else NOW)
    assert dialog.seen is not is_content
    assert dialog.marked_unopened, "the mark belongs to the people of the party"


def test_a_line_of_history_alone_is_an_update_but_no_content() -> None:
    dialog = step(instance(), SAVED, existing=SEEN).dialog
    assert (dialog.updated_at, dialog.content_updated_at, dialog.seen) == (later(60), NOW, True)


def test_hiding_the_dialog_from_people_is_no_content() -> None:
    hidden = version(message_box=MessageBoxConfig(hide_on_task=("Task_1",)))
    dialog = step(instance(), existing=SEEN, presentation=hidden).dialog
    assert (dialog.is_api_only, dialog.content_updated_at, dialog.seen) == (True, NOW, True)


def test_a_removed_attachment_is_a_change_of_content() -> None:
    before = stored(dialog_of(instance(data=(element(),))))
    dialog = step(instance(data=(element(deleted_at=NOW),)), existing=replace(before, seen=True)).dialog
    assert (dialog.attachments, dialog.content_updated_at, dialog.seen) == ((), later(60), False)


def test_a_submission_is_content_even_where_no_file_goes_along() -> None:
    still = replace(START, status=DialogStatus.AWAITING, seen=True)
    quiet = version(sync=("disable_sync_status", "disable_sync_content_summary", "disable_sync_gui_actions"))
    dialog = step(instance(), SUBMITTED, existing=still, presentation=quiet).dialog
    assert (dialog.content_updated_at, dialog.seen, dialog.from_party_transmissions) == (later(60), False, 1)


# Dates --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "present", "shown"),
    [
        (later(9000), None, later(9000)),
        (later(9000), later(8000), later(9000)),
        (later(60), None, None),
        (later(30), later(30), later(30)),
        (later(30), later(8000), later(8000)),
        (None, later(8000), None),
    ],
)
def test_a_due_date_is_taken_over_while_it_lies_ahead(
    wanted: datetime | None, present: datetime | None, shown: datetime | None
) -> None:
    assert step(instance(due_at=wanted), SAVED, existing=replace(START, due_at=present)).dialog.due_at == shown


def test_before_a_dialog_is_visible_its_changes_count_from_the_moment_it_is() -> None:
    moment = later(9000)
    created = stored(dialog_of(instance(visible_from=moment)))
    assert (created.visible_from, created.updated_at, created.content_updated_at) == (moment, moment, moment)
    assert created.created_at == NOW
    moved = step(instance(visible_from=later(9999)), existing=created).dialog
    assert (moved.updated_at, moved.content_updated_at) == (later(9999), later(9999))
    shown = projected(created, source(instance(visible_from=moment), at=later(9001)), SAVED).dialog
    assert (shown.updated_at, shown.content_updated_at) == (later(9001), moment)


# Labels -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("folder", "name"), [(Folder.BIN, "systemlabel:Bin"), (Folder.ARCHIVE, "systemlabel:Archive")])
@pytest.mark.parametrize("found", [instance(task("confirmation")), instance(due_at=later(9000))])
def test_every_change_takes_the_dialog_out_of_archive_and_bin_and_logs_it(
    folder: Folder, name: str, found: Instance
) -> None:
    put_away = replace(START, folder=folder, context_revision=UUID(int=9))
    result = step(found, existing=put_away)
    assert result.dialog.folder is Folder.DEFAULT
    assert [(change.name, change.action) for change in result.labels] == [(name, "remove")]
    assert result.dialog.context_revision == result.dialog.revision != UUID(int=9)


def test_a_change_that_moves_no_label_leaves_the_context_alone() -> None:
    result = step(instance(task("confirmation")), existing=replace(START, context_revision=UUID(int=9)))
    assert (result.labels, result.dialog.context_revision) == ((), UUID(int=9))


def test_the_first_submission_marks_the_dialog_as_sent_for_ever_and_logs_it_once() -> None:
    first = step(archived(), SUBMITTED)
    assert first.dialog.is_sent
    assert [(change.name, change.action) for change in first.labels] == [("systemlabel:Sent", "set")]
    again = step(archived(Confirmation(org="ttd", confirmed_at=NOW)), existing=stored(first.dialog))
    assert (again.dialog.is_sent, again.labels) == (True, ())


def test_both_moves_are_logged_under_ids_of_their_own() -> None:
    result = step(archived(), SUBMITTED, existing=replace(START, folder=Folder.BIN))
    revision = result.dialog.revision
    assert [change.log_id for change in result.labels] == [
        sub(revision, "systemlabel:Bin"),
        sub(revision, "systemlabel:Sent"),
    ]


def test_a_process_that_ends_where_it_starts_is_sent_at_once() -> None:
    result = projected(None, source(archived()), CREATED, SUBMITTED)
    assert result.dialog.is_sent
    assert [change.name for change in result.labels] == ["systemlabel:Sent"]


# Submissions --------------------------------------------------------------------------------------------------------


def test_a_submitted_file_leaves_the_dialog_for_the_transmission() -> None:
    own, owners = element(1), element(2, created_by=ORG)
    before = stored(dialog_of(instance(data=(own, owners))))
    assert [item.element_id for item in before.attachments] == [own.element_id, owners.element_id]
    after = step(archived(data=(own, owners)), SUBMITTED, existing=before)
    assert [item.element_id for item in after.dialog.attachments] == [owners.element_id]
    (sent,) = after.transmissions
    assert [item.element_id for item in sent.attachments] == [own.element_id]
    assert after.dialog.gui_attachment_count == 1


def test_a_second_submission_carries_only_what_is_new() -> None:
    first = stored(step(archived(data=(element(1),)), SUBMITTED).dialog)
    resubmitted = event("app.instance.submitted", 8, at=later(60))
    second = step(archived(data=(element(1), element(2))), resubmitted, existing=first)
    assert [[item.element_id.int for item in sent.attachments] for sent in second.transmissions] == [[2]]
    assert second.dialog.from_party_transmissions == len(second.dialog.transmissions) == 2


def test_a_file_that_waits_for_its_scan_is_carried_by_nothing_until_it_is_clean() -> None:
    pending = element(1, file_scan=FileScan.PENDING)
    sent = step(archived(data=(pending,)), SUBMITTED)
    assert (sent.transmissions[0].attachments, sent.dialog.attachments) == ((), ())
    clean = step(archived(data=(element(1, file_scan=FileScan.CLEAN),)), existing=stored(sent.dialog))
    assert [item.element_id for item in clean.dialog.attachments] == [pending.element_id]


# Deletion and switches ----------------------------------------------------------------------------------------------


def test_the_dialog_is_deleted_and_restored_with_its_instance() -> None:
    gone = step(instance(deleted_at=later(50)), event("app.instance.deleted", 5)).dialog
    assert gone.deleted_at == later(50)
    assert step(instance(), event("app.instance.undeleted", 6), existing=gone).dialog.deleted_at is None


@pytest.mark.parametrize("existing", [None, START])
def test_an_app_may_want_no_dialog_at_all(existing: Dialog | None) -> None:
    moved = instance(task("confirmation"))
    by_value = instance(task("confirmation"), data_values={"dialog.disableAutomaticSync": "true"})
    assert project(existing, source(moved, version(sync=("disable_sync",))), (SAVED,)) is None
    assert project(existing, source(by_value), (SAVED,)) is None


def test_an_app_may_want_no_new_dialogs_only() -> None:
    app = version(sync=("disable_create",))
    moved = instance(task("confirmation"))
    assert project(None, source(moved, app), (CREATED,)) is None
    assert project(START, source(moved, app), ()) is not None


FULL = archived(
    Confirmation(org="ttd", confirmed_at=NOW),
    data=(element(),),
    due_at=later(9000),
    deleted_at=later(50),
    substatus=Substatus(label="x", description="y"),
    presentation_texts={"a": "b"},
)
TITLED = {"dp.additionalinfo": {"nb": "more"}}


def _content(name: str) -> Callable[[Projection], object]:
    return lambda result: dict(texts(result.dialog, name))


PARTS: dict[str, Callable[[Projection], object]] = {
    "disable_delete": lambda result: result.dialog.deleted_at,
    "disable_add_activities": lambda result: len(result.activities),
    "disable_add_transmissions": lambda result: len(result.transmissions),
    "disable_sync_due_at": lambda result: result.dialog.due_at,
    "disable_sync_status": lambda result: result.dialog.status,
    "disable_mark_completed_when_confirmed": lambda result: result.dialog.status,
    "disable_sync_content_title": _content("title"),
    "disable_sync_content_summary": _content("summary"),
    "disable_sync_content_additional_information": _content("additionalInfo"),
    "disable_sync_content_extended_status": _content("extendedStatus"),
    "disable_sync_attachments": lambda result: result.dialog.attachments,
    "disable_sync_api_actions": lambda result: result.dialog.api_actions,
    "disable_sync_gui_actions": lambda result: result.dialog.gui_actions,
}
BARE = replace(START, api_actions=(), gui_actions=())


@pytest.mark.parametrize("switch", PARTS)
def test_each_switch_keeps_its_own_part_as_it_was(switch: str) -> None:
    files = replace(FULL, data=(element(created_by=ORG),)) if switch == "disable_sync_attachments" else FULL
    on = step(files, SAVED, SUBMITTED, existing=BARE, presentation=version(TITLED))
    off = step(files, SAVED, SUBMITTED, existing=BARE, presentation=version(TITLED, sync=(switch,)))
    changed = {name for name, part in PARTS.items() if part(on) != part(off)}
    expected = {"disable_sync_status", "disable_mark_completed_when_confirmed"}
    follows = {"disable_add_activities": {"disable_add_activities", "disable_add_transmissions"}}
    touched = expected if switch in expected else follows.get(switch, {switch})
    if switch in ("disable_add_activities", "disable_add_transmissions"):
        touched = touched | {"disable_sync_attachments"}
    assert changed == touched


def test_without_the_last_status_a_confirmed_dialog_stays_awaiting() -> None:
    app = version(sync=("disable_mark_completed_when_confirmed",))
    assert dialog_of(FULL, app).status is DialogStatus.AWAITING
    assert dialog_of(FULL, version(sync=("disable_sync_status",))).status is DialogStatus.NOT_APPLICABLE


def test_a_title_is_given_once_even_where_it_is_the_owner_s_later() -> None:
    app = version(sync=("disable_sync_content_title",))
    assert texts(dialog_of(instance(), app), "title")
    own = ContentValue(texts={"nb": "Own"})
    renamed = replace(START, content=type(START.content)({**START.content, "title": own, "senderName": own}))
    found = step(instance(task("confirmation")), existing=renamed, presentation=app).dialog
    assert (texts(found, "title"), texts(found, "senderName")) == ({"nb": "Own"}, {"nb": "Own"})


@pytest.mark.parametrize(
    ("box", "is_hidden"),
    [
        (MessageBoxConfig(), False),
        (MessageBoxConfig(hide_always=True), True),
        (MessageBoxConfig(hide_on_task=("Task_1",)), True),
        (MessageBoxConfig(hide_on_task=("Task_2",)), False),
    ],
)
def test_an_app_may_hide_its_dialogs_from_people(box: MessageBoxConfig, is_hidden: bool) -> None:
    assert dialog_of(instance(), version(message_box=box)).is_api_only is is_hidden


# Folding ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Walk:
    """Steps of one instance as they happened: the instance after each, its events and its time."""

    instance: Instance
    steps: list[tuple[Instance, tuple[Event, ...], datetime]] = field(
        default_factory=list[tuple[Instance, tuple[Event, ...], datetime]]
    )
    events: int = 0

    @property
    def now(self) -> datetime:
        return NOW + timedelta(minutes=len(self.steps))

    def take(self, *facts: Any, **columns: Any) -> None:
        actor = next((fact for fact in facts if not isinstance(fact, str)), PERSON)
        made: list[Event] = []
        for fact in facts:
            if isinstance(fact, str):
                self.events += 1
                made.append(event(fact, self.events, actor, self.now))
        self.instance = replace(self.instance, **columns)
        self.steps.append((self.instance, tuple(made), self.now))


def _save(walk: Walk, draw: st.DrawFn) -> None:
    walk.take("app.instance.data.updated", draw(st.sampled_from((PERSON, OTHER, ORG))))


def _attach(walk: Walk, draw: st.DrawFn) -> None:
    actor = draw(st.sampled_from((PERSON, ORG))) if walk.instance.archived_at is None else ORG
    type = draw(st.sampled_from(("file", "model", "ref-data-as-pdf")))
    number = len(walk.instance.data) + 1
    file = element(number, created_by=actor, created_at=walk.now, data_type=type)
    walk.take("app.instance.data.created", actor, data=(*walk.instance.data, file))


def _remove(walk: Walk, draw: st.DrawFn) -> None:
    files = walk.instance.elements
    if files and walk.instance.archived_at is None:
        gone = draw(st.sampled_from(files))
        data = tuple(replace(item, deleted_at=walk.now) if item == gone else item for item in walk.instance.data)
        walk.take("app.instance.data.deleted", data=data)


def _advance(walk: Walk, draw: st.DrawFn) -> None:
    if walk.instance.archived_at is not None:
        return
    outcome = draw(st.sampled_from((TaskState.COMPLETED, TaskState.ABANDONED)))
    left = tuple(replace(entry, state=outcome) if entry.is_open else entry for entry in walk.instance.tasks)
    type = draw(st.sampled_from(("data", "confirmation", "feedback", "none", "signing", "pdf")))
    state = TaskState.WAITING if type == "pdf" else TaskState.ACTIVE
    entered = task(type, state, len(left) + 1, sent_back=outcome is TaskState.ABANDONED)
    walk.take("app.instance.process.movedTo", tasks=(*left, entered))


def _end(walk: Walk, draw: st.DrawFn) -> None:
    if walk.instance.archived_at is not None:
        return
    left = tuple(replace(entry, state=TaskState.COMPLETED) if entry.is_open else entry for entry in walk.instance.tasks)
    walk.take(
        "app.instance.process.completed",
        "app.instance.submitted",
        tasks=left,
        ended_at=walk.now,
        archived_at=walk.now,
        status=InstanceStatus.COMPLETED,
    )


def _confirm(walk: Walk, draw: st.DrawFn) -> None:
    if walk.instance.archived_at is not None and not walk.instance.confirmations:
        walk.take("app.instance.confirmed", ORG, confirmations=(Confirmation(org="ttd", confirmed_at=walk.now),))


def _delete(walk: Walk, draw: st.DrawFn) -> None:
    if walk.instance.deleted_at is None:
        walk.take("app.instance.deleted", deleted_at=walk.now)
    else:
        walk.take("app.instance.undeleted", deleted_at=None)


def _tell(walk: Walk, draw: st.DrawFn) -> None:
    words = st.none() | st.builds(Substatus, label=st.none() | st.just("label"), description=st.none() | st.just("x"))
    names = draw(st.dictionaries(st.sampled_from("ab"), st.sampled_from(("Kari", " ", "x" * 300)), max_size=2))
    walk.take("app.instance.substatus.changed", ORG, substatus=draw(words), presentation_texts=names)


MOVES = (_save, _save, _attach, _remove, _advance, _end, _confirm, _delete, _tell)


@st.composite
def walks(draw: st.DrawFn) -> Walk:
    walk = Walk(instance(created_by=draw(st.sampled_from((PERSON, ORG)))))
    walk.take("app.instance.created", walk.instance.created_by)
    for move in draw(st.lists(st.sampled_from(MOVES), max_size=12)):
        move(walk, draw)
    return walk


@dataclass(frozen=True, slots=True)
class Folded:
    """What came of a walk: the dialog and every part that was written, newest form per id."""

    dialog: Dialog
    activities: dict[UUID, Activity]
    transmissions: dict[UUID, Transmission]
    sent_labels: int


Between = Callable[[Dialog], Dialog]


def folded(walk: Walk, between: Between = stored) -> Folded:
    dialog: Dialog | None = None
    activities: dict[UUID, Activity] = {}
    transmissions: dict[UUID, Transmission] = {}
    sent = 0
    for number, (found, events, now) in enumerate(walk.steps):
        given_now = source(found, APP, now, number + 1)
        result = project(None if dialog is None else between(dialog), given_now, events)
        if result is not None:
            dialog = result.dialog
            activities |= {item.id: item for item in result.activities}
            transmissions |= {item.id: item for item in result.transmissions}
            sent += sum(change.name == "systemlabel:Sent" for change in result.labels)
    assert dialog is not None
    return Folded(dialog, activities, transmissions, sent)


APP: AppVersion = version({"label": {"nb": "Merke"}, "dp.title.Task_2": {"nb": "To"}})


def at_once(walk: Walk) -> Folded:
    everything: Source = source(walk.instance, APP, walk.now)
    result = projected(None, everything, *(item for _, events, _ in walk.steps for item in events))
    return Folded(
        result.dialog,
        {item.id: item for item in result.activities},
        {item.id: item for item in result.transmissions},
        sum(change.name == "systemlabel:Sent" for change in result.labels),
    )


HISTORY = ("revision", "context_revision", "updated_at", "content_updated_at", "seen")
"""What depends on when it was written, and so on the steps."""


def without_history(found: Folded) -> Folded:
    same = {name: getattr(START, name) for name in HISTORY}
    return replace(found, dialog=replace(found.dialog, **same))


def comes_to_the_same(walk: Walk, between: Between = stored) -> bool:
    return without_history(folded(walk, between)) == without_history(at_once(walk))


@given(walks())
@settings(max_examples=150, deadline=None)
def test_folding_a_walk_comes_to_what_projecting_it_at_once_gives(walk: Walk) -> None:
    assert without_history(folded(walk)) == without_history(at_once(walk))


@given(walks())
@settings(max_examples=50, deadline=None)
def test_times_never_go_back_and_content_never_changes_after_the_dialog(walk: Walk) -> None:
    dialog = folded(walk).dialog
    assert dialog.created_at <= dialog.content_updated_at <= dialog.updated_at <= walk.now


def forgets_history(dialog: Dialog) -> Dialog:
    return replace(stored(dialog), latest_activity=None)


def forgets_transmissions(dialog: Dialog) -> Dialog:
    return replace(stored(dialog), transmissions=())


def forgets_that_it_was_sent(dialog: Dialog) -> Dialog:
    return replace(stored(dialog), is_sent=False)


@pytest.mark.parametrize("twin", [forgets_history, forgets_transmissions, forgets_that_it_was_sent])
def test_the_comparison_catches_a_broken_twin(twin: Between) -> None:
    searching = settings(max_examples=2000, database=None, deadline=None, phases=[Phase.generate])
    caught = find(walks(), lambda walk: not comes_to_the_same(walk, twin), settings=searching)
    assert comes_to_the_same(caught)
