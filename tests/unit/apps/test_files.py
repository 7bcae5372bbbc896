"""The files of a version: their hash, and the archive that the database keeps."""

import io
import zipfile

import pytest

from dialog_graph.apps import Files, load
from dialog_graph.apps.files import digest
from dialog_graph.urns import AppId
from tests.unit.apps.sample import files

A = {"config/a.json": b"1", "models/b.json": b"\x00\xff"}


def test_an_archive_holds_the_files_and_the_place() -> None:
    packed = Files(contents=A, place=AppId("skd", "Ab-1")).to_archive()

    back = Files.from_archive(packed)

    assert dict(back.contents) == A
    assert back.place == AppId("skd", "Ab-1")
    assert back.sha256 == digest(A)


def test_equal_files_give_equal_bytes_in_any_order() -> None:
    other = dict(reversed(A.items()))

    assert Files(contents=A, place=AppId("a", "b")).to_archive() == (
        Files(contents=other, place=AppId("a", "b")).to_archive()
    )


@pytest.mark.parametrize(
    "other",
    [
        {"config/a.json": b"1"},
        {"config/a.json": b"2", "models/b.json": b"\x00\xff"},
        {"config/a.jso": b"n1", "models/b.json": b"\x00\xff"},
        {"config/a.json": b"1models/b.json\x00\xff"},
    ],
)
def test_every_difference_changes_the_hash(other: dict[str, bytes]) -> None:
    assert digest(other) != digest(A)


def test_a_version_from_the_archive_is_the_version_from_the_folder() -> None:
    original = files()

    first, found = load(original, "production")
    second, again = load(Files.from_archive(original.to_archive()), "production")

    assert first is not None
    assert second is not None
    assert (first.sha256, first.metadata, found) == (second.sha256, second.metadata, again)


def test_what_is_no_archive_of_ours_is_a_fault() -> None:
    with pytest.raises(ValueError, match="expected an archive"):
        Files.from_archive(b"PK nothing")


def test_an_archive_that_unpacks_too_large_is_a_fault() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("models/a.json", b"0" * ((64 << 20) + 1))

    with pytest.raises(ValueError, match="at most"):
        Files.from_archive(buffer.getvalue())


def test_contents_cannot_be_changed_afterwards() -> None:
    given = dict(A)
    made = Files(contents=given, place=AppId("a", "b"))
    given["config/a.json"] = b"changed"

    assert made.contents["config/a.json"] == b"1"
