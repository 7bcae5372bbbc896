"""The written process as a graph of ids, for the checks. Flows without both ends are left out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dialog_graph.bpmn.reading.events import handlers, link_targets
from dialog_graph.bpmn.reading.source import SourceFlow, SourceNode, SourceProcess


@dataclass(frozen=True, slots=True)
class Graph:
    """`out` and `into`: node id -> its flows in document order. Of nodes with the same id the first counts.

    `jumps`: where a token can go without a flow: from an activity to its boundary
    events, from a link to its catch, from a compensation boundary to its handler; `jumped`: the other way.
    `outspoken`: the nodes that are not plain, the only ones that a rule about single elements can refuse.
    """

    nodes: Mapping[str, SourceNode]
    flows: tuple[SourceFlow, ...]
    out: Mapping[str, Sequence[SourceFlow]]
    into: Mapping[str, Sequence[SourceFlow]]
    jumps: Mapping[str, tuple[str, ...]]
    jumped: Mapping[str, tuple[str, ...]]
    outspoken: tuple[SourceNode, ...]

    def after(self, id: str) -> list[str]:
        """The nodes directly behind a node."""
        return [flow.target for flow in self.out[id]] + list(self.jumps.get(id, ()))

    def before(self, id: str) -> list[str]:
        """The nodes directly before a node."""
        return [flow.source for flow in self.into[id]] + list(self.jumped.get(id, ()))

    def inside(self, scope: str | None) -> list[SourceNode]:
        """The nodes directly inside a subprocess, or with None of the process itself."""
        return [node for node in self.nodes.values() if node.scope == scope]


def graph_of(process: SourceProcess) -> Graph:
    """The graph of all nodes of the process, subprocess contents included."""
    nodes: dict[str, SourceNode] = {}
    for node in process.nodes:
        nodes.setdefault(node.id, node)
    flows = tuple([flow for flow in process.flows if flow.source in nodes and flow.target in nodes])
    out: dict[str, list[SourceFlow]] = {id: [] for id in nodes}
    into: dict[str, list[SourceFlow]] = {id: [] for id in nodes}
    for flow in flows:
        out[flow.source].append(flow)
        into[flow.target].append(flow)
    outspoken = tuple([node for node in nodes.values() if not node.is_plain])
    jumps = list(_jumps(outspoken, nodes, process.associations)) if outspoken else []
    back = [(target, source) for source, target in jumps]
    return Graph(nodes, flows, out, into, _grouped(jumps), _grouped(back), outspoken)


def _grouped(pairs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    grouped: dict[str, tuple[str, ...]] = {}
    for first, second in pairs:
        grouped[first] = (*grouped.get(first, ()), second)
    return grouped


def _jumps(
    outspoken: Sequence[SourceNode], nodes: Mapping[str, SourceNode], associations: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    for node in outspoken:
        host = node.attached_to
        if host is not None and host in nodes:
            yield host, node.id
    for throw, catches in link_targets(outspoken).items():
        yield from ((throw, catch.id) for catch in catches)
    for boundary, targets in handlers(nodes, associations).items():
        yield from ((boundary, target) for target in targets)


def reachable(starts: Iterable[str], after: Callable[[str], Iterable[str]]) -> set[str]:
    """All nodes that can be reached, the starts included."""
    found = set(starts)
    waiting = list(found)
    while waiting:
        new = [id for id in after(waiting.pop()) if id not in found]
        found.update(new)
        waiting.extend(new)
    return found


def circles(nodes: Iterable[str], after: Callable[[str], Iterable[str]]) -> list[list[str]]:
    """The groups of nodes that can all reach each other, each in the given order (Kosaraju, without recursion)."""
    onward = {id: targets for id in nodes if (targets := list(after(id)))}
    order = list(onward)
    follow = {id: [target for target in targets if target in onward] for id, targets in onward.items()}
    if not any(follow.values()):
        return []
    back: dict[str, list[str]] = {id: [] for id in order}
    for id, targets in follow.items():
        for target in targets:
            back[target].append(id)
    place = {id: number for number, id in enumerate(order)}
    done: set[str] = set()
    groups: list[list[str]] = []
    for id in reversed(_finished(order, follow)):
        if id in done:
            continue
        group = reachable([id], lambda node: (before for before in back[node] if before not in done))
        done.update(group)
        if len(group) > 1 or id in follow[id]:
            groups.append(sorted(group, key=place.__getitem__))
    return sorted(groups, key=lambda group: place[group[0]])


def _finished(order: list[str], follow: Mapping[str, list[str]]) -> list[str]:
    """Nodes in the order in which a depth-first search leaves them."""
    seen: set[str] = set()
    finished: list[str] = []
    for root in order:
        stack = [(root, iter(follow[root]))] if root not in seen else []
        seen.add(root)
        while stack:
            node, rest = stack[-1]
            target = next((target for target in rest if target not in seen), None)
            if target is None:
                finished.append(node)
                stack.pop()
            else:
                seen.add(target)
                stack.append((target, iter(follow[target])))
    return finished
