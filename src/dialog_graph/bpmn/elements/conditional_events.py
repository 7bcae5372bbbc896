"""Conditional events (process engine §4.12): looked at whenever the process comes to rest, and when data has changed.

They occur when their condition turns true; one that goes on being waited for has to be not true in between. A condition
that cannot be evaluated is not true.
"""

from dialog_graph.bpmn.element_expressions import CONDITION
from dialog_graph.bpmn.elements.behaviour import OccurVerb
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.questions import is_true
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token, TokenState
from dialog_graph.bpmn.waits import kind_of
from dialog_graph.errors import Refusal


def look(run: Run, occur: OccurVerb) -> bool | Refusal:
    """Asks every open condition, by owner and document; True when one has occurred. `occur`: lets one do so."""
    found = [(owner, each) for owner, elements in sorted(run.open.items()) for each in elements.values()]
    occurred = False
    for owner, element in found:
        if kind_of(element) is None and run.awaits(owner, element) and _turns_true(run, owner, element):
            if not element.interrupting:
                run.spend(owner, element)
            if refusal := occur(run, owner, element):
                return refusal
            occurred = True
    return occurred


def _turns_true(run: Run, owner: int, element: Element) -> bool:
    was_true = element.index in run.spent(owner)
    now_true = is_true(run, CONDITION, _seen_by(run, owner, element), element) is True
    if was_true and not now_true:
        run.spend(owner, element, spent=False)
    return now_true and not was_true


def _seen_by(run: Run, owner: int, element: Element) -> Token:
    """The token that looks; for a scope one that stands at the start event inside."""
    if owner in run.tokens:
        return run.tokens[owner]
    return Token(id=owner, scope=owner, index=element.index, state=TokenState.GO)
