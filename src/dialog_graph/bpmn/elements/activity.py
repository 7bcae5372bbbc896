"""What all activities have besides their own verbs: loops, records of what can be compensated, and the
completion of an ad-hoc subprocess around them."""

from dataclasses import replace

from dialog_graph.bpmn.elements import ad_hoc, loops
from dialog_graph.bpmn.elements.behaviour import Behaviour
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.tokens import Token
from dialog_graph.errors import Refusal


def activity(own: Behaviour) -> Behaviour:
    """The verbs of an activity around its own ones."""

    def enter(run: Run, token: Token, element: Element) -> Refusal | None:
        begins = element.loop is not None and token.loop_index is None
        return loops.begin(run, token, element) if begins else own.enter(run, token, element)

    def leave(run: Run, token: Token, element: Element) -> Refusal | None:
        if token.loop_index is not None:
            return loops.instance_ended(run, token, element)
        complete = ad_hoc.is_complete(run, token)
        if isinstance(complete, Refusal):
            return complete
        before = run.records
        if element.handler is not None:
            run.record(token, element)
        refusal = own.leave(run, token, element)
        if refusal is not None:
            run.records = before
        elif complete:
            ad_hoc.complete(run, token)
        return refusal

    return replace(own, enter=enter, leave=leave)
