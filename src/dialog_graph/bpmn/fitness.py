"""Whether a state can belong to a definition. A state that does not is refused before anything uses its numbers."""

from collections.abc import Iterator
from itertools import chain

from dialog_graph.bpmn.definition import Definition
from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.nodes import Element, ElementKind
from dialog_graph.bpmn.records import Record
from dialog_graph.bpmn.state import State, Status
from dialog_graph.bpmn.tokens import HOST, Scope, ScopeKind, Token, TokenState
from dialog_graph.errors import Refusal

_WITH_ENTRY = frozenset({TokenState.WAIT, TokenState.OPEN})
_ON_FLOWS = frozenset({TokenState.GO, TokenState.INCIDENT, TokenState.JOIN})


def _token_faults(definition: Definition, token: Token) -> Iterator[str]:
    places = definition.flows if token.on_flow else definition.elements
    if token.index >= len(places):
        yield f"token {token.id} stands on a place that is not there"
        return
    joins = token.on_flow and definition.flows[token.index].target in definition.reach
    if token.state is TokenState.JOIN and not joins:
        yield f"token {token.id} waits where nothing joins"
    if token.on_flow and token.state not in _ON_FLOWS:
        yield f"token {token.id} rests on a flow"
    has_entry = token.entry is not None
    if has_entry and (token.on_flow or not _has_entries(definition.elements[token.index])):
        yield f"token {token.id} has an entry where there are none"
    if not has_entry and token.state in _WITH_ENTRY:
        yield f"token {token.id} rests without an entry"
    if any(number >= len(definition.elements) for number in token.spent):
        yield f"token {token.id} remembers an event that is not there"
    if token.last_task is not None and token.last_task >= len(definition.elements):
        yield f"token {token.id} has left a task that is not there"


def _has_entries(element: Element) -> bool:
    """True for tasks and for what waits without being one."""
    waits = element.kind in (ElementKind.INTERMEDIATE_CATCH_EVENT, ElementKind.EVENT_BASED_GATEWAY)
    return waits or element.task is not None


def _scope_faults(definition: Definition, state: State) -> Iterator[str]:
    """Every scope but the process's has a token of the scope around it that stands for it, and only for it."""
    roots = [(scope.parent, scope.host, scope.element) for scope in state.scopes if scope.kind is ScopeKind.PROCESS]
    if roots != [(0, 0, 0)]:
        yield "it has not exactly one process"
        return
    hosts = {token.id: token for token in state.tokens if token.state is TokenState.HOST}
    inner = [scope for scope in state.scopes if scope.kind is not ScopeKind.PROCESS]
    if sorted(scope.host for scope in inner) != sorted(hosts):
        yield "its scopes are not those of its tokens"
        return
    for scope in inner:
        host = hosts[scope.host]
        if (host.scope, host.index, host.on_flow) != (scope.parent, scope.element, False) or scope.parent >= scope.id:
            yield f"scope {scope.id} is not where its token {host.id} is"
        elif scope.element >= len(definition.elements) or not _fits(definition, scope):
            yield f"scope {scope.id} is of no such element"


def _fits(definition: Definition, scope: Scope) -> bool:
    """True when an element of this kind can have a scope of this kind."""
    element = definition.elements[scope.element]
    if scope.kind is ScopeKind.BODY:
        return element.loop is not None
    if scope.kind is ScopeKind.COMPENSATION:
        return element.event_type in (EventType.COMPENSATION, EventType.CANCEL)
    by_event = scope.kind is ScopeKind.EVENT_SUB_PROCESS
    return bool(definition.inside(scope.element)) and element.by_event == by_event


def _faults(definition: Definition, state: State) -> Iterator[str]:
    active = state.status is Status.ACTIVE
    if active != bool(state.scopes) or active != state.has_token:
        yield f"a process that is {state.status} has {len(state.scopes)} scopes and {len(state.tokens)} tokens"
    if active:
        yield from _scope_faults(definition, state)
    ends, spent = (scope.number("ee") for scope in state.scopes), (scope.spent for scope in state.scopes)
    numbers = (*state.entries, *ends, *chain.from_iterable(spent))
    if any(not 0 <= number < len(definition.elements) for number in numbers):
        yield "it names an element that is not there"
    if any(scope.host < 0 or isinstance(scope.extra.get(HOST), bool) for scope in state.scopes):
        yield "a scope has no proper host"
    bodies = {scope.id: scope for scope in state.scopes if scope.kind is ScopeKind.BODY}
    for token in state.tokens:
        yield from _token_faults(definition, token)
        body = bodies.get(token.scope)
        if (body is None) != (token.loop_index is None) or (body and (token.on_flow or token.index != body.element)):
            yield f"token {token.id} is not an instance of the loop around it"
    yield from _join_faults(definition, state)
    yield from _record_faults(definition, state.compensation, {scope.id for scope in state.scopes})


def _record_faults(definition: Definition, records: tuple[Record, ...], scopes: set[int]) -> Iterator[str]:
    for record in records:
        known = all(number < len(definition.elements) for number in record.of)
        if not known or definition.handler_of(definition.elements[record.of[-1]]) is None:
            yield "a record is of something that cannot be compensated"
        if record.scope not in scopes:
            yield f"a record belongs to scope {record.scope}, which is not there"
        yield from _record_faults(definition, record.inner, {inner.scope for inner in record.inner})


def _join_faults(definition: Definition, state: State) -> Iterator[str]:
    scopes = {scope.id for scope in state.scopes}
    for (scope, gateway), counts in state.joins.items():
        known = gateway < len(definition.elements) and scope in scopes
        if not known or not counts or not counts.keys() <= set(definition.elements[gateway].incoming):
            yield f"tokens wait at a gateway {gateway} of scope {scope}, which has no such flows"
        elif 0 in counts.values():
            yield f"no token waits at a flow of gateway {gateway}"


def misfit(definition: Definition, state: State) -> Refusal | None:
    """The first reason why the state cannot be one of this definition (`INTEGRITY`).

    A state that `advance` has just made is not looked through again in the next round.
    """
    if state.made_for is definition:
        return None
    fault = next(_faults(definition, state), None)
    if fault is None:
        return None
    return Refusal(code="INTEGRITY", expected=f'a state of the process "{definition.id}"', actual=fault)
