"""Labels and the seen flag of a dialog."""

from dataclasses import replace
from uuid import UUID

import pytest

from dialog_graph.model.dialog import FOLDERS, Dialog, Folder, SystemLabel
from tests.unit.apps.sample import NOW

DIALOG = Dialog(
    dialog_id=UUID(int=1),
    revision=UUID(int=2),
    context_revision=UUID(int=3),
    org="ttd",
    party_id=50001,
    resource_id=1,
    service_resource="app_ttd_sample",
    created_at=NOW,
    updated_at=NOW,
    content_updated_at=NOW,
)


@pytest.mark.parametrize(("seen", "marked", "shown"), [(True, False, True), (True, True, False), (False, False, False)])
def test_content_is_seen_unless_somebody_marked_it_as_unopened(seen: bool, marked: bool, shown: bool) -> None:
    assert replace(DIALOG, seen=seen, marked_unopened=marked).is_content_seen is shown


@pytest.mark.parametrize("folder", Folder)
def test_a_dialog_is_in_one_folder_and_may_have_the_two_other_labels(folder: Folder) -> None:
    label = SystemLabel(folder.value)
    assert replace(DIALOG, folder=folder).system_labels == (label,)
    assert replace(DIALOG, folder=folder, is_sent=True, marked_unopened=True).system_labels == (
        label,
        SystemLabel.MARKED_AS_UNOPENED,
        SystemLabel.SENT,
    )


def test_folders_keep_their_stored_numbers() -> None:
    assert FOLDERS == (Folder.DEFAULT, Folder.ARCHIVE, Folder.BIN)


def test_every_label_is_a_folder_or_one_of_the_two() -> None:
    others = {SystemLabel.MARKED_AS_UNOPENED, SystemLabel.SENT}
    assert {label.value for label in SystemLabel} - {folder.value for folder in Folder} == {o.value for o in others}
