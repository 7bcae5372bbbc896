"""A short form of the fault runs, with their twins: more than a hundred deaths, and nothing lost or half done.

Longer: `make chaos ARGS="--minutes 10"`.
"""

import re
from pathlib import Path

import pytest

from dialog_graph.storage import faults
from tests.chaos import parts
from tests.chaos.conftest import SEED
from tests.chaos.figures import Figure
from tests.chaos.parts import PARTS, Part
from tests.chaos.processes import ROOT
from tests.chaos.site import Site

pytestmark = pytest.mark.slow

STRUCK_ELSEWHERE = {
    "before-delivery": "tests/integration/test_webhooks.py",
    "after-delivery": "tests/integration/test_webhooks.py",
}
"""Points on no command's way -> the tests in which a process dies there."""


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
async def test_every_invariant_holds_and_every_twin_is_caught(
    chaos_site: Site, found: list[Figure], part: Part
) -> None:
    figure = await part.run(chaos_site, SEED)
    found.append(figure)
    assert figure.is_good, figure.failure(f"python -m tests.chaos --seed {SEED} --only {part.invariants[0]}")


def test_more_than_a_hundred_processes_died_at_every_point_and_between_statements(found: list[Figure]) -> None:
    deaths = sum((figure.faults for figure in found if "killed" in figure.invariant), start=Figure("").faults)
    if not deaths:
        pytest.skip("the fault runs were not among the tests chosen")
    assert deaths.total() >= 100
    assert set(faults.POINTS) - STRUCK_ELSEWHERE.keys() <= deaths.keys()
    assert {"before a statement", "after a statement", "at random under load", "at random"} <= deaths.keys()


def test_every_point_stands_in_the_code_and_is_struck_by_some_test() -> None:
    code = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    assert set(re.findall(r'faults\.passed\("([a-z-]+)"\)', code)) == set(faults.POINTS)
    for point, place in STRUCK_ELSEWHERE.items():
        assert f'"{point}"' in (ROOT / Path(place)).read_text()


def test_a_round_is_chosen_by_the_invariants_it_tests() -> None:
    assert parts.PLACES + parts.LOAD + parts.SERVERS >= 100
    assert {"A1", "A3", "A4", "A9", "A10"} <= set(parts.known())
    assert [part.name for part in parts.chosen("A9")] == ["damaged bytes"]
    assert parts.chosen("") == list(PARTS)
