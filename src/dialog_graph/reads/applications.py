"""Applications: the catalogue that every caller may read, and what the caller may start."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dialog_graph.access import decisions
from dialog_graph.access.starting import obstacle, open_starts
from dialog_graph.apps import AppVersion
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.diagnostic import Diagnostic
from dialog_graph.model.party import Party
from dialog_graph.model.principal import PrincipalKind
from dialog_graph.ports import Ports
from dialog_graph.reads.paging import MAX_FIRST, Page, Position, check_first, decode, page_of
from dialog_graph.storage import parties
from dialog_graph.storage.app_versions import stored_diagnostics
from dialog_graph.storage.database import Snapshot
from dialog_graph.urns import AppId, PartyUrn

INSTANTIATE = "instantiate"
ORDER = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredVersion:
    """One registered version with its findings."""

    version: str
    sha256: str
    registered_at: datetime
    is_active: bool
    diagnostics: Sequence[Diagnostic]


async def by_id(ports: Ports, snapshot: Snapshot, text: str) -> AppVersion | None:
    """The active version of `org/app`; None when there is none. Raises INVALID_INPUT for another form."""
    app_id = AppId.parse(text)
    if isinstance(app_id, Refusal):
        raise Refused(app_id)
    return await active(ports, snapshot, app_id)


async def active(ports: Ports, snapshot: Snapshot, app_id: AppId) -> AppVersion | None:
    """The active version, None when there is none."""
    found = (await ports.catalogue.all_active(snapshot)).values()
    return next((version for version in found if version.app_id == app_id), None)


async def page(
    ports: Ports, snapshot: Snapshot, org: str | None, first: int | None, after: str | None
) -> Page[AppVersion]:
    """A page of the active applications, by id."""
    size = check_first(first)
    position = decode(after, ORDER)
    active = (await ports.catalogue.all_active(snapshot)).values()
    wanted = sorted((item for item in active if org in (None, item.app_id.org)), key=lambda item: str(item.app_id))
    behind = [item for item in wanted if position is None or str(item.app_id) > str(position.value)]
    rows = [(item, Position(ORDER, str(item.app_id), None)) for item in behind[: size + 1]]
    shown = page_of(rows, size, after)

    async def total(_: Snapshot) -> int:
        return len(wanted)

    return Page(shown.items, shown.cursors, shown.has_next, shown.has_previous, total)


async def can_instantiate(ports: Ports, snapshot: Snapshot, version: AppVersion, party: str | None) -> bool:
    """May the caller start the app for the party, or (None) for any that it represents? Decided as the command does."""
    if snapshot.principal.kind is PrincipalKind.ANONYMOUS or not version.metadata.is_open(snapshot.now):
        return False
    if not open_starts(version):
        return False
    if party is None and snapshot.principal.is_org:
        return await _may_start(snapshot, version, 0)
    candidates = await _candidates(snapshot, party)
    await parties.relations_to(snapshot, [item.party_id for item in candidates])
    for item in candidates:
        is_fit = obstacle(version, item, snapshot.principal) is None
        if is_fit and await _may_start(snapshot, version, item.party_id):
            return True
    return False


async def _candidates(snapshot: Snapshot, party: str | None) -> list[Party]:
    if party is None:
        represented = await parties.all_represented(snapshot)
        return [item.party for main in represented for item in (main, *main.sub_parties)]
    urn = PartyUrn.parse(party)
    if isinstance(urn, Refusal):
        raise Refused(urn)
    found = await parties.find(snapshot, urn)
    return [] if found is None else [found]


async def _may_start(snapshot: Snapshot, version: AppVersion, party_id: int) -> bool:
    target = decisions.before_start(version.app_id, party_id)
    return (await decisions.allowed(snapshot, version.policy, target, (INSTANTIATE,)))[INSTANTIATE]


async def versions(ports: Ports, snapshot: Snapshot, app_id: AppId) -> list[RegisteredVersion]:
    """The registered versions, newest first, as many as a page may hold."""
    rows = await snapshot.fetch(
        "select ordinal, sha256, registered_at, is_active, diagnostics from app_version where app_id = $1"
        " order by ordinal desc limit $2",
        str(app_id),
        MAX_FIRST,
    )
    return [
        RegisteredVersion(
            version=str(row["ordinal"]),
            sha256=row["sha256"],
            registered_at=row["registered_at"],
            is_active=row["is_active"],
            diagnostics=stored_diagnostics(row["diagnostics"]),
        )
        for row in rows
    ]


async def diagnostics(ports: Ports, snapshot: Snapshot, version: AppVersion) -> Sequence[Diagnostic]:
    """The findings of a version as they were at its last registration, which other processes may have done."""
    stored = await snapshot.fetchval("select diagnostics from app_version where version_id = $1", version.version_id)
    return version.diagnostics if stored is None else stored_diagnostics(stored)
