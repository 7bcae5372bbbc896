"""Migration of running processes to another version of their definition (process engine §16, invariant P31)."""

from collections.abc import Mapping
from random import Random

import pytest

from dialog_graph.bpmn import Continue, Status, advance
from dialog_graph.bpmn.migration import Migrated, MigrationFinding, migrate
from dialog_graph.errors import Refusal
from tests.unit.bpmn.models import Walk, end, flow, line, node, process, read, start, task, walk


def moved(before: Walk, *parts: str, **mapping: str) -> Walk:
    """The same instance on a process of these parts; a refused migration fails the test."""
    definition = read(process(*parts))
    result = migrate(before.definition, definition, before.state, mapping)
    assert isinstance(result, Migrated), result
    after = Walk(definition, before.answers, state=result.state)
    settled = advance(definition, after.state, Continue(), after.facts)
    assert not isinstance(settled, Refusal), settled
    after.state = settled.state
    return after


def refused(before: Walk, *parts: str, **mapping: str) -> list[tuple[str, str]]:
    """Element and code of every reason against; the state has not been touched."""
    written = before.state.to_json()
    result = migrate(before.definition, read(process(*parts)), before.state, mapping)
    assert not isinstance(result, Migrated)
    assert before.state.to_json() == written
    return [(finding.element_id, finding.code) for finding in result]


def both(id: str) -> str:
    return node("parallelGateway", id)


def inside(id: str, *parts: str) -> str:
    return node("subProcess", id, "".join(parts))


def test_an_instance_goes_on_by_the_new_version_where_it_stands():
    before = walk(*line(task("A"), task("B"))).start().complete("A")
    after = moved(before, *line(task("New"), task("A"), task("B"), task("C")))
    assert after.active == ["B#1"]
    assert after.complete("B").active == ["C#1"]
    assert after.complete("C").state.status is Status.ENDED


def test_entries_keep_their_numbers_and_go_on_from_them():
    before = walk(*line(task("A", actions="reject"), task("B", actions="reject", extra=_back("A")))).start()
    before.complete("A").complete("B", "sendBack:A")
    after = moved(before, *line(task("X"), task("A"), task("B", actions="reject", extra=_back("A"))))
    assert after.active == ["A#2"]
    after.complete("A")
    assert after.active == ["B#2"]


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
    new = inside("Sub", start("In"), task("A"), end("Out"), flow("In", "A"), flow("A", "Out"))
    assert refused(before, *line(new)) == [("A", "SCOPE")]


def test_a_subprocess_in_use_may_be_renamed_with_what_is_inside():
    sub = inside(
        "Sub", start("In"), task("A"), task("B"), end("Out"), flow("In", "A"), flow("A", "B"), flow("B", "Out")
    )
    other = sub.replace('"Sub"', '"Part"').replace('"A"', '"First"')
    before = walk(*line(sub, task("After"))).start()
    after = moved(before, *line(other, task("After")), Sub="Part", A="First")
    assert after.active == ["First#1"]
    assert after.complete("First").complete("B").active == ["After#1"]


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
    after = moved(before, *without, flow("C", "End"))
    assert after.active == ["C#1", "After#1"]
    assert after.complete("C").complete("After").state.status is Status.ENDED


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


def _shuffled(parts: tuple[str, ...], random: Random) -> tuple[str, ...]:
    """The same model with its nodes in another order; flows keep theirs, which is a rule of choice."""
    nodes = [part for part in parts if "sequenceFlow" not in part]
    random.shuffle(nodes)
    return (*nodes, *(part for part in parts if "sequenceFlow" in part))


@pytest.mark.parametrize("seed", range(40))
def test_at_every_marking_a_migrated_instance_behaves_like_one_of_the_new_version(seed: int):
    random = Random(seed)
    other = _shuffled(JOINED, random)
    old, new = walk(*JOINED).start(), Walk(read(process(*other)), walk(*JOINED).answers).start()
    names: Mapping[str, int] = {name: random.random() < 0.5 for name in ("A", "B", "C")}
    for name in sorted(names, key=lambda name: random.random()):
        if names[name]:
            old.complete(name)
            new.complete(name)
    after = moved(old, *other)
    while after.active:
        assert sorted(after.active) == sorted(new.active)
        name = random.choice(after.active).split("#")[0]
        after.complete(name)
        new.complete(name)
    assert new.active == []
    assert after.state.status is new.state.status is Status.ENDED


def test_findings_tell_what_was_expected():
    before = walk(*line(task("A"))).start()
    result = migrate(before.definition, read(process(*line(task("B")))), before.state, {})
    assert result == (MigrationFinding("A", "MISSING", '"A" is in use, but the new version has no such element'),)
