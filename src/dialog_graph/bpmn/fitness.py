"""Whether a state can belong to a definition. A state that does not is refused before anything uses its numbers."""

from collections.abc import Iterator

from dialog_graph.bpmn.definition import Definition
from dialog_graph.bpmn.state import PROCESS_SCOPE, State, Status, Token, TokenState
from dialog_graph.errors import Refusal


def _token_faults(definition: Definition, token: Token) -> Iterator[str]:
    places = definition.flows if token.on_flow else definition.elements
    if token.index >= len(places):
        yield f"token {token.id} stands on a place that is not there"
        return
    if token.on_flow and token.state not in (TokenState.GO, TokenState.INCIDENT):
        yield f"token {token.id} rests on a flow"
    if token.entry is not None and (token.on_flow or definition.elements[token.index].task is None):
        yield f"token {token.id} has an entry outside a task"
    if token.last_task is not None and token.last_task >= len(definition.elements):
        yield f"token {token.id} has left a task that is not there"


def _faults(definition: Definition, state: State) -> Iterator[str]:
    active = state.status is Status.ACTIVE
    if active != bool(state.scopes) or active != bool(state.tokens or state.joins):
        yield f"a process that is {state.status} has {len(state.scopes)} scopes and {len(state.tokens)} tokens"
    if active and [(scope.kind, scope.parent) for scope in state.scopes] != [(PROCESS_SCOPE, 0)]:
        yield "its scopes are not those of the process"
    numbers = (*state.entries, *(number for scope in state.scopes for number in _numbers(scope.extra.get("ee"))))
    if any(number >= len(definition.elements) for number in numbers):
        yield "it names an element that is not there"
    for token in state.tokens:
        yield from _token_faults(definition, token)
    yield from _join_faults(definition, state)


def _join_faults(definition: Definition, state: State) -> Iterator[str]:
    scopes = {scope.id for scope in state.scopes}
    for (scope, gateway), counts in state.joins.items():
        known = gateway < len(definition.elements) and scope in scopes
        if not known or not counts or not counts.keys() <= set(definition.elements[gateway].incoming):
            yield f"tokens wait at a gateway {gateway} of scope {scope}, which has no such flows"
        elif 0 in counts.values():
            yield f"no token waits at a flow of gateway {gateway}"


def _numbers(value: object) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) and value >= 0 else ()


def misfit(definition: Definition, state: State) -> Refusal | None:
    """The first reason why the state cannot be one of this definition (`INTEGRITY`)."""
    fault = next(_faults(definition, state), None)
    if fault is None:
        return None
    return Refusal(code="INTEGRITY", expected=f'a state of the process "{definition.id}"', actual=fault)
