"""Messages that are waited for, and messages and signals that are thrown (process engine §4.11, §11)."""

import pytest

from dialog_graph.bpmn import (
    BoundaryFired,
    BroadcastSignal,
    CloseWaits,
    MessageReceived,
    OpenSubscription,
    Outcome,
    SendMessage,
    SignalReceived,
    Start,
    SubscriptionKind,
    WaitBegan,
    WaitEnded,
    WaitType,
)
from dialog_graph.bpmn.facts import EvaluationFailed
from dialog_graph.model.json_value import Json
from tests.unit.bpmn.models import (
    Walk,
    boundary,
    catch,
    end,
    event_subprocess,
    flow,
    line,
    message,
    node,
    signal,
    start,
    subprocess,
    task,
    walk,
)

FILL = (*line(task("Fill")), task("Late"), end("LateEnd"), flow("Edge", "Late"), flow("Late", "LateEnd"))


def code(instance: Walk, command: MessageReceived | SignalReceived) -> str | None:
    refusal = instance.try_worker(command)
    return refusal.code if refusal else None


# waiting


def test_a_catch_event_waits_for_a_message_with_its_key():
    instance = walk(*line(catch("Wait", message())), values={"Wait:correlation": "order-7"}).start()
    assert instance.events[1:] == [WaitBegan(element_id="Wait", entry_no=1, type=WaitType.MESSAGE)]
    assert instance.effects == [
        OpenSubscription(element_id="Wait", owner=3, kind=SubscriptionKind.MESSAGE, name="paid", key="order-7")
    ]
    instance.deliver("paid")
    assert instance.events[2] == WaitEnded(element_id="Wait", entry_no=1, outcome=Outcome.COMPLETED)
    assert instance.effects[1] == CloseWaits(owner=3)
    assert instance.ended


@pytest.mark.parametrize(
    ("value", "key"),
    [
        *(("x", "x"), (7, "7"), (7.0, "7"), (7.5, "7.5"), (True, "true"), (False, "false"), (None, None)),
        ("k" * 255, "k" * 255),
    ],
)
def test_keys_are_texts_and_equal_numbers_equal_keys(value: Json, key: str | None):
    instance = walk(*line(catch("Wait", message())), values={"Wait:correlation": value}).start()
    assert [row.key for row in instance.rows.subscriptions("paid")] == [key]


@pytest.mark.parametrize("value", [[], {}, ["a"], "k" * 256, EvaluationFailed("no such field")])
def test_what_is_no_key_refuses_a_caller_and_stops_a_worker(value: object):
    answers = {"Wait:correlation": value}
    parts = line(task("Fill"), catch("Wait", message()))
    instance = walk(*parts, values=answers).start()  # type: ignore[arg-type]  (any value)
    refused = instance.try_complete("Fill")
    assert refused is not None
    assert (refused.code, refused.path, instance.active) == ("CONDITION_FAILED", ("Wait",), ["Fill#1"])
    instance.by_engine = True
    instance.complete("Fill")
    assert instance.incidents == [("Wait", 0, "CONDITION_FAILED")]


def test_a_boundary_of_the_subprocess_may_catch_that_no_key_was_told():
    wait = subprocess("Sub", catch("Wait", message()))
    error = '<bpmn:error id="e" errorCode="CONDITION_FAILED"/>'
    caught = boundary("Edge", "Sub", '<bpmn:errorEventDefinition errorRef="e"/>')
    definition = line(task("Fill"), wait)
    parts = (*definition, caught, task("Late"), flow("Edge", "Late"))
    instance = walk(*parts, declared=error, values={"Wait:correlation": EvaluationFailed("gone")})
    assert instance.start().complete("Fill").active == ["Late#1"]


def test_another_name_or_owner_or_element_is_not_what_is_waited_for():
    instance = walk(*line(catch("Wait", message()), task("Next"))).start()
    wrong = [
        MessageReceived("Wait", 3, "sent"), MessageReceived("Wait", 2, "paid"), MessageReceived("Next", 3, "paid"),
        MessageReceived("Nowhere", 3, "paid"), SignalReceived("Wait", 3, "paid"), MessageReceived("Wait", -1, "paid"),
    ]  # fmt: skip
    assert {code(instance, command) for command in wrong} == {"NOT_ACTIVE"}
    assert code(instance, MessageReceived("Wait", 3, "paid")) is None


def test_an_interrupting_message_takes_the_place_of_the_task():
    instance = walk(*FILL, boundary("Edge", "Fill", message())).start().deliver("paid")
    assert BoundaryFired(element_id="Edge", host_id="Fill", host_entry_no=1, interrupting=True) in instance.events
    assert (instance.active, instance.waiting) == (["Late#1"], [])


def test_a_message_beside_the_task_comes_as_often_as_it_likes():
    instance = walk(*FILL, boundary("Edge", "Fill", message(), interrupting=False)).start()
    opened = list(instance.effects)
    assert instance.deliver("paid").deliver("paid").active == ["Fill#1", "Late#1", "Late#2"]
    assert instance.waiting == ["Edge: message"]
    assert [effect for effect in instance.effects if isinstance(effect, OpenSubscription)] == opened[1:]
    assert instance.complete("Fill").waiting == []


def test_of_two_messages_in_a_race_the_second_finds_nobody():
    edges = (boundary("Edge", "Fill", message()), boundary("Two", "Fill", message("sent")), flow("Two", "Late"))
    instance = walk(*FILL, *edges).start()
    late = instance.rows.subscriptions("sent")[0]
    instance.deliver("paid")
    before = instance.state
    assert code(instance, MessageReceived("Two", late.owner, "sent")) == "NOT_ACTIVE"
    assert instance.state == before


def test_the_key_is_fixed_when_the_element_is_entered():
    beside = boundary("Edge", "Fill", message(), interrupting=False)
    instance = walk(*FILL, beside, values={"Edge:correlation": 1}).start()
    instance.answers.by_flow["Edge:correlation"] = 2
    assert [row.key for row in instance.deliver("paid").rows.subscriptions("paid")] == ["1"]


def test_a_key_on_the_declaration_counts_where_the_event_has_none():
    declared = (
        '<bpmn:message id="own-id" name="own"><bpmn:extensionElements><dg:correlation key=\'["a"]\'/>'
        "</bpmn:extensionElements></bpmn:message>"
    )
    instance = walk(*line(catch("Wait", message("own", key=""))), declared=declared, values={"Wait:correlation": 3})
    assert [row.key for row in instance.start().rows.subscriptions("own")] == ["3"]


def test_a_message_opens_an_event_subprocess_beside_or_in_place_of_the_main_path():
    for interrupting, active in ((False, ["Fill#1", "Answer#1"]), (True, ["Answer#1"])):
        parts = (*line(task("Fill")), event_subprocess("On", message(), task("Answer"), interrupting=interrupting))
        instance = walk(*parts).start().deliver("paid")
        assert instance.active == active
        assert instance.waiting == ([] if interrupting else ["On-start: message"])


def test_an_event_subprocess_waits_only_while_its_scope_is_active():
    inner = subprocess("Sub", task("A"), more=event_subprocess("On", message(), task("Answer"), interrupting=False))
    instance = walk(*line(task("Fill"), inner, task("Next"))).start()
    seen = [instance.waiting, instance.complete("Fill").waiting, instance.complete("A").waiting]
    assert seen == [[], ["On-start: message"], []]
    assert instance.active == ["Next#1"]


def test_inside_an_event_subprocess_there_may_be_another():
    nested = event_subprocess("Deep", message("sent"), task("Deeper"), interrupting=False)
    outer = event_subprocess("On", message(), task("Answer"), interrupting=False)
    outer = outer.replace("</bpmn:subProcess>", nested + "</bpmn:subProcess>")
    instance = walk(*line(task("Fill")), outer).start().deliver("paid")
    assert instance.waiting == ["On-start: message", "Deep-start: message"]
    assert instance.deliver("sent").active == ["Fill#1", "Answer#1", "Deeper#1"]
    assert instance.complete("Answer").waiting == ["On-start: message"]


# signals


def test_a_signal_reaches_everything_that_waits_for_it():
    both = node("parallelGateway", "Both")
    parts = (
        start(), both, catch("One", signal()), catch("Two", signal()), catch("Other", signal("quiet")), end(),
        flow("Start", "Both"), *(flow("Both", id) for id in ("One", "Two", "Other")),
        *(flow(id, "End") for id in ("One", "Two", "Other")),
    )  # fmt: skip
    instance = walk(*parts).start()
    assert instance.waiting == ["One: signal", "Two: signal", "Other: signal"]
    assert instance.broadcast("alarm").waiting == ["Other: signal"]
    assert instance.broadcast("quiet").ended


def test_a_signal_at_a_boundary_and_at_an_event_subprocess():
    parts = (*FILL, event_subprocess("On", signal(), task("Help"), interrupting=False))
    instance = walk(*parts, boundary("Edge", "Fill", signal())).start()
    assert instance.waiting == ["On-start: signal", "Edge: signal"]
    assert instance.broadcast("alarm").active == ["Help#1", "Late#1"]


def test_a_signal_that_interrupts_the_scope_does_not_find_what_was_in_it():
    beside = boundary("Edge", "Fill", signal(), interrupting=False)
    instance = walk(*FILL, beside, event_subprocess("On", signal(), task("Help"))).start()
    first, second = instance.rows.subscriptions("alarm")
    instance.worker(SignalReceived(first.element_id, first.owner, "alarm"))
    assert (instance.active, instance.waiting) == (["Help#1"], [])
    assert code(instance, SignalReceived(second.element_id, second.owner, "alarm")) == "NOT_ACTIVE"


# throwing


def test_thrown_messages_go_out_with_key_and_time_to_live():
    ttl = "<bpmn:extensionElements><dg:correlation key='[\"k\"]'/><dg:ttl> PT1H </dg:ttl></bpmn:extensionElements>"
    throw = node("intermediateThrowEvent", "Throw", ttl + '<bpmn:messageEventDefinition messageRef="sent-id"/>')
    out = node("endEvent", "Out", '<bpmn:messageEventDefinition messageRef="paid-id"/>')
    parts = (start(), throw, out, flow("Start", "Throw"), flow("Throw", "Out"))
    instance = walk(*parts, values={"Throw:correlation": 12}).start()
    assert instance.effects[:-1] == [
        SendMessage(element_id="Throw", name="sent", key="12", ttl="PT1H"),
        SendMessage(element_id="Out", name="paid"),
    ]
    assert instance.ended


def test_thrown_signals_go_out():
    throw = node("intermediateThrowEvent", "Throw", signal())
    out = node("endEvent", "Out", signal("quiet"))
    instance = walk(start(), throw, out, flow("Start", "Throw"), flow("Throw", "Out")).start()
    assert instance.effects[:-1] == [
        BroadcastSignal(element_id="Throw", name="alarm"),
        BroadcastSignal(element_id="Out", name="quiet"),
    ]
    assert instance.ended


def test_a_thrown_message_without_its_key_is_not_sent():
    ttl = "<bpmn:extensionElements><dg:correlation key='[\"k\"]'/></bpmn:extensionElements>"
    throw = node("intermediateThrowEvent", "Throw", ttl + '<bpmn:messageEventDefinition messageRef="sent-id"/>')
    instance = walk(*line(task("Fill"), throw), values={"Throw:correlation": []}).start()
    refused = instance.try_complete("Fill")
    assert refused is not None
    assert refused.code == "CONDITION_FAILED"
    assert not [effect for effect in instance.effects if isinstance(effect, SendMessage)]


# the start of the process


def test_a_start_event_of_a_message_begins_like_any_other_and_is_never_the_default():
    asked, told = node("startEvent", "Asked", message()), node("startEvent", "Told", signal())
    parts = (asked, told, task("A"), end(), flow("Asked", "A"), flow("Told", "A"), flow("A", "End"))
    for id in ("Asked", "Told"):
        assert walk(*parts).start(id).active == ["A#1"]
    refused = walk(*parts).send(Start())
    assert refused is not None
    assert refused.code == "START_EVENT_REQUIRED"
    assert walk(*parts, start(), flow("Start", "A")).start().active == ["A#1"]
