"""Writes mended files back: each one whole or not at all, and only where nobody has changed it meanwhile."""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from dialog_graph.apps.linter.mending import Mended
from dialog_graph.apps.linter.report import CheckedApp


class NotWritten(Exception):
    """A file was left as it is; the text says which and why."""


def write(app: CheckedApp, mended: Mended) -> None:
    """Puts the mended files in the place of those that were read. Raises `NotWritten`, before anything is written
    where a file is found changed."""
    if app.files is None:
        return
    before = app.files.contents
    places = {file: app.place(file).resolve() for file in mended.contents}
    for file, place in places.items():
        _demand_unchanged(place, before[file])
    for file, place in places.items():
        _replace(place, before[file], mended.contents[file])


def _demand_unchanged(place: Path, content: bytes) -> None:
    try:
        found = place.read_bytes()
    except OSError as fault:
        raise NotWritten(f"expected {place} as it was read, but it cannot be read: {fault.strerror}") from None
    if found != content:
        raise NotWritten(f"expected {place} as it was read, but it has changed meanwhile: run the check again")


def _replace(place: Path, before: bytes, content: bytes) -> None:
    """A new file beside, then a change of name; the file's rights are kept."""
    made: str | None = None
    try:
        handle, made = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(place, made)
        _demand_unchanged(place, before)
        Path(made).replace(place)
    except OSError as fault:
        raise NotWritten(f"expected to write {place}, but: {fault.strerror}") from None
    finally:
        if made is not None:
            with suppress(FileNotFoundError):
                Path(made).unlink()
