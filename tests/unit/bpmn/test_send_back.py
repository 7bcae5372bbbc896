"""Reject, abandon and targeted send-back, and the gatewayAction that they leave behind."""

import pytest

from dialog_graph.bpmn import LeaveTask, Outcome, TaskEntered, TaskLeft, Vars
from tests.unit.bpmn.models import Walk, back_to, end, flow, gateway, line, start, task, walk


def rejected(vars: Vars) -> bool:
    return vars.gateway_action == "reject"


def review(*actions: str, type: str = "confirmation") -> Walk:
    """Fill, then Review, then a gateway back to Fill on reject."""
    instance = walk(
        start(), task("Fill"), task("Review", type, " ".join(actions)), gateway(default="Gateway-End"), end(),
        flow("Start", "Fill"), flow("Fill", "Review"), flow("Review", "Gateway"),
        flow("Gateway", "Fill", '["equals", ["gatewayAction"], "reject"]'), flow("Gateway", "End"),
    )  # fmt: skip
    instance.answers.by_flow["Gateway-Fill"] = rejected
    return instance.start().complete("Fill")


def test_reject_abandons_the_entry_and_the_gateway_sends_it_back():
    instance = review("confirm", "reject").complete("Review", "reject")
    assert instance.active == ["Fill#2"]
    assert instance.events[-2:] == [
        TaskLeft(element_id="Review", entry_no=1, outcome=Outcome.ABANDONED, action="reject"),
        TaskEntered(
            element_id="Fill", entry_no=2, task_type="data", from_task="Review", action="reject", by_send_back=True
        ),
    ]
    assert instance.complete("Fill").active == ["Review#2"]


def test_reject_must_be_declared():
    refused = review("confirm").try_complete("Review", "reject")
    assert refused is not None
    assert (refused.code, refused.action) == ("ACTION_NOT_ALLOWED", "reject")


def test_abandon_needs_no_declaration_and_counts_as_reject_for_gateways():
    instance = review("confirm").complete("Review", "abandon")
    assert instance.active == ["Fill#2"]
    left = TaskLeft(element_id="Review", entry_no=1, outcome=Outcome.ABANDONED, action="abandon")
    assert left in instance.events


@pytest.mark.parametrize(
    ("type", "action", "expected"),
    [
        ("data", None, None),
        ("data", "write", None),
        ("confirmation", None, "confirm"),
        ("confirmation", "confirm", "confirm"),
        ("signing", "write", "sign"),
        ("signing", None, "sign"),
        ("confirmation", "approve", "approve"),
        ("feedback", "feedback", None),
        ("none", "write", None),
    ],
)
def test_the_gateway_reads_the_action_that_the_type_or_the_caller_gives(
    type: str, action: str | None, expected: str | None
):
    instance = review("approve", type=type).complete("Review", action)
    assert instance.answers.asked == [("Gateway-Fill", Vars(expected, "Review", "Gateway"))]


def test_the_action_is_gone_once_the_next_task_is_entered():
    instance = review("reject").complete("Review", "reject")
    assert [token.gateway_action for token in instance.state.tokens] == [None]


def test_reject_without_a_gateway_follows_the_flow():
    instance = walk(*line(task("A", "confirmation", "reject"), task("B"))).start().complete("A", "reject")
    assert instance.active == ["B#1"]


def test_a_server_action_does_not_move():
    extra = (
        '<altinn:taskExtension><altinn:actions><altinn:action type="serverAction">sum</altinn:action>'
        "</altinn:actions></altinn:taskExtension>"
    )
    refused = walk(*line(task("A", extra=extra))).start().try_complete("A", "sum")
    assert refused is not None
    assert refused.code == "ACTION_DOES_NOT_MOVE"


def test_targeted_send_back_goes_straight_to_the_listed_task():
    instance = walk(
        *line(task("One"), task("Two"), task("Check", extra=back_to("One", "Two")))
    ).start().complete("One").complete("Two").complete("Check", "sendBack:One")  # fmt: skip
    assert instance.active == ["One#2"]
    assert instance.events[-1] == TaskEntered(
        element_id="One", entry_no=2, task_type="data", from_task="Check", action="reject", by_send_back=True
    )
    assert instance.complete("One").active == ["Two#2"]


@pytest.mark.parametrize("target", ["Two", "Nowhere", "Start", ""])
def test_send_back_to_a_task_that_is_not_listed_is_refused(target: str):
    instance = walk(*line(task("One"), task("Two"), task("Check", extra=back_to("One", "Start", "Nowhere"))))
    instance.start().complete("One").complete("Two")
    refused = instance.try_complete("Check", f"sendBack:{target}")
    assert refused is not None
    assert refused.code == "ACTION_NOT_ALLOWED"
    assert instance.active == ["Check#1"]


def test_send_back_to_the_task_itself_tells_that_it_is_entered_again():
    instance = walk(*line(task("One", extra=back_to("One")))).start().complete("One", "sendBack:One")
    leave = [effect for effect in instance.effects if isinstance(effect, LeaveTask)]
    assert [effect.reentered for effect in leave] == [True]
    assert instance.active == ["One#2"]


def test_an_unknown_action_is_refused_with_the_possible_ones():
    refused = review("reject", "approve").try_complete("Review", "dance")
    assert refused is not None
    assert refused.code == "ACTION_NOT_ALLOWED"
    assert refused.expected == 'an action of task "Review" (confirm, reject, approve)'
