"""A state in the numbers of another definition. Everything it needs is there: `obstacles` has seen to it."""

from collections.abc import Mapping
from dataclasses import replace

from dialog_graph.bpmn.migration.places import Places
from dialog_graph.bpmn.records import Record
from dialog_graph.bpmn.run import END_EVENT
from dialog_graph.bpmn.state import State
from dialog_graph.bpmn.tokens import SPENT, Scope, Token
from dialog_graph.model.json_value import Json


def reindexed(places: Places, state: State, entered: Mapping[str, int]) -> State:
    """The same tokens, scopes, counts and records at the new places.

    What only looks back (the last task left, entries, an end event) is forgotten where the new definition does not know
    the element.
    """
    return replace(
        state,
        scopes=tuple(_scope(places, scope) for scope in state.scopes),
        tokens=tuple(_token(places, token) for token in state.tokens),
        joins={
            (scope, _element(places, gateway)): {_flow(places, flow): count for flow, count in counts.items()}
            for (scope, gateway), counts in state.joins.items()
        },
        entries=_entries(places, state, entered),
        compensation=tuple(_record(places, record) for record in state.compensation),
    )


def _entries(places: Places, state: State, entered: Mapping[str, int]) -> dict[int, int]:
    """The counts of entries; one that was forgotten once is taken up where its numbers ended."""
    known = ((places.new.element(id), count) for id, count in entered.items())
    counts = {element.index: count for element, count in known if element is not None}
    for index, count in state.entries.items():
        after = places.element(index)
        if after is not None:
            counts[after.index] = max(count, counts.get(after.index, 0))
    return counts


def _element(places: Places, index: int) -> int:
    after = places.element(index)
    assert after is not None, "an element in use was looked for before"
    return after.index


def _flow(places: Places, index: int) -> int:
    after = places.flow(index)
    assert after is not None, "a flow with a token was looked for before"
    return after.index


def _known(places: Places, index: int | None) -> int | None:
    after = None if index is None else places.element(index)
    return None if after is None else after.index


def _token(places: Places, token: Token) -> Token:
    index = (_flow if token.on_flow else _element)(places, token.index)
    return replace(token, index=index, last_task=_known(places, token.last_task), spent=_spent(places, token.spent))


def _spent(places: Places, numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The events that cannot occur now, as far as the new definition has them."""
    return tuple(sorted(after.index for index in numbers if (after := places.element(index)) is not None))


def _scope(places: Places, scope: Scope) -> Scope:
    element = _element(places, scope.element) if scope.parent else 0
    end_event = scope.extra.get(END_EVENT)
    kept = {name: value for name, value in scope.extra.items() if name not in (END_EVENT, SPENT)}
    if spent := _spent(places, scope.spent):
        kept[SPENT] = list[Json](spent)
    ended = _known(places, end_event) if isinstance(end_event, int) else None
    return replace(scope, element=element, extra=kept if ended is None else kept | {END_EVENT: ended})


def _record(places: Places, record: Record) -> Record:
    return replace(
        record,
        of=tuple(_element(places, index) for index in record.of),
        inner=tuple(_record(places, inner) for inner in record.inner),
    )
