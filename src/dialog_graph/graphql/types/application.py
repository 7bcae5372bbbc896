"""Applications as the graph shows them; the value behind `Application` is the active `AppVersion`."""

from datetime import datetime

import strawberry
from strawberry import Info

from dialog_graph.apps import AppVersion, PartyType
from dialog_graph.apps import DataType as DataTypeValue
from dialog_graph.bpmn import Element
from dialog_graph.errors import refuse
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.cost import COST, Weight
from dialog_graph.graphql.types.enums import DiagnosticSeverity
from dialog_graph.graphql.types.form import Form, form_of_application
from dialog_graph.graphql.types.localization import Localization, localize, preferred
from dialog_graph.graphql.types.paging import PageInfo, counted, page_info
from dialog_graph.model.diagnostic import Diagnostic as DiagnosticValue
from dialog_graph.model.principal import PrincipalKind
from dialog_graph.reads import applications, drawings
from dialog_graph.reads.applications import RegisteredVersion
from dialog_graph.reads.paging import Page

MEBIBYTE = 1 << 20


@strawberry.type(description="Kinds of parties that may have instances.")
class PartyTypesAllowed:
    """All true when the app makes no difference."""

    person: bool
    organisation: bool
    sub_unit: bool
    bankruptcy_estate: bool


@strawberry.type(description="One node of a process.")
class ProcessElement:
    """`kind`: BPMN element name; `next`: ids of the nodes that its flows lead to."""

    id: str
    name: str | None
    kind: str
    task_type: str | None
    lane: str | None
    next: list[str]


async def _svg(root: "ProcessDefinition", info: Info[Context, None]) -> str:
    return await info.context.read(drawings.of_version, root.of, preferred(info.context.languages))


@strawberry.type(description="The process of an application version.")
class ProcessDefinition:
    """`version`: the application version; `bpmn_xml`: the file as it was registered. `of` is that version itself."""

    of: strawberry.Private[AppVersion]
    id: str
    version: str
    bpmn_xml: str
    elements: list[ProcessElement]
    svg: str = strawberry.field(resolver=_svg, metadata={COST: Weight(own=20)}, description="The process as a drawing.")


def _max_size(root: DataTypeValue) -> int | None:
    return None if root.max_size is None else root.max_size // MEBIBYTE


@strawberry.type(description="A kind of data that an instance may hold.")
class DataType:
    """`max_count` 0: no limit; `task_id`: BPMN id of the task that owns it."""

    id: str
    task_id: str | None
    is_form: bool
    allowed_content_types: list[str]
    min_count: int
    max_count: int
    max_size_mb: int | None = strawberry.field(resolver=_max_size)


@strawberry.type(description="Another place that belongs to a finding.")
class DiagnosticPlace:
    """`line` counts from 1."""

    file: str
    line: int | None
    message: str


@strawberry.type(description="One finding about an app folder.")
class Diagnostic:
    """`hint`: how to mend it."""

    code: str
    severity: DiagnosticSeverity
    file: str
    line: int | None
    column: int | None
    element_id: str | None
    path: str | None
    message: str
    hint: str | None
    related: list[DiagnosticPlace]


@strawberry.type(description="One registered version of an application.")
class ApplicationVersion:
    """`version`: 1, 2, 3 … as text."""

    version: str
    sha256: str
    registered_at: datetime
    is_active: bool
    diagnostics: list[Diagnostic]


def _element(version: AppVersion, element: Element) -> ProcessElement:
    definition = version.definition
    return ProcessElement(
        id=element.id,
        name=element.name,
        kind=element.kind.value,
        task_type=element.task.type if element.task else None,
        lane=element.lane,
        next=[definition.elements[flow.target].id for flow in definition.outgoing(element)],
    )


def process_definition(root: AppVersion) -> ProcessDefinition:
    """The process of a version."""
    return ProcessDefinition(
        of=root,
        id=root.definition.id,
        version=str(root.ordinal),
        bpmn_xml=root.process_xml.decode("utf-8-sig", errors="replace"),
        elements=[_element(root, element) for element in root.definition.written],
    )


def _process(root: AppVersion, info: Info[Context, None]) -> ProcessDefinition:
    if info.context.principal.kind is PrincipalKind.ANONYMOUS:
        raise refuse("UNAUTHENTICATED")
    return process_definition(root)


def _id(root: AppVersion) -> str:
    return str(root.app_id)


def _org(root: AppVersion) -> str:
    return root.app_id.org


def _title(root: AppVersion, info: Info[Context, None]) -> list[Localization]:
    return localize(root.title, info.context.languages)


def _description(root: AppVersion, info: Info[Context, None]) -> list[Localization]:
    return localize(root.description, info.context.languages)


def _version(root: AppVersion) -> str:
    return str(root.ordinal)


def _valid_from(root: AppVersion) -> datetime | None:
    return root.metadata.valid_from


def _valid_to(root: AppVersion) -> datetime | None:
    return root.metadata.valid_to


def _data_types(root: AppVersion) -> list[DataType]:
    return list(root.data_types.values())  # pyright: ignore[reportReturnType] -- fields are read from the model's values


def _party_types(root: AppVersion) -> PartyTypesAllowed:
    allows = root.metadata.allows_party
    return PartyTypesAllowed(
        person=allows(PartyType.PERSON),
        organisation=allows(PartyType.ORGANISATION),
        sub_unit=allows(PartyType.SUB_UNIT),
        bankruptcy_estate=allows(PartyType.BANKRUPTCY_ESTATE),
    )


def _entry(root: AppVersion) -> str:
    return root.metadata.on_entry.show


async def _can_instantiate(root: AppVersion, info: Info[Context, None], party: str | None = None) -> bool:
    return await info.context.read(applications.can_instantiate, root, party)


async def _diagnostics(root: AppVersion, info: Info[Context, None]) -> list[Diagnostic]:
    if info.context.principal.org != root.app_id.org:
        return []
    stored = await info.context.read(applications.diagnostics, root)
    found: list[DiagnosticValue] = [*stored, *info.context.ports.findings.of(root)]
    return found  # pyright: ignore[reportReturnType] -- fields are read from the model's values


async def _versions(root: AppVersion, info: Info[Context, None]) -> list[ApplicationVersion]:
    if info.context.principal.org != root.app_id.org:
        return []
    found: list[RegisteredVersion] = await info.context.read(applications.versions, root.app_id)
    return found  # pyright: ignore[reportReturnType] -- fields are read from the read's values


@strawberry.type(description="An application: a process with data, policy and texts, owned by an org.")
class Application:
    """`diagnostics` and `versions` are for the owning org; others get empty lists. Whoever has not logged in sees only
    apps with a stateless form for them, and not their process."""

    id: str = strawberry.field(resolver=_id)
    org: str = strawberry.field(resolver=_org)
    title: list[Localization] = strawberry.field(resolver=_title)
    description: list[Localization] = strawberry.field(resolver=_description)
    version: str = strawberry.field(resolver=_version, description="Ordinal of the active version.")
    valid_from: datetime | None = strawberry.field(resolver=_valid_from)
    valid_to: datetime | None = strawberry.field(resolver=_valid_to)
    process: ProcessDefinition = strawberry.field(resolver=_process)
    data_types: list[DataType] = strawberry.field(resolver=_data_types)
    party_types_allowed: PartyTypesAllowed = strawberry.field(resolver=_party_types)
    entry: str = strawberry.field(resolver=_entry, description="What the app shows first.")
    form: Form | None = strawberry.field(
        resolver=form_of_application, description="Of a task by its BPMN id; without one that of the entry."
    )
    can_instantiate: bool = strawberry.field(
        resolver=_can_instantiate, description="For the party, or for any party that the caller represents."
    )
    diagnostics: list[Diagnostic] = strawberry.field(
        resolver=_diagnostics, description="Of the active version, and what has failed in it while it was used."
    )
    versions: list[ApplicationVersion] = strawberry.field(resolver=_versions)


@strawberry.type(description="An application and its place in the list.")
class ApplicationEdge:
    """One row of a page."""

    node: Application
    cursor: str


def _edges(root: Page[AppVersion]) -> list[ApplicationEdge]:
    pairs = zip(root.items, root.cursors, strict=True)
    return [ApplicationEdge(node=item, cursor=cursor) for item, cursor in pairs]  # pyright: ignore[reportArgumentType] -- fields are read from the model's values


def _info(root: Page[AppVersion]) -> PageInfo:
    return page_info(root)


async def _total(root: Page[AppVersion], info: Info[Context, None]) -> int:
    return await counted(info, root)


@strawberry.type(description="A page of applications.")
class ApplicationConnection:
    """By id."""

    edges: list[ApplicationEdge] = strawberry.field(resolver=_edges)
    page_info: PageInfo = strawberry.field(resolver=_info)
    total_count: int = strawberry.field(resolver=_total)
