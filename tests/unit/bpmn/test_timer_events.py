"""Timers of catch events, boundaries and event subprocesses in a process (process engine §4.9, §4.10, §12)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialog_graph.bpmn import (
    BoundaryFired,
    CloseWaits,
    IncidentOpened,
    OpenTimer,
    Outcome,
    Retry,
    TaskEntered,
    TaskLeft,
    TimerFired,
    WaitBegan,
    WaitEnded,
    WaitType,
)
from dialog_graph.bpmn.facts import EvaluationFailed
from tests.unit.bpmn.models import (
    NOW,
    Walk,
    after,
    at,
    begun_for,
    boundary,
    catch,
    end,
    event_subprocess,
    every,
    fired,
    flow,
    gateway,
    line,
    node,
    process,
    read,
    start,
    subprocess,
    task,
    walk,
)

FILL = (*line(task("Fill")), task("Late"), end("LateEnd"), flow("Edge", "Late"), flow("Late", "LateEnd"))


def edge(timer: str, interrupting: bool = True, host: str = "Fill") -> str:
    return boundary("Edge", host, timer, interrupting)


# catch events


def test_a_catch_event_waits_until_it_is_time():
    instance = walk(*line(catch("Wait", after("PT2H")), task("Next"))).start()
    assert instance.events[1:] == [WaitBegan(element_id="Wait", entry_no=1, type=WaitType.TIMER)]
    due = NOW + timedelta(hours=2)
    assert instance.effects == [
        OpenTimer(element_id="Wait", owner=3, due_at=due, anchor=NOW, k=1, duration="PT2H", remaining=0)
    ]
    assert (instance.active, instance.state.flow_counter) == ([], 0)
    assert [(e.element_id, e.entry_no) for e in instance.state.open_events(instance.definition)] == [("Wait", 1)]
    instance.pass_time(hours=2)
    assert instance.events[2] == WaitEnded(element_id="Wait", entry_no=1, outcome=Outcome.COMPLETED)
    assert (instance.active, instance.waiting, instance.state.flow_counter) == (["Next#1"], [], 1)


def test_every_visit_has_a_number_of_its_own():
    parts = (
        start(), catch("Wait", after("PT1H")), gateway("Gateway", "Gateway-End"), end(), flow("Start", "Wait"),
        flow("Wait", "Gateway"), flow("Gateway", "Wait", '["x"]'), flow("Gateway", "End"),
    )  # fmt: skip
    instance = walk(*parts, Gateway_Wait=True).start().pass_time(hours=3)
    began = [event.entry_no for event in instance.events if isinstance(event, WaitBegan)]
    assert (began, instance.state.entries[1]) == ([1, 2, 3, 4], 4)


def test_the_way_behind_a_timer_carries_no_action():
    parts = (
        start(), task("A", "confirmation"), catch("Wait", after("PT1H")), gateway(default="Gateway-End"), end(),
        flow("Start", "A"), flow("A", "Wait"), flow("Wait", "Gateway"), flow("Gateway", "A", '["x"]'),
        flow("Gateway", "End"),
    )  # fmt: skip
    instance = walk(*parts).start().complete("A").pass_time(hours=1)
    ((_, asked),) = instance.answers.asked
    assert (asked.gateway_action, asked.last_task) == (None, "A")


def test_a_date_may_be_a_text_of_the_model_or_the_value_of_an_expression():
    instance = walk(*line(catch("Wait", at("2031-01-01T00:00:00+01:00")))).start()
    assert instance.rows.timer("Wait").due_at == datetime(2030, 12, 31, 23, tzinfo=UTC)
    asking = walk(*line(catch("Wait", at('["dataModel", "day"]'))), values={"Wait:timer": "2031-01-01"}).start()
    assert asking.rows.timer("Wait").due_at == datetime(2030, 12, 31, 23, tzinfo=UTC)
    assert asking.answers.asked[0][0] == "Wait:timer"


def test_a_duration_counts_days_in_the_zone_of_the_app():
    definition = read(process(*line(catch("Wait", after("P1D")))))
    instance = Walk(definition, now=datetime(2030, 3, 30, 11, tzinfo=UTC), zone=ZoneInfo("Europe/Oslo")).start()
    assert instance.rows.timer("Wait").due_at == datetime(2030, 3, 31, 10, tzinfo=UTC)
    abroad = Walk(definition, now=datetime(2030, 3, 30, 11, tzinfo=UTC), zone=ZoneInfo("Asia/Tokyo")).start()
    assert abroad.rows.timer("Wait").due_at == datetime(2030, 3, 31, 11, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", "1999-01-01"])
def test_nothing_and_the_past_are_due_at_once(value: str | None):
    instance = walk(*line(catch("Wait", at('["x"]'))), values={"Wait:timer": value}).start()
    assert instance.rows.timer("Wait").due_at <= NOW
    assert instance.pass_time().ended


@pytest.mark.parametrize("value", ["soon", 7, [], EvaluationFailed("no such field")])
def test_what_is_no_date_stops_the_token_whoever_sent_the_command(value: object):
    answers = {"Wait:timer": value}
    instance = walk(*line(task("Fill"), catch("Wait", at('["x"]'))), values=answers).start().complete("Fill")  # type: ignore[arg-type]  (any value)
    assert (instance.incidents, instance.waiting) == ([("Wait", 0, "TIMER_FAILED")], [])
    opened = instance.events[-1]
    assert isinstance(opened, IncidentOpened)
    assert "soon" not in opened.message
    instance.answers.by_flow["Wait:timer"] = "2031-01-01"
    instance.do(Retry("Wait", 0))
    assert (instance.incidents, instance.waiting) == ([], ["Wait: timer"])


# boundaries


def test_an_interrupting_timer_takes_the_place_of_the_task():
    instance = walk(*FILL, edge(after("PT1H"))).start()
    assert (instance.active, instance.waiting) == (["Fill#1"], ["Edge: timer"])
    before = len(instance.events)
    instance.pass_time(hours=1)
    assert instance.events[before:] == [
        BoundaryFired(element_id="Edge", host_id="Fill", host_entry_no=1, interrupting=True),
        TaskLeft(element_id="Fill", entry_no=1, outcome=Outcome.CANCELLED),
        TaskEntered(element_id="Late", entry_no=1, task_type="data", from_task="Fill"),
    ]
    assert (instance.active, instance.waiting) == (["Late#1"], [])


def test_a_timer_beside_the_task_fires_once_and_the_task_stays():
    instance = walk(*FILL, edge(after("PT1H"), interrupting=False)).start().pass_time(hours=1)
    assert (instance.active, instance.waiting) == (["Fill#1", "Late#1"], [])
    assert instance.pass_time(days=9).complete("Fill").active == ["Late#1"]


def test_a_cycle_fires_again_and_again_until_the_task_is_done():
    instance = walk(*FILL, edge(every("R/PT1H"), interrupting=False)).start()
    seen = [(len(instance.pass_time(hours=1).active), instance.rows.timer("Edge").k) for _ in range(3)]
    assert seen == [(2, 2), (3, 3), (4, 4)]
    instance.complete("Fill")
    assert (instance.waiting, instance.active) == ([], ["Late#1", "Late#2", "Late#3"])


def test_a_cycle_that_is_counted_out_is_waited_for_no_more():
    instance = walk(*FILL, edge(every("R2/PT1H"), interrupting=False)).start().pass_time(hours=9)
    assert (instance.active, instance.waiting) == (["Fill#1", "Late#1", "Late#2"], [])
    late = TimerFired(element_id="Edge", owner=3, anchor=NOW, k=3, duration="PT1H", remaining=None)
    refused = instance.try_worker(late)
    assert refused is not None
    assert refused.code == "NOT_ACTIVE"


def test_a_cycle_that_is_over_before_it_begins_is_never_waited_for():
    instance = walk(*FILL, edge(every("R/PT1H/2029-01-01T00:00Z"), interrupting=False)).start()
    assert (instance.waiting, instance.effects[1:]) == ([], [])


def test_after_a_standstill_a_cycle_fires_once_for_all_or_once_for_each():
    extension = '<bpmn:extensionElements><dg:timer catchUp="each"/></bpmn:extensionElements>'
    each = every("R/PT1H").replace("<bpmn:timeCycle", f"{extension}<bpmn:timeCycle")
    for timer, count, k in ((every("R/PT1H"), 1, 6), (each, 5, 6)):
        instance = walk(*FILL, edge(timer, interrupting=False)).start().sleep(hours=5, minutes=1)
        instance.pass_time()
        assert (len(instance.active) - 1, instance.rows.timer("Edge").k) == (count, k)


def test_the_earliest_of_several_wins_and_of_equals_the_first_of_the_document():
    others = (task("X"), task("Y"), flow("Two", "X"), flow("Three", "Y"), flow("X", "LateEnd"), flow("Y", "LateEnd"))
    instance = walk(
        *FILL, edge(after("PT2H")), boundary("Two", "Fill", after("PT1H")), boundary("Three", "Fill", after("PT60M")),
        *others,
    ).start()  # fmt: skip
    assert [row.element_id for row in instance.rows.timers] == ["Edge", "Two", "Three"]
    lost = fired(instance.rows.timer("Three"))
    instance.pass_time(hours=1)
    assert (instance.active, instance.waiting) == (["X#1"], [])
    refused = instance.try_worker(lost)
    assert refused is not None
    assert refused.code == "NOT_ACTIVE"
    assert instance.active == ["X#1"]


def test_completed_and_due_in_the_same_moment_only_the_first_of_the_two_counts():
    instance = walk(*FILL, edge(after("PT1H"))).start()
    late = fired(instance.rows.timer("Edge"))
    instance.complete("Fill")
    before = instance.state
    refused = instance.try_worker(late)
    assert refused is not None
    assert (refused.code, instance.state) == ("NOT_ACTIVE", before)
    other = walk(*FILL, edge(after("PT1H"))).start().pass_time(hours=1)
    refused = other.try_complete("Fill")
    assert refused is not None
    assert refused.code == "NOT_ACTIVE"


def test_the_timer_of_a_former_round_does_not_fire_in_the_next():
    instance = walk(*line(task("Fill")), edge(after("PT1H")), flow("Edge", "Fill")).start()
    old = fired(instance.rows.timer("Edge"))
    instance.pass_time(hours=1)
    assert (instance.active, len(instance.rows.timers)) == (["Fill#2"], 1)
    refused = instance.try_worker(old)
    assert refused is not None
    assert refused.code == "NOT_ACTIVE"


def test_the_timer_of_a_former_round_of_a_subprocess_does_not_fire_in_the_next():
    parts = (
        start(), subprocess("Sub", task("A")), gateway(default="Gateway-End"), end(), edge(after("PT1H"), host="Sub"),
        flow("Start", "Sub"), flow("Sub", "Gateway"), flow("Gateway", "Sub", '["x"]'), flow("Gateway", "End"),
        flow("Edge", "End"),
    )  # fmt: skip
    instance = walk(*parts, Gateway_Sub=True).start()
    old = fired(instance.rows.timer("Edge"))
    instance.complete("A")
    assert (instance.active, len(instance.rows.timers)) == (["A#2"], 1)
    refused = instance.try_worker(old)
    assert refused is not None
    assert refused.code == "NOT_ACTIVE"


def test_the_timer_of_a_subprocess_takes_everything_in_it_away():
    inner = subprocess("Inner", task("Deep"), more=boundary("Watch", "Deep", after("PT9H")))
    parts = (*line(subprocess("Sub", inner)), edge(after("PT1H"), host="Sub"), task("Late"), flow("Edge", "Late"))
    instance = walk(*parts).start()
    assert instance.waiting == ["Edge: timer", "Watch: timer"]
    before = len(instance.effects)
    instance.pass_time(hours=1)
    assert (instance.active, instance.waiting) == (["Late#1"], [])
    closed = [effect.owner for effect in instance.effects[before:] if isinstance(effect, CloseWaits)]
    assert closed == sorted(closed, reverse=True)
    assert len(closed) == 2


def test_a_timer_that_cannot_be_told_stops_the_task_before_it_waits_for_anything():
    edges = (edge(at('["x"]')), boundary("Good", "Fill", after("PT1H")), flow("Good", "LateEnd"))
    instance = walk(*FILL, *edges, values={"Edge:timer": "soon"}).start()
    assert (instance.incidents, instance.waiting, instance.active) == ([("Fill", 1, "TIMER_FAILED")], [], ["Fill#1"])
    refused = instance.try_complete("Fill")
    assert refused is not None
    assert refused.code == "TASK_NOT_READY"
    instance.answers.by_flow["Edge:timer"] = "2031-01-01"
    instance.do(Retry("Fill", 1))
    assert (instance.incidents, instance.waiting) == ([], ["Edge: timer", "Good: timer"])
    assert instance.complete("Fill").ended


def test_an_expression_looks_at_what_the_start_side_has_left():
    instance = walk(*FILL, edge(at('["x"]')))
    instance.before_continue = lambda effect: instance.answers.by_flow.update({"Edge:timer": "2031-01-01"})
    instance.answers.by_flow["Edge:timer"] = "not yet"
    instance.start()
    assert instance.rows.timer("Edge").due_at == datetime(2030, 12, 31, 23, tzinfo=UTC)
    ((_, asked),) = instance.answers.asked
    assert asked.last_task == "Fill", "the data of the task that it is attached to"


# event subprocesses


def test_a_timer_opens_an_event_subprocess_beside_the_main_path():
    instance = walk(
        *line(task("Fill")), event_subprocess("On", after("P1D"), task("Remind"), interrupting=False)
    ).start()
    assert instance.waiting == ["On-start: timer"]
    instance.pass_time(days=1)
    assert (instance.active, instance.waiting) == (["Fill#1", "Remind#1"], [])
    assert instance.complete("Fill").active == ["Remind#1"]
    assert instance.complete("Remind").ended


def test_a_repeated_one_ends_with_the_main_path():
    instance = walk(
        *line(task("Fill")), event_subprocess("On", every("R/P1D"), task("Remind"), interrupting=False)
    ).start()
    instance.pass_time(days=2)
    assert (instance.active, instance.waiting) == (["Fill#1", "Remind#1", "Remind#2"], ["On-start: timer"])
    instance.complete("Fill")
    assert (instance.active, instance.waiting) == (["Remind#1", "Remind#2"], [])
    assert instance.send_entry("Remind", 2).send_entry("Remind", 1).ended


def test_an_interrupting_one_takes_the_main_path_away():
    inside = (task("A"), task("B"))
    both = node("parallelGateway", "Both")
    parts = (
        start(), both, *inside, end(), flow("Start", "Both"), flow("Both", "A"), flow("Both", "B"), flow("A", "End"),
        flow("B", "End"), event_subprocess("On", after("P1D"), task("Remind")),
    )  # fmt: skip
    instance = walk(*parts).start().pass_time(days=1)
    assert (instance.active, instance.waiting) == (["Remind#1"], [])
    assert instance.complete("Remind").ended


def test_a_start_event_that_cannot_tell_its_time_stops_its_subprocess():
    inner = subprocess("Sub", task("A"), more=event_subprocess("On", at('["x"]'), task("Remind")))
    instance = walk(*line(task("Fill"), inner), values={"On-start:timer": 1}).start().complete("Fill")
    assert (instance.incidents, instance.waiting, instance.active) == ([("Sub-start", 0, "TIMER_FAILED")], [], [])
    instance.answers.by_flow["On-start:timer"] = "2031-01-01"
    instance.do(Retry("Sub-start", 0))
    assert (instance.active, instance.waiting) == (["A#1"], ["On-start: timer"])


# the start of the process


def test_a_start_event_with_a_timer_begins_like_any_other():
    timed = node("startEvent", "Nightly", begun_for() + every("R/P1D"))
    instance = walk(start(), timed, task("A"), end(), flow("Start", "A"), flow("Nightly", "A"), flow("A", "End"))
    assert instance.start("Nightly").active == ["A#1"]
    assert (instance.waiting, instance.effects[1:]) == ([], [])
    plain = Walk(instance.definition).start()
    assert plain.events[0].start_event == "Start"  # type: ignore[union-attr]  (the first event of every process)
