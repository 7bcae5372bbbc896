"""From the state of an instance to the status of its dialog: the table, its order, and several open tasks."""

from itertools import permutations

import pytest

from dialog_graph.commands.step.dialog_status import STATUSES, derive
from dialog_graph.commands.step.dialog_texts import Derived
from dialog_graph.model.dialog import DialogStatus
from dialog_graph.model.instance import Confirmation, Instance, InstanceStatus, TaskEntry, TaskState
from tests.unit.commands.step.dialog_world import NOW, ORG, archived, instance, task

CONFIRMED = Confirmation(org="ttd", confirmed_at=NOW)
DONE = task(state=TaskState.COMPLETED)


@pytest.mark.parametrize(
    ("found", "derived", "status"),
    [
        (instance(status=InstanceStatus.CANCELLED), "Cancelled", "NOT_APPLICABLE"),
        (instance(DONE, ended_at=NOW), "Cancelled", "NOT_APPLICABLE"),
        (archived(CONFIRMED, status=InstanceStatus.CANCELLED), "Cancelled", "NOT_APPLICABLE"),
        (archived(CONFIRMED), "ArchivedConfirmed", "COMPLETED"),
        (archived(CONFIRMED, status=InstanceStatus.DELETED), "ArchivedConfirmed", "COMPLETED"),
        (archived(), "ArchivedUnconfirmed", "AWAITING"),
        (instance(task("reject")), "Rejected", "REQUIRES_ATTENTION"),
        (instance(task("data", sent_back=True)), "Rejected", "REQUIRES_ATTENTION"),
        (instance(task("feedback", sent_back=True)), "Rejected", "REQUIRES_ATTENTION"),
        (instance(task("feedback")), "AwaitingServiceOwnerFeedback", "AWAITING"),
        (instance(task("externalValidation")), "AwaitingServiceOwnerFeedback", "AWAITING"),
        (
            instance(task("receiveMessage", TaskState.WAITING)),
            "AwaitingServiceOwnerFeedback",
            "AWAITING",
        ),
        (instance(task("confirmation")), "AwaitingConfirmation", "IN_PROGRESS"),
        (instance(DONE, task("confirmation", number=2)), "AwaitingConfirmation", "IN_PROGRESS"),
        (instance(task("signing")), "AwaitingSignature", "IN_PROGRESS"),
        (instance(task("confirmationSigning")), "AwaitingSignature", "IN_PROGRESS"),
        (instance(task("externalSigning")), "AwaitingSignature", "IN_PROGRESS"),
        (instance(DONE, task(number=2)), "AwaitingAdditionalUserInput", "IN_PROGRESS"),
        (
            instance(task("feedback", TaskState.ABANDONED), task(number=2)),
            "AwaitingAdditionalUserInput",
            "IN_PROGRESS",
        ),
        (instance(task("payment")), "AwaitingAdditionalUserInput", "IN_PROGRESS"),
        (instance(task("none")), "AwaitingAdditionalUserInput", "IN_PROGRESS"),
        (instance(DONE, task(number=2), created_by=ORG), "AwaitingAdditionalUserInput", "IN_PROGRESS"),
        (instance(created_by=ORG), "AwaitingInitialUserInputFromPrefill", "IN_PROGRESS"),
        (instance(task("pdf", TaskState.COMPLETED), task(number=2)), "AwaitingInitialUserInput", "DRAFT"),
        (instance(task(state=TaskState.ABANDONED), task(number=2)), "AwaitingInitialUserInput", "DRAFT"),
        (instance(), "AwaitingInitialUserInput", "DRAFT"),
    ],
)
def test_the_first_row_that_fits_gives_the_status(found: Instance, derived: str, status: str) -> None:
    assert derive(found)[0].value == derived
    assert STATUSES[Derived(derived)] is DialogStatus(status)


def test_every_row_of_the_table_has_a_status() -> None:
    assert set(STATUSES) == set(Derived)


@pytest.mark.parametrize("type", ["Confirmation", "CONFIRMATION", "Signing", "Feedback", "DATA", "Reject"])
def test_letter_case_of_a_task_type_does_not_count(type: str) -> None:
    assert derive(instance(task(type)))[0] is derive(instance(task(type.lower())))[0]


# Several open tasks -------------------------------------------------------------------------------------------------

IN_ORDER = (
    task("data", number=1, sent_back=True),
    task("confirmation", number=2),
    task("signing", number=3),
    task("payment", number=4),
    task("feedback", number=7),
)
DERIVED = (
    Derived.REJECTED,
    Derived.AWAITING_CONFIRMATION,
    Derived.AWAITING_SIGNATURE,
    Derived.AWAITING_ADDITIONAL_INPUT,
    Derived.AWAITING_FEEDBACK,
)


@pytest.mark.parametrize("first", range(len(IN_ORDER)))
def test_of_several_open_tasks_the_one_to_act_on_first_counts_however_they_stand(first: int) -> None:
    for tasks in permutations(IN_ORDER[first:]):
        assert derive(instance(*tasks)) == (DERIVED[first], IN_ORDER[first])


def test_a_form_comes_before_waiting_for_the_owner() -> None:
    form = task("data", number=1)
    assert derive(instance(task("feedback", number=2), form)) == (Derived.AWAITING_ADDITIONAL_INPUT, form)


def test_of_two_alike_the_one_entered_first_is_spoken_of() -> None:
    first, second = task("confirmation", number=1), task("confirmation", number=2)
    assert derive(instance(first, second))[1] == first


# Service tasks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [TaskState.WAITING, TaskState.FAILED])
@pytest.mark.parametrize(
    ("last", "derived"),
    [
        (DONE, Derived.AWAITING_INPUT),
        (task("confirmation", TaskState.COMPLETED), Derived.AWAITING_CONFIRMATION),
        (task(state=TaskState.COMPLETED, sent_back=True), Derived.REJECTED),
    ],
)
def test_while_a_service_works_the_status_stays_that_of_the_last_user_task(
    state: TaskState, last: TaskEntry, derived: Derived
) -> None:
    service = task("pdf", state, number=2)
    assert derive(instance(last, service)) == (derived, service)
    assert derive(instance(last, task("eFormidling", TaskState.COMPLETED, number=3), service))[0] is derived


def test_a_service_beside_a_form_does_not_speak() -> None:
    form = task(number=1)
    assert derive(instance(form, task("pdf", TaskState.WAITING, number=2))) == (Derived.AWAITING_INPUT, form)


@pytest.mark.parametrize(("tasks", "current"), [((), None), ((task("prefill", TaskState.WAITING),), 0)])
def test_before_any_user_task_the_form_is_a_draft(tasks: tuple[TaskEntry, ...], current: int | None) -> None:
    started = instance(*tasks, tasks=tasks)
    assert derive(started) == (Derived.AWAITING_INPUT, None if current is None else tasks[current])
    assert derive(instance(tasks=tasks, created_by=ORG))[0] is Derived.AWAITING_INPUT_FROM_PREFILL


def test_a_process_that_stopped_before_a_gateway_keeps_its_status() -> None:
    assert derive(instance(task("confirmation", TaskState.COMPLETED), has_incident=True)) == (
        Derived.AWAITING_CONFIRMATION,
        None,
    )


# Incidents and other waits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type", ["timer", "message", "signal", "condition", "eventBasedGateway"])
@pytest.mark.parametrize("state", [TaskState.WAITING, TaskState.COMPLETED, TaskState.FAILED])
def test_an_event_that_is_waited_for_is_no_task_of_the_party(type: str, state: TaskState) -> None:
    """Neither that it is waited for nor that it has come makes the next form one of additional input."""
    event, form = task(type, state, number=2), task(number=3)
    assert derive(instance(event, form)) == (Derived.AWAITING_INPUT, form)
    confirmed = task("confirmation", TaskState.COMPLETED)
    assert derive(instance(confirmed, event))[0] is Derived.AWAITING_CONFIRMATION


@pytest.mark.parametrize(
    "last", [DONE, task("confirmation", TaskState.COMPLETED), task("signing", TaskState.COMPLETED)]
)
def test_an_incident_is_the_owners_matter_and_changes_no_status(last: TaskEntry) -> None:
    working, stopped = task("pdf", TaskState.WAITING, number=2), task("pdf", TaskState.FAILED, number=2)
    before, after = instance(last, working), instance(last, stopped, has_incident=True)
    assert derive(before)[0] is derive(after)[0]


def test_an_incident_beside_a_form_does_not_speak() -> None:
    form = task(number=1)
    found = instance(form, task("pdf", TaskState.FAILED, number=2), has_incident=True)
    assert derive(found) == (Derived.AWAITING_INPUT, form)


def test_a_task_of_the_owner_that_stopped_still_waits_for_the_owner() -> None:
    stopped = task("feedback", TaskState.FAILED, number=2)
    assert derive(instance(DONE, stopped, has_incident=True)) == (Derived.AWAITING_FEEDBACK, stopped)


@pytest.mark.parametrize("state", [TaskState.WAITING, TaskState.FAILED, TaskState.COMPLETED])
def test_a_task_of_a_further_type_that_only_the_server_completes_is_no_task_of_the_party(state: TaskState) -> None:
    own = task("archive", state, number=2)
    assert derive(instance(DONE, own), {own.element_id})[0] is Derived.AWAITING_INPUT
    assert derive(instance(own, task(number=3)), {own.element_id})[0] is Derived.AWAITING_INPUT
