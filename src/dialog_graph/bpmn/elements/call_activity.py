"""Call activity (process engine §13): the task rests until the other app's instance has ended, or exists (`detach`)."""

from dialog_graph.bpmn.effects import CallApp
from dialog_graph.bpmn.element_expressions import MAP, PARTY
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.questions import loop_index, value
from dialog_graph.bpmn.run import Run
from dialog_graph.bpmn.task_config import CallAppConfig
from dialog_graph.bpmn.tokens import Token
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json


def call(run: Run, token: Token, element: Element) -> CallApp | Refusal:
    """What is asked for, with the mapped values of this moment."""
    config = element.task.config.call_app if element.task else None
    if config is None:
        return Refusal(code="INTEGRITY", expected=f'an app that "{element.id}" calls', actual="there is none")
    party = value(run, PARTY, token, element) if config.party else None
    if isinstance(party, Refusal):
        return party
    data = _data(run, token, element, config)
    if isinstance(data, Refusal):
        return data
    return CallApp(
        element_id=element.id,
        entry_no=token.entry or 0,
        owner=token.id,
        app=config.app,
        index=loop_index(run, token),
        party=party,
        credentials=config.credentials,
        completion=config.completion,
        data=data,
    )


def _data(run: Run, token: Token, element: Element, config: CallAppConfig) -> dict[str, Json] | Refusal:
    data: dict[str, Json] = {}
    for number, mapped in enumerate(config.maps):
        found = value(run, f"{MAP}{number}", token, element)
        if isinstance(found, Refusal):
            return found
        data[mapped.target] = found
    return data
