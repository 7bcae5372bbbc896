"""Interpreters with one seeded defect each: the invariant that it breaks must notice, without the oracle."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from unittest.mock import patch

from dialog_graph.bpmn import Advance, CloseWaits, Element, IncidentOpened, LeaveTask, OpenSubscription, State
from dialog_graph.bpmn.elements import exclusive_gateway
from dialog_graph.bpmn.run import Run
from dialog_graph.errors import Refusal
from tests.conformance.bpmn import harness


@dataclass(frozen=True)
class Defect:
    """`place`, `name`: what is replaced by `make` of it; `about`: the invariant that must notice."""

    about: str
    title: str
    make: Callable[[Any], Any]
    place: Any = harness
    name: str = "advance"
    favour: str = ""

    @contextmanager
    def applied(self) -> Generator[None]:
        """While the interpreter is broken."""
        with patch.object(self.place, self.name, self.make(getattr(self.place, self.name))):
            yield


def _changed(change: Callable[[Advance], Advance]) -> Callable[[Any], Any]:
    """An interpreter whose answers are changed."""

    def made(original: Any) -> Any:
        def advance(*given: Any) -> Any:
            step = original(*given)
            return change(step) if isinstance(step, Advance) else step

        return advance

    return made


def _with_running_numbers(original: Any) -> Any:
    numbers = count()

    def numbered(event: Any) -> Any:
        return replace(event, message=f"{next(numbers)}") if isinstance(event, IncidentOpened) else event

    return _changed(lambda step: replace(step, events=tuple(map(numbered, step.events))))(original)


def _keeps_a_note(original: Any) -> Any:
    def advance(definition: Any, state: State, *given: Any) -> Any:
        for scope in state.scopes:
            scope.extra["note"] = 1  # pyright: ignore[reportIndexIssue]  (the defect: it is given as a mapping)
        return original(definition, state, *given)

    return advance


def _raises(original: Any) -> Any:
    def advance(*given: Any) -> Any:
        step = original(*given)
        if isinstance(step, Refusal):
            raise KeyError(step.code)
        return step

    return advance


def _without_last_task(original: Any) -> Any:
    def to_json(self: State) -> Any:
        written = original(self)
        for token in written.get("tk", []):
            token[5].pop("lt", None)
        return written

    return to_json


def _prefers_the_default(original: Any) -> Any:
    def first_true(run: Run, token: Any, element: Element, flows: Any) -> Any:
        chosen: Any = original(run, token, element, flows)
        return chosen if element.default is None else run.definition.flows[element.default]

    return first_true


def _counts_in_total(original: Any) -> Any:
    def arrive(self: Run, token: Any, element: Any) -> bool:
        joined = original(self, token, element)
        waiting = self.joins.get((token.scope, element.index), {})
        if joined or sum(waiting.values()) < len(element.incoming):
            return joined
        del self.joins[token.scope, element.index]
        return True

    return arrive


def _forgets_one_decision(step: Advance) -> Advance:
    return replace(step, decisions=step.decisions[:-1])


def _cancels_without_a_word(step: Advance) -> Advance:
    kept = (e for e in step.effects if not (isinstance(e, LeaveTask) and e.outcome.value == "cancelled"))
    return replace(step, effects=tuple(kept))


def _closes_nothing(step: Advance) -> Advance:
    return replace(step, effects=tuple(effect for effect in step.effects if not isinstance(effect, CloseWaits)))


def _opens_twice(step: Advance) -> Advance:
    opened = (e for e in step.effects if isinstance(e, OpenSubscription))
    return replace(step, effects=(*step.effects, *opened))


def _tells_backwards(step: Advance) -> Advance:
    return replace(step, events=step.events[::-1])


DEFECTS = (
    Defect("P2", "forgets one decision", _changed(_forgets_one_decision)),
    Defect("P3", "messages with running numbers", _with_running_numbers),
    Defect("P4", "keeps a note in the state it was given", _keeps_a_note),
    Defect("P4", "raises where it should refuse", _raises),
    Defect("P5", "does not store the last task", _without_last_task, State, "to_json"),
    Defect("P11", "prefers the default flow", _prefers_the_default, exclusive_gateway, "_first_true"),
    Defect("P12", "counts tokens in total", _counts_in_total, Run, "arrive", "fork"),
    Defect("P15", "cancels without a word", _changed(_cancels_without_a_word), favour="inner"),
    Defect("P15", "closes nothing", _changed(_closes_nothing), favour="guarded"),
    Defect("P15", "subscribes twice", _changed(_opens_twice), favour="guarded"),
    Defect("P33", "tells its facts backwards", _changed(_tells_backwards)),
)
