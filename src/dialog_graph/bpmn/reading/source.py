"""The BPMN file as it is written: nodes, flows, lanes of every process, before anything is judged or compiled."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.ignored import attributes, foreign, ignored_extensions, known_part
from dialog_graph.bpmn.reading.markup import children, flag, split_name, text_of
from dialog_graph.model.safe_xml import Element

_PLAIN_ATTRIBUTES = frozenset({"id", "name", "default"})
_FLOW_ATTRIBUTES = frozenset({"id", "name", "sourceRef", "targetRef"})
_LISTS = frozenset({f"{{{v.BPMN}}}incoming", f"{{{v.BPMN}}}outgoing"})
_ALTINN = tuple(sorted(v.ALTINN))
_NODES = {f"{{{v.BPMN}}}{local}": local for local in v.NODES}
_FLOW = f"{{{v.BPMN}}}sequenceFlow"


@dataclass(slots=True, kw_only=True, eq=False)
class SourceNode:
    """A flow node. `scope`: id of the subprocess around it; `default`: id of a flow; `listed`: its own flow lists.

    `is_plain`: it is one of `PLAIN` and says nothing but its name and its flows, so that only its place can be wrong.
    """

    tag: str
    id: str
    line: int
    xml: Element
    name: str | None = None
    scope: str | None = None
    default: str | None = None
    listed: tuple[frozenset[str], frozenset[str]] | None = None
    is_plain: bool = False

    @property
    def attached_to(self) -> str | None:
        """Id of the activity that a boundary event names."""
        return self.xml.get("attachedToRef") if self.tag == "boundaryEvent" else None

    @property
    def is_for_compensation(self) -> bool:
        """True for an activity that only a compensation boundary leads to."""
        return flag(self.xml, "isForCompensation")

    @property
    def is_by_event(self) -> bool:
        """True for an event subprocess."""
        return self.tag == "subProcess" and flag(self.xml, "triggeredByEvent")


@dataclass(slots=True, kw_only=True, eq=False)
class SourceFlow:
    """A sequence flow; `source` and `target` are ids as written, "" when absent."""

    id: str
    line: int
    source: str
    target: str
    name: str | None = None
    scope: str | None = None
    condition: str | None = None
    condition_line: int | None = None
    flow_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProcess:
    """One process of the file. `lanes`: node id -> name of its lane; `associations`: pairs of ids."""

    id: str
    line: int
    name: str | None
    nodes: tuple[SourceNode, ...]
    flows: tuple[SourceFlow, ...]
    lanes: Mapping[str, str]
    data_objects: tuple[str, ...]
    strict: bool
    associations: tuple[tuple[str, str], ...] = ()


def _bpmn(element: Element, local: str) -> Iterator[Element]:
    return element.iterchildren(f"{{{v.BPMN}}}{local}")


@dataclass(slots=True)
class _Reading:
    """What one process gives while it is walked through."""

    findings: Findings
    nodes: list[SourceNode] = field(default_factory=list[SourceNode])
    flows: list[SourceFlow] = field(default_factory=list[SourceFlow])
    lanes: dict[str, str] = field(default_factory=dict[str, str])
    data_objects: list[str] = field(default_factory=list[str])
    given_ids: set[str] = field(default_factory=set[str])
    strict: bool = False
    associations: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def read_process_source(process: Element, findings: Findings) -> SourceProcess:
    """The process as written; elements without a meaning here are findings."""
    reading = _Reading(findings)
    attributes(process, findings, {"strict"})
    reading.strict = process.get(f"{{{v.OURS}}}strict", "").strip() == "altinn"
    _contents(reading, process, None)
    return SourceProcess(
        id=process.get("id") or "process",
        line=process.sourceline or 1,
        name=process.get("name"),
        nodes=tuple(reading.nodes),
        flows=tuple(reading.flows),
        lanes=reading.lanes,
        data_objects=tuple(reading.data_objects),
        strict=reading.strict,
        associations=tuple(reading.associations),
    )


def _contents(reading: _Reading, owner: Element, scope: str | None) -> None:
    for child in owner.iterchildren("*"):
        name = str(child.tag)
        if name in _NODES:
            _node(reading, child, _NODES[name], scope)
        elif name == _FLOW:
            _flow(reading, child, scope)
        else:
            _other(reading, child, scope)


def _other(reading: _Reading, xml: Element, scope: str | None) -> None:
    """What lies beside nodes and flows."""
    namespace, local = split_name(xml)
    if namespace != v.BPMN:
        foreign(xml, reading.findings)
    elif local == "extensionElements":
        _container_extensions(reading, xml, scope)
    elif local == "laneSet":
        _lanes(reading, xml)
    else:
        if local in ("dataObject", "dataObjectReference"):
            reading.data_objects.append(xml.get("name") or xml.get("id") or "")
        if local == "association":
            reading.associations.append((xml.get("sourceRef") or "", xml.get("targetRef") or ""))
        known_part(xml, local, reading.findings)


def _node(reading: _Reading, xml: Element, tag: str, scope: str | None) -> None:
    given = dict(xml.items())
    node = SourceNode(
        tag=tag,
        id=given.get("id") or f"{tag}#{len(reading.nodes) + 1}",
        line=xml.sourceline or 1,
        xml=xml,
        name=given.get("name"),
        scope=scope,
        default=given.get("default"),
        listed=_listed(xml) if len(xml) else None,
        is_plain=tag in v.PLAIN and _says_nothing(xml, given),
    )
    reading.nodes.append(node)
    if node.is_plain:
        return
    attributes(xml, reading.findings, {"tasktype", "taskType"} if tag in v.TASKS else set())
    if tag in v.CONTAINERS:
        _contents(reading, xml, node.id)


def _says_nothing(xml: Element, given: Mapping[str, str]) -> bool:
    return _PLAIN_ATTRIBUTES.issuperset(given) and not (len(xml) and any(child.tag not in _LISTS for child in xml))


def _listed(xml: Element) -> tuple[frozenset[str], frozenset[str]] | None:
    listed = tuple(frozenset(text_of(item) for item in _bpmn(xml, side)) for side in ("incoming", "outgoing"))
    return (listed[0], listed[1]) if any(listed) else None


def _flow(reading: _Reading, xml: Element, scope: str | None) -> None:
    given = dict(xml.items())
    source, target = given.get("sourceRef") or "", given.get("targetRef") or ""
    flow = SourceFlow(
        id=given.get("id") or _free_id(reading, f"{source}->{target}"),
        line=xml.sourceline or 1,
        source=source,
        target=target,
        name=given.get("name"),
        scope=scope,
    )
    reading.flows.append(flow)
    if not _FLOW_ATTRIBUTES.issuperset(given):
        attributes(xml, reading.findings, {"flowtype"})
        flow.flow_type = _altinn_attribute(xml, "flowtype")
    if len(xml):
        _flow_parts(flow, xml, reading.findings)


def _flow_parts(flow: SourceFlow, xml: Element, findings: Findings) -> None:
    for namespace, local, child in children(xml):
        if local == "extensionElements" and namespace == v.BPMN:
            ignored_extensions(child, findings)
        elif namespace == v.BPMN:
            known_part(child, local, findings)
        else:
            foreign(child, findings)
    condition = next(_bpmn(xml, "conditionExpression"), None)
    if condition is not None:
        flow.condition, flow.condition_line = text_of(condition) or None, _text_line(condition)
        condition_language(condition, findings)


def _text_line(xml: Element) -> int:
    """The line at which the text of an element begins."""
    text = xml.text or ""
    blank = text[: len(text) - len(text.lstrip())] if text.strip() else ""
    return (xml.sourceline or 1) + blank.count("\n")


def condition_language(condition: Element, findings: Findings) -> None:
    """Tells of a condition in another language than ours."""
    language = condition.get("language")
    if language not in (None, "", "urn:altinn:expressions"):
        what, fix = f'a condition in the language "{language}"', "write it in the expression language"
        findings.add("DG2002", condition.sourceline, what=what, fix=fix)


def _free_id(reading: _Reading, wanted: str) -> str:
    free = f"{wanted}#{len(reading.flows) + 1}" if wanted in reading.given_ids else wanted
    reading.given_ids.add(free)
    return free


def _altinn_attribute(xml: Element, local: str) -> str | None:
    return next((value for ns in _ALTINN if (value := xml.get(f"{{{ns}}}{local}")) is not None), None)


def _container_extensions(reading: _Reading, extensions: Element, scope: str | None) -> None:
    for namespace, local, child in children(extensions):
        if (namespace, local, scope) == (v.OURS, "strict", None) and text_of(child) == "altinn":
            reading.strict = True
        else:
            foreign(child, reading.findings)


def _lanes(reading: _Reading, lane_set: Element) -> None:
    for lane in _bpmn(lane_set, "lane"):
        name = lane.get("name") or lane.get("id") or ""
        reading.lanes.update({text_of(ref): name for ref in _bpmn(lane, "flowNodeRef")})
        for inner in _bpmn(lane, "childLaneSet"):
            _lanes(reading, inner)
