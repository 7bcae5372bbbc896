"""A task's form as it is now: everything a front end needs to draw it, evaluated on the server (app folder §9)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from dialog_graph.apps.evaluator import AppEvaluator
from dialog_graph.apps.forms.form_nodes import Field, Node
from dialog_graph.apps.forms.form_tree import FormTree
from dialog_graph.apps.forms.required_fields import text_of
from dialog_graph.apps.forms.tree_of_task import form_tree
from dialog_graph.apps.version import AppVersion
from dialog_graph.expressions import Expression
from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.instance import Instance
from dialog_graph.model.json_value import Json
from dialog_graph.model.party import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundField:
    """A field that a component shows. `path`: resolved, with the indices of its rows; `data_element_id`: None where
    there is no element yet.
    """

    data_type: str
    path: str
    data_element_id: UUID | None = None
    value: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormText:
    """A text of a component. `key`: as written, None when it is computed; `value`: in the language, None when only a
    browser can compute it.
    """

    key: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowState:
    """One row of a component: its index, and the components in it."""

    index: int
    is_hidden: bool = False
    components: tuple["ComponentState", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentState:
    """One component in one row. `rows`: indices of the rows around, outermost first.

    `components`: those inside, for repeating groups those before and after the rows; `row_states`: its rows; `pages`:
    those of the subforms in it, one after the other. `options_id`: key of `AppVersion.options`. `source`: the whole
    component as written, for what only a browser needs.
    """

    id: str
    type: str
    rows: tuple[int, ...] = ()
    is_hidden: bool = False
    is_required: bool = False
    is_read_only: bool = False
    bindings: Mapping[str, BoundField] = field(default_factory=dict[str, BoundField])
    texts: Mapping[str, FormText] = field(default_factory=dict[str, FormText])
    options_id: str | None = None
    components: tuple["ComponentState", ...] = ()
    row_states: tuple[RowState, ...] = ()
    pages: tuple["PageState", ...] = ()
    source: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True, kw_only=True)
class PageState:
    """One page; `title`: the text with the page's name as key. `data_element_id`: of the form that it belongs to."""

    name: str
    title: str
    is_hidden: bool = False
    data_element_id: UUID | None = None
    components: tuple[ComponentState, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormState:
    """The form of one task. `id`: its layout set; `settings`: the set's settings file as written.

    `warnings`: a `DG7110` for each property that failed.
    """

    task_id: str
    id: str
    data_type: str | None = None
    data_element_id: UUID | None = None
    pages: tuple[PageState, ...] = ()
    settings: Mapping[str, Json] = field(default_factory=dict[str, Json])
    warnings: Diags = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads the form: in which language, and what `authContext` says of them (`read`, `write`, actions).

    `owner`: the instance's party.
    """

    language: str = "nb"
    owner: Party | None = None
    allowed: Mapping[str, bool] = field(default_factory=dict[str, bool])


ANYONE = Reader()


def form_state(version: AppVersion, instance: Instance, task_id: str, reader: Reader = ANYONE) -> FormState | None:
    """The form of a task over the instance's data, pages and components in their order; None without a form.

    Raises `Refused` (`VALIDATION_RULE_FAILED`) when the data has more rows than a form can hold.
    """
    evaluator = AppEvaluator(
        version=version,
        instance=instance,
        owner=reader.owner,
        language=reader.language,
        allowed=reader.allowed,
    )
    tree = form_tree(evaluator, task_id)
    if tree is None:
        return None
    scope = tree.scope
    pages = tuple(_page(tree, page) for page in scope.pages)
    return FormState(
        task_id=task_id,
        id=scope.form.id,
        data_type=scope.data_type,
        data_element_id=scope.element.element_id if scope.element else None,
        pages=pages,
        settings=scope.form.settings,
        warnings=tree.warnings,
    )


def _page(tree: FormTree, node: Node) -> PageState:
    element = node.scope.element
    return PageState(
        name=node.page.name,
        title=tree.evaluator.text(node.page.name, tree.standing(node)),
        is_hidden=tree.is_hidden(node),
        data_element_id=element.element_id if element else None,
        components=_components(tree, node),
    )


def _components(tree: FormTree, node: Node) -> tuple[ComponentState, ...]:
    return tuple(_component(tree, child) for child in node.children if child.component and not child.is_row)


def _component(tree: FormTree, node: Node) -> ComponentState:
    component = node.component
    assert component is not None, "only nodes of components are given"
    return ComponentState(
        id=component.id,
        type=component.type,
        rows=node.rows,
        is_hidden=tree.is_hidden(node),
        is_required=tree.is_required(node),
        is_read_only=tree.is_read_only(node),
        bindings={bound.name: _bound(bound) for bound in tree.fields(node)},
        texts={name: _text(tree, node, name, written) for name, written in component.texts.items()},
        options_id=component.options_id,
        components=_components(tree, node),
        row_states=tuple(_row(tree, child) for child in node.children if child.is_row),
        pages=tuple(_page(tree, child) for child in node.children if child.component is None),
        source=component.source,
    )


def _row(tree: FormTree, node: Node) -> RowState:
    return RowState(index=node.rows[-1], is_hidden=tree.is_hidden(node), components=_components(tree, node))


def _bound(bound: Field) -> BoundField:
    return BoundField(
        data_type=bound.data_type,
        path=bound.path,
        data_element_id=bound.element.element_id if bound.element else None,
        value=bound.value,
    )


def _text(tree: FormTree, node: Node, name: str, written: Expression) -> FormText:
    key = written.source if isinstance(written.source, str) else None
    return FormText(key=key, value=text_of(tree.evaluator, node, name, tree.standing(node)))
