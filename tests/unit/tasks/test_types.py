"""The table of task types: what the interpreter, the policy and the dialog are told about each."""

import pytest

from dialog_graph.bpmn import TaskKind
from dialog_graph.bpmn.actions import type_actions
from dialog_graph.tasks import KINDS, TYPES, Awaits, TaskType, awaits_of, is_service, type_of


def test_the_types_with_code_are_these() -> None:
    assert {name: (item.required, item.owner_required, item.default_action) for name, item in TYPES.items()} == {
        "data": (("write",), (), None),
        "confirmation": (("confirm",), (), "confirm"),
        "feedback": (("feedback",), ("write",), None),
        "none": (("write",), (), None),
    }
    assert {name for name, item in TYPES.items() if item.is_gated} == {"data", "confirmation"}
    assert {name for name, item in TYPES.items() if item.reopens_after_abandon} == {"data"}
    assert dict.fromkeys(TYPES, TaskKind.USER) == KINDS


@pytest.mark.parametrize("task_type", TYPES.values(), ids=TYPES)
def test_policy_and_interpreter_agree_on_actions_and_what_they_leave(task_type: TaskType) -> None:
    known = type_actions(task_type.name)
    assert frozenset(known.own) == task_type.own_actions
    assert known.default == task_type.default_action


def test_a_type_without_code_is_completed_by_its_own_name_only() -> None:
    own = type_of("ownStep")
    assert (own.required, own.kind, own.is_gated) == (("ownStep",), TaskKind.SERVICE, False)
    assert own.completing(is_owner=True) == own.completing(is_owner=False) == ("ownStep",)


def test_only_the_owner_may_pass_a_feedback_task_by_write() -> None:
    feedback = TYPES["feedback"]
    assert feedback.completing(is_owner=False) == ("feedback",)
    assert feedback.completing(is_owner=True) == ("feedback", "write")


@pytest.mark.parametrize(
    ("names", "awaits"),
    [
        (("data", "none", "payment", "lookup", "pdf", "ownStep"), Awaits.INPUT),
        (("confirmation", "CONFIRMATION"), Awaits.CONFIRMATION),
        (("signing", "Signing", "confirmationSigning", "externalSigning"), Awaits.SIGNATURE),
        (("feedback", "Feedback", "externalValidation", "receiveMessage"), Awaits.FEEDBACK),
    ],
)
def test_the_dialog_speaks_of_every_type_in_any_letter_case(names: tuple[str, ...], awaits: Awaits) -> None:
    assert {awaits_of(name) for name in names} == {awaits}


def test_what_only_the_server_completes_is_known_by_name() -> None:
    services = ("prefill", "pdf", "eFormidling", "fiksArkiv", "subformPdf", "notification", "callApp", "PDF")
    assert all(is_service(name) for name in services)
    assert not any(is_service(name) for name in (*TYPES, "signing", "payment", "ownStep"))
