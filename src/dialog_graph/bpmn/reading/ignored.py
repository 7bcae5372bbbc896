"""What has no meaning at its place: refused (`DG2002`), of another engine (`DG2004`), or ignored (`DG2302`)."""

from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.markup import children, split, split_name
from dialog_graph.model.safe_xml import Element


def known_part(xml: Element, local: str, findings: Findings) -> None:
    """Finds out whether an element of the BPMN namespace is carried, refused, or unknown."""
    id = xml.get("id") or _host(xml)
    if local in v.REFUSED_PARTS:
        findings.add("DG2002", xml.sourceline, id, what=f'element "{local}"', fix=v.REFUSED_PARTS[local])
    elif local not in v.CARRIED:
        findings.add("DG2002", xml.sourceline, id, what=f'unknown element "{local}"', fix="remove it")


def foreign(xml: Element, findings: Findings) -> None:
    """Tells of an element of another namespace that has no meaning at its place."""
    namespace, local = split_name(xml)
    if namespace in v.DRAWING:
        return
    engine, host, what = v.OTHER_ENGINES.get(namespace), _host(xml), f'element "{local}"'
    if engine:
        findings.add("DG2004", xml.sourceline, host, what=f'element "{engine}:{local}"')
    elif meant := v.meant(namespace):
        findings.add("DG2302 namespace", xml.sourceline, host, what=what, namespace=namespace, meant=meant)
    else:
        findings.add("DG2302", xml.sourceline, host, what=what)


def _host(xml: Element) -> str | None:
    """Id of the nearest BPMN element around a foreign one."""
    above = xml.getparent()
    while above is not None and (split_name(above)[0] != v.BPMN or above.get("id") is None):
        above = above.getparent()
    return above.get("id") if above is not None else None


def ignored_extensions(extensions: Element, findings: Findings) -> None:
    """Tells of the extensions of an element that may have none."""
    for _, _, child in children(extensions):
        foreign(child, findings)


def ignored_attributes(xml: Element, known: frozenset[str], findings: Findings) -> None:
    """Tells of the attributes of one of our own elements that it does not have."""
    for name in map(str, xml.keys()):
        if not name.startswith("{") and name not in known:
            what = f'attribute "{name[:80]}" of dg:{split_name(xml)[1]}'
            findings.add("DG2302", xml.sourceline, _host(xml), what=what)


def attributes(xml: Element, findings: Findings, known: set[str]) -> None:
    """Tells of attributes of other engines, and of ours and Altinn's that have no meaning at their place."""
    for name in map(str, xml.keys()):
        namespace, local = split(name) if name.startswith("{") else ("", name)
        if namespace in v.OTHER_ENGINES:
            what = f'attribute "{v.OTHER_ENGINES[namespace]}:{local}"'
            findings.add("DG2004", xml.sourceline, xml.get("id"), what=what)
        elif (namespace in v.ALTINN or namespace == v.OURS) and local not in known:
            findings.add("DG2302", xml.sourceline, xml.get("id"), what=f'attribute "{local}"')
