"""Who may complete a task with which action, and what stands in the way."""

from dataclasses import replace
from uuid import UUID

import pytest

from dialog_graph.bpmn import Action, ActionType, TaskDefinition, TaskKind
from dialog_graph.bpmn.task_config import External, Retry, TaskConfig
from dialog_graph.errors import Refusal
from dialog_graph.model.instance import TaskEntry, TaskState
from dialog_graph.tasks import allowed, blockers, default_action, leaves_backwards, required, retrying
from tests.unit.apps.sample import NOW


def task(type: str = "data", *declared: str, server: str = "", back_to: tuple[str, ...] = ()) -> TaskDefinition:
    actions = [Action(name=name) for name in declared]
    if server:
        actions.append(Action(name=server, type=ActionType.SERVER))
    return TaskDefinition(
        type=type,
        kind=TaskKind.USER,
        has_handler=True,
        actions=tuple(actions),
        config=TaskConfig(external=External(send_back_to=back_to)),
    )


def entry(state: TaskState) -> TaskEntry:
    return TaskEntry(entry_id=UUID(int=1), element_id="T", type="pdf", entry_no=1, state=state, started_at=NOW)


def code(found: Refusal | None) -> str | None:
    return None if found is None else found.code


# Policy actions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type", "is_owner", "actions"),
    [
        ("data", False, ("write",)),
        ("data", True, ("write",)),
        ("none", False, ("write",)),
        ("confirmation", False, ("confirm",)),
        ("confirmation", True, ("confirm",)),
        ("feedback", False, ("feedback",)),
        ("feedback", True, ("feedback", "write")),
        ("ownStep", False, ("ownStep",)),
    ],
)
def test_without_an_action_any_of_the_type_s_own_suffices(type: str, is_owner: bool, actions: tuple[str, ...]) -> None:
    assert required(task(type), None, is_owner=is_owner) == actions


@pytest.mark.parametrize("type", ["data", "feedback", "confirmation", "none", "ownStep"])
@pytest.mark.parametrize("is_owner", [True, False])
def test_an_action_that_is_named_needs_exactly_itself_whatever_the_type(type: str, is_owner: bool) -> None:
    assert required(task(type, "approve"), "approve", is_owner=is_owner) == ("approve",)
    assert required(task(type), "write", is_owner=is_owner) == ("write",)


@pytest.mark.parametrize("action", ["reject", "abandon", "sendBack:Task_1"])
def test_every_way_back_needs_reject(action: str) -> None:
    assert leaves_backwards(action)
    assert required(task("data"), action, is_owner=True) == ("reject",)
    assert default_action(task("confirmation"), action) == "reject"


@pytest.mark.parametrize("action", [None, "write", "rejected", "approve", "sendback"])
def test_other_actions_lead_forwards(action: str | None) -> None:
    assert not leaves_backwards(action)


# Which actions a task has -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "action", "is_owner", "expected"),
    [
        (task(), None, False, None),
        (task(), "write", False, None),
        (task(), "confirm", False, "ACTION_NOT_ALLOWED"),
        (task("data", "confirm"), "confirm", False, None),
        (task(), "reject", False, "ACTION_NOT_ALLOWED"),
        (task("data", "reject"), "reject", False, None),
        (task(server="fetch"), "fetch", False, "ACTION_DOES_NOT_MOVE"),
        (task("data", "fetch", server="fetch"), "fetch", False, None),
        (task(), "abandon", True, None),
        (task(), "abandon", False, "ACTION_NOT_ALLOWED"),
        (task("data", "abandon"), "abandon", False, "ACTION_NOT_ALLOWED"),
        (task(back_to=("Task_1",)), "sendBack:Task_1", False, None),
        (task("data", "reject"), "sendBack:Task_1", False, "ACTION_NOT_ALLOWED"),
        (task(back_to=("Task_1",)), "sendBack:Task_2", True, "ACTION_NOT_ALLOWED"),
        (task(), "", False, "ACTION_NOT_ALLOWED"),
    ],
)
def test_an_action_is_the_type_s_own_or_declared(
    definition: TaskDefinition, action: str | None, is_owner: bool, expected: str | None
) -> None:
    assert code(allowed(definition, action, is_owner=is_owner)) == expected


def test_a_party_does_not_pass_a_feedback_task_by_naming_write() -> None:
    """`write` is the owner's own action there; for a party it was, wrongly, accepted when it was named."""
    feedback = task("feedback")
    assert code(allowed(feedback, "write", is_owner=False)) == "ACTION_NOT_ALLOWED"
    assert allowed(feedback, "write", is_owner=True) is None
    assert allowed(feedback, "feedback", is_owner=False) is None


def test_a_refusal_names_the_actions_that_there_are() -> None:
    refusal = allowed(task("confirmation", "reject", server="fetch"), "go", is_owner=False)
    assert refusal is not None
    assert refusal.expected == "one of the task's actions (confirm, fetch, reject)"
    assert (refusal.actual, refusal.path) == ("'go' was given", ("action",))


# What the action leaves for the gateway -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type", "action", "left"),
    [
        ("data", None, None),
        ("data", "write", None),
        ("data", "approve", "approve"),
        ("confirmation", None, "confirm"),
        ("confirmation", "confirm", "confirm"),
        ("confirmation", "approve", "approve"),
        ("feedback", "write", None),
        ("none", None, None),
        ("ownStep", "ownStep", None),
    ],
)
def test_the_gateway_reads_a_declared_action_or_the_type_s_default(
    type: str, action: str | None, left: str | None
) -> None:
    assert default_action(task(type), action) == left


# Blockers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "action", "blocker"),
    [
        (TaskState.ACTIVE, None, None),
        (TaskState.WAITING, None, "PROCESSING"),
        (TaskState.WAITING, "reject", "PROCESSING"),
        (TaskState.FAILED, None, "INCIDENT"),
        (TaskState.FAILED, "abandon", "INCIDENT"),
        (TaskState.FAILED, "reject", None),
    ],
)
def test_a_task_that_the_server_works_on_is_not_ready(
    state: TaskState, action: str | None, blocker: str | None
) -> None:
    assert [item.code for item in blockers(entry(state), action)] == ([] if blocker is None else [blocker])


@pytest.mark.parametrize(
    ("state", "code"), [(TaskState.ACTIVE, None), (TaskState.WAITING, "RETRYING"), (TaskState.FAILED, "INCIDENT")]
)
def test_a_job_that_is_tried_again_is_told_as_such_until_it_is_given_up(state: TaskState, code: str | None) -> None:
    assert [item.code for item in blockers(entry(state), is_retrying=True)] == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("name", "user_may", "actions"), [("send", True, ("send",)), ("send", False, ()), ("pdf", True, ("write",))]
)
def test_who_besides_the_owner_may_repeat_what_stopped(name: str, user_may: bool, actions: tuple[str, ...]) -> None:
    stopped = replace(task(name), config=TaskConfig(retry=Retry(user_may_retry=user_may)))
    assert retrying(stopped) == actions


def test_what_stopped_at_no_task_is_the_owners_to_repeat() -> None:
    assert retrying(None) == ()


@pytest.mark.parametrize("state", [TaskState.WAITING, TaskState.FAILED])
def test_blockers_are_told_in_three_languages(state: TaskState) -> None:
    (blocker,) = blockers(entry(state))
    assert set(blocker.message) == {"nb", "nn", "en"}
    assert len(set(blocker.message.values())) == 3
