"""Conditional events: they occur when their condition turns true (process engine §4.12)."""

from typing import Any

from dialog_graph.bpmn import DataChanged, EnterTask, Replayed, WaitBegan, WaitType, replay
from dialog_graph.bpmn.facts import EvaluationFailed
from tests.unit.bpmn.models import (
    Walk,
    boundary,
    catch,
    end,
    event_subprocess,
    flow,
    line,
    node,
    start,
    task,
    walk,
    when,
)

FILL = (*line(task("Fill")), task("Late"), end("LateEnd"), flow("Edge", "Late"), flow("Late", "LateEnd"))


def now(instance: Walk, element: str, value: Any) -> Walk:
    """The data change so that the condition of the element has this value."""
    instance.answers.by_flow[f"{element}:condition"] = value
    return instance.do(DataChanged())


def test_a_catch_event_waits_until_its_condition_is_true():
    instance = walk(*line(catch("Wait", when()), task("Next"))).start()
    assert instance.events[1:] == [WaitBegan(element_id="Wait", entry_no=1, type=WaitType.CONDITION)]
    assert (instance.waiting, instance.state.has_conditions(instance.definition)) == ([], True)
    for value in (False, None, "true", 1, [True], EvaluationFailed("no such field")):
        assert now(instance, "Wait", value).active == []
    assert now(instance, "Wait", True).active == ["Next#1"]
    assert not instance.state.has_conditions(instance.definition)


def test_a_condition_that_is_true_already_holds_nothing_up():
    instance = walk(*line(catch("Wait", when()), task("Next")), values={"Wait:condition": True}).start()
    assert instance.active == ["Next#1"]


def test_an_interrupting_condition_takes_the_place_of_the_task():
    instance = walk(*FILL, boundary("Edge", "Fill", when())).start()
    assert now(instance, "Edge", True).active == ["Late#1"]


def test_beside_the_task_it_has_to_be_not_true_before_it_occurs_again():
    instance = walk(*FILL, boundary("Edge", "Fill", when(), interrupting=False)).start()
    seen = [len(now(instance, "Edge", value).active) for value in (True, True, False, True, None, True, True)]
    assert seen == [2, 2, 2, 3, 3, 4, 4]
    assert instance.complete("Fill").state.has_conditions(instance.definition) is False


def test_it_opens_event_subprocesses():
    instance = walk(*line(task("Fill")), event_subprocess("On", when(), task("Help"), interrupting=False)).start()
    seen = [len(now(instance, "On-start", value).active) for value in (False, True, True, False, True)]
    assert seen == [1, 2, 2, 2, 3]
    assert instance.state.scopes[0].spent == (instance.definition.triggers(None)[0].index,)
    replaced = walk(*line(task("Fill")), event_subprocess("On", when(), task("Help"))).start()
    assert now(replaced, "On-start", True).active == ["Help#1"]


def test_what_the_effects_of_a_step_have_changed_counts_in_the_same_command():
    """The start side of Fill writes what the condition at its boundary looks at."""
    instance = walk(*FILL, boundary("Edge", "Fill", when()))
    last: list[object] = []

    def write(effect: object) -> None:
        last.append(effect)
        instance.answers.by_flow["Edge:condition"] = True

    instance.before_continue = write
    instance.start()
    assert last[0] == EnterTask(element_id="Fill", entry_no=1)
    assert instance.active == ["Late#1"]
    assert "tr" not in instance.state.scopes[0].extra


def test_the_last_effects_are_looked_at_only_where_a_condition_waits():
    asked = walk(*line(catch("Wait", when()), task("A"), task("B")), values={"Wait:condition": True}).start()
    rounds: list[object] = []
    asked.before_continue = rounds.append
    asked.complete("A")
    assert len(rounds) == 1, "one round between leaving A and entering B, none after it"


def test_conditions_are_asked_by_owner_and_document():
    both = node("parallelGateway", "Both")
    parts = (
        start(), both, catch("B", when()), catch("A", when()), end(), flow("Start", "Both"), flow("Both", "A"),
        flow("Both", "B"), flow("A", "End"), flow("B", "End"),
    )  # fmt: skip
    instance = walk(*parts).start()
    instance.answers.asked.clear()
    instance.do(DataChanged())
    assert [key for key, _ in instance.answers.asked] == ["A:condition", "B:condition"]


def test_one_that_was_taken_away_by_another_is_not_asked_any_more():
    edges = (boundary("Edge", "Fill", when()), boundary("Two", "Fill", when()), flow("Two", "Late"))
    instance = walk(*FILL, *edges).start()
    instance.answers.asked.clear()
    instance.answers.by_flow |= {"Edge:condition": True, "Two:condition": True}
    assert instance.do(DataChanged()).active == ["Late#1"]
    assert [key for key, _ in instance.answers.asked] == ["Edge:condition"]


def test_a_condition_that_is_always_true_and_leads_back_to_its_task_is_stopped():
    instance = walk(*line(task("Fill")), boundary("Edge", "Fill", when()), flow("Edge", "Fill"))
    instance.start()
    instance.answers.by_flow["Edge:condition"] = True
    refused = instance.send(DataChanged())
    assert refused is not None
    assert (refused.code, instance.active) == ("LOOP_LIMIT", ["Fill#1"])


def test_nothing_that_the_condition_saw_is_kept_but_how_it_decided():
    instance = walk(*line(catch("Wait", when()))).start()
    now(instance, "Wait", {"national": "number"})
    kept = [record.to_json()["decisions"] for record in instance.records]
    assert kept[1] == [["v", "Wait:condition", {"value": "object"}]]
    now(instance, "Wait", True)
    records = [record.to_json() for record in instance.records]
    assert replay(instance.definition, records) == Replayed(
        state=instance.state, events=tuple(instance.events), effects=tuple(instance.effects)
    )


def test_changed_data_means_nothing_to_a_process_that_does_not_run():
    for instance in (walk(*line(task("Fill"))), walk(*line(task("Fill"))).start().complete("Fill")):
        refused = instance.send(DataChanged())
        assert refused is not None
        assert refused.code == "NOT_ACTIVE"
