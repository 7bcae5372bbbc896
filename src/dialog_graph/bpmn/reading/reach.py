"""What can reach an inclusive join: compiled once, so that a run only compares bits (process engine §4.4).

For a joining inclusive gateway G and an incoming flow e: the places from which a token can come to e without passing
G, as an integer whose bit i stands for element i and bit (number of elements + j) for flow j. A subprocess counts as
one place, with the events at its boundary behind it. The bit of G itself stands for a token that is leaving it.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.nodes import Element, ElementKind, Flow

Reach = Mapping[int, Mapping[int, int]]
"""Gateway -> incoming flow -> places."""

_Model: TypeAlias = tuple[Sequence[Element], Sequence[Flow], Mapping[int, list[int]]]
"""Elements, flows, and element -> those from which a token comes there without a flow."""


def reach_of(elements: Sequence[Element], flows: Sequence[Flow]) -> Reach:
    """The places for every inclusive gateway with several incoming flows."""
    joins = [each for each in elements if each.kind is ElementKind.INCLUSIVE_GATEWAY and len(each.incoming) > 1]
    if not joins:
        return {}
    jumps = {element.index: [element.host] for element in elements if element.host is not None}
    for element in elements:
        if element.event_type is EventType.LINK and element.event and element.event.target is not None:
            jumps.setdefault(element.event.target, []).append(element.index)
    return {
        gateway.index: {flow: _backwards(gateway, flow, (elements, flows, jumps)) for flow in gateway.incoming}
        for gateway in joins
    }


def _backwards(gateway: Element, flow: int, model: _Model) -> int:
    elements, flows, jumps = model
    size, places = len(elements), 0
    waiting = [flow + size]
    while waiting:
        place = waiting.pop()
        if places >> place & 1:
            continue
        places |= 1 << place
        if place >= size:
            waiting.append(flows[place - size].source)
        elif place != gateway.index:
            waiting += [incoming + size for incoming in elements[place].incoming]
            waiting += jumps.get(place, [])
    return places
