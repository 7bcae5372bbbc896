"""Reads what a BPMN file has to be drawn. Flow nodes and sequence flows come from the reader that compiles them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dialog_graph.bpmn.drawing.figures import Contents, Family, Figure, Line, LineKind
from dialog_graph.bpmn.drawing.texts import plain
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.events import events_of, is_interrupting
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.markup import children, split_name, text_of
from dialog_graph.bpmn.reading.source import SourceFlow, SourceNode, SourceProcess, read_process_source
from dialog_graph.model.safe_xml import Element

_NODE_FAMILIES = (
    (v.EVENTS, Family.EVENT),
    (v.GATEWAYS, Family.GATEWAY),
    (v.CONTAINERS, Family.SUB_PROCESS),
    (v.NODES, Family.TASK),
)
_OTHER_FAMILIES = {
    "dataObjectReference": Family.DATA,
    "dataStoreReference": Family.DATA,
    "textAnnotation": Family.ANNOTATION,
    # drawn in their own right only where the interchange gives them a shape
    "dataObject": Family.DATA,
    "dataInput": Family.DATA,
    "dataOutput": Family.DATA,
    "group": Family.GROUP,
    "lane": Family.LANE,
}
_ONLY_WITH_SHAPE = frozenset({"dataObject", "dataInput", "dataOutput", "group", "lane"})
_LONGEST_TEXT = 1_000


@dataclass(slots=True)
class _Reading:
    """What has been found so far; of things with the same id the first counts. `pools`: id of a process -> its pool."""

    shaped: frozenset[str]
    pools: dict[str, str] = field(default_factory=dict[str, str])
    figures: dict[str, Figure] = field(default_factory=dict[str, Figure])
    lines: dict[str, Line] = field(default_factory=dict[str, Line])

    def add(self, figure: Figure) -> None:
        self.figures.setdefault(figure.id, figure)

    def connect(self, line: Line) -> None:
        self.lines.setdefault(line.id, line)


def read_contents(root: Element, shaped: frozenset[str]) -> Contents:
    """Everything below `definitions` that can be drawn. `shaped`: ids that the interchange has shapes for."""
    reading = _Reading(shaped)
    for xml in _all(root, "participant"):
        pool = _pool(xml)
        reading.add(pool)
        reading.pools.setdefault(_reference(xml, "processRef"), pool.id)
    processes = [read_process_source(xml, Findings("")) for xml in root.iterchildren(f"{{{v.BPMN}}}process")]
    for process in processes:
        _read_process(reading, process)
    for name, family in _OTHER_FAMILIES.items():
        _read_others(reading, root, name, family)
    _read_connections(reading, root)
    return _settled(reading, _title(root, processes))


def _title(root: Element, processes: list[SourceProcess]) -> str:
    names = (process.name for process in sorted(processes, key=lambda each: not each.nodes))
    return plain(next((name for name in names if name), None) or root.get("name") or "")


def _all(root: Element, local: str) -> Iterator[Element]:
    return root.iter(f"{{{v.BPMN}}}{local}")


def _reference(xml: Element, attribute: str) -> str:
    """What an attribute refers to, without a namespace prefix."""
    return (xml.get(attribute) or "").rpartition(":")[2]


# Figures -------------------------------------------------------------------------------------------------------------


def _pool(xml: Element) -> Figure:
    has_many = any(local == "participantMultiplicity" for _, local, _ in children(xml))
    return Figure(
        id=xml.get("id") or f"participant#{xml.sourceline}",
        tag="participant",
        family=Family.POOL,
        name=plain(xml.get("name")),
        markers=("parallel",) if has_many else (),
    )


def _read_process(reading: _Reading, process: SourceProcess) -> None:
    nodes = {node.id: node for node in process.nodes}
    for node in process.nodes:
        reading.add(_node(node, reading.pools.get(process.id)))
    for flow in process.flows:
        reading.connect(_flow(flow, nodes.get(flow.source)))


def _node(node: SourceNode, pool: str | None) -> Figure:
    words = [event.word for event in events_of(node)]
    return Figure(
        id=node.id,
        tag=node.tag,
        family=next(family for tags, family in _NODE_FAMILIES if node.tag in tags),
        name=plain(node.name),
        inside=node.scope or pool,
        host=node.attached_to,
        event=words[0] if len(words) == 1 else _several(node) if words else None,
        throws=node.tag in ("endEvent", "intermediateThrowEvent"),
        interrupting=is_interrupting(node),
        by_event=node.is_by_event,
        markers=tuple(_markers(node)),
    )


def _several(node: SourceNode) -> str:
    return "parallelMultiple" if node.xml.get("parallelMultiple") == "true" else "multiple"


def _markers(node: SourceNode) -> Iterator[str]:
    for namespace, local, child in children(node.xml):
        if namespace == v.BPMN and local == "standardLoopCharacteristics":
            yield "loop"
        elif namespace == v.BPMN and local == "multiInstanceLoopCharacteristics":
            yield "sequential" if child.get("isSequential") == "true" else "parallel"
    if node.is_for_compensation:
        yield "compensation"
    if node.tag == "adHocSubProcess":
        yield "adhoc"


def _read_others(reading: _Reading, root: Element, tag: str, family: Family) -> None:
    categories = {value.get("id") or "": value.get("value") or "" for value in _all(root, "categoryValue")}
    for number, xml in enumerate(_all(root, tag)):
        id = xml.get("id") or f"{tag}#{number + 1}"
        if tag in _ONLY_WITH_SHAPE and id not in reading.shaped:
            continue
        name = xml.get("name") or categories.get(_reference(xml, "categoryValueRef")) or _annotation(xml)
        reading.add(Figure(id=id, tag=tag, family=family, name=plain(name), inside=_owner(reading, xml)))


def _annotation(xml: Element) -> str:
    texts = (text_of(child) for _, local, child in children(xml) if local == "text")
    return " ".join(texts)[:_LONGEST_TEXT]


def _owner(reading: _Reading, xml: Element) -> str | None:
    """The subprocess around an element, or the pool that its process has."""
    for above in xml.iterancestors():
        local = split_name(above)[1]
        if local in v.CONTAINERS:
            return above.get("id")
        if local == "process":
            return reading.pools.get(above.get("id") or "process")
    return None


# Lines ---------------------------------------------------------------------------------------------------------------


def _flow(flow: SourceFlow, source: SourceNode | None) -> Line:
    return Line(
        id=flow.id,
        kind=LineKind.SEQUENCE,
        source=flow.source,
        target=flow.target,
        name=plain(flow.name),
        conditional=flow.condition is not None and source is not None and source.tag in v.ACTIVITIES,
        default=source is not None and source.default == flow.id,
    )


def _read_connections(reading: _Reading, root: Element) -> None:
    for number, xml in enumerate(_all(root, "messageFlow")):
        reading.connect(_connection(xml, LineKind.MESSAGE, f"messageFlow#{number + 1}"))
    for number, xml in enumerate(_all(root, "association")):
        line = _connection(xml, LineKind.ASSOCIATION, f"association#{number + 1}")
        reading.connect(replace(line, directed=xml.get("associationDirection") in ("One", "Both")))
    for local in ("dataInputAssociation", "dataOutputAssociation"):
        for number, xml in enumerate(_all(root, local)):
            line = _data_connection(xml, f"{local}#{number + 1}")
            if line is not None:
                reading.connect(line)


def _connection(xml: Element, kind: LineKind, spare_id: str) -> Line:
    return Line(
        id=xml.get("id") or spare_id,
        kind=kind,
        source=_reference(xml, "sourceRef"),
        target=_reference(xml, "targetRef"),
        name=plain(xml.get("name")),
    )


def _data_connection(xml: Element, spare_id: str) -> Line | None:
    """Between the activity around the element and the data that it names."""
    owner = xml.getparent()
    if owner is None:
        return None
    reads = split_name(xml)[1] == "dataInputAssociation"
    wanted = "sourceRef" if reads else "targetRef"
    data = next((text_of(child) for _, local, child in children(xml) if local == wanted), "")
    source, target = (data, owner.get("id") or "") if reads else (owner.get("id") or "", data)
    return Line(id=xml.get("id") or spare_id, kind=LineKind.DATA, source=source, target=target, directed=True)


# What the parts say of each other ------------------------------------------------------------------------------------


def _settled(reading: _Reading, name: str) -> Contents:
    figures = {figure.id: _placed(figure, reading.figures) for figure in reading.figures.values()}
    ends = figures.keys() | reading.lines.keys()
    lines = {line.id: line for line in reading.lines.values() if {line.source, line.target} <= ends}
    lines = {id: line for id, line in lines.items() if line.kind is LineKind.ASSOCIATION or _joins(line, figures)}
    return Contents(name=name, figures=figures, lines=lines)


def _joins(line: Line, figures: dict[str, Figure]) -> bool:
    return line.source in figures and line.target in figures


def _placed(figure: Figure, figures: dict[str, Figure]) -> Figure:
    """The figure without references to what cannot be around it or carry it."""
    around, host = figures.get(figure.inside or ""), figures.get(figure.host or "")
    if around is not None and around.family not in (Family.SUB_PROCESS, Family.POOL):
        around = None
    if host is not None and (host.family not in (Family.TASK, Family.SUB_PROCESS) or host.inside != figure.inside):
        host = None
    return replace(figure, inside=around.id if around else None, host=host.id if host else None)
