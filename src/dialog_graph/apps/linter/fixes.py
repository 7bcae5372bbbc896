"""How the findings are mended that the linter may mend: code -> edits (the mark ✚ of app folder §14).

An edit touches what is wrong and nothing else: comments, byte order mark, order and line ends stay. A fixer proposes;
whether the edited app is better is found out by checking it again (`mending`).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from typing import TypeAlias

from dialog_graph.apps.diagnostics import METADATA, POLICY
from dialog_graph.apps.files import Contents
from dialog_graph.apps.linter.json_places import list_end, space_before, string_end
from dialog_graph.apps.linter.source_text import Edit, SourceText, decode
from dialog_graph.apps.linter.xml_places import Tag, read_tags
from dialog_graph.model import tolerant_json
from dialog_graph.model.diagnostic import Diagnostic
from dialog_graph.policy.request import APP, DELEGATION, ORG, RESOURCE
from dialog_graph.policy.xacml import Category, Function
from dialog_graph.urns import AppId

_OWNED = '["app:owned"]'
_ALTINN = frozenset({"http://altinn.no/process", "http://altinn.no"})


@dataclass(slots=True)
class Source:
    """The files of an app as fixers see them: decoded once, and its id where it is known."""

    contents: Contents
    app_id: AppId | None
    _texts: dict[str, SourceText | None] = field(default_factory=dict[str, SourceText | None])
    _tags: dict[str, Tag | None] = field(default_factory=dict[str, Tag | None])

    def text(self, file: str) -> SourceText | None:
        """The text of a file; None when it is not there or no text."""
        if file not in self._texts:
            content = self.contents.get(file)
            self._texts[file] = decode(content) if content is not None else None
        return self._texts[file]

    def root(self, file: str) -> Tag | None:
        """The root element of a file."""
        if file not in self._tags:
            text = self.text(file)
            self._tags[file] = read_tags(text.text) if text else None
        return self._tags[file]


Fixer: TypeAlias = Callable[[Source, Diagnostic], Iterator[Edit]]
"""Gives the edits of the finding's file; none when it cannot be mended."""


def _string(source: Source, item: Diagnostic) -> Iterator[Edit]:
    """Puts the finding's fix in place of the string at its place: a key, or a value."""
    text = source.text(item.file)
    start = text.offset(item.line, item.column) if text and item.line and item.column else None
    end = string_end(text.text, start) if text and start is not None else None
    if start is not None and end is not None and item.fix is not None:
        yield Edit(start, end, json.dumps(item.fix, ensure_ascii=False))


def _owned(source: Source, item: Diagnostic) -> Iterator[Edit]:
    """Reserves a data type for the server."""
    text, content = source.text(METADATA), source.contents.get(METADATA)
    document = tolerant_json.read(content, file=METADATA) if content is not None else None
    if text is None or not isinstance(document, tolerant_json.Document):
        return
    for path, names in _data_types(document, item.fix):
        written = names.get("allowedcontributors") or names.get("allowedcontributers")
        start = _offset(text, document.position(*path, written or names["id"]))
        if written is not None:
            end = list_end(text.text, start)
            yield from [Edit(start, end, _OWNED)] if end is not None else []
            continue
        end = string_end(text.text, start)
        space = space_before(text.text, _offset(text, document.key_position(*path, names["id"])))
        if end is not None:
            yield Edit(end, end, "," + (space if space.strip(" \t") else " ") + '"allowedContributors": ' + _OWNED)


def _offset(text: SourceText, place: tolerant_json.Position | None) -> int:
    found = text.offset(place.line, place.column) if place else None
    return len(text.text) if found is None else found


def _data_types(document: tolerant_json.Document, id: str | None) -> Iterator[tuple[tuple[str, int], dict[str, str]]]:
    """The rows of `dataTypes` with an id: path, and the names of their members as written by lower-case name."""
    top = document.value
    key = next((name for name in top if name.lower() == "datatypes"), "") if isinstance(top, dict) else ""
    rows = top.get(key) if isinstance(top, dict) else None
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        names = {name.lower(): name for name in row} if isinstance(row, dict) else {}
        if isinstance(row, dict) and "id" in names and row[names["id"]] == id:
            yield (key, index), names


def _flow_type(source: Source, item: Diagnostic) -> Iterator[Edit]:
    """Takes the attribute away, and the space before it."""
    text = source.text(item.file)
    for tag in _elements(source, item):
        for attribute in tag.attributes:
            if attribute.local == "flowtype" and attribute.space in _ALTINN and text is not None:
                yield Edit(attribute.start - len(space_before(text.text, attribute.start)), attribute.end, "")


def _elements(source: Source, item: Diagnostic) -> Iterator[Tag]:
    root = source.root(item.file)
    yield from (tag for tag in root.below() if tag.attribute("id") == item.element_id) if root else ()


def _flow_lists(source: Source, item: Diagnostic) -> Iterator[Edit]:
    """Writes the lists of a node as its flows are: a wrong entry becomes a missing one, others are removed or added."""
    root, text = source.root(item.file), source.text(item.file)
    node = next(_elements(source, item), None)
    if root is None or text is None or node is None:
        return
    flows = [tag for tag in root.below() if tag.local == "sequenceFlow" and tag.space == node.space]
    sides = {"incoming": node.inside("incoming"), "outgoing": node.inside("outgoing")}
    if any("<" in text.text[tag.opened : tag.closed] for entries in sides.values() for tag in entries):
        return  # a comment in an entry
    for side, end in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
        real = [flow.attribute("id") or "" for flow in flows if flow.attribute(end) == item.element_id]
        listed = [unescape(text.text[tag.opened : tag.closed]).strip() for tag in sides[side]]
        missing = [id for id in real if id not in listed]
        for tag, id in zip(sides[side], listed, strict=True):
            if id in real:
                continue
            if missing and tag.closed > tag.opened:
                yield Edit(tag.opened, tag.closed, escape(missing.pop(0)))
            else:
                yield Edit(tag.start - len(space_before(text.text, tag.start)), tag.end, "")
        if missing:
            yield _added(text.text, sides, side, missing)


def _added(text: str, sides: Mapping[str, list[Tag]], side: str, ids: Sequence[str]) -> Edit:
    """New entries behind those that are there, in their style; incoming ones stand before outgoing ones."""
    is_before = side == "incoming" and not sides["incoming"]
    place = sides["outgoing"][0] if is_before else (sides[side] or sides["incoming"])[-1]
    space, name = space_before(text, place.start), f"{place.prefix}{side}"
    entries = [f"<{name}>{escape(id)}</{name}>" for id in ids]
    if is_before:
        return Edit(place.start, place.start, "".join(f"{entry}{space}" for entry in entries))
    return Edit(place.end, place.end, "".join(f"{space}{entry}" for entry in entries))


def _own_app(source: Source, item: Diagnostic) -> Iterator[Edit]:
    """Puts [ORG] and [APP] in place of what names another org or app, in the rule and in the policy's own target."""
    root, text = source.root(POLICY), source.text(POLICY)
    if root is None or text is None or source.app_id is None:
        return
    rules = [rule for rule in root.inside("Rule") if _covers(text, rule, item.line)]
    for target in [child for holder in (root, *rules) for child in holder.inside("Target")]:
        for match in target.below():
            if match.local == "Match":
                yield from _own_value(text.text, match, source.app_id)


def _covers(text: SourceText, rule: Tag, line: int | None) -> bool:
    return line is not None and text.line_of(rule.start) <= line <= text.line_of(max(rule.opened - 1, rule.start))


def _own_value(text: str, match: Tag, app: AppId) -> Iterator[Edit]:
    designator = next(iter(match.inside("AttributeDesignator")), None)
    value = next(iter(match.inside("AttributeValue")), None)
    if designator is None or value is None or "<" in text[value.opened : value.closed]:
        return
    owned = _OWN_VALUES.get((designator.attribute("Category"), designator.attribute("AttributeId")))
    written = text[value.opened : value.closed]
    if owned is not None and not _names(written, owned[1](app), match.attribute("MatchId"), app):
        yield Edit(value.opened, value.closed, owned[0])


def _names(written: str, own: str, function: str | None, app: AppId) -> bool:
    for mark, value in (("[ORG]", app.org), ("[org]", app.org), ("[APP]", app.app), ("[app]", app.app)):
        written = written.replace(mark, value)
    folds = function == Function.STRING_EQUAL_IGNORE_CASE
    return written.casefold() == own.casefold() if folds else written == own


_OWN_VALUES: Mapping[tuple[str | None, str | None], tuple[str, Callable[[AppId], str]]] = {
    (Category.RESOURCE, ORG): ("[ORG]", lambda app: app.org),
    (Category.RESOURCE, APP): ("[APP]", lambda app: app.app),
    (Category.RESOURCE, RESOURCE): ("app_[ORG]_[APP]", lambda app: app.resource),
    (Category.SUBJECT, DELEGATION): ("app_[ORG]_[APP]", lambda app: app.resource),
}
"""Attributes that name the app itself -> how to write them, and what they are."""

FIXERS: Mapping[str, Fixer] = {
    "DG2105": _flow_lists,
    "DG2305": _flow_type,
    "DG3005": _string,
    "DG3006": _string,
    "DG4006": _own_app,
    "DG6003": _string,
    "DG9303": _owned,
}
"""Code -> fixer."""
