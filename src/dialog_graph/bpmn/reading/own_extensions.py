"""The elements of our own namespace that a task may have (app folder rules §3): each into its value."""

from collections.abc import Iterator

from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.markup import text_of
from dialog_graph.bpmn.task_config import (
    Deadline,
    External,
    Retry,
    SignaturePolicy,
)
from dialog_graph.model.safe_xml import Element


def is_true(text: str | None, default: bool = False) -> bool:
    """Whether a text says true; without one the default."""
    return default if text is None else text.strip().lower() == "true"


def _below(xml: Element, local: str) -> Iterator[Element]:
    return xml.iterchildren(f"{{{v.OURS}}}{local}")


def signature_policy(xml: Element) -> SignaturePolicy:
    """`dg:signaturePolicy`."""
    return SignaturePolicy(
        required=xml.get("required"),
        auto_complete=is_true(xml.get("autoComplete"), default=True),
        roles=tuple(text_of(role) for role in _below(xml, "role")),
        order=xml.get("order", "parallel"),
        on_reject=xml.get("onReject", "task"),
    )


def deadline(xml: Element) -> Deadline:
    """`dg:deadline`."""
    reminders = (reminder.get("before") for reminder in _below(xml, "reminder"))
    return Deadline(
        after=xml.get("after"),
        at=xml.get("at"),
        action=xml.get("action"),
        reminders=tuple(before for before in reminders if before),
    )


def external(xml: Element) -> External:
    """`dg:external`."""
    listed = (xml.get("sendBackTo") or "").replace(",", " ").split()
    return External(endpoint=xml.get("endpoint"), timeout=xml.get("timeout"), send_back_to=tuple(listed))


def retry(xml: Element) -> Retry:
    """`dg:retry`."""
    usual = Retry()
    return Retry(
        base=xml.get("base", usual.base),
        max=xml.get("max", usual.max),
        give_up_after=xml.get("giveUpAfter", usual.give_up_after),
        max_attempts=xml.get("maxAttempts"),
        user_may_retry=is_true(xml.get("userMayRetry"), default=True),
    )
