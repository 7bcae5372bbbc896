"""Draws a form for a reader: pages, components, texts, options, and the evaluated state of each (app folder §9, §12).

The reader's eyes are the evaluator's: data that may not be read is absent from everything, also from what is hidden or
required because of it. Texts, layouts and options are those of the version given.
"""

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from dialog_graph.apps.contents.options import Option, OptionSource
from dialog_graph.apps.evaluator import AppEvaluator
from dialog_graph.apps.forms.form_nodes import Field, Node
from dialog_graph.apps.forms.form_state import (
    BoundField,
    ComponentState,
    FormState,
    FormText,
    PageState,
    RowState,
    ShownOption,
)
from dialog_graph.apps.forms.form_tree import MAX_DRAWN, FormTree
from dialog_graph.apps.forms.reader import ANYONE, Reader
from dialog_graph.apps.forms.shown import ShownForm, of_task
from dialog_graph.apps.forms.words import said
from dialog_graph.apps.standing import NOWHERE, Standing
from dialog_graph.apps.stateless import is_blank
from dialog_graph.apps.version import AppVersion
from dialog_graph.errors import Refusal, Refused
from dialog_graph.expressions import Expression
from dialog_graph.model.instance import DataElement, Instance, Lock
from dialog_graph.model.json_value import Json

MAX_OPTIONS = 50_000
MAX_CHARACTERS = 8 << 20
"""Options, and characters of texts, of one drawing: the same list or value may stand in many rows."""


def form_state(version: AppVersion, instance: Instance, task_id: str, reader: Reader = ANYONE) -> FormState | None:
    """The form of a task over the instance's data; None without a form. Raises as `draw`."""
    shown = of_task(version, task_id)
    return draw(version, instance, shown, reader) if shown else None


def draw(
    version: AppVersion,
    instance: Instance,
    shown: ShownForm,
    reader: Reader = ANYONE,
    names: Collection[str] | None = None,
) -> FormState:
    """A form over an instance's data, pages and components in their order. `names`: only these pages.

    Raises `Refused`: `VALIDATION_RULE_FAILED` when the data has more rows than a form can hold, `PAYLOAD_TOO_LARGE`
    when texts and options become too many.
    """
    tree = FormTree(reader.seeing(version, instance), shown.layout, shown.data_type, MAX_DRAWN)
    drawing = _Drawing(tree, reader)
    scope = tree.scope
    wanted = (page for page in scope.pages if names is None or page.page.name in names)
    pages = tuple(drawing.page(page) for page in wanted)
    reader.hears(version, tree.warnings)
    return FormState(
        id=shown.layout.id,
        task_id=shown.task_id,
        data_type=scope.data_type,
        data_element_id=drawing.id_of(scope.element),
        pages=pages,
        settings=shown.layout.settings,
        warnings=tree.warnings,
    )


def shown_options(evaluator: AppEvaluator, options_id: str) -> tuple[ShownOption, ...] | None:
    """A list of the app in the evaluator's language; None for a list that there is not, or that is not for the reader.

    Secure lists are only for those who may read an instance (app folder §12).
    """
    version = evaluator.version
    found = version.options.get(options_id)
    if found is None or (options_id in version.secure_options and is_blank(evaluator.instance)):
        return None
    return tuple(_option(evaluator, option, NOWHERE) for option in found.get(evaluator.language))


def _option(evaluator: AppEvaluator, option: Option, standing: Standing) -> ShownOption:
    def text(key: str | None) -> str | None:
        return None if key is None else evaluator.text(key, standing)

    return ShownOption(
        value=option.value,
        label=evaluator.text(option.label, standing),
        description=text(option.description),
        help_text=text(option.help_text),
        tags=option.tags or None,
    )


def _key(node: Node) -> str:
    assert node.component is not None, "pages have names"
    return node.component.id + "".join(f"[{index}]" for index in node.rows)


class _Drawing:
    """One form while it is drawn."""

    def __init__(self, tree: FormTree, reader: Reader) -> None:
        self.tree = tree
        self.rights = reader.rights
        self.evaluator = tree.evaluator
        self._is_stored = not is_blank(tree.evaluator.instance)
        self._lists: dict[str, tuple[ShownOption, ...] | None] = {}
        self._options = MAX_OPTIONS
        self._characters = MAX_CHARACTERS

    def id_of(self, element: DataElement | None) -> UUID | None:
        """The id of an element that is stored."""
        return element.element_id if element is not None and self._is_stored else None

    def page(self, node: Node) -> PageState:
        """A page with all components on it."""
        return PageState(
            name=node.page.name,
            title=self._counted(self.evaluator.text(node.page.name, self.tree.standing(node))),
            is_hidden=self.tree.is_hidden(node),
            data_element_id=self.id_of(node.scope.element),
            components=tuple(self._component(inner) for inner in _on_page(node)),
        )

    def _component(self, node: Node) -> ComponentState:
        component, tree = node.component, self.tree
        assert component is not None, "only components stand on pages"
        holder = node.parent if node.parent is None or not node.parent.is_row else node.parent.parent
        return ComponentState(
            key=_key(node),
            id=component.id,
            type=component.type,
            parent=_key(holder) if holder is not None and holder.component else None,
            row_indices=node.rows,
            is_hidden=tree.is_hidden(node),
            is_required=tree.is_required(node),
            is_read_only=tree.is_read_only(node) or not self._is_open(node),
            bindings=tuple(self._bound(bound) for bound in tree.fields(node)),
            texts=tuple(self._text(node, name, written) for name, written in component.texts.items()),
            options_id=component.options_id,
            options=self._spent(self._choices(node)),
            children=tuple(_key(child) for child in node.children if child.component and not child.is_row),
            rows=tuple(self._row(child) for child in node.children if child.is_row),
            pages=tuple(self.page(child) for child in node.children if child.component is None),
            source=component.source,
        )

    def _row(self, node: Node) -> RowState:
        children = tuple(_key(child) for child in node.children)
        return RowState(index=node.rows[-1], is_hidden=self.tree.is_hidden(node), children=children)

    def _bound(self, bound: Field) -> BoundField:
        return BoundField(
            name=bound.name,
            data_type=bound.data_type,
            path=bound.path,
            data_element_id=self.id_of(bound.element),
            value=bound.value,
        )

    def _text(self, node: Node, name: str, written: Expression) -> FormText:
        key = written.source if isinstance(written.source, str) else None
        value = said(self.evaluator, written, self.tree.standing(node))
        return FormText(name=name, key=key, value=self._counted(value) if value is not None else None)

    def _is_open(self, node: Node) -> bool:
        """True when what the component shows may be changed now; components for files name their data type."""
        elements = self._held(node)
        is_locked = any(element is not None and element.lock is not Lock.NONE for element in elements.values())
        return self.rights.is_current and not is_locked and all(map(self.rights.may_write, elements))

    def _held(self, node: Node) -> Mapping[str, DataElement | None]:
        assert node.component is not None, "only components hold data"
        bound = self.tree.elements(node)
        declared = self.evaluator.version.data_types.get(node.component.id)
        if declared is not None and not declared.is_form:
            return {declared.id: None}
        own = node.scope.data_type
        return bound if bound or own is None else {own: node.scope.element}

    # Options ----------------------------------------------------------------------------------------------------------

    def _choices(self, node: Node) -> tuple[ShownOption, ...] | None:
        component, standing = node.component, self.tree.standing(node)
        assert component is not None, "only components have options"
        if component.options_id is not None:
            if component.options_id not in self._lists:
                self._lists[component.options_id] = shown_options(self.evaluator, component.options_id)
            return self._lists[component.options_id]
        if component.choices is not None:
            return tuple(_option(self.evaluator, option, standing) for option in component.choices)
        return tuple(self._of_rows(node, component.option_source)) if component.option_source else None

    def _of_rows(self, node: Node, source: OptionSource) -> Iterator[ShownOption]:
        """One option of each row whose value is no list and no object."""
        for row in self.tree.rows_of(node, source.data_type, source.group):
            value = self._value_at(source, row, node)
            if isinstance(value, list | dict):
                continue
            yield ShownOption(
                value=value,
                label=said(self.evaluator, source.label, row) or "",
                description=said(self.evaluator, source.description, row),
                help_text=said(self.evaluator, source.help_text, row),
            )

    def _value_at(self, source: OptionSource, row: Standing, node: Node) -> Json:
        return self.tree.value_at(node, source.data_type, source.value, row)

    # Bounds -----------------------------------------------------------------------------------------------------------

    def _spent(self, options: tuple[ShownOption, ...] | None) -> tuple[ShownOption, ...] | None:
        self._options -= len(options or ())
        if self._options < 0:
            raise _too_large(f"at most {MAX_OPTIONS} options on the pages asked for")
        for option in options or ():
            self._counted(option.label)
        return options

    def _counted(self, text: str) -> str:
        self._characters -= len(text)
        if self._characters < 0:
            raise _too_large(f"texts of at most {MAX_CHARACTERS} characters on the pages asked for")
        return text


def _on_page(page: Node) -> Iterator[Node]:
    """The components of a page in every row, each before those inside of it; not those of subforms."""
    waiting = list(reversed(page.children))
    while waiting:
        node = waiting.pop()
        if node.component is None:
            continue
        if not node.is_row:
            yield node
        waiting.extend(reversed(node.children))


def _too_large(expected: str) -> Refused:
    return Refused(Refusal(code="PAYLOAD_TOO_LARGE", expected=expected, actual="there are more"))
