"""Loops of activities (process engine §4.13, §13.1): standard loop, sequential and parallel multi-instance.

The activity's token stands for a body scope; every instance is a token at the same activity inside the body, which
carries its index. When an instance is through, the body starts the next one, waits for the others, or completes.
"""

import orjson

from dialog_graph.bpmn import element_expressions as parts
from dialog_graph.bpmn.cancelling import cancel_tokens
from dialog_graph.bpmn.element_parts import MultiInstance, StandardLoop
from dialog_graph.bpmn.elements.waiting import open_around
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.questions import COMPLETED, TOTAL, arguments_of, is_true, loop_arguments, value
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Scope, ScopeKind, Token
from dialog_graph.bpmn.working_copy import COLLECTION
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json

_OUTPUTS = "o"


def begin(run: Run, token: Token, element: Element) -> Refusal | None:
    """A token comes to an activity that loops."""
    match element.loop:
        case StandardLoop() as loop:
            return _begin_rounds(run, token, element, loop)
        case MultiInstance() as loop:
            return _begin_instances(run, token, element, loop)
        case None:
            return None


def instance_ended(run: Run, token: Token, element: Element) -> Refusal | None:
    """One instance is through."""
    match element.loop:
        case StandardLoop() as loop:
            return _round_ended(run, token, element, loop)
        case MultiInstance() as loop:
            return _one_ended(run, token, element, loop)
        case None:
            return Refusal(code="INTEGRITY", expected=f'a loop at "{element.id}"', actual="there is none")


def _instance(run: Run, body: Scope, element: Element, index: int) -> None:
    """Every instance begins with what the activity's own token brought."""
    token = run.place(body.id, element, like=run.tokens[body.host])
    run.put(token.changed(loop_index=index))


# standard loop


def _begin_rounds(run: Run, token: Token, element: Element, loop: StandardLoop) -> Refusal | None:
    if loop.test_before and loop.condition is not None:
        going = is_true(run, parts.LOOP_CONDITION, token, element, (None, 0, 0, 0, 0))
        if going is not True:
            return going if isinstance(going, Refusal) else run.leave_at(token, element)
    body = open_around(run, token, ScopeKind.BODY)
    if isinstance(body, Refusal):
        return body
    _instance(run, body, element, 0)
    return None


def _round_ended(run: Run, token: Token, element: Element, loop: StandardLoop) -> Refusal | None:
    body, rounds = run.scopes[token.scope], (token.loop_index or 0) + 1
    going = loop.maximum is None or rounds < loop.maximum
    if going and loop.condition is not None:
        counter = rounds if loop.test_before else rounds - 1
        answer = is_true(run, parts.LOOP_CONDITION, token, element, (None, counter, 0, 0, rounds))
        if isinstance(answer, Refusal):
            return answer
        going = answer
    if going:
        run.set_extra(body.id, COMPLETED, rounds)
        _instance(run, body, element, rounds)
    run.end(token)
    return None


# multi-instance


def _begin_instances(run: Run, token: Token, element: Element, loop: MultiInstance) -> Refusal | None:
    items = _items(run, token, element, loop)
    if isinstance(items, Refusal):
        return items
    total = items if isinstance(items, int) else len(items)
    count = min(total, 1) if loop.sequential else total
    if refusal := _too_many(run, element, items, total) or run.too_many_tokens(count):
        return refusal
    if total == 0:
        _keep_outputs(run, loop, {}, 0)
        return run.leave_at(token, element)
    kept: dict[str, Json] = {} if isinstance(items, int) else {COLLECTION: items}
    body = open_around(run, token, ScopeKind.BODY, **{TOTAL: total}, **kept)
    if isinstance(body, Refusal):
        return body
    for index in range(count):
        _instance(run, body, element, index)
    return None


def _items(run: Run, token: Token, element: Element, loop: MultiInstance) -> list[Json] | int | Refusal:
    """The items of the collection, or how many instances there are."""
    part = parts.COLLECTION if loop.collection is not None else parts.CARDINALITY
    found = value(run, part, token, element, loop_arguments(run, token))
    match found:
        case Refusal():
            return found
        case list() if part == parts.COLLECTION:
            return found
        case int() | float() if part == parts.CARDINALITY and not isinstance(found, bool) and 0 <= found == int(found):
            return int(found)
        case _:
            wanted = "a list" if part == parts.COLLECTION else "a whole number, 0 or more"
            return Refusal(
                code="CONDITION_FAILED",
                expected=f'{wanted} as {part} of "{element.id}"',
                actual="it is another value",
                path=(element.id,),
            )


def _too_many(run: Run, element: Element, items: list[Json] | int, total: int) -> Refusal | None:
    limits = run.facts.limits
    if total <= limits.loop_items and (isinstance(items, int) or len(orjson.dumps(items)) <= limits.state_bytes):
        return None
    return Refusal(
        code="LOOP_LIMIT",
        expected=f'at most {limits.loop_items} instances of "{element.id}", of {limits.state_bytes} bytes',
        actual=f"there would be {total}",
    )


def _one_ended(run: Run, token: Token, element: Element, loop: MultiInstance) -> Refusal | None:
    """All questions come before the first change, so that a failed one leaves everything as it was."""
    body, index = run.scopes[token.scope], token.loop_index or 0
    active = sum(other.scope == body.id for other in run.tokens.values()) - 1
    arguments = arguments_of(body, index, active, more=1)
    output = None if loop.output is None else value(run, parts.OUTPUT_ELEMENT, token, element, arguments)
    if isinstance(output, Refusal):
        return output
    complete = loop.completion is not None and is_true(run, parts.COMPLETION_CONDITION, token, element, arguments)
    if isinstance(complete, Refusal):
        return complete
    outputs = _with_output(run, body, loop, index, output)
    through, total = body.number(COMPLETED) + 1, body.number(TOTAL)
    run.set_extra(body.id, COMPLETED, through)
    if complete:
        cancel_tokens(run, body.id, spare=token)
    elif loop.sequential and through < total:
        _instance(run, body, element, through)
    if complete or through == total:
        _keep_outputs(run, loop, outputs, total)
    run.end(token)
    return None


def _with_output(run: Run, body: Scope, loop: MultiInstance, index: int, output: Json) -> dict[str, Json]:
    """The outputs by index with one more."""
    before = body.extra.get(_OUTPUTS)
    outputs = {**before, str(index): output} if isinstance(before, dict) else {str(index): output}
    if loop.output is not None:
        run.set_extra(body.id, _OUTPUTS, outputs)
    return outputs


def _keep_outputs(run: Run, loop: MultiInstance, outputs: dict[str, Json], total: int) -> None:
    """The output collection in the order of the items, null where an instance was cancelled."""
    if loop.output is not None and loop.output_collection is not None:
        run.vars[loop.output_collection] = [outputs.get(str(index)) for index in range(total)]
