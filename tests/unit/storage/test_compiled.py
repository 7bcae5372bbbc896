"""Compiled versions in memory: made once, bounded, and nothing remembered that failed unforeseen."""

import asyncio
from typing import cast
from uuid import UUID

import pytest

from dialog_graph.apps.version import AppVersion
from dialog_graph.storage.compiled import Broken, Compiled, CompiledVersions, Outcome

COMPILED = Compiled(cast(AppVersion, object()), {})


def number(n: int) -> UUID:
    return UUID(int=n)


class Counting:
    """A compilation, and how often it was made."""

    def __init__(self, outcome: Outcome = COMPILED, failures: int = 0) -> None:
        self.made = 0
        self.outcome = outcome
        self.failures = failures

    def __call__(self) -> Outcome:
        self.made += 1
        if self.made <= self.failures:
            raise MemoryError
        return self.outcome


async def got(versions: CompiledVersions, n: int, compile: Counting) -> Outcome:
    found = versions.find(number(n))
    return await asyncio.shield(found if found is not None else versions.begin(number(n), compile))


async def test_a_version_is_compiled_once_for_all_who_wait() -> None:
    versions, compile = CompiledVersions(), Counting()

    outcomes = await asyncio.gather(*(got(versions, 1, compile) for _ in range(20)))

    assert outcomes == [COMPILED] * 20
    assert compile.made == 1


async def test_the_least_recently_used_is_forgotten_first() -> None:
    versions, compile = CompiledVersions(bound=3), Counting()
    for n in (1, 2, 3):
        await got(versions, n, compile)
    await got(versions, 1, compile)
    await got(versions, 4, compile)

    assert len(versions) == 3
    assert [n for n in (1, 2, 3, 4) if versions.find(number(n)) is not None] == [1, 3, 4]


async def test_active_versions_are_kept_beyond_the_bound() -> None:
    versions, compile = CompiledVersions(bound=1), Counting()
    versions.keep({number(1), number(2)})
    for n in range(1, 7):
        await got(versions, n, compile)

    assert [n for n in range(1, 7) if versions.find(number(n)) is not None] == [1, 2, 6]
    versions.keep({number(6)})
    assert [n for n in range(1, 7) if versions.find(number(n)) is not None] == [2, 6]


async def test_what_is_put_counts_too() -> None:
    versions = CompiledVersions(bound=2)
    for n in (1, 2, 3):
        versions.put(number(n), COMPILED)

    assert versions.find(number(1)) is None
    found = versions.find(number(3))
    assert found is not None
    assert await found is COMPILED


async def test_a_compilation_under_way_is_never_forgotten() -> None:
    versions, compile = CompiledVersions(bound=0), Counting()

    assert await asyncio.gather(*(got(versions, n, compile) for n in range(5))) == [COMPILED] * 5


async def test_a_broken_version_is_remembered_as_such() -> None:
    versions, compile = CompiledVersions(), Counting(Broken("why"))

    assert [await got(versions, 1, compile) for _ in range(3)] == [Broken("why")] * 3
    assert compile.made == 1


async def test_an_unforeseen_failure_is_tried_again() -> None:
    versions, compile = CompiledVersions(), Counting(failures=1)

    with pytest.raises(MemoryError):
        await got(versions, 1, compile)
    assert await got(versions, 1, compile) is COMPILED


async def test_one_who_gives_up_takes_it_from_nobody() -> None:
    versions, compile = CompiledVersions(), Counting()
    waiting = asyncio.create_task(got(versions, 1, compile))
    await asyncio.sleep(0)
    waiting.cancel()

    assert await got(versions, 1, compile) is COMPILED
    assert compile.made == 1
