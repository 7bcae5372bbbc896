"""A form as it is now, as plain values: everything that a front end needs to draw it (app folder §9).

`drawing.draw` makes them. Components of a page stand in one list, in the order of the form, however deep they are:
each names what it stands in and what stands in it by their keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from dialog_graph.model.diagnostic import Diags
from dialog_graph.model.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundField:
    """A field that a component shows. `name`: of the binding; `path`: resolved, with the indices of its rows;
    `data_element_id`: None where there is no element yet.
    """

    name: str
    data_type: str
    path: str
    data_element_id: UUID | None = None
    value: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormText:
    """A text of a component. `name`: its use (`title`, `help`); `key`: as written, None when it is computed; `value`:
    in the reader's language, None when only a browser can compute it.
    """

    name: str
    key: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOption:
    """One choice with its texts in the reader's language."""

    value: Json
    label: str
    description: str | None = None
    help_text: str | None = None
    tags: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowState:
    """One row of a component: its index, and the keys of the components in it."""

    index: int
    is_hidden: bool = False
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentState:
    """One component in one row. `key`: id and row indices (`item[1]`), once on each page; `parent`: key of the one that
    holds it; `row_indices`: of the rows around, outermost first.

    `children`: keys of those inside, for repeating groups those before and after the rows; `rows`: its rows; `pages`:
    those of the subforms in it, one after the other. `options`: None where there are none to choose of, or they are
    not for the reader; `options_id`: the list they come from. `source`: the whole component as written, for what only
    a browser needs.
    """

    key: str
    id: str
    type: str
    parent: str | None = None
    row_indices: tuple[int, ...] = ()
    is_hidden: bool = False
    is_required: bool = False
    is_read_only: bool = False
    bindings: tuple[BoundField, ...] = ()
    texts: tuple[FormText, ...] = ()
    options_id: str | None = None
    options: tuple[ShownOption, ...] | None = None
    children: tuple[str, ...] = ()
    rows: tuple[RowState, ...] = ()
    pages: tuple["PageState", ...] = ()
    source: Mapping[str, Json] = field(default_factory=dict[str, Json])

    @property
    def value(self) -> Json:
        """The value of the one field that most components bind; null without it."""
        return next((bound.value for bound in self.bindings if bound.name == "simpleBinding"), None)

    def text(self, name: str = "title") -> str | None:
        """A text as the reader sees it."""
        return next((text.value for text in self.texts if text.name == name), None)


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
    """The form of one task, or one without a task (`task_id` None). `id`: its layout set.

    `settings`: the set's settings file as written; `warnings`: a `DG7110` for each property that failed.
    """

    id: str
    task_id: str | None = None
    data_type: str | None = None
    data_element_id: UUID | None = None
    pages: tuple[PageState, ...] = ()
    settings: Mapping[str, Json] = field(default_factory=dict[str, Json])
    warnings: Diags = ()

    def page(self, name: str) -> PageState:
        """A page by its name; LookupError when there is none."""
        for page in self.pages:
            if page.name == name:
                return page
        raise LookupError(f"expected the page {name} on the form, but there is none")

    def component(self, key: str) -> ComponentState:
        """A component by its key, on the first page that has it; LookupError when there is none."""
        for page in self.pages:
            for component in page.components:
                if component.key == key:
                    return component
        raise LookupError(f"expected the component {key} on the form, but there is none")
