"""Forms as the graph shows them: the files as written, and the form as it is drawn, so that any front end can draw it.

The value behind `Form` is a `FormView`; its pages are computed when they are asked for. The rest of the values are
those of `apps.forms.form_state`.
"""

from uuid import UUID

import strawberry
from strawberry import Info

from dialog_graph.apps import AppVersion
from dialog_graph.apps.contents.texts import TextResource
from dialog_graph.apps.forms.form_state import BoundField, ComponentState, ShownOption
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.cost import COST, Weight
from dialog_graph.graphql.types.scalars import JsonScalar
from dialog_graph.model.instance import Instance, TaskEntry
from dialog_graph.reads import forms
from dialog_graph.reads.forms import FormView

PAGES, COMPONENTS = 5, 30
"""What a form counts as in the cost of an operation."""


def _tags(root: ShownOption) -> JsonScalar | None:
    return None if root.tags is None else JsonScalar(dict(root.tags))


@strawberry.type(description="One choice of a list, with its texts in the caller's language.")
class Option:
    """`tags`: what the app says of the choice beside its texts."""

    value: JsonScalar | None
    label: str
    description: str | None
    help_text: str | None
    tags: JsonScalar | None = strawberry.field(resolver=_tags)


def _value(root: BoundField) -> JsonScalar | None:
    return None if root.value is None else JsonScalar(root.value)


@strawberry.type(description="A field of the data that a component shows or changes.")
class FormBinding:
    """`name`: of the binding; `path`: with the indices of its rows, as JSON Patch and issues name the field."""

    name: str
    data_type: str
    path: str
    data_element_id: UUID | None
    value: JsonScalar | None = strawberry.field(resolver=_value)


@strawberry.type(description="A text of a component.")
class FormText:
    """`name`: what it is for, such as `title` or `help`; `key`: as written, null when it is computed; `value`: in the
    caller's language, null when only a browser can compute it."""

    name: str
    key: str | None
    value: str | None


@strawberry.type(description="One row of a component.")
class FormRow:
    """`children`: keys of the components in the row."""

    index: int
    is_hidden: bool = strawberry.field(name="hidden")
    children: list[str]


def _written(root: ComponentState) -> JsonScalar:
    return JsonScalar(dict(root.source))


@strawberry.type(description="A component in one row, with its evaluated state.")
class FormComponent:
    """`key`: unique on its page; `parent`, `children`: keys of what it stands in and of what stands in it, beside its
    `rows`; `pages`: those of the subforms in it; `source`: the component as written."""

    key: str
    id: str
    type: str
    parent: str | None
    row_indices: list[int] = strawberry.field(description="Indices of the rows around, outermost first.")
    is_hidden: bool = strawberry.field(name="hidden", description="It, or anything around it, is hidden.")
    is_required: bool = strawberry.field(name="required")
    is_read_only: bool = strawberry.field(
        name="readOnly",
        description="The form says so, the task is not current, the data is locked, or the caller may not write it.",
    )
    bindings: list[FormBinding]
    texts: list[FormText]
    options_id: str | None
    options: list[Option] | None = strawberry.field(
        description="Null where there is nothing to choose from, or the list is not known here."
    )
    children: list[str]
    rows: list[FormRow]
    pages: list["FormPage"]
    source: JsonScalar = strawberry.field(resolver=_written)


@strawberry.type(description="A page of a form.")
class FormPage:
    """`components`: all of them in the order of the form, however deep they stand; a tree by their keys."""

    name: str
    title: str
    is_hidden: bool = strawberry.field(name="hidden")
    data_element_id: UUID | None
    components: list[FormComponent] = strawberry.field(metadata={COST: Weight(own=0.1, page=COMPONENTS)})


def _id(root: FormView) -> str:
    return root.shown.layout.id


def _data_type(root: FormView) -> str | None:
    return root.shown.data_type


def _schema(root: FormView) -> JsonScalar | None:
    model = root.version.models.get(root.shown.data_type or "")
    return None if model is None or model.schema is None else JsonScalar(dict(model.schema))


def _settings(root: FormView) -> JsonScalar:
    return JsonScalar(dict(root.shown.layout.settings))


def _layouts(root: FormView) -> JsonScalar:
    return JsonScalar({page.name: dict(page.source) for page in root.shown.layout.contents})


def _texts(root: FormView, language: str | None = None) -> JsonScalar:
    wanted = language or root.reader.language
    found = root.version.texts.resources(wanted)
    return JsonScalar({"language": wanted, "resources": [_resource(each) for each in found]})


def _resource(text: TextResource) -> dict[str, object]:
    written: dict[str, object] = {"id": text.id, "value": text.value}
    variables = [
        {"key": each.key, "dataSource": each.data_source, "defaultValue": each.default_value} for each in text.variables
    ]
    return written | ({"variables": variables} if variables else {})


def _options(root: FormView, id: str, parameters: JsonScalar | None = None) -> list[Option]:
    return list(root.options(id) or ())  # pyright: ignore[reportReturnType] -- fields are read from the form's values


async def _pages(root: FormView, names: list[str] | None = None) -> list[FormPage]:
    return list((await root.state(names)).pages)  # pyright: ignore[reportReturnType] -- fields are read from the form's values


@strawberry.type(description="A form: its files as written, and its pages as they are drawn for the caller now.")
class Form:
    """`schema`: of the data type; `settings`, `layouts`: the files, by page. Data that the caller may not read is
    absent from everything here."""

    id: str = strawberry.field(resolver=_id, description="The layout folder.")
    data_type: str | None = strawberry.field(resolver=_data_type)
    data_element_id: UUID | None
    schema: JsonScalar | None = strawberry.field(resolver=_schema)
    settings: JsonScalar = strawberry.field(resolver=_settings)
    layouts: JsonScalar = strawberry.field(resolver=_layouts)
    texts: JsonScalar = strawberry.field(
        resolver=_texts,
        description="Text resources as written, in the language or its fallbacks; placeholders are not filled in.",
    )
    options: list[Option] = strawberry.field(
        resolver=_options,
        description="A list of the app; empty when there is none of this id for the caller. Files take no parameters.",
    )
    pages: list[FormPage] = strawberry.field(
        resolver=_pages,
        metadata={COST: Weight(page=PAGES)},
        description="All pages in their order, or those of these names, evaluated over the data.",
    )


async def form_of_task(info: Info[Context, None], instance: Instance, entry: TaskEntry) -> Form | None:
    """The form of a task entry, over the data that the caller may read."""
    owner = await info.context.parties.load(instance.party_id)
    found = await info.context.read(forms.of_task, instance, entry, owner)
    return found and found.in_language(info.context.languages)  # pyright: ignore[reportReturnType] -- fields are read from the view


def form_of_application(root: AppVersion, info: Info[Context, None], task_id: str | None = None) -> Form | None:
    """The form of a task, or of the app's entry, before anything is filled in."""
    found = forms.of_application(info.context.ports, root, task_id)
    return found and found.in_language(info.context.languages)  # pyright: ignore[reportReturnType] -- fields are read from the view
