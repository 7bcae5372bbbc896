"""Blobs: whole or not at all, and never delivered when their bytes have changed."""

import asyncio
import hashlib
import os
import stat
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from dialog_graph.errors import Refused
from dialog_graph.storage import blobs as module
from dialog_graph.storage.blobs import CHUNK, VERIFY_FIRST, Blob, Blobs

LARGE = VERIFY_FIRST + 3 * CHUNK + 17


async def stream(parts: Iterable[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def collect(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


def files_below(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.fixture
def store(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


async def stored(store: Blobs, content: bytes) -> Blob:
    return await store.receive("ttd", stream([content[:10], content[10:]]), len(content))


def path_of(tmp_path: Path, blob: Blob) -> Path:
    return tmp_path / "blobs" / blob.key


@pytest.mark.parametrize("size", [1, 10, CHUNK, CHUNK + 1, LARGE])
async def test_what_was_received_is_read(store: Blobs, size: int) -> None:
    content = os.urandom(size)
    blob = await stored(store, content)
    assert (blob.size, blob.sha256) == (size, hashlib.sha256(content).hexdigest())
    assert await collect(store.read(blob)) == content


@pytest.mark.parametrize("size", [1000, LARGE])
async def test_parts_are_read_as_slices(store: Blobs, size: int) -> None:
    content = os.urandom(size)
    blob = await stored(store, content)
    for start, end in ((0, 1), (5, 500), (size - 1, size), (size - 300, None), (None, 77), (7, 7), (0, size + 50)):
        assert await collect(store.read(blob, start, end)) == content[start:end]


async def test_keys_begin_with_the_org_and_files_are_private(store: Blobs, tmp_path: Path) -> None:
    blob = await stored(store, b"hemmelig innhold")
    assert blob.key.startswith("ttd/")
    path = path_of(tmp_path, blob)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)} == {0o700}


async def test_a_stream_over_the_cap_is_refused_and_leaves_nothing(store: Blobs, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="PAYLOAD_TOO_LARGE"):
        await store.receive("ttd", stream([b"x" * 60, b"x" * 41]), 100)
    assert files_below(tmp_path) == []
    assert (await store.receive("ttd", stream([b"x" * 60, b"x" * 40]), 100)).size == 100


async def test_a_broken_or_cancelled_stream_leaves_nothing(store: Blobs, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"some"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.receive("ttd", broken(), 100)
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"some"
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(store.receive("ttd", endless(), 100))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("size", [1000, LARGE])
@pytest.mark.parametrize("damage", ["flipped", "cut", "grown", "gone"])
async def test_a_changed_file_is_never_delivered_whole(store: Blobs, tmp_path: Path, size: int, damage: str) -> None:
    blob = await stored(store, os.urandom(size))
    path = path_of(tmp_path, blob)
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[size - 1] ^= 1
    path.write_bytes(content[:-1] if damage == "cut" else bytes(content) + b"!" * (damage == "grown"))
    if damage == "gone":
        path.unlink()

    received: list[bytes] = []

    async def read() -> None:
        async for chunk in store.read(blob):
            received.append(chunk)  # noqa: PERF401 - what came before the refusal counts

    with pytest.raises(Refused, match="INTEGRITY"):
        await read()
    assert len(b"".join(received)) < size
    if size <= VERIFY_FIRST:
        assert received == []


async def test_the_part_before_the_damage_is_not_delivered_whole_either(store: Blobs, tmp_path: Path) -> None:
    """The hash is of the whole file, so a range ends with the check of what lies behind it."""
    blob = await stored(store, os.urandom(LARGE))
    path = path_of(tmp_path, blob)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(Refused, match="INTEGRITY"):
        await collect(store.read(replace(blob, sha256="0" * 64), 0, 10))


def always(_: object) -> bool:
    return True


async def test_a_twin_without_the_check_would_deliver_the_damage(
    store: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = await stored(store, b"a" * 1000)
    path_of(tmp_path, blob).write_bytes(b"b" * 1000)
    reader = module._Reader  # pyright: ignore[reportPrivateUsage]  # the twin
    monkeypatch.setattr(reader, "_agrees", always)
    assert await collect(store.read(blob)) == b"b" * 1000


async def test_bytes_folder_and_name_are_on_disk_before_the_key_is_given(
    store: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, rename = os.fsync, Path.rename

    def noting_sync(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def noting_rename(path: Path, target: Path) -> Path:
        done.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noting_sync)
    monkeypatch.setattr(Path, "rename", noting_rename)
    await stored(store, b"x" * 100)
    assert done.index("file") < done.index("rename")
    assert done[-2:] == ["rename", "folder"]


async def test_deleting_twice_is_no_error(store: Blobs, tmp_path: Path) -> None:
    blob = await stored(store, b"x" * 100)
    await store.delete(blob.key)
    await store.delete(blob.key)
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("key", ["../../etc/passwd", "ttd/ab/../../x", "/etc/passwd", "ttd/ab/" + "g" * 32, ""])
async def test_what_is_no_key_of_ours_is_a_fault(store: Blobs, key: str) -> None:
    with pytest.raises(ValueError, match="expected a key"):
        await store.delete(key)
    with pytest.raises(ValueError, match="expected a key"):
        await collect(store.read(Blob(key=key, size=1, sha256="")))


async def test_an_org_that_is_none_is_a_fault(store: Blobs) -> None:
    with pytest.raises(ValueError, match="service owner"):
        await store.receive("../ttd", stream([b"x"]), 10)
