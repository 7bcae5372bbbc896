"""The migration of one state; pure, and without any change where it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dialog_graph.bpmn.definition import Definition, ElementKind
from dialog_graph.bpmn.fitness import misfit
from dialog_graph.bpmn.migration.obstacles import MigrationFinding, obstacles
from dialog_graph.bpmn.migration.places import Places
from dialog_graph.bpmn.migration.reindexing import reindexed
from dialog_graph.bpmn.state import State, Token, TokenState


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """The state on the new definition; `elements`: ids of what is in use or was entered, old to new."""

    state: State
    elements: Mapping[str, str]


def migrate(
    old: Definition, new: Definition, state: State, mapping: Mapping[str, str]
) -> Migrated | tuple[MigrationFinding, ...]:
    """Carries a state at rest over to `new`; or every reason why that cannot be. `mapping`: element ids, old to new."""
    if not state.is_quiescent:
        return (MigrationFinding("", "NOT_AT_REST", "expected a process at rest, but a step is under way"),)
    places = Places(old, new, mapping)
    found = obstacles(places, state)
    if found:
        return found
    carried = _fire(new, reindexed(places, state))
    fault = misfit(new, carried)
    if fault is not None:
        return (MigrationFinding("", "UNFIT", fault.message),)
    return Migrated(state=carried, elements=_names(places, state))


def _names(places: Places, state: State) -> dict[str, str]:
    used = {token.index for token in state.tokens if not token.on_flow} | set(state.entries)
    found = ((places.old.elements[index].id, places.element(index)) for index in sorted(used))
    return {id: after.id for id, after in found if after is not None}


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
