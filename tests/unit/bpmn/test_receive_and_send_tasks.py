"""Receive tasks and send tasks (process engine §8.11, §11)."""

from dialog_graph.bpmn import (
    CloseWaits,
    EnterTask,
    LeaveTask,
    MessageReceived,
    OpenSubscription,
    Outcome,
    Retry,
    SendMessage,
    SubscriptionKind,
    TaskEntered,
    TaskLeft,
)
from dialog_graph.bpmn.facts import EvaluationFailed
from tests.unit.bpmn.models import Given, after, boundary, codes, end, flow, line, node, process, start, task, walk

KEY = "<dg:correlation key='[\"k\"]'/>"


def receive(id: str = "Receive", extra: str = "", tag: str = "receiveTask") -> str:
    inside = f"<bpmn:extensionElements>{KEY}{extra}</bpmn:extensionElements>"
    return node(tag, id, inside, 'messageRef="paid-id"')


def typed_as(type: str) -> str:
    return f"<altinn:taskExtension><altinn:taskType>{type}</altinn:taskType></altinn:taskExtension>"


def send(extra: str = KEY) -> str:
    return node("sendTask", "Send", f"<bpmn:extensionElements>{extra}</bpmn:extensionElements>", 'messageRef="sent-id"')


def test_a_receive_task_is_a_task_that_only_its_message_completes():
    instance = walk(*line(receive(), task("Next")), values={"Receive:correlation": 9}).start()
    assert instance.events[1] == TaskEntered(element_id="Receive", entry_no=1, task_type="receiveMessage")
    assert instance.effects == [
        EnterTask(element_id="Receive", entry_no=1),
        OpenSubscription(element_id="Receive", owner=3, kind=SubscriptionKind.MESSAGE, name="paid", key="9"),
    ]
    for action in (None, "abandon", "reject"):
        refused = instance.try_complete("Receive", action)
        assert refused is not None
        assert refused.code == "TASK_NOT_READY"
    instance.deliver("paid")
    assert TaskLeft(element_id="Receive", entry_no=1, outcome=Outcome.COMPLETED) in instance.events
    assert instance.effects[2:4] == [
        CloseWaits(owner=3),
        LeaveTask(element_id="Receive", entry_no=1, outcome=Outcome.COMPLETED),
    ]
    assert (instance.active, instance.waiting) == (["Next#1"], [])


def test_its_key_is_asked_when_its_start_side_is_done():
    instance = walk(*line(receive()), values={"Receive:correlation": "before"})
    instance.before_continue = lambda effect: instance.answers.by_flow.update({"Receive:correlation": "after"})
    assert [row.key for row in instance.start().rows.subscriptions("paid")] == ["after"]


def test_without_its_key_a_worker_leaves_it_stopped_and_a_retry_opens_it():
    edge = (boundary("Edge", "Receive", after("PT1H")), flow("Edge", "End"))
    instance = walk(*line(task("Fill"), receive()), *edge, values={"Receive:correlation": EvaluationFailed("gone")})
    instance.start()
    refused = instance.try_complete("Fill")
    assert refused is not None
    assert refused.code == "CONDITION_FAILED"
    instance.by_engine = True
    instance.complete("Fill")
    assert (instance.incidents, instance.waiting) == ([("Receive", 1, "CONDITION_FAILED")], [])
    instance.answers.by_flow["Receive:correlation"] = 1
    from_retry = instance.do(Retry("Receive", 1))
    assert from_retry.waiting == ["Edge: timer", "Receive: message"]
    assert from_retry.pass_time(hours=1).ended


def test_any_task_may_be_of_the_type():
    typed = receive("Any", typed_as("receiveMessage"), "userTask")
    instance = walk(*line(typed, task("Next"))).start()
    assert (instance.active, instance.waiting) == (["Any#1"], ["Any: message"])
    assert instance.deliver("paid").active == ["Next#1"]


def test_a_receive_task_may_be_of_another_type():
    typed = receive("Ask", typed_as("data"))
    instance = walk(*line(typed, task("Next"))).start()
    assert (instance.waiting, instance.complete("Ask").active) == ([], ["Next#1"])


def test_a_loop_of_receive_tasks_has_a_subscription_of_each():
    many = node("multiInstanceLoopCharacteristics", "Many", "<bpmn:loopCardinality>3</bpmn:loopCardinality>")
    looped = receive().replace("</bpmn:receiveTask>", many + "</bpmn:receiveTask>")
    keys: dict[str, Given] = {"Receive:cardinality": 3, "Receive:correlation": lambda vars: vars.argv[1]}
    instance = walk(*line(looped, task("Next")), values=keys).start()
    assert [row.key for row in instance.rows.subscriptions("paid")] == ["0", "1", "2"]
    instance.deliver("paid", 1).deliver("paid", 0)
    assert instance.waiting == ["Receive: message"]
    assert instance.deliver("paid").active == ["Next#1"]


def test_a_send_task_sends_and_is_through():
    instance = walk(*line(send(KEY + "<dg:ttl>P1D</dg:ttl>"), task("Next")), values={"Send:correlation": "a"}).start()
    assert [event for event in instance.events if isinstance(event, TaskEntered | TaskLeft)][:2] == [
        TaskEntered(element_id="Send", entry_no=1, task_type="sendMessage"),
        TaskLeft(element_id="Send", entry_no=1, outcome=Outcome.COMPLETED),
    ]
    assert instance.effects[:3] == [
        EnterTask(element_id="Send", entry_no=1),
        SendMessage(element_id="Send", name="sent", key="a", ttl="P1D"),
        LeaveTask(element_id="Send", entry_no=1, outcome=Outcome.COMPLETED),
    ]
    assert (instance.active, instance.waiting) == (["Next#1"], [])


def test_a_send_task_of_a_service_type_is_a_service_task():
    typed = task("Send", "pdf", tag="sendTask")
    assert walk(*line(typed)).start().waiting == ["Send: job"]


def test_sending_in_circles_without_anyone_is_refused_at_load():
    parts = (start(), send(), flow("Start", "Send"), flow("Send", "Send"), end())
    assert "DG2205" in codes(process(*parts))


def test_late_messages_find_nobody():
    instance = walk(*line(receive(), task("Next"))).start()
    row = instance.rows.subscriptions("paid")[0]
    instance.deliver("paid")
    refused = instance.try_worker(MessageReceived("Receive", row.owner, "paid"))
    assert refused is not None
    assert refused.code == "NOT_ACTIVE"
