"""The worker's side: everything that a server runs in the background, on the shared clock, with a handler that counts.

The handler writes down each call before and after its work, past the database, so that a call whose process dies is
known all the same.
"""

import asyncio
import os
import zlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from dialog_graph.model.principal import Principal
from dialog_graph.model.service_task import Defer, Retry, ServiceHandler, ServiceOutcome, ServiceTask, Success
from dialog_graph.ports import Ports
from dialog_graph.workers import call_jobs, service_jobs
from dialog_graph.workers.quiet import work_until_quiet
from dialog_graph.workers.running import running
from tests.chaos.waits import clocks
from tests.chaos.waits.apps import SEND

CALLS = "calls"
"""File of the calls of the handler: `begun` or `ended`, the key of the job, the attempt."""

NEVER = 1_000_000
"""Attempts without a word after which a job is given up. The product's five are for code that kills its worker; here
workers are killed so often that a job may meet five of them, and each job has to come to its end all the same."""

LAST = 3
"""Attempt from which on the handler succeeds."""


def services(folder: Path) -> Mapping[str, ServiceHandler]:
    """The code of the one task type that has some."""

    async def send(task: ServiceTask) -> ServiceOutcome:
        dice = zlib.crc32(f"{task.step_key} {task.attempt}".encode())
        _note(folder, "begun", task)
        await asyncio.sleep(dice % 8 * 0.02)
        _note(folder, "ended", task)
        return _answer(dice // 8 % 8, task)

    return {SEND: send}


def _note(folder: Path, word: str, task: ServiceTask) -> None:
    file = os.open(folder / CALLS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, f"{word} {task.step_key} {task.attempt}\n".encode())
    finally:
        os.close(file)


def _answer(number: int, task: ServiceTask) -> ServiceOutcome:
    if task.attempt < LAST and number == 0:
        return Retry(details="closed")
    if task.attempt < LAST and number == 1:
        raise ValueError("odd")
    if task.attempt < LAST and number == 2:
        return Defer(delay=timedelta(seconds=1))
    return Success(data={"answer": {"mark": f"{task.step_key} {task.attempt}"}})


@dataclass(frozen=True, slots=True)
class Nothing:
    """The input of those who need none."""


@dataclass(frozen=True, slots=True)
class Done:
    """How much it was."""

    count: int


async def quiet(ports: Ports, _: Principal, __: Nothing) -> Done:
    """Does all that is due, one thing after another."""
    return Done(await work_until_quiet(ports))


async def ready(ports: Ports, principal: Principal, _: Nothing) -> Done:
    """Answers when the worker has read the apps, so that it is worth its death."""
    async with ports.database.transaction(principal) as tx:
        return Done(len(await ports.catalogue.all_active(tx)))


@asynccontextmanager
async def _on_shared_clock(ports: Ports, folder: Path) -> AsyncGenerator[None]:
    ports.database.clock = clocks.SharedClock(folder / clocks.NAME)
    with patch.object(service_jobs, "MAX_CRASHES", NEVER), patch.object(call_jobs, "MAX_CRASHES", NEVER):
        yield


@asynccontextmanager
async def _in_background(ports: Ports, folder: Path) -> AsyncGenerator[None]:
    async with _on_shared_clock(ports, folder), running(ports):
        yield


@asynccontextmanager
async def _alone(ports: Ports, folder: Path) -> AsyncGenerator[None]:
    yield


Surroundings = Callable[[Ports, Path], AbstractAsyncContextManager[None]]

ROLES: Mapping[str, Surroundings] = {
    "": _alone,
    "background": _in_background,
    "on demand": _on_shared_clock,
}
"""What a worker does besides commands: nothing, all that a server does, or what it is asked for on the shared clock."""
