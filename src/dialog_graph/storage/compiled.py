"""The compiled app versions of one process: each made once, the least recently used forgotten beyond a bound.

Whoever holds a version keeps it; forgetting means only that the next one who asks compiles it anew from its files.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from dialog_graph.apps.version import AppVersion

MAX_COMPILED = 256
"""Versions kept in memory besides the active ones: those that instances have begun with and not ended."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A version with the hash of each form model's files, which tells whether two versions have the same forms."""

    version: AppVersion
    models: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Broken:
    """A stored version that this program does not compile, and why."""

    reason: str


Outcome: TypeAlias = Compiled | Broken


class CompiledVersions:
    """Outcomes of compilations by version id. `bound`: how many are kept besides the active ones."""

    def __init__(self, bound: int = MAX_COMPILED) -> None:
        self._bound = bound
        self._kept: frozenset[UUID] = frozenset()
        self._found: dict[UUID, asyncio.Future[Outcome]] = {}

    def __len__(self) -> int:
        return len(self._found)

    def find(self, version_id: UUID) -> "asyncio.Future[Outcome] | None":
        """The compilation of a version, under way or done; None when it must be begun."""
        found = self._found.pop(version_id, None)
        if found is not None:
            self._found[version_id] = found  # at the end: it was used last
        return found

    def begin(self, version_id: UUID, compile: Callable[[], Outcome]) -> "asyncio.Future[Outcome]":
        """Compiles in a thread, unless somebody else has begun meanwhile. What fails unforeseen is not remembered."""
        found = self.find(version_id)
        if found is None:
            found = asyncio.create_task(asyncio.to_thread(compile))
            found.add_done_callback(lambda task: self._settle(version_id, task))
            self._found[version_id] = found
        return found

    def put(self, version_id: UUID, compiled: Compiled) -> None:
        """Remembers a version that was compiled elsewhere."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        future.set_result(compiled)
        self._found.pop(version_id, None)
        self._found[version_id] = future
        self._forget_oldest()

    def keep(self, version_ids: Collection[UUID]) -> None:
        """The active versions, which are never forgotten."""
        self._kept = frozenset(version_ids)
        self._forget_oldest()

    def _settle(self, version_id: UUID, task: "asyncio.Future[Outcome]") -> None:
        if (task.cancelled() or task.exception() is not None) and self._found.get(version_id) is task:
            del self._found[version_id]
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        others = [id for id, found in self._found.items() if id not in self._kept and found.done()]
        for id in others[: max(0, len(others) - self._bound)]:
            del self._found[id]
