"""Checks of single elements: what is executed, of a later version, refused, or badly formed in itself."""

from collections.abc import Iterator

from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.events import events_of
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.source import (
    SourceNode,
    SourceProcess,
    children,
    foreign,
    ignored_extensions,
    known_part,
)
from dialog_graph.model.safe_xml import Element

_SPLIT = "model the events one by one"
_WORDS = {
    "startEvent": "start event",
    "endEvent": "end event",
    "boundaryEvent": "boundary event",
    "intermediateThrowEvent": "throw event",
    "intermediateCatchEvent": "catch event",
}


def check_elements(process: SourceProcess, findings: Findings) -> None:
    """Every node of the process with its parts."""
    for node in process.nodes:
        for what, fix in _refused(node):
            findings.add("DG2002", node.line, node.id, what=what, fix=fix)
        for what in _later(node):
            findings.add("DG2003", node.line, node.id, what=what)
        if len(events_of(node)) > 1:
            findings.add("DG2121", node.line, node.id, id=node.id, count=len(events_of(node)))
        if node.tag not in v.CONTAINERS:
            _check_parts(node, findings)


def _refused(node: SourceNode) -> Iterator[tuple[str, str]]:
    """What is refused for good about a node: words for it, and what to do instead."""
    get = node.xml.get
    if node.tag in v.REFUSED_NODES:
        yield f'element "{node.tag}"', v.REFUSED_NODES[node.tag]
    if node.tag == "eventBasedGateway" and (get("instantiate") == "true" or get("eventGatewayType") == "Parallel"):
        yield "an event-based gateway that starts the process or is parallel", "use start events"
    if get("parallelMultiple") == "true":
        yield "a parallel multiple event", _SPLIT
    for name in ("startQuantity", "completionQuantity"):
        if get(name, "1").strip() != "1":
            yield f"{name} other than 1", "use gateways"
    yield from _refused_definitions(node)


def _refused_definitions(node: SourceNode) -> Iterator[tuple[str, str]]:
    for _, local, child in children(node.xml):
        if local == "compensateEventDefinition" and child.get("waitForCompletion") == "false":
            yield "a compensation that is not waited for", "leave waitForCompletion out"
        if local == "timerEventDefinition" and node.tag == "boundaryEvent" and _interrupts_in_cycles(node, child):
            yield "a repeated timer on an interrupting boundary", 'use a duration, or cancelActivity="false"'


def _interrupts_in_cycles(node: SourceNode, definition: Element) -> bool:
    cycle = any(local == "timeCycle" for _, local, _ in children(definition))
    return cycle and node.xml.get("cancelActivity", "true") != "false"


def _later(node: SourceNode) -> Iterator[str]:
    if node.tag in v.LATER_NODES:
        yield f'element "{node.tag}"'
    elif node.tag in v.EVENTS:
        words = (event.word for event in events_of(node))
        if node.tag == "intermediateCatchEvent" and not events_of(node):
            yield "a catch event without a definition"
        yield from (f"{_with_article(word)} {_WORDS[node.tag]}" for word in words if _is_later(node.tag, word))
    if node.tag == "receiveTask" and node.xml.get("instantiate") == "true":
        yield "a receive task that starts the process"


def _is_later(tag: str, word: str) -> bool:
    return (tag, word) not in v.EXECUTED_EVENTS


def _with_article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _check_parts(node: SourceNode, findings: Findings) -> None:
    for namespace, local, child in children(node.xml):
        if namespace != v.BPMN:
            foreign(child, findings)
        elif local == "extensionElements":
            if node.tag not in v.TASKS | v.CHOICES:
                ignored_extensions(child, findings)
        elif local not in v.EVENT_DEFINITIONS or node.tag not in v.EVENTS:
            known_part(child, local, findings)
