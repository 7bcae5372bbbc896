"""The verbs by which elements change the process of one `advance` call, and nothing else does."""

from collections.abc import Sequence
from typing import Any

from dialog_graph.bpmn.effects import EndProcess
from dialog_graph.bpmn.events import IncidentOpened, IncidentResolved, ProcessEnded
from dialog_graph.bpmn.nodes import Element, Flow
from dialog_graph.bpmn.records import Record
from dialog_graph.bpmn.state import Status
from dialog_graph.bpmn.tokens import HOST, OVER, Incident, Scope, ScopeKind, Token, TokenState
from dialog_graph.bpmn.working_copy import WorkingCopy
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json

END_EVENT = "ee"
"""Member of a scope's extra: number of the end event that was reached last."""


class Run(WorkingCopy):
    """Tokens and scopes in change, with what can happen to them."""

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
        self.put(host.changed(on_flow=False, index=element.index, state=TokenState.HOST))
        return scope

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

    def take(self, token: Token, flows: Sequence[Flow]) -> Refusal | None:
        """Sends the token on along the flows: itself on the first, copies on the others."""
        if refusal := self.too_many_tokens(len(flows) - 1):
            return refusal
        for number, flow in enumerate(flows):
            id = self.new_id() if number else token.id
            self.put(token.changed(id=id, on_flow=True, index=flow.index, state=TokenState.GO, entry=None, spent=()))
        return None

    def enter(self, token: Token, element: Element) -> Token:
        """Opens a new entry of a task; the token gets a new id, so that ids tell the order of entering."""
        self._flow_counter += 1
        return self.rest(token, element)

    def rest(self, token: Token, element: Element) -> Token:
        """Opens a new entry of a task or a waiting event, where the token now rests under a new id."""
        self._entries[element.index] = number = self.entries_of(element) + 1
        del self.tokens[token.id]
        resting = token.changed(
            id=self.new_id(),
            on_flow=False,
            index=element.index,
            state=TokenState.WAIT,
            entry=number,
            gateway_action=None,
            spent=(),
        )
        self.put(resting)
        return resting

    def renewed(self, token: Token) -> Token:
        """The token under a new id."""
        del self.tokens[token.id]
        self.put(token.changed(id=self.new_id()))
        return self.tokens[self._last_id]

    def leave_at(self, token: Token, element: Element, **brought: Any) -> None:
        """The token is through with an element, where a flow is still to be chosen. `brought`: members it has then."""
        left = token.changed(on_flow=False, index=element.index, state=TokenState.LEFT, entry=None, spent=(), **brought)
        self.put(left)

    def end(self, token: Token, end_event: Element | None = None) -> None:
        """Consumes the token; the scope completes when nothing is left in it."""
        del self.tokens[token.id]
        scope = self.scopes[token.scope]
        if end_event is not None and scope.kind is ScopeKind.PROCESS:
            self.set_extra(scope.id, END_EVENT, end_event.index)
        if self.is_empty(scope.id) and not self._stays_open(scope):
            self.complete(self.scopes[scope.id], token)
        elif scope.id in self.open and not self.main_is_active(scope):
            self.close(scope.id)

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

    def _stays_open(self, scope: Scope) -> bool:
        """True for an ad-hoc subprocess whose completion condition has not been true yet."""
        ad_hoc = self.definition.elements[scope.element].ad_hoc if scope.kind is ScopeKind.SUB_PROCESS else None
        return ad_hoc is not None and ad_hoc.completion is not None and OVER not in scope.extra

    def complete(self, scope: Scope, last: Token) -> None:
        """Ends an empty scope; the token that stands for it goes on with what the last one inside brought."""
        self._hand_records_on(scope)
        self.close(scope.id)
        del self.scopes[scope.id]
        if scope.kind is ScopeKind.PROCESS:
            self._end_process(scope)
            return
        host = self.tokens[scope.host]
        self.close(host.id)
        if scope.kind is not ScopeKind.COMPENSATION:
            host = host.changed(gateway_action=last.gateway_action, last_task=last.last_task)
        self.put(host.changed(state=TokenState.LEFT, spent=()))

    def _end_process(self, scope: Scope) -> None:
        end_event = scope.extra.get(END_EVENT)
        end_id = self.task_id(end_event if isinstance(end_event, int) else None)
        self.status = Status.ENDED
        self.events.append(ProcessEnded(end_event=end_id))
        self.ask(EndProcess(end_event=end_id))

    def clear(self) -> None:
        """Removes every token and scope: the process was cancelled."""
        self.status = Status.CANCELLED
        self.tokens.clear()
        self.joins.clear()
        self.records = ()
        self.scopes.clear()

    # what can be compensated

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

    # incidents

    def open_incident(self, token: Token, code: str, message: str, resume: TokenState) -> None:
        """Parks the token where it is until it is helped: on its flow, which a join must know, or on its element."""
        element = self.element_of(token)
        self.put(token.changed(state=TokenState.INCIDENT))
        self.incidents[token.id] = Incident(token=token.id, code=code, resume=resume)
        self.events.append(IncidentOpened(element_id=element.id, entry_no=token.entry or 0, code=code, message=message))

    def resolve_incident(self, token: Token) -> None:
        """Closes the token's incident, if it has one."""
        incident = self.incidents.pop(token.id, None)
        if incident is not None:
            element = self.element_of(token)
            self.events.append(IncidentResolved(element_id=element.id, entry_no=token.entry or 0, code=incident.code))
