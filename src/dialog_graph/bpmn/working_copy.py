"""The state of one `advance` call in change: the only mutable object of the interpreter, and what it knows of itself.

`Run` adds the verbs by which elements change the process; the state it was made from stays untouched.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from dialog_graph.bpmn.decisions import Decision
from dialog_graph.bpmn.definition import Definition
from dialog_graph.bpmn.effects import CloseWaits, DeferredEffect, Effect, InlineEffect
from dialog_graph.bpmn.events import Event
from dialog_graph.bpmn.facts import Facts
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.state import State
from dialog_graph.bpmn.tokens import SPENT, Scope, ScopeKind, Token, TokenState, at_rest
from dialog_graph.bpmn.waits import Marking, awaited, kind_of, main_is_active
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json

COLLECTION = "c"
"""Member of a loop body's extra: the items."""

LOOP_VARIABLES = "lv"
"""Member of a compensation scope's extra: item and index of the loop around what is compensated."""

AUTOMATIC = "au"
"""Member of the process scope's extra: service tasks entered since the last caller command."""

TRANSITIONS = "tr"
ROUNDS = "rd"
_OF_ONE_COMMAND = frozenset({TRANSITIONS, ROUNDS})
_COUNTERS = _OF_ONE_COMMAND | {AUTOMATIC}
_MOVING = frozenset({TokenState.GO, TokenState.OPEN, TokenState.LEFT})
_TOKEN_BYTES = 120
_ENTRY_BYTES = 16
_Part = TypeVar("_Part")


class WorkingCopy:
    """Tokens and scopes in change, and what came of it so far. `stopped`: an inline effect waits to be done.

    `open`: owner -> number of the element -> what it waits for, conditions included, in the order of opening.
    """

    def __init__(self, definition: Definition, state: State, facts: Facts) -> None:
        self.definition = definition
        self.facts = facts
        self.status = state.status
        self.stopped = False
        self.events: list[Event] = []
        self.effects: list[Effect] = []
        self.decisions: list[Decision] = []
        self._before = state
        self._last_id = state.last_id
        self._flow_counter = state.flow_counter
        self.scopes = {scope.id: scope for scope in state.scopes}
        self.tokens = {token.id: token for token in state.tokens}
        self.joins = {key: dict(counts) for key, counts in state.joins.items()} if state.joins else {}
        self._entries = dict(state.entries)
        self.incidents = {incident.token: incident for incident in state.incidents} if state.incidents else {}
        self.vars = dict(state.vars)
        self._counts_before = _counts(state.scopes)
        self._counts = dict(self._counts_before)
        self.records = state.compensation
        self.open: dict[int, dict[int, Element]] = self._opened() if definition.has_waits else {}

    def _opened(self) -> dict[int, dict[int, Element]]:
        before = self._before
        found: dict[int, dict[int, Element]] = {}
        for owner, element in awaited(self.definition, self.marking(before.scopes, before.tokens)):
            found.setdefault(owner, {})[element.index] = element
        return found

    def marking(self, scopes: tuple[Scope, ...], tokens: tuple[Token, ...]) -> Marking:
        """What tells what is awaited, of these scopes and tokens."""
        return Marking(scopes, tokens, self.joins, self.incidents)

    # the parts of the state

    def element_of(self, token: Token) -> Element:
        """The element where the token stands, or the one that its flow leads to."""
        return self.definition.element_of(token.index, token.on_flow)

    def task_id(self, index: int | None) -> str | None:
        """The id of an element by its number."""
        return None if index is None else self.definition.elements[index].id

    def movable(self) -> Token | None:
        """The token that acts next: the lowest id among those in motion."""
        found = [id for id, token in self.tokens.items() if token.state in _MOVING]
        return self.tokens[min(found)] if found else None

    def asked(self) -> Token | None:
        """The token whose gateway waits for the answer of the app's code."""
        found = [id for id, token in self.tokens.items() if token.state is TokenState.ASK]
        return self.tokens[min(found)] if found else None

    def new_id(self) -> int:
        """The next local id."""
        self._last_id += 1
        return self._last_id

    def extra(self, scope: int, name: str) -> Json:
        """A member of a scope's extra, None when absent."""
        return self.scopes[scope].extra.get(name)

    def set_extra(self, scope: int, name: str, value: Json) -> None:
        """Changes a member of a scope's extra; None removes it."""
        kept = {key: old for key, old in self.scopes[scope].extra.items() if key != name}
        written = kept if value is None else kept | {name: value}
        self.scopes[scope] = self.scopes[scope].changed(extra=written)

    def count(self, name: str) -> int:
        """Raises a counter of the process by one and gives the new value."""
        self._counts[name] = self._counts.get(name, 0) + 1
        return self._counts[name]

    def forget(self, name: str) -> None:
        """Sets a counter of the process back."""
        self._counts.pop(name, None)

    def entries_of(self, element: Element) -> int:
        """How often this element has had an entry."""
        return self._entries.get(element.index, 0)

    def put(self, token: Token) -> None:
        """Stores a changed token."""
        self.tokens[token.id] = token

    def is_empty(self, scope: int) -> bool:
        """True when nothing in the scope is active and nothing waits at a joining gateway."""
        waiting = any(key[0] == scope for key in self.joins)
        return not waiting and not any(token.scope == scope for token in self.tokens.values())

    def main_is_active(self, scope: Scope) -> bool:
        """True while something besides event subprocesses is active in a scope, or may still be activated."""
        return main_is_active(self.definition, scope, tuple(self.tokens.values()), self.joins)

    def scope_of(self, host: Token) -> Scope | None:
        """The scope that a token stands for."""
        return next((scope for scope in self.scopes.values() if scope.host == host.id), None)

    def instance(self, token: Token) -> Token | None:
        """The token of the innermost loop instance that a token is part of; a handler is part of none."""
        while token.loop_index is None:
            scope = self.scopes[token.scope]
            if scope.kind in (ScopeKind.PROCESS, ScopeKind.COMPENSATION):
                return None
            token = self.tokens[scope.host]
        return token

    def loop_variables(self, token: Token) -> tuple[Json, int] | None:
        """Item and index of the innermost loop around a token; in a handler those of what it compensates."""
        instance = self.instance(token)
        if instance is not None:
            items, index = self.scopes[instance.scope].extra.get(COLLECTION), instance.loop_index or 0
            return (items[index] if isinstance(items, list) and index < len(items) else None), index
        while (scope := self.scopes[token.scope]).kind is not ScopeKind.PROCESS:
            if scope.kind is ScopeKind.COMPENSATION:
                kept = scope.extra.get(LOOP_VARIABLES)
                return (kept[0], kept[1]) if isinstance(kept, list) and isinstance(kept[1], int) else None
            token = self.tokens[scope.host]
        return None

    # limits

    def too_many_scopes(self, element: Element) -> Refusal | None:
        """The refusal where one scope more is above the limit."""
        limit = self.facts.limits.scopes
        if len(self.scopes) < limit:
            return None
        return Refusal(code="LOOP_LIMIT", expected=f"at most {limit} scopes", actual=f'"{element.id}" is one more')

    def too_many_tokens(self, more: int) -> Refusal | None:
        """The refusal where so many tokens more are above the limit."""
        limit, count = self.facts.limits.tokens, len(self.tokens) + more
        if count <= limit:
            return None
        return Refusal(code="LOOP_LIMIT", expected=f"at most {limit} tokens", actual=f"there would be {count}")

    # what is asked

    def ask(self, effect: InlineEffect) -> None:
        """Asks for an inline effect and stops the run there."""
        self.effects.append(effect)
        self.stopped = True

    def defer(self, effect: DeferredEffect) -> None:
        """Asks for a deferred effect."""
        self.effects.append(effect)

    # what is waited for

    def awaits(self, owner: int, element: Element) -> bool:
        """True while this owner waits for this element."""
        return element.index in self.open.get(owner, ())

    def wait_for(self, owner: int, element: Element, *effects: DeferredEffect) -> None:
        """Begins to wait; `effects`: the row that stands for it, none for a condition."""
        self.open.setdefault(owner, {})[element.index] = element
        self.effects += effects

    def close(self, owner: int) -> None:
        """Ends every wait of an owner, if it has any."""
        elements = self.open.pop(owner, None)
        if elements and any(kind_of(element) for element in elements.values()):
            self.defer(CloseWaits(owner=owner))

    def close_one(self, owner: int, element: Element) -> None:
        """Ends one wait."""
        if self.open.get(owner, {}).pop(element.index, None) is not None and kind_of(element):
            self.defer(CloseWaits(owner=owner, element_id=element.id))

    def spent(self, owner: int) -> tuple[int, ...]:
        """The events of an owner that cannot occur now."""
        return self.tokens[owner].spent if owner in self.tokens else self.scopes[owner].spent

    def spend(self, owner: int, element: Element, spent: bool = True) -> None:
        """Remembers that an event of an owner cannot occur any more, or can again."""
        others = {index for index in self.spent(owner) if index != element.index}
        numbers = sorted(others | {element.index} if spent else others)
        if owner in self.tokens:
            self.put(self.tokens[owner].changed(spent=tuple(numbers)))
        else:
            self.set_extra(owner, SPENT, list[Json](numbers) or None)

    # the result

    def state(self, at_rest: bool) -> State:
        """The state now; the counters of one command go when it is at rest."""
        self._keep_counts(at_rest)
        return State.of(
            status=self.status,
            last_id=self._last_id,
            flow_counter=self._flow_counter,
            scopes=_by_id(self.scopes),
            tokens=_by_id(self.tokens),
            joins=self.joins,
            entries=self._entries,
            incidents=_by_id(self.incidents),
            vars=self.vars,
            compensation=self.records,
            made_for=self.definition,
        )

    def _keep_counts(self, at_rest: bool) -> None:
        """Writes the counters into the scope of the process, where they have changed."""
        kept = self._counts
        if at_rest:
            kept = {name: count for name, count in kept.items() if name not in _OF_ONE_COMMAND}
        if self.scopes and kept != self._counts_before:
            root = self.scopes[min(self.scopes)]
            others = {name: value for name, value in root.extra.items() if name not in _COUNTERS}
            self.scopes[root.id] = root.changed(extra=others | kept)

    @property
    def is_quiescent(self) -> bool:
        """True when every token is at rest."""
        return at_rest(self.tokens.values())

    @property
    def has_conditions(self) -> bool:
        """True while a condition is waited for."""
        return self.definition.has_conditions and any(
            kind_of(element) is None for elements in self.open.values() for element in elements.values()
        )

    def may_be_large(self) -> bool:
        """True when the state could come near its size limit, so that measuring it is worth the time."""
        guess = len(self.tokens) * _TOKEN_BYTES + len(self._entries) * _ENTRY_BYTES
        if guess > self.facts.limits.state_bytes // 2 or self.vars or self.records:
            return True
        return len(self.scopes) > 1 and any(scope.kind is ScopeKind.BODY for scope in self.scopes.values())


def _counts(scopes: Sequence[Scope]) -> dict[str, int]:
    """The counters that the first scope, the one of the process, carries."""
    if not scopes or not scopes[0].extra:
        return {}
    return {name: value for name, value in scopes[0].extra.items() if name in _COUNTERS and isinstance(value, int)}


def _by_id(parts: Mapping[int, _Part]) -> tuple[_Part, ...]:
    return tuple(parts.values()) if len(parts) < 2 else tuple([parts[id] for id in sorted(parts)])
