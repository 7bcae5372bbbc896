"""Takes tokens and scopes away, from the inside out (process engine §4.6).

Order: the tokens of a scope by id, each after the scope that it stands for; so the rows of open entries and waits are
closed in the same order in every replay.
"""

from dialog_graph.bpmn.effects import LeaveTask
from dialog_graph.bpmn.events import Outcome, TaskLeft, WaitEnded
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token


def cancel_tokens(run: Run, scope: int, spare: Token | None = None) -> None:
    """Everything in a scope but one token; tokens that wait at joins too."""
    for token in sorted(run.tokens.values(), key=lambda token: token.id):
        if token.scope == scope and (spare is None or token.id != spare.id):
            cancel_token(run, token)
    for key in [key for key in run.joins if key[0] == scope]:
        del run.joins[key]


def cancel_token(run: Run, token: Token) -> None:
    """One token with everything that it stands for."""
    withdraw(run, token)
    del run.tokens[token.id]


def withdraw(run: Run, token: Token) -> None:
    """Closes what a token holds (inner scope, waits, entry, incident); the token itself stays and must be moved."""
    inner = run.scope_of(token)
    if inner is not None:
        cancel_tokens(run, inner.id)
        run.close(inner.id)
        del run.scopes[inner.id]
        run.records = tuple(record for record in run.records if record.scope != inner.id)
    run.close(token.id)
    run.resolve_incident(token)
    if token.entry is not None:
        _end_entry(run, token, token.entry)


def _end_entry(run: Run, token: Token, entry_no: int) -> None:
    element = run.element_of(token)
    if element.task is None:
        run.events.append(WaitEnded(element_id=element.id, entry_no=entry_no, outcome=Outcome.CANCELLED))
        return
    run.events.append(TaskLeft(element_id=element.id, entry_no=entry_no, outcome=Outcome.CANCELLED))
    run.ask(LeaveTask(element_id=element.id, entry_no=entry_no, outcome=Outcome.CANCELLED))
