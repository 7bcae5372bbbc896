"""Messages and signals of events and tasks: reading, and what is wrong with them (process engine §11, `DG2115`)."""

from collections.abc import Iterator

from dialog_graph.bpmn.durations import parse_duration
from dialog_graph.bpmn.element_parts import Expression, MessageReference
from dialog_graph.bpmn.nodes import RECEIVE_MESSAGE, SEND_MESSAGE, TaskDefinition
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.declarations import Declarations, correlation, extension, referred
from dialog_graph.bpmn.reading.markup import children, text_of
from dialog_graph.bpmn.reading.source import SourceNode
from dialog_graph.model.safe_xml import Element

_WITH_MESSAGE = frozenset({RECEIVE_MESSAGE, SEND_MESSAGE})
_THROWS = frozenset({"intermediateThrowEvent", "endEvent"})


def _of_event(node: SourceNode, local: str) -> Element | None:
    found = (xml for ns, name, xml in children(node.xml) if (ns, name) == (v.BPMN, local))
    return next(found, None) if node.tag in v.EVENTS else None


def _holder(node: SourceNode, task: TaskDefinition | None) -> Element | None:
    """The element that refers to the message: the definition of an event, or the task itself."""
    if task is not None:
        return node.xml if task.type in _WITH_MESSAGE else None
    return _of_event(node, "messageEventDefinition")


def message_of(node: SourceNode, task: TaskDefinition | None, declared: Declarations) -> MessageReference | None:
    """The message of an event or task in which the checks found no error."""
    holder = _holder(node, task)
    message = declared.messages.get(referred(holder.get("messageRef")) or "") if holder is not None else None
    if holder is None or message is None or not message.name:
        return None
    return MessageReference(name=message.name, key=_key(node, holder) or message.key, ttl=_ttl(node, holder))


def _key(node: SourceNode, holder: Element) -> Expression | None:
    return correlation(node.xml) or correlation(holder)


def _ttl(node: SourceNode, holder: Element) -> str | None:
    found = [each for xml in (node.xml, holder) if (each := extension(xml, "ttl")) is not None]
    return text_of(found[0]) if found else None


def message_problems(node: SourceNode, task: TaskDefinition | None, declared: Declarations) -> Iterator[str]:
    """Why its message cannot be sent or waited for."""
    holder = _holder(node, task)
    if holder is None:
        return
    reference = referred(holder.get("messageRef"))
    message = declared.messages.get(reference or "")
    if reference is None:
        yield "refers to no message"
    elif message is None:
        yield f'refers to the unknown message "{reference}"'
    elif not message.name:
        yield f'refers to the message "{reference}", which has no name'


def lacks_key(node: SourceNode, task: TaskDefinition | None, declared: Declarations) -> bool:
    """True where a message is caught and no correlation key is told."""
    holder = _holder(node, task)
    throws = node.tag in _THROWS or (task is not None and task.type == SEND_MESSAGE)
    if holder is None or throws:
        return False
    message = declared.messages.get(referred(holder.get("messageRef")) or "")
    if message is None or not message.name:
        return False
    return _key(node, holder) is None and message.key is None


def ttl_problem(node: SourceNode, task: TaskDefinition | None) -> str | None:
    """What is wrong with how long the message may wait for a receiver."""
    holder = _holder(node, task)
    ttl = _ttl(node, holder) if holder is not None else None
    if ttl is None or parse_duration(ttl) is not None:
        return None
    return f'lets its message wait for "{ttl[:80]}", which is no duration'


def signal_of(node: SourceNode, declared: Declarations) -> str | None:
    """The name of the signal of an event."""
    holder = _of_event(node, "signalEventDefinition")
    return declared.signals.get(referred(holder.get("signalRef")) or "") if holder is not None else None


def signal_problems(node: SourceNode, declared: Declarations) -> Iterator[str]:
    """Why its signal cannot be thrown or waited for."""
    holder = _of_event(node, "signalEventDefinition")
    if holder is None:
        return
    reference = referred(holder.get("signalRef"))
    if reference is None:
        yield "refers to no signal"
    elif reference not in declared.signals:
        yield f'refers to the unknown signal "{reference}"'
    elif not declared.signals[reference]:
        yield f'refers to the signal "{reference}", which has no name'
