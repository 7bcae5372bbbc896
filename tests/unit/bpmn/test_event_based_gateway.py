"""Event-based gateway: the first event that occurs wins (process engine §4.5)."""

import pytest

from dialog_graph.bpmn import (
    CloseWaits,
    DataChanged,
    MessageReceived,
    Outcome,
    TaskEntered,
    TaskLeft,
    WaitBegan,
    WaitEnded,
    WaitType,
)
from tests.unit.bpmn.models import (
    Walk,
    after,
    catch,
    end,
    fired,
    flow,
    message,
    node,
    signal,
    start,
    task,
    walk,
    when,
)

RECEIVE = (
    '<bpmn:receiveTask id="Receive" messageRef="sent-id"><bpmn:extensionElements><dg:correlation key=\'["k"]\'/>'
    "</bpmn:extensionElements></bpmn:receiveTask>"
)
TARGETS = (
    catch("Timer", after("PT1H")), catch("Message", message()), catch("Signal", signal()), catch("Condition", when()),
    RECEIVE,
)  # fmt: skip
IDS = ("Timer", "Message", "Signal", "Condition", "Receive")


def choice(*flows: str) -> Walk:
    """A gateway that waits for these, in this order, each before a task `After{id}`."""
    return walk(
        start(), node("eventBasedGateway", "Gate"), *TARGETS, *(task(f"After{id}") for id in IDS), end(),
        flow("Start", "Gate"), *(flow("Gate", id) for id in flows or IDS), *(flow(id, f"After{id}") for id in IDS),
        *(flow(f"After{id}", "End") for id in IDS),
    )  # fmt: skip


def test_it_waits_for_everything_that_follows():
    instance = choice().start()
    assert instance.events[1:] == [WaitBegan(element_id="Gate", entry_no=1, type=WaitType.EVENT_BASED_GATEWAY)]
    assert instance.waiting == ["Timer: timer", "Message: message", "Signal: signal", "Receive: message"]
    assert instance.state.has_conditions(instance.definition)
    assert {wait.owner for wait in instance.state.waits(instance.definition)} == {instance.state.tokens[0].id}


def occur(instance: Walk, id: str) -> Walk:
    match id:
        case "Timer":
            return instance.pass_time(hours=1)
        case "Message":
            return instance.deliver("paid")
        case "Signal":
            return instance.broadcast("alarm")
        case "Receive":
            return instance.deliver("sent")
        case _:
            instance.answers.by_flow["Condition:condition"] = True
            return instance.do(DataChanged())


@pytest.mark.parametrize("id", IDS)
def test_the_first_wins_and_the_others_are_closed_in_the_same_step(id: str):
    instance = occur(choice().start(), id)
    assert (instance.active, instance.waiting) == ([f"After{id}#1"], [])
    assert [effect for effect in instance.effects if isinstance(effect, CloseWaits)] == [CloseWaits(owner=3)]
    assert WaitEnded(element_id="Gate", entry_no=1, outcome=Outcome.COMPLETED) in instance.events
    assert not instance.state.has_conditions(instance.definition)


def test_what_loses_the_race_finds_nobody():
    instance = choice().start()
    timer, letter = fired(instance.rows.timer("Timer")), instance.rows.subscriptions("paid")[0]
    instance.deliver("paid")
    before = instance.state
    for late in (timer, MessageReceived("Message", letter.owner, "paid")):
        refused = instance.try_worker(late)
        assert refused is not None
        assert (refused.code, instance.state) == ("NOT_ACTIVE", before)


def test_a_receive_task_that_wins_has_an_entry_that_begins_and_ends():
    instance = occur(choice().start(), "Receive")
    told = [event for event in instance.events if isinstance(event, TaskEntered | TaskLeft)]
    assert told[:2] == [
        TaskEntered(element_id="Receive", entry_no=1, task_type="receiveMessage"),
        TaskLeft(element_id="Receive", entry_no=1, outcome=Outcome.COMPLETED),
    ]
    assert instance.state.flow_counter == 2


def test_the_order_of_the_flows_is_the_order_of_opening():
    assert choice("Signal", "Timer").start().waiting == ["Signal: signal", "Timer: timer"]


def test_a_target_that_cannot_be_waited_for_leaves_nothing_open():
    instance = choice()
    instance.answers.by_flow["Receive:correlation"] = []
    instance.by_engine = True
    instance.start()
    assert (instance.incidents, instance.waiting) == ([("Gate", 0, "CONDITION_FAILED")], [])
