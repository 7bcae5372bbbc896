"""What the two streaming transports share: which callers may stream what, and how a stream is read and left.

The exception for `dialogEvents` (inbox rules §8.1): it is refused before its execution unless the token is the dialog
token of that very dialog, and a dialog token opens nothing else.
"""

from collections.abc import AsyncGenerator
from uuid import UUID

from graphql import FieldNode, StringValueNode, VariableNode

from dialog_graph.errors import refuse
from dialog_graph.graphql.execution import Operation, Outcome
from dialog_graph.model.principal import Principal, PrincipalKind

DIALOG_EVENTS = "dialogEvents"
_DIALOG_ID = "dialogId"


def is_dialog_stream(principal: Principal) -> bool:
    """True for the streams that outlive their token."""
    return principal.kind is PrincipalKind.DIALOG_HOLDER


def check_dialog_token(principal: Principal, operation: Operation) -> None:
    """Raises `Refused(UNAUTHENTICATED)` where token and operation do not belong together."""
    fields = operation.facts.root_fields
    names = {each.name.value for each in fields}
    if DIALOG_EVENTS not in names and not is_dialog_stream(principal):
        return
    is_own = len(fields) == 1 and names == {DIALOG_EVENTS} and is_dialog_stream(principal)
    if not is_own or _dialog_id(fields[0], operation) != principal.dialog_id:
        raise refuse("UNAUTHENTICATED")


def _dialog_id(node: FieldNode, operation: Operation) -> UUID | None:
    value = next((each.value for each in node.arguments or () if each.name.value == _DIALOG_ID), None)
    if isinstance(value, VariableNode):
        given = operation.variables.get(value.name.value)
    else:
        given = value.value if isinstance(value, StringValueNode) else None
    try:
        return UUID(given) if isinstance(given, str) else None
    except ValueError:
        return None


async def next_outcome(stream: AsyncGenerator[Outcome]) -> Outcome | None:
    """The next outcome of a stream, None at its end."""
    return await anext(stream, None)
