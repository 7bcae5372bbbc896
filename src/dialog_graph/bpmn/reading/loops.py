"""Loops of activities and rules of ad-hoc subprocesses: reading, and checks (process engine §4.13, §4.15, §13.1)."""

from collections.abc import Iterator

from dialog_graph.bpmn.element_parts import AdHoc, Expression, MultiInstance, StandardLoop
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.graph import Graph
from dialog_graph.bpmn.reading.ignored import foreign, known_part
from dialog_graph.bpmn.reading.markup import children, flag, text_of
from dialog_graph.bpmn.reading.source import SourceNode, condition_language
from dialog_graph.model.safe_xml import Element

_PARTS = {
    "standardLoopCharacteristics": frozenset({"loopCondition"}),
    "multiInstanceLoopCharacteristics": frozenset({"loopCardinality", "completionCondition"}),
}
LOOPS = frozenset(_PARTS)
"""Elements that make an activity loop."""

_OURS = frozenset({"multiInstance"})


def _loop_element(node: SourceNode) -> tuple[str, Element] | None:
    found = ((local, child) for namespace, local, child in children(node.xml) if namespace == v.BPMN)
    return next(((local, child) for local, child in found if local in _PARTS), None)


def loop_of(node: SourceNode) -> StandardLoop | MultiInstance | None:
    """The loop of a node in which the checks found no error."""
    found = _loop_element(node)
    if found is None:
        return None
    local, xml = found
    if local == "standardLoopCharacteristics":
        return StandardLoop(
            condition=_expression(xml, "loopCondition"),
            maximum=_maximum(xml),
            test_before=flag(xml, "testBefore"),
        )
    ours = _ours(xml)
    return MultiInstance(
        sequential=flag(xml, "isSequential"),
        collection=_attribute(ours, "collection"),
        cardinality=_expression(xml, "loopCardinality"),
        completion=_expression(xml, "completionCondition"),
        output=_attribute(ours, "outputElement"),
        output_collection=ours.get("outputCollection") if ours is not None else None,
    )


def _expression(xml: Element, local: str) -> Expression | None:
    found = next(xml.iterchildren(f"{{{v.BPMN}}}{local}"), None)
    text = text_of(found) if found is not None else ""
    return Expression(text, found.sourceline or 1) if found is not None and text else None


def _attribute(xml: Element | None, name: str) -> Expression | None:
    text = (xml.get(name) or "").strip() if xml is not None else ""
    return Expression(text, xml.sourceline or 1) if xml is not None and text else None


def _ours(xml: Element) -> Element | None:
    return next(xml.iterfind(f"{{{v.BPMN}}}extensionElements/{{{v.OURS}}}multiInstance"), None)


def _maximum(xml: Element) -> int | None:
    text = (xml.get("loopMaximum") or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def ad_hoc_of(node: SourceNode) -> AdHoc | None:
    """The rules of an ad-hoc subprocess."""
    if node.tag != "adHocSubProcess":
        return None
    return AdHoc(
        sequential=node.xml.get("ordering") == "Sequential",
        completion=_expression(node.xml, "completionCondition"),
        cancel_remaining=flag(node.xml, "cancelRemainingInstances", default=True),
    )


def check_loops(graph: Graph, findings: Findings) -> None:
    """Every loop of the process."""
    for node in graph.outspoken:
        found = _loop_element(node)
        if found is None:
            continue
        for problem in _problems(node, *found):
            findings.add("DG2118", node.line, node.id, id=node.id, problem=problem)
        _check_parts(*found, findings)


def _problems(node: SourceNode, local: str, xml: Element) -> Iterator[str]:
    loop = loop_of(node)
    if node.tag not in v.ACTIVITIES or node.is_by_event:
        yield "cannot loop"
    if isinstance(loop, StandardLoop):
        if xml.get("loopMaximum") is not None and not loop.maximum:
            yield "has a maximum that is no whole number above 0"
        elif loop.maximum is None and loop.condition is None:
            yield "loops without a condition or a maximum"
    if isinstance(loop, MultiInstance):
        if loop.collection is None and loop.cardinality is None:
            yield "has several instances, but neither collection nor cardinality says how many"
        if (loop.output is None) != (loop.output_collection is None):
            yield "needs both outputCollection and outputElement, or neither"


def _check_parts(local: str, xml: Element, findings: Findings) -> None:
    for namespace, part, child in children(xml):
        if namespace == v.BPMN and part == "extensionElements":
            for below, inner, grandchild in children(child):
                if below != v.OURS or inner not in _OURS:
                    foreign(grandchild, findings)
        elif namespace != v.BPMN:
            foreign(child, findings)
        elif part in _PARTS[local]:
            condition_language(child, findings)
        else:
            known_part(child, part, findings)
