"""Parallel gateway (process engine §4.3): waits for one token on every incoming flow, then takes every outgoing one.

The token that arrives last goes on, so that its gatewayAction is the one that counts (§6.3).
"""

from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token
from dialog_graph.errors import Refusal


def enter(run: Run, token: Token, element: Element) -> Refusal | None:
    """Joins: the token is counted at its flow and used up, unless it is the last one."""
    joined = len(element.incoming) < 2 or run.arrive(token, element)
    if joined:
        run.leave_at(token, element)
    else:
        del run.tokens[token.id]
    return None


def leave(run: Run, token: Token, element: Element) -> Refusal | None:
    """Splits: one token on every outgoing flow, in document order."""
    flows = run.definition.outgoing(element)
    if flows:
        return run.take(token, flows)
    run.end(token)
    return None
