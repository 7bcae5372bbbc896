"""The known models of the corpus do what its index says, driven through the public API without data or server.

What their drivers do besides is done here by hand: jobs of service tasks, messages, signals, the clock, and the child
instance of a call activity.
"""

import csv
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.bpmn import (
    BroadcastSignal,
    CallApp,
    ChildEnded,
    DataChanged,
    MessageReceived,
    Outcome,
    ProcessEnded,
    Start,
    Status,
    TaskEntered,
    TaskLeft,
)
from dialog_graph.errors import Refusal
from tests.conformance.bpmn.adapter import ORG, Variables, read
from tests.unit.bpmn.models import NOW, Walk

REFUSED = {
    "F06": "its start event has conditional flows (DG2122); driven with a gateway behind it",
    "F08": "what the row expects: the gateway does not lead to events (DG2112)",
}
"""Row -> why its file is refused at load."""


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
    assert sorted(rows) == [f"F{number:02}" for number in range(1, 26)]
    for id, file in rows.items():
        definition, found = read(file.read_bytes())
        assert (definition is None) == (id in REFUSED), (id, found)
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


@pytest.fixture
def thrower(shared_dir: Path) -> Walk:
    """The second process of F07, which broadcasts the signal."""
    folder = shared_dir / "corpus/bpmn/flowable"
    definition, found = read((folder / "EventBasedGatewayTest.throwAlertSignal.bpmn20.xml").read_bytes())
    assert definition is not None, found
    return Walk(definition)


def test_f07_the_signal_comes_before_the_timer(begin: Callable[..., Walk], thrower: Walk):
    instance = begin("F07").start()
    assert (instance.waiting, names(instance)) == (["signalEvent: signal", "timerEvent: timer"], [])
    (thrown,) = [effect for effect in thrower.start().effects if isinstance(effect, BroadcastSignal)]
    assert (instance.broadcast(thrown.name).waiting, names(instance)) == ([], ["afterSignal"])
    assert ended(instance.pass_time(days=1).complete("task2"))
    assert "task1" not in [event.element_id for event in instance.events if isinstance(event, TaskEntered)]


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
    assert (names(instance), instance.waiting) == (["afterSuccess"], ["afterSuccess: message"])
    undone = [instance.definition.elements[record.of[-1]].id for record in instance.state.compensation]
    assert undone == ["bookHotel", "bookFlight", "chargeCard"]
    assert ended(instance.deliver("afterSuccess"))


def test_f10_a_transaction_that_is_cancelled_is_undone_backwards(begin: Callable[..., Walk]):
    instance = booked(begin, confirmed=False)
    done: list[str] = []
    while instance.active[0].startswith("undo"):
        done += names(instance)
        instance.complete(names(instance)[0])
    assert done == ["undoChargeCard", "undoBookFlight", "undoBookHotel"]
    assert (names(instance), instance.state.compensation) == (["afterCancellation"], ())
    assert ended(instance.deliver("afterCancellation"))


def test_f11_terminate(begin: Callable[..., Walk]):
    instance = begin("F11").start().complete("preTerminateTask")
    assert ended(instance)
    assert TaskLeft(element_id="preNormalTerminateTask", entry_no=1, outcome=Outcome.CANCELLED) in instance.events


def test_f12_two_messages_of_which_one_comes(begin: Callable[..., Walk]):
    instance = begin("F12").start()
    late = instance.rows.subscriptions("messageName_2")[0]
    assert instance.deliver("messageName_1").active == ["taskAfterMessage_1#1"]
    assert TaskLeft(element_id="task", entry_no=1, outcome=Outcome.CANCELLED) in instance.events
    refused = instance.try_worker(MessageReceived(late.element_id, late.owner, late.name))
    assert (refused.code if refused else None, instance.waiting) == ("NOT_ACTIVE", [])
    assert ended(instance.complete("taskAfterMessage_1"))


def test_f13_a_message_beside_the_task_again_and_again(begin: Callable[..., Walk]):
    instance = begin("F13").start()
    seen = [(len(instance.deliver("messageName").active), instance.waiting) for _ in range(2)]
    assert seen == [(2, ["messageBoundary: message"]), (3, ["messageBoundary: message"])]
    assert instance.active == ["task#1", "taskAfterMessage#1", "taskAfterMessage#2"]


def test_f14_the_event_subprocess_does_not_come(begin: Callable[..., Walk]):
    instance = begin("F14").start()
    assert len(instance.waiting) == 1
    assert ended(instance.complete("task"))
    assert instance.waiting == []


def test_f14_the_event_subprocess_takes_the_place_of_the_task(begin: Callable[..., Walk]):
    instance = begin("F14").start().deliver("newMessage")
    assert (instance.active, instance.waiting) == (["eventSubProcessTask#1"], [])
    assert ended(instance.complete("eventSubProcessTask"))


def test_f15_two_events_wait_for_one_name(begin: Callable[..., Walk]):
    instance = begin("F15").start()
    assert instance.waiting == ["messageCatch1: message", "messageCatch2: message"]
    assert (instance.deliver("newInvoiceMessage").active, instance.waiting) == ([], ["messageCatch2: message"])
    assert (names(instance.deliver("newInvoiceMessage")), instance.waiting) == (["Task"], [])
    assert ended(instance.complete("task"))


def test_f16_the_day_is_not_over(begin: Callable[..., Walk]):
    instance = begin("F16").start().pass_time(hours=23)
    assert instance.waiting == ["eventProcessStart: timer"]
    assert ended(instance.complete("task"))
    assert instance.waiting == []


def test_f16_a_day_passes(begin: Callable[..., Walk]):
    instance = begin("F16").start().pass_time(days=1)
    assert instance.active == ["task#1", "eventSubProcessTask#1"]
    assert ended(instance.complete("task").complete("eventSubProcessTask"))


def test_f17_every_hour(begin: Callable[..., Walk]):
    instance = begin("F17").start()
    seen = [(len(instance.pass_time(hours=1).rows.timers), len(instance.active)) for _ in range(3)]
    assert seen == [(1, 2), (1, 3), (1, 4)]
    instance.complete("task")
    fired_before = len(instance.active)
    assert (instance.rows.timers, len(instance.pass_time(hours=1).active)) == ([], fired_before)


def test_f18_the_earliest_of_three(begin: Callable[..., Walk]):
    instance = begin("F18").start()
    assert [row.due_at - NOW for row in instance.rows.timers] == [timedelta(hours=hours) for hours in (2, 1, 3)]
    instance.pass_time(hours=1, seconds=5)
    assert (names(instance), instance.waiting) == (["Third Task"], [])


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


def test_f21_one_after_the_other(begin: Callable[..., Walk]):
    instance = begin("F21", nrOfLoops=3).start()
    entered: list[int | None] = []
    for entry_no in (1, 2, 3):
        assert instance.waiting == ["timer: timer"]
        entered += [e.loop_index for e in instance.events if isinstance(e, TaskEntered) and e.entry_no == entry_no]
        assert instance.active == [f"miTasks#{entry_no}"]
        instance.send_entry("miTasks", entry_no)
    assert entered == [0, 1, 2]
    assert (ended(instance), instance.waiting) == (True, [])


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


def test_f24_a_condition_that_turns_true(begin: Callable[..., Walk]):
    instance = begin("F24", myVar="empty").start().complete("taskBeforeConditionalCatch")
    assert (instance.do(DataChanged()).active, instance.state.has_conditions(instance.definition)) == ([], True)
    instance.answers.values["myVar"] = "test"
    assert names(instance.do(DataChanged())) == ["taskAfterConditionalCatch"]
    assert ended(instance.complete("taskAfterConditionalCatch"))


def test_f25_another_process_is_called(begin: Callable[..., Walk], shared_dir: Path):
    instance = begin("F25").start().complete("taskBeforeSubProcess")
    (called,) = [effect for effect in instance.effects if isinstance(effect, CallApp)]
    org, _, app = called.app.partition("/")
    assert (org.encode(), instance.waiting) == (ORG, ["callSubProcess: call"])
    definition, _ = read((shared_dir / f"corpus/bpmn/flowable/{app}.bpmn20.xml").read_bytes())
    assert definition is not None
    child = Walk(definition).start()
    assert (names(child), names(instance)) == (["Task in subprocess"], ["callSubProcess"])
    assert ended(child.complete("task"))
    instance.worker(ChildEnded(called.element_id, called.entry_no, called.owner))
    assert names(instance) == ["Task after subprocess"]
    assert ended(instance.complete("taskAfterSubProcess"))
