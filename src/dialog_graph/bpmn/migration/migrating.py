"""The migration of one state; pure, and without any change where it is refused."""

from dataclasses import replace
from typing import TypeAlias

from dialog_graph.bpmn.advance import Advance
from dialog_graph.bpmn.commands import Migrate
from dialog_graph.bpmn.definition import Definition
from dialog_graph.bpmn.effects import MoveWait
from dialog_graph.bpmn.facts import Facts
from dialog_graph.bpmn.fitness import misfit
from dialog_graph.bpmn.migration.obstacles import MigrationFinding, obstacles
from dialog_graph.bpmn.migration.places import Places
from dialog_graph.bpmn.migration.reindexing import reindexed
from dialog_graph.bpmn.migration.waits import carry_waits, kept_waits
from dialog_graph.bpmn.nodes import ElementKind
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.state import State
from dialog_graph.bpmn.tokens import Token, TokenState

Findings: TypeAlias = tuple[MigrationFinding, ...]


def migrate(old: Definition, new: Definition, state: State, command: Migrate, facts: Facts) -> Advance | Findings:
    """Carries a state at rest over to `new`; or every reason why that cannot be.

    The caller carries the effects out and goes on with `Continue` on the new definition, as after every round: a join
    that has lost the flow it waited for goes on at once. `facts`: the evaluator is of the new version.
    """
    if not state.is_quiescent:
        return (MigrationFinding("", "NOT_AT_REST", "expected a process at rest, but a step is under way"),)
    places = Places(old, new, command.mapping)
    found = obstacles(places, state)
    if found:
        return found
    carried = reindexed(places, state, command.entered)
    fault = misfit(new, carried)
    if fault is not None:
        return (MigrationFinding("", "UNFIT", fault.message),)
    return _carried(places, state, carried, facts)


def _carried(places: Places, state: State, carried: State, facts: Facts) -> Advance | Findings:
    run = Run(places.new, carried, facts)
    refusal = carry_waits(run, kept_waits(places, state))
    if refusal is not None:
        told = f"expected {refusal.expected}, but {refusal.actual}"
        return (MigrationFinding(next(iter(refusal.path), ""), refusal.code, told),)
    _move_incidents(places, state, run)
    migrated = _fire(places.new, run.state(at_rest=True))
    return Advance(
        state=migrated,
        events=tuple(run.events),
        effects=tuple(run.effects),
        decisions=tuple(run.decisions),
        next=True,
    )


def _move_incidents(places: Places, state: State, run: Run) -> None:
    """An incident stands at the element of another name now."""
    before, after = state.open_incidents(places.old), run.state(at_rest=True).open_incidents(places.new)
    for incident, old, new in zip(state.incidents, before, after, strict=True):
        if old.element_id != new.element_id:
            run.defer(MoveWait(owner=incident.token, element_id=old.element_id, to=new.element_id))


def _fire(new: Definition, state: State) -> State:
    """The parallel joins that wait for nothing any more, as tokens that leave them."""
    for (scope, gateway), counts in state.joins.items():
        element = new.elements[gateway]
        if element.kind is ElementKind.PARALLEL_GATEWAY and all(counts.get(flow) for flow in element.incoming):
            state = _fired(state, scope, gateway, element.incoming)
    return state


def _fired(state: State, scope: int, gateway: int, incoming: tuple[int, ...]) -> State:
    used = dict.fromkeys(incoming, 1)
    left = {flow: rest for flow, count in state.joins[scope, gateway].items() if (rest := count - used.get(flow, 0))}
    joins = {key: counts for key, counts in state.joins.items() if key != (scope, gateway)}
    token = Token(id=state.last_id + 1, scope=scope, index=gateway, state=TokenState.LEFT)
    return replace(
        state,
        last_id=token.id,
        tokens=(*state.tokens, token),
        joins=joins | {(scope, gateway): left} if left else joins,
    )
