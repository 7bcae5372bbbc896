"""The pure parts, per call: a decision of the policy, a step of the interpreter, reading a process; a condition.

They never wait, so what counts is the processor time of this process: what others do meanwhile is not ours.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from dialog_graph import apps, tasks
from dialog_graph.apps import AppVersion
from dialog_graph.bpmn import Advance, Complete, Facts, Start, State, Vars, advance, compile_process, read_process
from dialog_graph.expressions import Context, Expression, compile_expression
from dialog_graph.model.json_value import Json
from dialog_graph.policy import Permit, Request, decide, role_key, task_scope
from tests.benchmarks.failures import BenchmarkFailed
from tests.benchmarks.house import APP, APPS
from tests.benchmarks.rounds import Spread, spread

ROUNDS = 7
SECONDS = 0.15
"""Length of one round of one row."""

CONDITION: Json = ["and", ["greaterThan", ["dataModel", "amount"], 50000], ["equals", ["dataModel", "name"], "Kari"]]
DATA: Mapping[str, Json] = {"amount": 85000, "name": "Kari"}

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class _Never:
    """No condition holds."""

    def condition(self, flow_id: str, vars: Vars) -> Json:
        """False, whatever is asked."""
        return False


def demanded(found: object, kind: type[_Found]) -> _Found:
    """What was found, if it is what it should be; else the run has failed."""
    if not isinstance(found, kind):
        raise BenchmarkFailed(f"expected {kind.__name__}, but got {found!r}")
    return found


def app_version() -> AppVersion:
    """The example app, loaded."""
    files = demanded(apps.read_folder(APPS / APP, APPS), apps.Files)
    return demanded(apps.load(files, "development")[0], AppVersion)


def condition() -> Callable[[], object]:
    """One evaluation of a condition of two comparisons."""
    expression = demanded(compile_expression(CONDITION), Expression)
    context = Context(data_model=lambda path, data_type: DATA.get(path))
    if expression.evaluate(context) is not True:
        raise BenchmarkFailed("the condition does not hold")
    return lambda: expression.evaluate(context)


def _decision(version: AppVersion) -> Callable[[], object]:
    request = Request(
        action="write",
        scope=task_scope("Task_1"),
        subjects=frozenset({role_key("DAGL"), role_key("HADM")}),
        has_relation=True,
        is_organisation=False,
        level=4,
        org="ttd",
        party_id=1,
    )
    demanded(decide(version.policy, request), Permit)
    return lambda: decide(version.policy, request)


def _step(version: AppVersion) -> Callable[[], object]:
    facts = Facts(now=datetime(2026, 3, 1, tzinfo=UTC), actor="PERSON:1", evaluator=_Never())
    state = demanded(advance(version.definition, State.empty(), Start(), facts), Advance).state
    command = Complete("Task_1", 1)
    moved = demanded(advance(version.definition, state, command, facts), Advance)
    if not moved.events:
        raise BenchmarkFailed("the step did nothing")
    return lambda: advance(version.definition, state, command, facts)


def _reading(version: AppVersion) -> Callable[[], object]:
    if read_process(version.process_xml, tasks.KINDS)[0] is None:
        raise BenchmarkFailed("the process cannot be read")
    return lambda: read_process(version.process_xml, tasks.KINDS)


def _compiling(version: AppVersion) -> Callable[[], object]:
    if compile_process(version.process_xml, tasks.KINDS)[0] != version.definition:
        raise BenchmarkFailed("the process is compiled otherwise than it was read")
    return lambda: compile_process(version.process_xml, tasks.KINDS)


def rows() -> dict[str, Spread]:
    """Microseconds per call, by name."""
    version = app_version()
    works = {
        "policy: decide(), one action": _decision(version),
        "interpreter: advance(), data → confirmation": _step(version),
        "interpreter: parse + compile a process of 2 tasks": _compiling(version),
        "interpreter: parse + compile + diagnose it": _reading(version),
    }
    return {name: measured(work) for name, work in works.items()}


def measured(work: Callable[[], object]) -> Spread:
    """Microseconds of one call."""
    count = _calibrated(work)
    return spread([1e6 * _timed(work, count) / count for _ in range(ROUNDS)])


def _calibrated(work: Callable[[], object]) -> int:
    count = 1
    while _timed(work, count) < SECONDS / 4:
        count *= 2
    return count * 4


def _timed(work: Callable[[], object], count: int) -> float:
    begun = time.process_time()
    for _ in range(count):
        work()
    return time.process_time() - begun
