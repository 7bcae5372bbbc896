"""How far an instance is: what its entries and its state tell of each element, and nothing that they do not."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from dialog_graph.bpmn import Definition, State, Status, TaskKind, read_process
from dialog_graph.bpmn.drawing import Drawing, Mark, drawing_of
from dialog_graph.bpmn.tokens import Incident, Scope, ScopeKind, Token, TokenState
from dialog_graph.model.instance import Instance, TaskEntry, TaskState
from dialog_graph.model.principal import SYSTEM_ACTOR
from dialog_graph.reads.drawings import states_of
from dialog_graph.urns import AppId

NOW = datetime(2026, 5, 17, tzinfo=UTC)
XML = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="P">
<startEvent id="start"/><parallelGateway id="split"/><parallelGateway id="join"/><endEvent id="end"/>
<task id="a"/><task id="b"/>
<subProcess id="inner"><startEvent id="inner-start"/><task id="c"/><endEvent id="inner-end"/>
<sequenceFlow id="f7" sourceRef="inner-start" targetRef="c"/><sequenceFlow id="f8" sourceRef="c" targetRef="inner-end"/>
</subProcess>
<sequenceFlow id="f1" sourceRef="start" targetRef="split"/><sequenceFlow id="f2" sourceRef="split" targetRef="a"/>
<sequenceFlow id="f3" sourceRef="split" targetRef="b"/><sequenceFlow id="f4" sourceRef="a" targetRef="join"/>
<sequenceFlow id="f5" sourceRef="b" targetRef="inner"/><sequenceFlow id="f6" sourceRef="inner" targetRef="join"/>
<sequenceFlow id="f9" sourceRef="join" targetRef="end"/>
</process></definitions>"""


def definition() -> Definition:
    found, diagnostics = read_process(XML, {"data": TaskKind.USER})
    assert found is not None, diagnostics
    return found


def number_of(element_id: str) -> int:
    element = definition().element(element_id)
    assert element is not None
    return element.index


def entry(element_id: str, state: TaskState, entry_no: int = 1) -> TaskEntry:
    return TaskEntry(
        entry_id=UUID(int=entry_no), element_id=element_id, type="data", entry_no=entry_no, state=state, started_at=NOW
    )


def instance(*tasks: TaskEntry, state: State | None = None) -> Instance:
    return Instance(
        instance_id=UUID(int=1),
        app_id=AppId("ttd", "app"),
        party_id=1,
        resource_id=1,
        version_id=UUID(int=2),
        created_by=SYSTEM_ACTOR,
        created_at=NOW,
        updated_at=NOW,
        start_event="start",
        process_state=(state or State(status=Status.ACTIVE)).to_json(),
        tasks=tasks,
    )


def resting(*tokens: Token, **more: object) -> State:
    scope = Scope(id=1, parent=0, element=0, kind=ScopeKind.PROCESS)
    last_id = max(token.id for token in tokens) if tokens else 1
    return replace(State(status=Status.ACTIVE, last_id=last_id, scopes=(scope,), tokens=tokens), **more)


def token(id: int, element_id: str, state: TokenState = TokenState.WAIT) -> Token:
    return Token(id=id, scope=1, index=number_of(element_id), state=state)


@pytest.mark.parametrize(
    ("state", "mark"),
    [
        (TaskState.ACTIVE, Mark.ACTIVE),
        (TaskState.WAITING, Mark.WAITING),
        (TaskState.FAILED, Mark.FAILED),
        (TaskState.COMPLETED, Mark.DONE),
        (TaskState.ABANDONED, None),
    ],
)
def test_a_task_shows_the_state_of_its_entry(state: TaskState, mark: Mark | None) -> None:
    expected = {"start": Mark.DONE} | ({"a": mark} if mark else {})
    assert states_of(instance(entry("a", state)), definition()) == expected


def test_the_last_entry_counts_when_none_is_open() -> None:
    again = instance(entry("a", TaskState.COMPLETED), entry("a", TaskState.ABANDONED, 2))
    assert "a" not in states_of(again, definition())
    done = instance(entry("a", TaskState.ABANDONED), entry("a", TaskState.COMPLETED, 2))
    assert states_of(done, definition())["a"] is Mark.DONE


def test_of_several_open_entries_the_one_in_need_counts() -> None:
    states = [TaskState.COMPLETED, TaskState.FAILED, TaskState.ACTIVE, TaskState.WAITING, TaskState.COMPLETED]
    tasks = [entry("a", state, number) for number, state in enumerate(states, 1)]
    assert states_of(instance(*tasks), definition())["a"] is Mark.FAILED
    assert states_of(instance(tasks[2], tasks[3], tasks[4]), definition())["a"] is Mark.ACTIVE
    assert states_of(instance(tasks[3], tasks[4]), definition())["a"] is Mark.WAITING


def test_tokens_tell_of_what_is_no_task() -> None:
    state = resting(token(2, "inner", TokenState.HOST), joins={(1, number_of("join")): {3: 1}})
    found = states_of(instance(entry("a", TaskState.COMPLETED), state=state), definition())
    assert found == {"start": Mark.DONE, "a": Mark.DONE, "inner": Mark.ACTIVE, "join": Mark.WAITING}


def test_a_token_on_its_way_to_a_join_waits_there() -> None:
    flow = definition().flow("f4")
    assert flow is not None
    state = resting(Token(id=2, scope=1, index=flow.index, on_flow=True, state=TokenState.JOIN))
    assert states_of(instance(state=state), definition())["join"] is Mark.WAITING


def test_an_incident_at_a_gateway_shows_there() -> None:
    incident = Incident(token=2, code="NO_FLOW", resume=TokenState.GO)
    state = resting(token(2, "split", TokenState.INCIDENT), incidents=(incident,))
    assert states_of(instance(state=state), definition())["split"] is Mark.FAILED


def test_the_end_is_done_and_a_state_that_cannot_be_read_says_nothing() -> None:
    ended = replace(instance(entry("a", TaskState.COMPLETED)), end_event="end", process_state={"v": 99})
    assert states_of(ended, definition()) == {"start": Mark.DONE, "end": Mark.DONE, "a": Mark.DONE}


def test_states_of_elements_that_are_gone_do_no_harm() -> None:
    drawing = drawing_of(XML)
    assert isinstance(drawing, Drawing)
    assert drawing.svg({"removed": Mark.ACTIVE}) == drawing.svg()
