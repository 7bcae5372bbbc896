"""What a migrated process waits for: what goes on, what is over, what is armed anew (process engine §16).

A wait goes on where its event means the same in both versions: a timer of the same text keeps its due time, a message
its key. Events that the new version added at a boundary or as event subprocesses are armed now, removed ones dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dialog_graph.bpmn.effects import CloseWaits, MoveWait
from dialog_graph.bpmn.elements.waiting import prepare, wait
from dialog_graph.bpmn.migration.places import Places
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.state import State
from dialog_graph.bpmn.tokens import Token
from dialog_graph.bpmn.waits import kind_of
from dialog_graph.errors import Refusal

Owned = tuple[int, int]
"""Owner and number of an element."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Waits that go on: place in the new definition -> element in the old one; and those that are over."""

    going_on: Mapping[Owned, Element]
    over: tuple[tuple[int, Element], ...]


def kept_waits(places: Places, state: State) -> Kept:
    """Divides what the state waits for on its old definition."""
    going_on: dict[Owned, Element] = {}
    over: list[tuple[int, Element]] = []
    for owner, before in state.awaited(places.old):
        after = places.element(before.index)
        if after is not None and _means_the_same(before, after):
            going_on[owner, after.index] = before
        else:
            over.append((owner, before))
    return Kept(going_on, tuple(over))


def _means_the_same(before: Element, after: Element) -> bool:
    return _meaning(before) == _meaning(after)


def _meaning(element: Element) -> tuple[object, ...]:
    """What a wait is for, without the lines of the file."""
    event, timer, message = element.event, element.event.timer if element.event else None, element.message
    return (
        kind_of(element),
        element.event_type,
        (timer.kind, timer.text, timer.before) if timer else None,
        message.name if message else None,
        event.signal if event else None,
    )


def carry_waits(run: Run, kept: Kept) -> Refusal | None:
    """Ends, moves and begins waits; `run` is of the migrated state, and believes that everything is awaited."""
    _end(run, kept)
    for owner, elements in sorted(run.open.items()):
        new = [element for index, element in elements.items() if (owner, index) not in kept.going_on]
        prepared = prepare(run, _seen_by(run, owner), new)
        if isinstance(prepared, Refusal):
            return prepared
        for element in new:
            del run.open[owner][element.index]
        wait(run, owner, prepared)
    return None


def _end(run: Run, kept: Kept) -> None:
    for owner, element in kept.over:
        if kind_of(element):
            run.defer(CloseWaits(owner=owner, element_id=element.id))
    for (owner, index), before in kept.going_on.items():
        after = run.definition.elements[index]
        if not run.awaits(owner, after) and kind_of(before):
            run.defer(CloseWaits(owner=owner, element_id=before.id))
        elif after.id != before.id and kind_of(before):
            run.defer(MoveWait(owner=owner, element_id=before.id, to=after.id))


def _seen_by(run: Run, owner: int) -> Token:
    """The token whose view the expressions of a new wait have: the owner's own, else the first in the scope."""
    if owner in run.tokens:
        return run.tokens[owner]
    host = run.tokens.get(run.scopes[owner].host)
    return host or next(token for token in run.tokens.values() if token.scope == owner)
