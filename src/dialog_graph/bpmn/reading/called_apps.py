"""The app that a call activity calls: reading, and what is wrong with it (process engine §13, `DG2120`)."""

from collections.abc import Iterator

import orjson

from dialog_graph.bpmn.element_parts import Expression
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.declarations import extension
from dialog_graph.bpmn.reading.source import SourceNode
from dialog_graph.bpmn.task_config import CallAppConfig, Copied, Mapped
from dialog_graph.errors import Refusal
from dialog_graph.model.safe_xml import Element
from dialog_graph.urns import AppId

_CREDENTIALS = ("org", "user")
_COMPLETIONS = ("wait", "detach")
_PARTS = {"map": ("from", "to"), "attach": ("dataType", "to"), "return": ("from", "to")}


def called_app(node: SourceNode) -> CallAppConfig | None:
    """What a call activity says, as written; None where it names no app."""
    xml = extension(node.xml, "callApp")
    app = ((xml.get("app") if xml is not None else None) or node.xml.get("calledElement") or "").strip()
    if not app:
        return None
    if xml is None:
        return CallAppConfig(app=app)
    return CallAppConfig(
        app=app,
        party=_expression(xml, "party"),
        credentials=xml.get("credentials", _CREDENTIALS[0]).strip(),
        completion=xml.get("completion", _COMPLETIONS[0]).strip(),
        maps=tuple(Mapped(value=_value(each), target=each.get("to", "").strip()) for each in _below(xml, "map")),
        attachments=tuple(_copied(each, "attach") for each in _below(xml, "attach")),
        returns=tuple(_copied(each, "return") for each in _below(xml, "return")),
    )


def _below(xml: Element, local: str) -> Iterator[Element]:
    return xml.iterchildren(f"{{{v.OURS}}}{local}")


def _expression(xml: Element, name: str) -> Expression | None:
    text = (xml.get(name) or "").strip()
    return Expression(text, xml.sourceline or 1) if text else None


def _value(xml: Element) -> Expression:
    """A path stands for the field of the instance's data."""
    text = xml.get("from", "").strip()
    shown = text if text.startswith("[") else orjson.dumps(["dataModel", text]).decode()
    return Expression(shown, xml.sourceline or 1)


def _copied(xml: Element, local: str) -> Copied:
    source, target = _PARTS[local]
    return Copied(source=xml.get(source, "").strip(), target=xml.get(target, "").strip())


def call_problems(node: SourceNode) -> Iterator[str]:
    """Why an app cannot be called so."""
    config = called_app(node)
    if config is None:
        yield "has neither calledElement nor dg:callApp"
        return
    if isinstance(AppId.parse(config.app), Refusal):
        yield f'calls "{config.app[:80]}", which is no app of the form org/app'
    for name, value, known in (
        ("credentials", config.credentials, _CREDENTIALS),
        ("completion", config.completion, _COMPLETIONS),
    ):
        if value not in known:
            yield f'has the {name} "{value[:80]}" instead of {" or ".join(known)}'
    xml = extension(node.xml, "callApp")
    if xml is not None:
        yield from _part_problems(xml)


def _part_problems(xml: Element) -> Iterator[str]:
    """Where values go is held against the other app's models elsewhere."""
    for local, (source, _) in _PARTS.items():
        for each in _below(xml, local):
            if not (each.get(source) or "").strip():
                yield f"has a dg:{local} without {source}"
