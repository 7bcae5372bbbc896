"""Checks of single elements: what is executed, refused, or badly formed in itself."""

from collections.abc import Iterator

from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.events import events_of
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.ignored import foreign, ignored_extensions, known_part
from dialog_graph.bpmn.reading.markup import children, flag
from dialog_graph.bpmn.reading.source import SourceNode, SourceProcess, condition_language
from dialog_graph.bpmn.reading.start_parties import start_extensions
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
        if node.is_plain:
            continue
        for what, fix in _refused(node):
            findings.add("DG2002", node.line, node.id, what=what, fix=fix)
        if len(events_of(node)) > 1:
            findings.add("DG2121", node.line, node.id, id=node.id, count=len(events_of(node)))
        if node.tag not in v.CONTAINERS:
            _check_parts(node, findings)


def _refused(node: SourceNode) -> Iterator[tuple[str, str]]:
    """What is refused for good about a node: words for it, and what to do instead."""
    get = node.xml.get
    if node.tag in v.REFUSED_NODES:
        yield f'element "{node.tag}"', v.REFUSED_NODES[node.tag]
    if node.tag == "eventBasedGateway" and (flag(node.xml, "instantiate") or get("eventGatewayType") == "Parallel"):
        yield "an event-based gateway that starts the process or is parallel", "use start events"
    if flag(node.xml, "parallelMultiple"):
        yield "a parallel multiple event", _SPLIT
    for name in ("startQuantity", "completionQuantity"):
        if get(name, "1").strip() != "1":
            yield f"{name} other than 1", "use gateways"
    if node.tag == "receiveTask" and flag(node.xml, "instantiate"):
        yield "a receive task that starts the process", "use a message start event"
    yield from _refused_definitions(node)
    yield from _misplaced(node)


def _refused_definitions(node: SourceNode) -> Iterator[tuple[str, str]]:
    for _, local, child in children(node.xml):
        if local == "compensateEventDefinition" and not flag(child, "waitForCompletion", default=True):
            yield "a compensation that is not waited for", "leave waitForCompletion out"
        if local == "timerEventDefinition" and node.tag == "boundaryEvent" and _interrupts_in_cycles(node, child):
            yield "a repeated timer on an interrupting boundary", 'use a duration, or cancelActivity="false"'


def _interrupts_in_cycles(node: SourceNode, definition: Element) -> bool:
    cycle = any(local == "timeCycle" for _, local, _ in children(definition))
    return cycle and flag(node.xml, "cancelActivity", default=True)


def _misplaced(node: SourceNode) -> Iterator[tuple[str, str]]:
    """Events that BPMN does not know at their place. A boundary event without a definition is told elsewhere."""
    words = [event.word for event in events_of(node)]
    if node.tag == "intermediateCatchEvent" and not words:
        yield "a catch event without a definition", "say what it waits for"
    for word in words:
        if word == "referenced":
            yield "a reference to an event definition", "write the definition into the event"
        elif (node.tag, word) not in v.EXECUTED_EVENTS:
            yield f"{_with_article(word)} {_WORDS[node.tag]}", "use an event that may stand there"


def _with_article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _check_parts(node: SourceNode, findings: Findings) -> None:
    words = frozenset(event.word for event in events_of(node))
    for namespace, local, child in children(node.xml):
        if namespace != v.BPMN:
            foreign(child, findings)
        elif local == "extensionElements":
            if node.tag in v.EVENTS:
                _check_extensions(child, words, findings, start_extensions(node))
            elif node.tag not in v.TASKS | v.CHOICES:
                ignored_extensions(child, findings)
        elif local not in v.EVENT_DEFINITIONS or node.tag not in v.EVENTS:
            known_part(child, local, findings)
        else:
            _check_definition(child, local, findings)


def _check_definition(definition: Element, local: str, findings: Findings) -> None:
    """The parts of an event definition."""
    for namespace, part, child in children(definition):
        if namespace != v.BPMN:
            foreign(child, findings)
        elif part == "extensionElements":
            _check_extensions(child, frozenset({v.EVENT_DEFINITIONS[local]}), findings)
        elif part in v.EVENT_PARTS.get(local, ()):
            condition_language(child, findings)
        else:
            known_part(child, part, findings)


def _check_extensions(
    holder: Element, words: frozenset[str], findings: Findings, own: frozenset[str] = frozenset()
) -> None:
    known = own.union(*(v.EVENT_EXTENSIONS.get(word, frozenset()) for word in words))
    for namespace, local, child in children(holder):
        if namespace != v.OURS or local not in known:
            foreign(child, findings)
