"""Whose instance an event makes that begins the process by itself: `dg:start party` (process engine §12, `DG2124`).

A message names its party, and so does the instance that throws a signal. A timer comes from nobody, so the file has to
say it.
"""

from collections.abc import Iterator

import orjson

from dialog_graph.bpmn.element_parts import Expression
from dialog_graph.bpmn.reading import vocabulary as v
from dialog_graph.bpmn.reading.declarations import extension
from dialog_graph.bpmn.reading.markup import children
from dialog_graph.bpmn.reading.source import SourceNode
from dialog_graph.errors import Refusal
from dialog_graph.urns import PartyUrn

_EXPRESSIONS = ("[", '"')
"""How the text of an expression begins; another one is the URN of a party."""


def begins_process(node: SourceNode) -> bool:
    """True for start events of the process itself."""
    return node.tag == "startEvent" and node.scope is None


def _written(node: SourceNode) -> tuple[str, int] | None:
    found = extension(node.xml, "start") if begins_process(node) else None
    text = (found.get("party") or "").strip() if found is not None else ""
    return (text, found.sourceline or 1) if found is not None and text else None


def start_party(node: SourceNode) -> Expression | None:
    """The expression of the party; a URN as it is stands for itself."""
    written = _written(node)
    if written is None:
        return None
    text, line = written
    return Expression(text if text.startswith(_EXPRESSIONS) else orjson.dumps(text).decode(), line)


def start_problems(node: SourceNode) -> Iterator[str]:
    """Why nobody can be found whose instance it would make."""
    written = _written(node)
    if written is None:
        if begins_process(node) and any(local == "timerEventDefinition" for _, local, _ in children(node.xml)):
            yield "is begun by a timer, and nothing says for which party"
    elif not written[0].startswith(_EXPRESSIONS) and isinstance(PartyUrn.parse(written[0]), Refusal):
        yield f'begins for "{written[0][:80]}", which is no party'


def start_extensions(node: SourceNode) -> frozenset[str]:
    """The elements of our own namespace that it may have because it begins the process."""
    words = {v.EVENT_DEFINITIONS.get(local) for _, local, _ in children(node.xml)}
    return frozenset({"start"}) if begins_process(node) and words & {"timer", "signal"} else frozenset()
