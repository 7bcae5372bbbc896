"""Plays the token game of every scope with all conditions free, to find joins that wait for ever (process engine §5).

A marking is the sorted tuple of the flows that hold a token, one entry per token. The search stops at `MAX_MARKINGS`;
what lies behind a marking with three tokens on one flow is not looked at, because nothing new can be learned there.

A token that can only do one thing, which nothing can hinder and which hinders nothing, does it at once, whatever the
others do: the order of such steps makes no difference, so a split of ten branches has a dozen markings, not a thousand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import TypeAlias

from dialog_graph.bpmn.definition import Definition
from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.nodes import Element, ElementKind
from dialog_graph.bpmn.reading.findings import Findings

MAX_MARKINGS = 10_000
_MAX_CHOICES = 5
_MAX_ON_FLOW = 2

Marking: TypeAlias = tuple[int, ...]

_ONE_WAY = frozenset({ElementKind.EXCLUSIVE_GATEWAY, ElementKind.EVENT_BASED_GATEWAY})
_CLEARS = frozenset({EventType.TERMINATE, EventType.ERROR, EventType.CANCEL})


@dataclass(slots=True)
class _Search:
    """One scope. `stuck`: gateways whose tokens wait for ever; `twice`: elements that two tokens pass one by one."""

    definition: Definition
    scope: int | None
    stuck: set[int] = field(default_factory=set[int])
    twice: set[int] = field(default_factory=set[int])
    outputs: dict[int, list[Marking]] = field(default_factory=dict[int, list[Marking]])
    certain: dict[int, Marking] = field(default_factory=dict[int, Marking])

    def run(self) -> bool:
        """Plays; False when there are more markings than are looked at."""
        self.certain = dict(self.certain_steps())
        starts = [e for e in self.definition.inside(self.scope) if e.kind is ElementKind.START_EVENT]
        waiting = [output for start in starts for output in self.after(start)]
        seen = set(waiting)
        while waiting:
            marking = waiting.pop()
            following = list(self.steps(marking))
            if not following and marking:
                self.stuck.update(self.definition.flows[flow].target for flow in marking)
            for step in following:
                if step in seen or any(step.count(flow) > _MAX_ON_FLOW for flow in step):
                    continue
                if len(seen) >= MAX_MARKINGS:
                    return False
                seen.add(step)
                waiting.append(step)
        return True

    def steps(self, marking: Marking) -> Iterator[Marking]:
        """The markings that one element makes of a marking."""
        for flow in marking:
            made = self.certain.get(flow)
            if made is not None and all(marking.count(each) < _MAX_ON_FLOW for each in made):
                kept = list(marking)
                kept.remove(flow)
                yield tuple(sorted([*kept, *made]))
                return
        for index in sorted({self.definition.flows[flow].target for flow in marking}):
            element = self.definition.elements[index]
            if element.event_type in _CLEARS and element.kind is ElementKind.END_EVENT:
                yield ()
                continue
            for used in self.taken(element, marking):
                kept = list(marking)
                for flow in used:
                    kept.remove(flow)
                for made in self.after(element):
                    self.note(element, kept, made)
                    yield tuple(sorted([*kept, *made]))

    def certain_steps(self) -> Iterator[tuple[int, Marking]]:
        """Flow -> what becomes of a token on it, where that is certain.

        Not behind a merge: there it matters whether a second token comes while the first is still there. And not where
        there are inclusive joins: what they do depends on where all the others are.
        """
        inside = self.definition.inside(self.scope)
        if any(element.index in self.definition.reach for element in inside):
            return
        for element in inside:
            source = self.definition.flows[element.incoming[0]].source if len(element.incoming) == 1 else None
            if source is None or element.event_type in _CLEARS or self.merges(self.definition.elements[source]):
                continue
            if len(made := self.after(element)) == 1:
                yield element.incoming[0], made[0]

    def merges(self, element: Element) -> bool:
        """True for an element that several flows lead to and that does not join them."""
        joins = element.kind in (ElementKind.PARALLEL_GATEWAY, ElementKind.INCLUSIVE_GATEWAY)
        return not joins and len(element.incoming) > 1

    def taken(self, element: Element, marking: Marking) -> Iterator[Marking]:
        """The tokens that the element uses up at once, each way that it can."""
        filled = tuple(flow for flow in element.incoming if flow in marking)
        if element.kind is ElementKind.PARALLEL_GATEWAY:
            if filled == element.incoming:
                yield filled
        elif element.index in self.definition.reach:
            if not self.is_held(element, marking, filled):
                yield filled
        else:
            yield from ((flow,) for flow in filled)

    def is_held(self, gateway: Element, marking: Marking, filled: Marking) -> bool:
        """The rule of the inclusive join, see `elements.inclusive_gateway`."""
        empty = free = 0
        for flow, places in self.definition.reach[gateway.index].items():
            empty, free = (empty, free | places) if flow in filled else (empty | places, free)
        size = len(self.definition.elements)
        return any((empty & ~free) >> (flow + size) & 1 for flow in marking)

    def note(self, element: Element, kept: list[int], made: Marking) -> None:
        if self.merges(element) and any(flow in kept for flow in made):
            self.twice.add(element.index)

    def after(self, element: Element) -> list[Marking]:
        """What an element can make of the tokens that it uses up."""
        if element.index not in self.outputs:
            self.outputs[element.index] = list(dict.fromkeys(self._after(element)))
        return self.outputs[element.index]

    def _after(self, element: Element) -> Iterator[Marking]:
        normal = list(self._onward(element))
        yield from normal
        for index in element.boundaries:
            boundary = self.definition.elements[index]
            if boundary.event_type is EventType.COMPENSATION:
                continue
            for caught in self._onward(boundary):
                yield from (caught,) if boundary.interrupting else ((*caught, *made) for made in normal)

    def _onward(self, element: Element) -> Iterator[Marking]:
        target = element.event.target if element.event_type is EventType.LINK and element.event else None
        if target is not None:
            yield from self._onward(self.definition.elements[target])
            return
        flows = self.definition.outgoing(element)
        if element.kind in _ONE_WAY:
            yield from ((flow.index,) for flow in flows)
            return
        always = tuple(f.index for f in flows if f.condition_text is None and f.index != element.default)
        free = [flow.index for flow in flows if flow.condition_text is not None]
        for chosen in _choices(free):
            default = () if chosen or element.default is None else (element.default,)
            if not flows or always or chosen or default:
                yield (*always, *chosen, *default)


def _choices(flows: list[int]) -> Iterator[Marking]:
    """Every subset; of many flows only none, each alone, and all."""
    if len(flows) > _MAX_CHOICES:
        yield from ((), *((flow,) for flow in flows), tuple(flows))
        return
    yield from chain.from_iterable(combinations(flows, size) for size in range(len(flows) + 1))


def search_states(definition: Definition, line: int, findings: Findings) -> None:
    """Findings about joins and merges that do not fit the splits before them. `line`: of the process."""
    scopes = (element.index for element in definition.elements if element.is_activity and not element.ad_hoc)
    for scope in (None, *scopes):
        if not _may_split(definition, scope):
            continue
        search = _Search(definition, scope)
        if not search.run():
            owner = definition.elements[scope] if scope is not None else None
            at, id = (owner.line, owner.id) if owner else (line, definition.id)
            findings.add("DG2209", at, id, count=MAX_MARKINGS)
        for code, numbers in (("DG2207", search.stuck), ("DG2208", search.twice)):
            for element in (definition.elements[number] for number in sorted(numbers)):
                if code == "DG2208" or element.kind is ElementKind.PARALLEL_GATEWAY:
                    findings.add(code, element.line, element.id, id=element.id)


def _may_split(definition: Definition, scope: int | None) -> bool:
    """False where there is never more than one token, so that nothing can go wrong."""
    inside = definition.inside(scope)
    joins = any(e.kind is ElementKind.PARALLEL_GATEWAY and len(e.incoming) > 1 for e in inside)
    splits = any(len(e.outgoing) > 1 and e.kind not in _ONE_WAY for e in inside)
    return joins or splits or any(not (e.interrupting or e.is_made) and e.host is not None for e in inside)
