"""What a file declares beside its process, for events to refer to: errors, escalations, messages, signals."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dialog_graph.bpmn.element_parts import Expression
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.findings import Findings
from dialog_graph.bpmn.reading.ignored import foreign
from dialog_graph.bpmn.reading.markup import children
from dialog_graph.model.safe_xml import Element

_CODES = {"error": "errorCode", "escalation": "escalationCode"}
_DECLARED = _CODES.keys() | {"message", "signal"}


@dataclass(frozen=True, slots=True)
class DeclaredMessage:
    """A message: its name, None where it has none, and the expression of its correlation key."""

    name: str | None
    key: Expression | None = None


@dataclass(frozen=True, slots=True)
class Declarations:
    """By id. `codes`: of errors and escalations, the id where there is no code; `signals`: their names."""

    codes: Mapping[str, str] = field(default_factory=dict[str, str])
    messages: Mapping[str, DeclaredMessage] = field(default_factory=dict[str, DeclaredMessage])
    signals: Mapping[str, str | None] = field(default_factory=dict[str, str | None])


def read_declarations(root: Element, findings: Findings) -> Declarations:
    """The declarations of a file; their extensions that mean nothing are told."""
    declared: dict[str, list[tuple[str, Element]]] = {}
    for namespace, local, child in children(root):
        if namespace == v.BPMN and local in _DECLARED and (id := child.get("id")):
            declared.setdefault(local, []).append((id, child))
    return Declarations(
        codes={id: xml.get(code) or id for local, code in _CODES.items() for id, xml in declared.get(local, ())},
        messages={id: _message(xml, findings) for id, xml in declared.get("message", ())},
        signals={id: xml.get("name") for id, xml in declared.get("signal", ())},
    )


def _message(xml: Element, findings: Findings) -> DeclaredMessage:
    for holder in xml.iterchildren(f"{{{v.BPMN}}}extensionElements"):
        for namespace, local, child in children(holder):
            if (namespace, local) != (v.OURS, "correlation"):
                foreign(child, findings)
    return DeclaredMessage(xml.get("name"), correlation(xml))


def correlation(xml: Element) -> Expression | None:
    """The expression of the `dg:correlation` among an element's extensions."""
    found = extension(xml, "correlation")
    text = (found.get("key") or "").strip() if found is not None else ""
    return Expression(text, found.sourceline or 1) if found is not None and text else None


def extension(xml: Element, local: str) -> Element | None:
    """The first extension element of ours with this name."""
    return next(xml.iterfind(f"{{{v.BPMN}}}extensionElements/{{{v.OURS}}}{local}"), None)


def referred(reference: str | None) -> str | None:
    """The id that a reference means: it may carry a prefix, an id never does."""
    return reference.strip().rpartition(":")[2] or None if reference else None
