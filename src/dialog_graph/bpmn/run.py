"""The working copy of one `advance` call: the only mutable object of the interpreter.

Elements change the process through the verbs of `Run` and nothing else; the state it was made from stays untouched.
"""

from collections.abc import Sequence
from dataclasses import replace

from dialog_graph.bpmn.decisions import Decision
from dialog_graph.bpmn.definition import Definition, Element, Flow
from dialog_graph.bpmn.effects import DeferredEffect, Effect, EndProcess, InlineEffect
from dialog_graph.bpmn.events import Event, IncidentOpened, IncidentResolved, ProcessEnded
from dialog_graph.bpmn.facts import Facts
from dialog_graph.bpmn.records import Record
from dialog_graph.bpmn.state import HOST, RESTING, Incident, Scope, ScopeKind, State, Status, Token, TokenState
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json

END_EVENT = "ee"
"""Member of a scope's extra: number of the end event that was reached last."""

AUTOMATIC = "au"
"""Member of the process scope's extra: service tasks entered since the last caller command."""

COLLECTION = "c"
"""Member of a loop body's extra: the items."""

OVER = "ov"
"""Member of an ad-hoc scope's extra: its completion condition has been true, nothing more can be activated."""

LOOP_VARIABLES = "lv"
"""Member of a compensation scope's extra: item and index of the loop around what is compensated."""

TRANSITIONS = "tr"
ROUNDS = "rd"
_OF_ONE_COMMAND = frozenset({TRANSITIONS, ROUNDS})
_TOKEN_BYTES = 120
_ENTRY_BYTES = 16


class Run:
    """Tokens and scopes in change, and what came of it so far. `stopped`: an inline effect waits to be done."""

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
        self.joins = {key: dict(counts) for key, counts in state.joins.items()}
        self._entries = dict(state.entries)
        self.incidents = {incident.token: incident for incident in state.incidents}
        self.vars = dict(state.vars)
        self.records = state.compensation

    # the parts of the state

    def element_of(self, token: Token) -> Element:
        """The element where the token stands, or the one that its flow leads to."""
        return self.definition.element_of(token.index, token.on_flow)

    def task_id(self, index: int | None) -> str | None:
        """The id of an element by its number."""
        return None if index is None else self.definition.elements[index].id

    def movable(self) -> Token | None:
        """The token that acts next: the lowest id among those in motion."""
        found = [id for id, token in self.tokens.items() if token.state in (TokenState.GO, TokenState.LEFT)]
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
        self.scopes[scope] = replace(self.scopes[scope], extra=written)

    def count(self, name: str) -> int:
        """Raises a counter of the process scope by one and gives the new value."""
        root = min(self.scopes)
        before = self.scopes[root].extra.get(name)
        after = (before if isinstance(before, int) else 0) + 1
        self.set_extra(root, name, after)
        return after

    def forget(self, name: str) -> None:
        """Sets a counter of the process scope back."""
        self.set_extra(min(self.scopes), name, None)

    def entries_of(self, element: Element) -> int:
        """How often this task has been entered."""
        return self._entries.get(element.index, 0)

    # what happens to tokens

    def open_process(self) -> int:
        """Opens the scope of the process and gives its id."""
        scope = Scope(id=self.new_id(), parent=0, element=0, kind=ScopeKind.PROCESS)
        self.scopes[scope.id] = scope
        self.status = Status.ACTIVE
        return scope.id

    def open_scope(self, host: Token, kind: ScopeKind, **extra: Json) -> Scope | Refusal:
        """Opens a scope that this token stands for from now on, at the element where it is."""
        element = self.element_of(host)
        if refusal := self.too_many_scopes(element):
            return refusal
        parts: dict[str, Json] = {HOST: host.id, **extra}
        scope = Scope(id=self.new_id(), parent=host.scope, element=element.index, kind=kind, extra=parts)
        self.scopes[scope.id] = scope
        self.put(replace(host, on_flow=False, index=element.index, state=TokenState.HOST))
        return scope

    def too_many_scopes(self, element: Element) -> Refusal | None:
        """The refusal where one scope more is above the limit."""
        limit = self.facts.limits.scopes
        if len(self.scopes) < limit:
            return None
        return Refusal(code="LOOP_LIMIT", expected=f"at most {limit} scopes", actual=f'"{element.id}" is one more')

    def scope_of(self, host: Token) -> Scope | None:
        """The scope that a token stands for."""
        return next((scope for scope in self.scopes.values() if scope.host == host.id), None)

    def place(self, scope: int, element: Element, like: Token | None = None) -> Token:
        """Puts a new token on an element, where it acts next; `like`: whose gatewayAction and last task it has."""
        token = Token(
            id=self.new_id(),
            scope=scope,
            index=element.index,
            state=TokenState.GO,
            gateway_action=like.gateway_action if like else None,
            last_task=like.last_task if like else None,
        )
        self.tokens[token.id] = token
        return token

    def put(self, token: Token) -> None:
        """Stores a changed token."""
        self.tokens[token.id] = token

    def take(self, token: Token, flows: Sequence[Flow]) -> Refusal | None:
        """Sends the token on along the flows: itself on the first, copies on the others."""
        if refusal := self.too_many_tokens(len(flows) - 1):
            return refusal
        for number, flow in enumerate(flows):
            id = self.new_id() if number else token.id
            self.put(replace(token, id=id, on_flow=True, index=flow.index, state=TokenState.GO, entry=None))
        return None

    def too_many_tokens(self, more: int) -> Refusal | None:
        """The refusal where so many tokens more are above the limit."""
        limit, count = self.facts.limits.tokens, len(self.tokens) + more
        if count <= limit:
            return None
        return Refusal(code="LOOP_LIMIT", expected=f"at most {limit} tokens", actual=f"there would be {count}")

    def enter(self, token: Token, element: Element) -> Token:
        """Opens a new entry of the task; the token gets a new id, so that ids tell the order of entering."""
        del self.tokens[token.id]
        self._entries[element.index] = number = self.entries_of(element) + 1
        self._flow_counter += 1
        entered = replace(
            token,
            id=self.new_id(),
            on_flow=False,
            index=element.index,
            state=TokenState.WAIT,
            entry=number,
            gateway_action=None,
        )
        self.put(entered)
        return entered

    def end(self, token: Token, end_event: Element | None = None) -> None:
        """Consumes the token; the scope completes when nothing is left in it."""
        del self.tokens[token.id]
        scope = self.scopes[token.scope]
        if end_event is not None and scope.kind is ScopeKind.PROCESS:
            self.set_extra(scope.id, END_EVENT, end_event.index)
        if self.is_empty(scope.id) and not self._stays_open(scope):
            self.complete(self.scopes[scope.id], token)

    def arrive(self, token: Token, element: Element) -> bool:
        """Counts a token at the joining gateway that its flow leads to; True when every incoming flow has one.

        Then one of each is used up, and this token stays to go on; a surplus waits for the next round.
        """
        counts = self.joins.setdefault((token.scope, element.index), {})
        counts[token.index] = counts.get(token.index, 0) + 1
        complete = all(counts.get(flow, 0) for flow in element.incoming)
        if complete:
            for flow in element.incoming:
                counts[flow] -= 1
        self.joins[token.scope, element.index] = {flow: count for flow, count in sorted(counts.items()) if count}
        if not self.joins[token.scope, element.index]:
            del self.joins[token.scope, element.index]
        return complete

    def is_empty(self, scope: int) -> bool:
        """True when nothing in the scope is active and nothing waits at a joining gateway."""
        waiting = any(key[0] == scope for key in self.joins)
        return not waiting and not any(token.scope == scope for token in self.tokens.values())

    def _stays_open(self, scope: Scope) -> bool:
        """True for an ad-hoc subprocess whose completion condition has not been true yet."""
        ad_hoc = self.definition.elements[scope.element].ad_hoc if scope.kind is ScopeKind.SUB_PROCESS else None
        return ad_hoc is not None and ad_hoc.completion is not None and OVER not in scope.extra

    def complete(self, scope: Scope, last: Token) -> None:
        """Ends an empty scope; the token that stands for it goes on with what the last one inside brought."""
        self._hand_records_on(scope)
        del self.scopes[scope.id]
        if scope.kind is ScopeKind.COMPENSATION:
            self.put(replace(self.tokens[scope.host], state=TokenState.LEFT))
            return
        if scope.kind is not ScopeKind.PROCESS:
            host = self.tokens[scope.host]
            brought = replace(host, gateway_action=last.gateway_action, last_task=last.last_task)
            self.put(replace(brought, state=TokenState.LEFT))
            return
        end_event = scope.extra.get(END_EVENT)
        end_id = self.task_id(end_event if isinstance(end_event, int) else None)
        self.status = Status.ENDED
        self.events.append(ProcessEnded(end_event=end_id))
        self.ask(EndProcess(end_event=end_id))

    def _hand_records_on(self, scope: Scope) -> None:
        """What becomes of the records of a scope that completes."""
        inner = tuple(record for record in self.records if record.scope == scope.id)
        self.records = tuple(record for record in self.records if record.scope != scope.id)
        element = self.definition.elements[scope.element]
        if scope.kind in (ScopeKind.PROCESS, ScopeKind.COMPENSATION) or element.handler is not None:
            return
        is_body = scope.kind is ScopeKind.BODY
        if not is_body and self.definition.handler_of(element) is not None:
            self.record(self.tokens[scope.host], element, inner)
        elif inner:
            completed, index = self.new_id(), None if is_body else element.index
            self.records += tuple(record.moved(scope.parent, completed, index) for record in inner)

    def record(self, token: Token, element: Element, inner: tuple[Record, ...] = ()) -> None:
        """Notes that an activity with a handler has completed."""
        loop = self.loop_variables(token)
        order = (self.new_id(),)
        self.records += (Record(scope=token.scope, order=order, of=(element.index,), loop=loop, inner=inner),)

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

    def clear(self) -> None:
        """Removes every token and scope: the process was cancelled."""
        self.status = Status.CANCELLED
        self.tokens.clear()
        self.joins.clear()
        self.records = ()
        self.scopes.clear()

    # what is told and asked

    def ask(self, effect: InlineEffect) -> None:
        """Asks for an inline effect and stops the run there."""
        self.effects.append(effect)
        self.stopped = True

    def defer(self, effect: DeferredEffect) -> None:
        """Asks for a deferred effect."""
        self.effects.append(effect)

    def open_incident(self, token: Token, code: str, message: str, resume: TokenState) -> None:
        """Parks the token where it is until it is helped: on its flow, which a join must know, or on its element."""
        element = self.element_of(token)
        self.put(replace(token, state=TokenState.INCIDENT))
        self.incidents[token.id] = Incident(token=token.id, code=code, resume=resume)
        self.events.append(IncidentOpened(element_id=element.id, entry_no=token.entry or 0, code=code, message=message))

    def resolve_incident(self, token: Token) -> None:
        """Closes the token's incident, if it has one."""
        incident = self.incidents.pop(token.id, None)
        if incident is not None:
            element = self.element_of(token)
            self.events.append(IncidentResolved(element_id=element.id, entry_no=token.entry or 0, code=incident.code))

    # the result

    def state(self) -> State:
        """The state after the run; the counters of one command go when everything is at rest."""
        quiescent = all(token.state in RESTING for token in self.tokens.values())
        scopes = (self.scopes[id] for id in sorted(self.scopes))
        return replace(
            self._before,
            status=self.status,
            last_id=self._last_id,
            flow_counter=self._flow_counter,
            scopes=tuple(_at_rest(scope) if quiescent else scope for scope in scopes),
            tokens=tuple(self.tokens[id] for id in sorted(self.tokens)),
            joins=self.joins,
            entries=self._entries,
            incidents=tuple(self.incidents[id] for id in sorted(self.incidents)),
            vars=self.vars,
            compensation=self.records,
        )

    def may_be_large(self) -> bool:
        """True when the state could come near its size limit, so that measuring it is worth the time."""
        guess = len(self.tokens) * _TOKEN_BYTES + len(self._entries) * _ENTRY_BYTES
        loops = any(scope.kind is ScopeKind.BODY for scope in self.scopes.values())
        return guess > self.facts.limits.state_bytes // 2 or loops or bool(self.vars or self.records)


def _at_rest(scope: Scope) -> Scope:
    if not scope.extra.keys() & _OF_ONE_COMMAND:
        return scope
    return replace(scope, extra={name: value for name, value in scope.extra.items() if name not in _OF_ONE_COMMAND})
