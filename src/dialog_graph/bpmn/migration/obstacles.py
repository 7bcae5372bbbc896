"""Why a running process cannot go on by another version of its definition: all reasons at once (process engine §16)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dialog_graph.bpmn.definition import Element
from dialog_graph.bpmn.element_parts import MultiInstance
from dialog_graph.bpmn.migration.places import Places
from dialog_graph.bpmn.state import State, Status


@dataclass(frozen=True, slots=True)
class MigrationFinding:
    """One reason against. `element_id`: of the old definition, or as the caller's mapping names it."""

    element_id: str
    code: str
    message: str


def obstacles(places: Places, state: State) -> tuple[MigrationFinding, ...]:
    """Every reason why the state cannot be carried over; none when it can."""
    found = [_unknown(id) for id in places.unknown()]
    if state.status is not Status.ACTIVE:
        found.append(MigrationFinding("", "NOT_ACTIVE", f"expected a process that runs, but it is {state.status}"))
    for index in sorted(_occupied(state)):
        found += _of_element(places, places.old.elements[index])
    found += _of_flows(places, state)
    found += _merged(places, state)
    return tuple(dict.fromkeys(found))


def _unknown(id: str) -> MigrationFinding:
    return MigrationFinding(id, "UNKNOWN_ELEMENT", f'expected an element of the process, but there is no "{id}"')


def _occupied(state: State) -> set[int]:
    """Numbers of the elements that the state cannot do without."""
    standing = {token.index for token in state.tokens if not token.on_flow}
    around = {scope.element for scope in state.scopes if scope.parent}
    joining = {gateway for _, gateway in state.joins}
    compensable = {index for record in state.compensation for index in record.of}
    return standing | around | joining | compensable


def _of_element(places: Places, before: Element) -> Iterator[MigrationFinding]:
    after = places.element(before.index)
    if after is None:
        message = f'"{before.id}" is in use, but the new version has no such element'
        yield MigrationFinding(before.id, "MISSING", message)
        return
    for code, same, told in _RULES:
        if not same(places, before, after):
            yield MigrationFinding(before.id, code, told.format(before=before.id, after=after.id))


def _same_task(places: Places, before: Element, after: Element) -> bool:
    kinds = [(element.task.type, element.task.kind) if element.task else None for element in (before, after)]
    return kinds[0] == kinds[1]


def _same_event(places: Places, before: Element, after: Element) -> bool:
    return (before.event_type, before.by_event) == (after.event_type, after.by_event)


def _same_loop(places: Places, before: Element, after: Element) -> bool:
    def shape(element: Element) -> tuple[object, ...]:
        loop = element.loop
        return (type(loop), loop.sequential if isinstance(loop, MultiInstance) else None)

    return shape(before) == shape(after)


_RULES: tuple[tuple[str, Callable[[Places, Element, Element], bool], str], ...] = (
    ("KIND", lambda _, before, after: before.kind is after.kind, '"{after}" is not of the kind of "{before}"'),
    ("TASK_TYPE", _same_task, 'the task "{after}" is not of the type of "{before}"'),
    ("EVENT_TYPE", _same_event, 'the event "{after}" is not of the type of "{before}"'),
    ("SCOPE", lambda places, before, after: places.same_scope(before, after), '"{after}" is in another subprocess'),
    ("LOOP", _same_loop, 'the instances of "{after}" run in another order than those of "{before}"'),
)
"""Code, what has to hold of an element that is in use, and what is told otherwise."""


def _of_flows(places: Places, state: State) -> Iterator[MigrationFinding]:
    """Flows on which tokens rest or were counted at a join."""
    resting = {token.index for token in state.tokens if token.on_flow}
    counted = {flow for counts in state.joins.values() for flow in counts}
    for index in sorted(resting | counted):
        if places.flow(index) is None:
            before = places.old.flows[index]
            message = f'the flow "{before.id}" holds a token, but the new version has no such flow'
            yield MigrationFinding(places.old.elements[before.target].id, "FLOW", message)


def _merged(places: Places, state: State) -> Iterator[MigrationFinding]:
    """Two elements that have had entries may not become one: their entries would have the same numbers."""
    taken: dict[int, str] = {}
    for index in sorted(state.entries):
        before, after = places.old.elements[index], places.element(index)
        if after is not None and taken.setdefault(after.index, before.id) != before.id:
            message = f'"{before.id}" and "{taken[after.index]}" have both been entered and cannot both be "{after.id}"'
            yield MigrationFinding(before.id, "MERGED", message)
