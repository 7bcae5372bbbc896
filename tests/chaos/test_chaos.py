"""A short form of the fault runs, with their twins: more than a hundred deaths, and nothing lost or half done.

Longer: `make chaos ARGS="--minutes 10"`.
"""

import re
from collections.abc import Callable

import pytest

from dialog_graph.storage import faults
from tests.chaos import parts
from tests.chaos.conftest import SEED
from tests.chaos.figures import Figure
from tests.chaos.parts import PARTS, Part
from tests.chaos.processes import ROOT
from tests.chaos.site import Site
from tests.chaos.waits import run as waits_run
from tests.chaos.waits import twins as waits_twins

STRUCK_ELSEWHERE = {
    "before-delivery": "tests/integration/test_webhooks.py",
    "after-delivery": "tests/integration/test_webhooks.py",
    "after-claim": "tests/integration/test_worker_deaths.py",
    "before-job": "tests/integration/test_worker_deaths.py",
    "after-job": "tests/integration/test_worker_deaths.py",
}
"""Points on no command's way -> the tests in which a process dies there."""

OF_DEATHS = [part for part in PARTS if part.is_of_deaths]
OTHERS = [part for part in PARTS if not part.is_of_deaths]


def judge(part: Part, figure: Figure) -> None:
    assert figure.is_good, figure.failure(f"python -m tests.chaos --seed {SEED} --only {part.invariants[0]}")


@pytest.mark.slow
async def test_more_than_a_hundred_processes_die_at_every_point_and_nothing_is_lost(
    chaos_site: Site, show: Callable[..., None]
) -> None:
    figures = [await part.run(chaos_site, SEED) for part in OF_DEATHS]
    show(*figures)
    for part, figure in zip(OF_DEATHS, figures, strict=True):
        judge(part, figure)
    deaths = sum((figure.faults for figure in figures), start=Figure("").faults)
    assert deaths.total() >= 100
    assert set(faults.POINTS) - STRUCK_ELSEWHERE.keys() <= deaths.keys()
    assert {"before a statement", "after a statement", "at random under load", "at random"} <= deaths.keys()


@pytest.mark.slow
@pytest.mark.parametrize("part", OTHERS, ids=lambda part: part.name)
async def test_every_invariant_holds_and_every_twin_is_caught(
    chaos_site: Site, show: Callable[..., None], part: Part
) -> None:
    figure = await part.run(chaos_site, SEED)
    show(figure)
    judge(part, figure)
    assert figure.faults.total() >= part.least
    assert figure.twins


def test_every_point_stands_in_the_code_and_is_struck_by_some_test() -> None:
    code = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    assert set(re.findall(r'faults\.passed\("([a-z-]+)"\)', code)) == set(faults.POINTS)
    for point, place in STRUCK_ELSEWHERE.items():
        assert f'"{point}"' in (ROOT / place).read_text()


def test_a_round_is_chosen_by_the_invariants_it_tests() -> None:
    assert {"A1", "A3", "A4", "A9", "A10"} <= set(parts.known())
    assert [part.name for part in parts.chosen("A9")] == ["damaged bytes"]
    assert parts.chosen("") == list(PARTS)


def test_only_the_waits_have_a_number_of_instances() -> None:
    (waits,) = parts.chosen("waits")
    assert {"A7", "P20", "P21", "P29"} <= set(waits.invariants)
    assert [part for part in PARTS if parts.sized(part, 1000, 60.0) != part] == [waits]


def test_every_broken_worker_has_its_run_and_the_tests_have_some_of_them() -> None:
    assert set(waits_run.TWINS) == set(waits_twins.TWINS) > set(waits_run.FEW)
