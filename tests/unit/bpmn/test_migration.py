"""Migration of running processes to another version of their definition (process engine §16, invariant P31)."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from dialog_graph.bpmn import (
    Advance,
    Continue,
    Definition,
    JobFailed,
    Migrate,
    MigrationFinding,
    Replayed,
    Status,
    StepRecord,
    advance,
    migrate,
    replay,
)
from tests.unit.bpmn.models import (
    NOW,
    Walk,
    after,
    boundary,
    catch,
    end,
    event_subprocess,
    flow,
    line,
    message,
    node,
    process,
    read,
    start,
    subprocess,
    task,
    walk,
)

NEW = "2"


def moved(before: Walk, *parts: str, entered: Mapping[str, int] | None = None, **mapping: str) -> Walk:
    """The same instance on a process of these parts; a refused migration fails the test."""
    definition = read(process(*parts))
    command = Migrate(NEW, mapping, entered or {})
    walked = replace(before, definition=definition, rows=deepcopy(before.rows), records=[*before.records])
    record = StepRecord.begin(command, walked.facts)
    step = migrate(before.definition, definition, before.state, command, walked.facts)
    while True:
        assert isinstance(step, Advance), step
        record = record.add(command, step.decisions)
        walked.rows.keep(step.effects)
        walked.events = [*walked.events, *step.events]
        walked.state = step.state
        if not step.next:
            break
        step = advance(definition, step.state, Continue(), walked.facts)
    assert walked.rows.waits == sorted(walked.state.waits(definition)), "the rows are not those of the state"
    walked.records.append(record)
    if not any(isinstance(record.command, Migrate) for record in before.records):
        check_replay(before.definition, definition, walked)
    return walked


def check_replay(old: Definition, new: Definition, walked: Walk) -> None:
    """The journal gives the state again, over the migration."""
    replayed = replay(old, [record.to_json() for record in walked.records], {NEW: new})
    assert isinstance(replayed, Replayed), replayed
    assert replayed.state == walked.state


def refused(before: Walk, *parts: str, **mapping: str) -> list[tuple[str, str]]:
    """Element and code of every reason against; the state has not been touched."""
    written = before.state.to_json()
    result = migrate(before.definition, read(process(*parts)), before.state, Migrate(NEW, mapping), before.facts)
    assert not isinstance(result, Advance)
    assert before.state.to_json() == written
    return [(finding.element_id, finding.code) for finding in result]


def both(id: str) -> str:
    return node("parallelGateway", id)


def test_an_instance_goes_on_by_the_new_version_where_it_stands():
    before = walk(*line(task("A"), task("B"))).start().complete("A")
    walked = moved(before, *line(task("New"), task("A"), task("B"), task("C")))
    assert walked.active == ["B#1"]
    assert walked.complete("B").active == ["C#1"]
    assert walked.complete("C").state.status is Status.ENDED


def test_entries_keep_their_numbers_and_go_on_from_them():
    before = walk(*line(task("A", actions="reject"), task("B", actions="reject", extra=_back("A")))).start()
    before.complete("A").complete("B", "sendBack:A")
    walked = moved(before, *line(task("X"), task("A"), task("B", actions="reject", extra=_back("A"))))
    assert walked.active == ["A#2"]
    walked.complete("A")
    assert walked.active == ["B#2"]


def _back(id: str) -> str:
    return f'<dg:external sendBackTo="{id}"/>'


def test_a_renamed_task_is_found_by_the_mapping_only():
    before = walk(*line(task("A"))).start()
    new = line(task("Renamed"))
    assert refused(before, *new) == [("A", "MISSING")]
    assert moved(before, *new, A="Renamed").active == ["Renamed#1"]


def test_a_mapping_that_names_unknown_elements_is_refused_for_each():
    before = walk(*line(task("A"))).start()
    assert refused(before, *line(task("A")), Nobody="A", A="Nowhere") == [
        ("Nobody", "UNKNOWN_ELEMENT"),
        ("Nowhere", "UNKNOWN_ELEMENT"),
        ("A", "MISSING"),
    ]


@pytest.mark.parametrize(
    ("new", "code"),
    [
        pytest.param(task("A", "confirmation"), "TASK_TYPE", id="another type"),
        pytest.param(task("A", "data", tag="userTask"), "KIND", id="another element"),
        pytest.param(
            node("task", "A", '<bpmn:standardLoopCharacteristics loopMaximum="2"/>'), "TASK_TYPE", id="no type, a loop"
        ),
    ],
)
def test_a_task_in_use_has_to_stay_what_it_is(new: str, code: str):
    before = walk(*line(task("A"))).start()
    assert ("A", code) in refused(before, *line(new))


def test_a_task_in_use_has_to_stay_in_its_subprocess():
    before = walk(*line(task("A"))).start()
    new = subprocess("Sub", task("A"))
    assert refused(before, *line(new)) == [("A", "SCOPE")]


def test_a_subprocess_in_use_may_be_renamed_with_what_is_inside():
    sub, other = subprocess("Sub", task("A"), task("B")), subprocess("Part", task("First"), task("B"))
    before = walk(*line(sub, task("After"))).start()
    walked = moved(before, *line(other, task("After")), Sub="Part", A="First")
    assert walked.active == ["First#1"]
    assert walked.complete("First").complete("B").active == ["After#1"]


JOINED = (
    start(), both("Split"), task("A"), task("B"), task("C"), both("Join"), task("After"), end(),
    flow("Start", "Split"), flow("Split", "A"), flow("Split", "B"), flow("Split", "C"),
    flow("A", "Join"), flow("B", "Join"), flow("C", "Join"), flow("Join", "After"), flow("After", "End"),
)  # fmt: skip


def test_a_join_that_loses_a_flow_with_a_token_refuses():
    before = walk(*JOINED).start().complete("A")
    without = tuple(part for part in JOINED if '"A-Join"' not in part)
    assert refused(before, *without, flow("A", "End")) == [("Join", "FLOW")]


def test_a_join_that_loses_the_flow_it_waits_for_goes_on_at_once():
    before = walk(*JOINED).start().complete("A").complete("B")
    without = tuple(part for part in JOINED if '"C-Join"' not in part)
    walked = moved(before, *without, flow("C", "End"))
    assert walked.active == ["C#1", "After#1"]
    assert walked.complete("C").complete("After").state.status is Status.ENDED


def test_flows_may_have_new_names_where_one_runs_between_the_same_elements():
    before = walk(*JOINED).start().complete("A")
    renamed = tuple(part.replace('"A-Join"', '"joined"') for part in JOINED)
    assert moved(before, *renamed).complete("B").complete("C").active == ["After#1"]


def test_two_tasks_that_were_entered_cannot_become_one():
    before = walk(*line(task("A"), task("B"))).start().complete("A")
    assert refused(before, *line(task("B")), A="B") == [("B", "MERGED")]


def test_a_process_that_has_ended_is_refused():
    before = walk(*line(task("A"))).start().complete("A")
    assert refused(before, *line(task("A"))) == [("", "NOT_ACTIVE")]


# what is waited for


def overdue(id: str, host: str, duration: str) -> tuple[str, ...]:
    """A boundary timer that leads to a task of its own."""
    return (boundary(id, host, after(duration)), task(f"{id}Task"), flow(id, f"{id}Task"), flow(f"{id}Task", "End"))


def test_a_timer_of_the_same_text_keeps_its_time():
    before = walk(*line(task("A")), *overdue("Late", "A", "P2D")).start().sleep(days=1)
    walked = moved(before, *line(task("A"), task("B")), *overdue("Late", "A", "P2D"))
    assert walked.rows.timer("Late").due_at == NOW + timedelta(days=2)
    assert walked.pass_time(days=1).active == ["LateTask#1"]


def test_a_timer_of_another_text_begins_anew():
    before = walk(*line(task("A")), *overdue("Late", "A", "P2D")).start().sleep(days=1)
    walked = moved(before, *line(task("A")), *overdue("Late", "A", "P3D"))
    assert walked.rows.timer("Late").due_at == NOW + timedelta(days=4)


def test_boundary_events_that_were_added_are_armed_and_removed_ones_dropped():
    before = walk(*line(task("A")), *overdue("Old", "A", "P2D")).start()
    walked = moved(before, *line(task("A")), *overdue("New", "A", "P5D"))
    assert walked.waiting == ["New: timer"]
    assert walked.pass_time(days=3).active == ["A#1"]
    assert walked.pass_time(days=3).active == ["NewTask#1"]


def test_a_wait_goes_on_under_another_name():
    before = walk(*line(task("A")), *overdue("Late", "A", "P2D")).start().sleep(days=1)
    walked = moved(before, *line(task("A")), *overdue("Overdue", "A", "P2D"), Late="Overdue")
    assert walked.rows.timer("Overdue").due_at == NOW + timedelta(days=2)


def test_the_deadline_of_a_renamed_task_goes_on():
    deadline = '<dg:deadline after="P9D"/>'
    before = walk(*line(task("A", extra=deadline))).start().sleep(days=1)
    walked = moved(before, *line(task("B", extra=deadline)), A="B")
    assert walked.rows.timer("B:deadline").due_at == NOW + timedelta(days=9)


def test_subscriptions_keep_their_keys():
    before = walk(*line(catch("Paid", message())), values={"Paid:correlation": "first"}).start()
    before.answers.by_flow["Paid:correlation"] = "second"
    walked = moved(before, *line(catch("Paid", message()), task("After")))
    assert [row.key for row in walked.rows.subscriptions("paid")] == ["first"]
    assert walked.deliver("paid").active == ["After#1"]


def test_an_event_subprocess_that_was_added_can_be_started():
    before = walk(*line(task("A"))).start()
    added = event_subprocess("Stop", message(), task("Stopped"))
    walked = moved(before, *line(task("A")), added)
    assert walked.waiting == ["Stop-start: message"]
    assert walked.deliver("paid").active == ["Stopped#1"]


def test_an_expression_that_fails_for_a_new_wait_is_a_reason_against():
    before = walk(*line(task("A"))).start()
    at_boundary = (boundary("Late", "A", _at('["when"]')), flow("Late", "End"))
    before.answers.by_flow["Late:timer"] = "no time"
    assert refused(before, *line(task("A")), *at_boundary) == [("Late", "TIMER_FAILED")]


def _at(time: str) -> str:
    return f"<bpmn:timerEventDefinition><bpmn:timeDate>{time}</bpmn:timeDate></bpmn:timerEventDefinition>"


def test_a_job_goes_on_and_an_incident_moves_with_its_task():
    before = walk(*line(task("Print", "pdf", tag="serviceTask"))).start()
    assert moved(before, *line(task("Print", "pdf", tag="serviceTask"), task("B"))).waiting == ["Print: job"]
    before.worker(JobFailed(element_id="Print", entry_no=1, code="JOB_FAILED", message="broken"))
    walked = moved(before, *line(task("Pdf", "pdf", tag="serviceTask")), Print="Pdf")
    assert walked.incidents == [("Pdf", 1, "JOB_FAILED")]


def test_entries_that_the_state_has_forgotten_are_not_numbered_again():
    before = walk(*line(task("A"), task("B"))).start().complete("A")
    without = moved(before, *line(task("B")))
    back = line(task("B", actions="reject", extra=_back("A")), task("A"))
    again = moved(without, *back, entered={"A": 1, "B": 1})
    assert again.complete("B").active == ["A#2"]


def _shuffled(parts: tuple[str, ...], random: Random) -> tuple[str, ...]:
    """The same model with its nodes in another order; flows keep theirs, which is a rule of choice."""
    nodes = [part for part in parts if "sequenceFlow" not in part]
    random.shuffle(nodes)
    return (*nodes, *(part for part in parts if "sequenceFlow" in part))


@pytest.mark.parametrize("seed", range(40))
def test_at_every_marking_a_migrated_instance_behaves_like_one_of_the_new_version(seed: int):
    random = Random(seed)
    other = _shuffled(JOINED, random)
    old, new = walk(*JOINED).start(), walk(*other).start()
    names: Mapping[str, int] = {name: random.random() < 0.5 for name in ("A", "B", "C")}
    for name in sorted(names, key=lambda name: random.random()):
        if names[name]:
            old.complete(name)
            new.complete(name)
    walked = moved(old, *other)
    while walked.active:
        assert sorted(walked.active) == sorted(new.active)
        name = random.choice(walked.active).split("#")[0]
        walked.complete(name)
        new.complete(name)
    assert new.active == []
    assert walked.state.status is new.state.status is Status.ENDED


def test_findings_tell_what_was_expected():
    before = walk(*line(task("A"))).start()
    result = migrate(before.definition, read(process(*line(task("B")))), before.state, Migrate(NEW), before.facts)
    assert result == (MigrationFinding("A", "MISSING", '"A" is in use, but the new version has no such element'),)
