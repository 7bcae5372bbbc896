"""What a run asks of its evaluator; every answer is recorded, so that replay needs no evaluator."""

from dialog_graph.bpmn.decisions import Answer, answer_of, condition_decision, value_decision, value_of
from dialog_graph.bpmn.facts import EvaluationFailed, ValueEvaluator, Vars
from dialog_graph.bpmn.nodes import Element, Flow
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Scope, Token
from dialog_graph.bpmn.working_copy import COLLECTION
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json

COMPLETED, TOTAL = "d", "n"
"""Members of a loop body's extra: instances that are through, the number of instances."""

Arguments = tuple[Json, ...]
"""(item, loopCounter, nrOfInstances, nrOfActiveInstances, nrOfCompletedInstances), () outside of loops."""


def condition(run: Run, flow: Flow, token: Token, element: Element) -> Answer | EvaluationFailed:
    """The answer of a flow's condition."""
    asked = Vars(token.gateway_action, run.task_id(token.last_task), element.id, loop_arguments(run, token))
    answer = answer_of(run.facts.evaluator.condition(flow.id, asked))
    run.decisions.append(condition_decision(flow.id, answer))
    return answer


def value(run: Run, part: str, token: Token, element: Element, arguments: Arguments | None = None) -> Json | Refusal:
    """The value of an expression of the element (`{element id}:{part}`), or why there is none."""
    answer = value_of(_asked(run, part, token, element, arguments))
    key = f"{element.id}:{part}"
    run.decisions.append(value_decision(key, answer))
    return _failed(key, answer.message) if isinstance(answer, EvaluationFailed) else answer


def is_true(run: Run, part: str, token: Token, element: Element, arguments: Arguments | None = None) -> bool | Refusal:
    """True when a condition of the element is exactly true; only that much of its value is kept."""
    answer = answer_of(_asked(run, part, token, element, arguments))
    key = f"{element.id}:{part}"
    run.decisions.append(value_decision(key, answer))
    return _failed(key, answer.message) if isinstance(answer, EvaluationFailed) else answer is True


def _asked(run: Run, part: str, token: Token, element: Element, arguments: Arguments | None) -> Json | EvaluationFailed:
    """What the evaluator says. `arguments`: those of the loop around the token unless told otherwise."""
    argv = loop_arguments(run, token) if arguments is None else arguments
    asked = Vars(token.gateway_action, run.task_id(_last_task(run, token, element)), element.id, argv)
    evaluator = run.facts.evaluator
    if not isinstance(evaluator, ValueEvaluator):
        return EvaluationFailed("nothing here evaluates it")
    return evaluator.value(f"{element.id}:{part}", asked)


def _last_task(run: Run, token: Token, element: Element) -> int | None:
    """An event at a task's boundary looks at the data of that task."""
    host = None if element.host is None else run.definition.elements[element.host]
    return token.last_task if host is None or host.task is None else host.index


def _failed(key: str, message: str) -> Refusal:
    return Refusal(
        code="CONDITION_FAILED",
        expected=f'a value of "{key}"',
        actual=f"it failed: {message}",
        path=(key.rpartition(":")[0],),
    )


def loop_arguments(run: Run, token: Token) -> Arguments:
    """What the expressions of the innermost loop around a token are given; in a handler only item and index."""
    instance = run.instance(token)
    if instance is None:
        kept = run.loop_variables(token)
        return (*kept, 0, 0, 0) if kept else ()
    body = run.scopes[instance.scope]
    active = sum(other.scope == body.id for other in run.tokens.values())
    return arguments_of(body, instance.loop_index or 0, active)


def loop_index(run: Run, token: Token) -> int | None:
    """The index of the innermost loop around a token."""
    if len(run.scopes) == 1:  # nothing is open but the process, which is no loop
        return None
    kept = run.loop_variables(token)
    return kept[1] if kept else None


def arguments_of(body: Scope, index: int, active: int, more: int = 0) -> Arguments:
    """The arguments of one instance of a loop; `more`: instances that are through and not yet counted."""
    items = body.extra.get(COLLECTION)
    item = items[index] if isinstance(items, list) and index < len(items) else None
    return (item, index, body.number(TOTAL), active, body.number(COMPLETED) + more)
