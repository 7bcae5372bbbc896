"""The comparison of engines notices work that was not done, and goes on where an engine cannot be installed."""

import sys
from pathlib import Path

import pytest

from tests.benchmarks.failures import BenchmarkFailed
from tests.benchmarks.interpreter import comparison, peers
from tests.benchmarks.interpreter.comparison import Engine, checked, started
from tests.benchmarks.interpreter.models import DIAGNOSED, LOOP, OURS, ROW, WORKS, Work, outcome
from tests.benchmarks.interpreter.peers import Command, Missing

SHORT = (Work("10 tasks in a row", "run", ROW), Work("3 rounds of a loop", "run", LOOP, 3))
RIGHT = {"completed": ["T01", "T01", "T01"], "end": "Finish"}


@pytest.mark.parametrize("work", [*WORKS[:4], SHORT[1], *DIAGNOSED], ids=lambda work: work.name)
def test_our_engine_does_every_work_in_its_process(work: Work) -> None:
    with started(OURS, peers.ours()) as engine:
        assert engine.do(work, 2) > 0


@pytest.mark.parametrize(
    "found",
    [
        {"completed": ["T01", "T01"], "end": "Finish"},
        {"completed": ["T01", "T01", "T02"], "end": "Finish"},
        {"completed": ["T01", "T01", "T01"], "end": None},
        {},
    ],
    ids=["fewer", "another", "no end", "nothing"],
)
def test_an_engine_that_comes_to_another_outcome_fails_the_run(found: dict[str, object]) -> None:
    assert outcome(SHORT[1]) == RIGHT
    assert checked("x", SHORT[1], {"seconds": 0.5, "outcome": RIGHT}) == 0.5
    with pytest.raises(BenchmarkFailed, match="expected"):
        checked("x", SHORT[1], {"seconds": 0.5, "outcome": found})


def test_an_engine_that_dies_fails_the_run() -> None:
    with (
        started(OURS, Command((sys.executable, "-c", "input()"))) as engine,
        pytest.raises(BenchmarkFailed, match="ended"),
    ):
        engine.do(Work("x", "run", ROW), 1)


def test_engines_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def do(engine: Engine, work: Work, count: int) -> float:
        order.append(engine.name)
        return 1.0

    monkeypatch.setattr(Engine, "do", do)
    with started("a", peers.ours()) as one:
        seconds = comparison.measured([one, Engine("b", one.child)], SHORT[0], rounds=3)
    assert "".join(order) == "ab" + "abbaab"
    assert seconds == {"a": [1.0] * 3, "b": [1.0] * 3}


def test_a_peer_that_cannot_be_installed_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks = tmp_path / "locks"
    locks.mkdir()
    (locks / "spiffworkflow.lock").write_text("no-such-thing==0.0.0\n")
    monkeypatch.setattr(peers, "SCRATCH", tmp_path / "scratch")
    monkeypatch.setattr(peers, "LOCKS", locks)
    found = peers.spiff()
    assert isinstance(found, Missing)
    assert found.reason
    assert [path for path in (tmp_path / "scratch").iterdir() if not path.name.startswith(".new-")] == []


def test_the_run_goes_on_without_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "spiff", lambda: Missing("no way there"))
    monkeypatch.setattr(peers, "bpmn_engine", lambda: Missing("there is no Node"))
    monkeypatch.setattr(comparison, "WORKS", SHORT)
    monkeypatch.setattr(comparison, "LONGER", {OURS: SHORT[1]})
    monkeypatch.setattr(comparison, "SECONDS", 0.001)
    measured = {row.work: (row.measured, row.verdict) for row in comparison.rows()}
    row = "interpreter, 10 tasks in a row: against "
    assert measured[row + "SpiffWorkflow"] == ("SpiffWorkflow could not be installed: no way there", "")
    assert measured[row + "bpmn-engine"] == ("bpmn-engine could not be installed: there is no Node", "")
