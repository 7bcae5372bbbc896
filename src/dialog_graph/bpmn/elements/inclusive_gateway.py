"""Inclusive gateway (process engine §4.4): waits for every branch that can still come, takes every true flow.

A waiting token rests on its flow, under a new id, so that ids tell the order of arrival. Whenever anything has moved,
`release` asks of every join that has a token: can another token of the scope reach an incoming flow that is empty,
without passing the gateway, and none that is filled? Then the join waits. What can be reached is compiled
(`Definition.reach`), so the question is a few operations on bits.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from dialog_graph.bpmn.elements.flows import Tested, failed_condition, no_choice
from dialog_graph.bpmn.events import JoinForced
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.questions import condition
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token, TokenState
from dialog_graph.errors import Refusal

_Waiting: TypeAlias = Mapping[tuple[int, int], Mapping[int, list[Token]]]
"""(scope, gateway) -> incoming flow -> the tokens that wait there, in order of arrival."""


def enter(run: Run, token: Token, element: Element) -> Refusal | None:
    """Waits at its flow for the others, or goes on where there is nothing to join."""
    if token.on_flow and element.index in run.definition.reach:
        del run.tokens[token.id]
        run.put(token.changed(id=run.new_id(), state=TokenState.JOIN))
    else:
        run.leave_at(token, element)
    return None


def leave(run: Run, token: Token, element: Element) -> Refusal | None:
    """Takes every flow that is true or has no condition; the default where there is none."""
    flows = run.definition.outgoing(element)
    if not flows:
        run.end(token)
        return None
    tested: list[Tested] = []
    for flow in flows:
        if flow.condition_text is not None:
            tested.append((flow, condition(run, flow, token, element)))
            if refusal := failed_condition(element, tested):
                return refusal
    true = {flow.index for flow, answer in tested if answer is True}
    fired = [f for f in flows if f.index in true or (f.condition_text is None and f.index != element.default)]
    fired = fired or [flow for flow in flows if flow.index == element.default]
    if not fired:
        return no_choice("NO_FLOW", "a true condition or a default flow", element, tested)
    return run.take(token, fired)


def release(run: Run) -> None:
    """Lets every join go on that nothing can reach any more; at rest, one of those that wait for each other."""
    if not run.definition.reach:
        return
    while ready := next((at for at, flows in _waiting(run).items() if not [*_blockers(run, at, flows)]), None):
        _fire(run, ready)
    if run.movable() is None and run.asked() is None and (stuck := _waiting_for_each_other(run)):
        run.events.append(JoinForced(element_id=run.definition.elements[stuck[1]].id))
        _fire(run, stuck)


def _waiting(run: Run) -> _Waiting:
    """In the order of scopes and, inside them, of the document."""
    found: dict[tuple[int, int], dict[int, list[Token]]] = {}
    tokens = sorted(run.tokens.values(), key=lambda token: (token.scope, run.element_of(token).index, token.id))
    for token in tokens:
        if token.state is TokenState.JOIN:
            flows = found.setdefault((token.scope, run.element_of(token).index), {})
            flows.setdefault(token.index, []).append(token)
    return found


def _fire(run: Run, at: tuple[int, int]) -> None:
    """Uses up the first token of every filled flow; the one that came last goes on."""
    used = [tokens[0] for tokens in _waiting(run)[at].values()]
    for token in used:
        del run.tokens[token.id]
    last = max(used, key=lambda token: token.id)
    run.put(last.changed(on_flow=False, index=at[1], state=TokenState.LEFT))


def _blockers(run: Run, at: tuple[int, int], flows: Mapping[int, list[Token]]) -> Iterator[tuple[int, int] | None]:
    """What holds a join back: the join where a blocking token waits itself, None for a token anywhere else."""
    scope, gateway = at
    reach, size = run.definition.reach[gateway], len(run.definition.elements)
    empty = filled = 0
    for flow, places in reach.items():
        empty, filled = (empty, filled | places) if flow in flows else (empty | places, filled)
    blocking = empty & ~filled
    for token in run.tokens.values():
        if token.scope == scope and blocking >> (token.index + size * token.on_flow) & 1:
            yield (scope, run.element_of(token).index) if token.state is TokenState.JOIN else None
    for (other, joining), counts in run.joins.items():
        if other == scope and any(blocking >> (flow + size) & 1 for flow in counts):
            yield scope, joining


def _waiting_for_each_other(run: Run) -> tuple[int, int] | None:
    """The first join that only tokens at such joins hold back.

    Joins that wait for each other all lie downstream of each other, so the order of the document decides. A token at a
    parallel join does not count: without this join it cannot go on either.
    """
    held = {at: set(_blockers(run, at, flows)) for at, flows in _waiting(run).items()}
    parallel = set(run.joins)
    while hopeless := [at for at, by in held.items() if not by <= held.keys() | parallel]:
        for at in hopeless:
            del held[at]
    return next(iter(held), None)
