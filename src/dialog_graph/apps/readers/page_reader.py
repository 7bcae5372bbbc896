"""Reads one page of a form: its components, and which of them hold which (app folder §9.2)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import cast

from dialog_graph.apps.contents import paths
from dialog_graph.apps.contents.components import REPEATING, Binding, Component, Page
from dialog_graph.apps.diagnostics import WARNING, At
from dialog_graph.apps.readers.choices_reader import read_choices, read_option_source
from dialog_graph.apps.readers.expression_reader import Written, read_expression, report_never_boolean
from dialog_graph.apps.readers.reading import Json_, JsonObject
from dialog_graph.expressions import Expression
from dialog_graph.model.json_value import Json

MAX_NESTING = 32
"""Components inside of each other; far beyond what a screen can show."""

_PAGE_NUMBER = re.compile(r"[0-9]+:")
_MARKER = re.compile(r"\[\{[0-9]*\}\]")
_CHOICES = frozenset({"checkboxes", "radiobuttons", "dropdown", "multipleselect"})
_BOOLEANS = frozenset({"hidden", "hiddenRow", "required", "readOnly", "removeWhenHidden"})
_PLACED = ("optionsId", "layoutSet", "required", "readOnly")
_SOURCES = ("optionsId", "options", "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An expression of a page, to be checked when all pages are known."""

    page: str
    written: Written


@dataclass(slots=True, kw_only=True)
class ReadPage:
    """A page and the expressions in it."""

    page: Page
    asked: list[Asked] = field(default_factory=list[Asked])


def read_page(document: Json_, name: str) -> ReadPage:
    """The page of a file; a file that is none is reported and gives a page without components."""
    reader = _Reader(document, name)
    return ReadPage(page=reader.page(), asked=reader.asked)


class _Reader:
    """Reads one page. Components are read first, then put inside of each other."""

    def __init__(self, document: Json_, name: str) -> None:
        self.document = document
        self.findings = document.findings
        self.name = name
        self.asked: list[Asked] = []
        self.found: dict[str, Component] = {}
        self.rows: dict[str, JsonObject] = {}
        self.holder: dict[str, str] = {}

    def page(self) -> Page:
        top = JsonObject(self.document) if isinstance(self.document.value, dict) else None
        data = top.object("data") if top else None
        layout = data.get("layout") if data else None
        if data is None or layout is None or not isinstance(layout.value, list):
            self.findings.add("DG6101", self.document.at)
            return Page(name=self.name, file=self.document.file)
        for item in layout.items():
            row = item.object()
            if row is not None:
                self._add(row)
        inside = {id: self._claimed(row) for id, row in self.rows.items()}
        free = [id for id in self.found if id not in self.holder]
        components = tuple(self._assembled(id, inside, 1) for id in free)
        hidden = self._expression(data, "hidden", self.name)
        return Page(
            name=self.name,
            file=self.document.file,
            components=components,
            hidden=hidden,
            source=MappingProxyType(cast("dict[str, Json]", self.document.value)),
        )

    def _add(self, row: JsonObject) -> None:
        id, type = row.text("id"), row.text("type")
        if id is None or type is None:
            row.node.wrong("a component with id and type")
        elif id in self.found:
            self.findings.add("DG6102", self._at(row, id), id=id)
        else:
            self.found[id] = self._component(row, id, type)
            self.rows[id] = row

    def _at(self, row: JsonObject, id: str) -> At:
        return replace(row.node.at, element_id=f"{self.name}.{id}")

    # One component ----------------------------------------------------------------------------------------------------

    def _component(self, row: JsonObject, id: str, type: str) -> Component:
        place = f"{self.name}.{id}"
        bindings = dict(_bindings(row.part("dataModelBindings"), place))
        value = row.node.value
        component = Component(
            id=id,
            type=type,
            at=self._at(row, id),
            bindings=MappingProxyType(bindings),
            rows=_row_binding(row, type.lower(), bindings),
            hidden=self._expression(row, "hidden", place),
            hidden_row=self._expression(row, "hiddenRow", place),
            required=self._expression(row, "required", place),
            read_only=self._expression(row, "readOnly", place),
            remove_when_hidden=self._expression(row, "removeWhenHidden", place),
            texts=MappingProxyType(self._texts(row, place)),
            options_id=_name(row, "optionsId"),
            choices=read_choices(row),
            option_source=read_option_source(row),
            is_secure=_is_true(row, "secure"),
            layout_set=_name(row, "layoutSet"),
            places=MappingProxyType(_places(row, place)),
            source=MappingProxyType(value if isinstance(value, dict) else {}),
        )
        if _lacks_source(row, component):
            self.findings.add("DG6106", component.at, id=id, reason=_NEEDS.get(component.kind, "one source of options"))
        return component

    def _expression(self, row: JsonObject, name: str, place: str) -> Expression | None:
        node = row.get(name)
        written = read_expression(node, place, is_layout=True) if node else None
        if node is None or written is None:
            return None
        if name in _BOOLEANS:
            report_never_boolean(written, node)
        self.asked.append(Asked(page=self.name, written=written))
        return written.expression

    def _texts(self, row: JsonObject, place: str) -> dict[str, Expression]:
        texts = row.part("textResourceBindings")
        found = {name: self._expression(texts, name, place) for name in texts.names()}
        return {name: expression for name, expression in found.items() if expression is not None}

    # Who holds whom ---------------------------------------------------------------------------------------------------

    def _claimed(self, row: JsonObject) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Ids of the children, and of those outside of the rows, as far as they are free to be held."""
        holder = row.text("id") or ""
        kind = self.found[holder].kind
        own = _LISTS.get(kind, _no_children)(row)
        outside = _outside(row) if self.found[holder].rows is not None and kind in REPEATING else ()
        return (
            tuple(id for node in own if (id := self._claim(holder, node)) is not None),
            tuple(id for node in outside if (id := self._claim(holder, node)) is not None),
        )

    def _claim(self, holder: str, node: Json_) -> str | None:
        if not isinstance(node.value, str):
            return node.wrong("the id of a component")
        id = _PAGE_NUMBER.sub("", node.value, count=1) if _PAGE_NUMBER.match(node.value) else node.value
        at = replace(node.at, element_id=f"{self.name}.{holder}")
        if id not in self.found:
            self.findings.add("DG6103", at, WARNING, child=id, group=holder, reason="does not exist: it is left out")
            return None
        other = self.holder.get(id) or (holder if id in self._above(holder) else None)
        if other is not None:
            self.findings.add("DG6103", at, child=id, group=holder, reason=f'is claimed by "{other}"')
            return None
        self.holder[id] = holder
        return id

    def _above(self, id: str) -> Iterator[str]:
        """The component and all that hold it."""
        above: str | None = id
        while above is not None:
            yield above
            above = self.holder.get(above)

    def _assembled(
        self, id: str, inside: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]], depth: int
    ) -> Component:
        component, (children, outside) = self.found[id], inside[id]
        if depth >= MAX_NESTING and (children or outside):
            self.findings.add("DG1003", component.at, what="nesting of components", n=depth + 1, m=MAX_NESTING)
            return component
        return replace(
            component,
            children=tuple(self._assembled(child, inside, depth + 1) for child in children),
            outside=tuple(self._assembled(child, inside, depth + 1) for child in outside),
        )


def _places(row: JsonObject, place: str) -> dict[str, At]:
    """Where the members stand that a finding may be about."""
    texts = row.part("textResourceBindings")
    found = {name: texts.at(name) for name in texts.names()}
    found |= {name: row.at(name) for name in _PLACED if row.has(name)}
    return {name: replace(at, element_id=place) for name, at in found.items()}


def _bindings(row: JsonObject, place: str) -> Iterator[tuple[str, Binding]]:
    for name in row.names():
        node = row.get(name)
        if node is None or node.value == "":
            continue
        named = JsonObject(node) if isinstance(node.value, dict) else None
        path = named.text("field") if named else node.value
        if not isinstance(path, str):
            node.wrong("a path")
            continue
        bare = _MARKER.sub("", path)
        steps = paths.parse(bare)
        at = replace(named.at("field") if named else node.at, element_id=place)
        yield name, Binding(path=bare, steps=steps or (), data_type=named.text("dataType") if named else None, at=at)


def _row_binding(row: JsonObject, kind: str, bindings: Mapping[str, Binding]) -> Binding | None:
    if kind == "group":
        node = row.get("maxCount")
        count = node.value if node else 0
        return bindings.get("group") if isinstance(count, (int, float)) and count > 1 else None
    return bindings.get("questions" if kind == "likert" else "group")


def _name(row: JsonObject, name: str) -> str | None:
    node = row.get(name)
    return node.value if node and isinstance(node.value, str) and node.value else None


def _is_true(row: JsonObject, name: str) -> bool:
    node = row.get(name)
    return node is not None and node.value is True


_NEEDS = {
    "group": "the binding group",
    "repeatinggroup": "the binding group",
    "likert": "the binding questions",
}


def _lacks_source(row: JsonObject, component: Component) -> bool:
    """True when it has not what a component of its type cannot do without."""
    if component.kind in _CHOICES:
        written = [name for name in _SOURCES if row.get(name) is not None]
        return len(written) != 1 or (component.is_secure and written != ["optionsId"])
    if component.kind == "group":
        node = row.get("maxCount")
        is_repeating = node is not None and isinstance(node.value, (int, float)) and node.value > 1
        return is_repeating and component.rows is None
    return component.kind in _NEEDS and component.rows is None


# What each type holds -------------------------------------------------------------------------------------------------


def _no_children(row: JsonObject) -> tuple[Json_, ...]:
    return ()


def _children(row: JsonObject) -> tuple[Json_, ...]:
    return row.list("children")


def _of_tabs(row: JsonObject) -> tuple[Json_, ...]:
    return tuple(node for tab in row.objects("tabs") for node in tab.list("children"))


def _of_cards(row: JsonObject) -> tuple[Json_, ...]:
    found: list[Json_] = []
    for card in row.objects("cards"):
        media = card.get("media")
        found += [media] if media else []
        found += card.list("children")
    return tuple(found)


def _cells(row: JsonObject, name: str) -> tuple[Json_, ...]:
    """The components in the cells of a table; empty cells may be null."""
    cells = [cell for line in row.objects(name) for cell in line.list("cells") if isinstance(cell.value, dict)]
    found = [JsonObject(cell).get("component") for cell in cells]
    return tuple(node for node in found if node is not None)


def _of_grid(row: JsonObject) -> tuple[Json_, ...]:
    return _cells(row, "rows")


def _outside(row: JsonObject) -> tuple[Json_, ...]:
    return (*_cells(row, "rowsBefore"), *_cells(row, "rowsAfter"))


_LISTS = {
    "group": _children,
    "repeatinggroup": _children,
    "accordion": _children,
    "accordiongroup": _children,
    "buttongroup": _children,
    "grid": _of_grid,
    "tabs": _of_tabs,
    "cards": _of_cards,
}
"""Type in lower case -> ids of the components inside."""
