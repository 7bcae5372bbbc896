"""Which flows lead back, and the layer of each step: one more than the farthest of the steps before it."""

from collections import deque
from collections.abc import Sequence

from dialog_graph.bpmn.drawing.layout.lattice import Link


def backward_links(count: int, links: Sequence[Link]) -> frozenset[int]:
    """Numbers of the links back to a step on the way to them, found depth first from steps that nothing leads to."""
    after: list[list[int]] = [[] for _ in range(count)]
    entered = [False] * count
    for number, link in enumerate(links):
        after[link.source].append(number)
        entered[link.target] = entered[link.target] or link.source != link.target
    roots = sorted(range(count), key=lambda node: entered[node])
    found: set[int] = set()
    state = [_NEW] * count
    for root in roots:
        if state[root] == _NEW:
            _descend(root, after, links, state, found)
    return frozenset(found)


_NEW, _OPEN, _DONE = range(3)


def _descend(root: int, after: list[list[int]], links: Sequence[Link], state: list[int], found: set[int]) -> None:
    state[root] = _OPEN
    stack = [(root, iter(after[root]))]
    while stack:
        node, rest = stack[-1]
        number = next(rest, None)
        if number is None:
            state[node] = _DONE
            stack.pop()
            continue
        target = links[number].target
        if state[target] == _OPEN:
            found.add(number)
        elif state[target] == _NEW:
            state[target] = _OPEN
            stack.append((target, iter(after[target])))


def layers_of(count: int, links: Sequence[Link], backward: frozenset[int]) -> list[int]:
    """The layers, from 0. A link with a name spans two layers, so that there is room for it between them."""
    forward = [link for number, link in enumerate(links) if number not in backward]
    after: list[list[Link]] = [[] for _ in range(count)]
    waiting = [0] * count
    for link in forward:
        after[link.source].append(link)
        waiting[link.target] += 1
    sources = [node for node in range(count) if not waiting[node]]
    layers, ready = [0] * count, deque(sources)
    while ready:
        node = ready.popleft()
        for link in after[node]:
            layers[link.target] = max(layers[link.target], layers[node] + _span(link))
            waiting[link.target] -= 1
            if not waiting[link.target]:
                ready.append(link.target)
    for node in sources:
        layers[node] = min((layers[link.target] - _span(link) for link in after[node]), default=0)
    return layers


def _span(link: Link) -> int:
    return 1 if link.label is None else 2
