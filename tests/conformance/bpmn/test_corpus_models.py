"""The known models of the corpus do what its index says, driven through the public API without data or server.

A row that needs a clock, messages, signals, other processes or code that runs is listed with the reason.
"""

import csv
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.bpmn import Outcome, ProcessEnded, Start, Status, TaskLeft
from dialog_graph.errors import Refusal
from tests.conformance.bpmn.adapter import Variables, read
from tests.unit.bpmn.models import Walk

ELSEWHERE = {
    "F06": "its start event has conditional flows, which are refused here (DG2122); driven with a gateway behind it",
    "F07": "needs signals and timers",
    "F12": "needs messages",
    "F13": "needs messages",
    "F14": "needs messages",
    "F15": "needs messages",
    "F16": "needs timers",
    "F17": "needs timers",
    "F18": "needs timers",
    "F21": "has a timer at its boundary",
    "F24": "needs conditional events",
    "F25": "calls another process",
}
"""Row -> why it is not driven here. Each is refused at load with that reason."""


@pytest.fixture(scope="module")
def rows(shared_dir: Path) -> dict[str, Path]:
    """Id -> the file of the model."""
    with (shared_dir / "corpus/bpmn/index.csv").open(newline="") as lines:
        return {row["id"]: shared_dir / "corpus/bpmn" / row["file"] for row in csv.DictReader(lines)}


@pytest.fixture
def begin(rows: dict[str, Path]) -> Callable[..., Walk]:
    """A model's instance with these variables, not yet started."""

    def begun(id: str, **values: Any) -> Walk:
        definition, found = read(rows[id].read_bytes())
        assert definition is not None, found
        return Walk(definition, Variables(definition, values))

    return begun


def names(instance: Walk) -> list[str]:
    """The names of the open tasks."""
    entries = instance.state.active_entries(instance.definition)
    elements = [instance.definition.element(entry.element_id) for entry in entries]
    return [element.name or element.id for element in elements if element is not None]


def ended(instance: Walk) -> bool:
    return isinstance(instance.events[-1], ProcessEnded) and instance.state.status is Status.ENDED


def test_every_row_is_driven_or_refused_with_its_reason(rows: dict[str, Path]):
    for id, file in rows.items():
        definition, found = read(file.read_bytes())
        assert (definition is None) == (id in ELSEWHERE or id == "F08"), (id, found)
        if definition is None:
            assert all(each.element_id and each.line and each.hint for each in found if each.is_error)


@pytest.mark.parametrize(("value", "open"), [(1, "Task 1"), (2, "Task 2"), (3, "Task 3")])
def test_f01_exclusive_split(begin: Callable[..., Walk], value: int, open: str):
    assert names(begin("F01", input=value).start()) == [open]


@pytest.mark.parametrize(("value", "open"), [(1, "Input is one"), (5, "Default input")])
def test_f02_exclusive_default(begin: Callable[..., Walk], value: int, open: str):
    assert names(begin("F02", input=value).start()) == [open]


def test_f03_nothing_true(begin: Callable[..., Walk]):
    instance = begin("F03", input=4)
    refused = instance.send(Start())
    assert isinstance(refused, Refusal)
    assert "exclusiveGw" in refused.message
    assert instance.state.status is Status.NEW


def test_f04_nested_fork_and_join(begin: Callable[..., Walk]):
    instance = begin("F04").start()
    done = ("Task_0", "Task_A", "Task_B", "Task_B1", "Task_B2")
    seen = [names(instance), *(names(instance.complete(task)) for task in done)]
    assert seen == [["Task 0"], ["Task A", "Task B"], ["Task B"], ["Task B1", "Task B2"], ["Task B2"], ["Task C"]]


@pytest.mark.parametrize(
    ("value", "open"),
    [(1, ["Input is one", "Input is three or one"]), (3, ["Input is three or one"]), (5, ["Default input"])],
)
def test_f05_inclusive_split(begin: Callable[..., Walk], value: int, open: list[str]):
    assert names(begin("F05", input=value).start()) == open


def test_f06_the_join_waits_for_the_one_branch_that_was_taken(rows: dict[str, Path]):
    """With the split moved to a gateway, as the finding about conditional flows of a start event says."""
    text = rows["F06"].read_bytes().replace(b'sourceRef="theStart"', b'sourceRef="split"')
    more = b'<inclusiveGateway id="split"/><sequenceFlow id="flow0" sourceRef="theStart" targetRef="split"/></process>'
    definition, found = read(text.replace(b"</process>", more))
    assert definition is not None, found
    instance = Walk(definition, Variables(definition, {"input": 3})).start()
    assert names(instance) == ["my partial task"]
    assert names(instance.complete("partialTask")) == ["my task"]
    assert ended(instance.complete("theTask"))


def test_f08_a_gateway_that_waits_for_events_leads_to_events_only(rows: dict[str, Path]):
    definition, found = read(rows["F08"].read_bytes())
    assert definition is None
    assert [each.element_id for each in found if each.code == "DG2112"] == ["gw1"]


@pytest.mark.parametrize("order", list(permutations(("subProcessATask", "subProcessBTask"))))
def test_f09_two_subprocesses_side_by_side(begin: Callable[..., Walk], order: tuple[str, str]):
    instance = begin("F09").start()
    instance.complete(order[0])
    assert instance.active == [f"{order[1]}#1"]
    assert names(instance.complete(order[1])) == ["Task after subprocess"]
    assert ended(instance.complete("taskAfterSubProcess"))


def booked(begin: Callable[..., Walk], confirmed: bool) -> Walk:
    """The transaction up to the choice; its service tasks have no type here, so they are completed by hand."""
    instance = begin("F10", confirmed=confirmed).start()
    for task in ("bookHotel", "bookFlight", "askCustomer", "chargeCard"):
        instance.complete(task)
    return instance


def test_f10_a_transaction_that_succeeds_keeps_its_records(begin: Callable[..., Walk]):
    instance = booked(begin, confirmed=True)
    assert names(instance) == ["afterSuccess"]
    undone = [instance.definition.elements[record.of[-1]].id for record in instance.state.compensation]
    assert undone == ["bookHotel", "bookFlight", "chargeCard"]


def test_f10_a_transaction_that_is_cancelled_is_undone_backwards(begin: Callable[..., Walk]):
    instance = booked(begin, confirmed=False)
    done: list[str] = []
    while instance.active[0].startswith("undo"):
        done += names(instance)
        instance.complete(names(instance)[0])
    assert done == ["undoChargeCard", "undoBookFlight", "undoBookHotel"]
    assert (names(instance), instance.state.compensation) == (["afterCancellation"], ())


def test_f11_terminate(begin: Callable[..., Walk]):
    instance = begin("F11").start().complete("preTerminateTask")
    assert ended(instance)
    assert TaskLeft(element_id="preNormalTerminateTask", entry_no=1, outcome=Outcome.CANCELLED) in instance.events


@pytest.mark.parametrize(
    ("id", "task", "name"),
    [
        ("F19", "taskAfterEscalationCatch", "task after catching the escalation"),
        ("F20", "taskAfterErrorCatch", "task after catching the error"),
    ],
)
def test_f19_f20_caught_at_the_boundary(begin: Callable[..., Walk], id: str, task: str, name: str):
    instance = begin(id).start().complete("subprocessTask")
    assert names(instance) == [name]
    assert ended(instance.complete(task))


def test_f22_parallel_instances(begin: Callable[..., Walk]):
    instance = begin("F22").start()
    assert len(instance.active) == 3
    for entry_no in (1, 2, 3):
        instance.send_entry("miTasks", entry_no)
    assert ended(instance)


def test_f23_enough_instances(begin: Callable[..., Walk]):
    instance = begin("F23").start()
    counted = [len(instance.active), *(len(instance.send_entry("miTasks", number).active) for number in (1, 2))]
    assert counted == [5, 4, 3]
    assert ended(instance.send_entry("miTasks", 3))
    cancelled = [e.entry_no for e in instance.events if isinstance(e, TaskLeft) and e.outcome is Outcome.CANCELLED]
    assert cancelled == [4, 5]
