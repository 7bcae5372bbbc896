"""Makes the instance that a call activity asks for (process engine §13, event rules §11): once per key, by a start as
everybody's.

The called app's own policy decides for whoever acts, the caller's org or its user; being on the same server gives
nothing more. Files come in only where the called app lets that caller contribute.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from dialog_graph.access.form_rights import may_contribute
from dialog_graph.apps import AppVersion
from dialog_graph.apps.validation.gate import file_issues
from dialog_graph.commands.step import Work
from dialog_graph.commands.step.documents import blank, put
from dialog_graph.commands.step.roads import refuse_too_many
from dialog_graph.commands.step.starting import Beginning, allowed, begin, opened
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.ids import derived
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Principal, app_worker
from dialog_graph.model.waits import Link, LinkState, Relation
from dialog_graph.ports import Ports
from dialog_graph.storage import idempotency, links, parties
from dialog_graph.storage.blobs import Blob
from dialog_graph.storage.database import Transaction
from dialog_graph.urns import AppId

MAX_DEPTH = 5
"""How many callers may stand above an instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtFile:
    """A copy of a file for the other instance."""

    data_type: str
    content_type: str
    filename: str | None
    blob: Blob


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. `key`: of it, the same in all attempts; `prefill`: values by `dataType:path`; `settings`: what the
    child's side has to know when it ends."""

    key: str
    app_id: AppId
    party_id: int | None
    parent_id: UUID
    parent_app: AppId
    element_id: str
    owner: int
    entry_no: int
    depth: int
    completion: str
    prefill: Mapping[str, Json] = field(default_factory=dict[str, Json])
    files: tuple[BroughtFile, ...] = ()
    settings: Mapping[str, Json] = field(default_factory=dict[str, Json])


async def start_child(ports: Ports, acting: Principal, call: Call) -> UUID:
    """The id of the child, made now or by an earlier attempt. Raises `Refused` as starting the app by hand would."""
    if call.depth > MAX_DEPTH:
        raise Refused(Refusal(code="LOOP_LIMIT", expected=f"at most {MAX_DEPTH} callers", actual="there are more"))
    if not (acting.is_org and acting.org != call.app_id.org):
        async with ports.database.transaction(acting) as tx:
            return await _started(ports, tx, call, await _earlier(tx, call) or await _allowed(ports, tx, call), acting)
    async with ports.database.transaction(acting) as tx:
        # Another org decides for itself whether the caller's org may; its own worker then writes.
        beginning = await _allowed(ports, tx, call)
    async with ports.database.transaction(app_worker(call.app_id.org, call.app_id.app)) as tx:
        return await _started(ports, tx, call, await _earlier(tx, call) or beginning, acting)


async def _earlier(tx: Transaction, call: Call) -> UUID | None:
    await idempotency.lock(tx, "call", str(call.app_id), call.key)
    found = await links.by_key(tx, call.app_id.org, Relation.PARENT, call.key)
    return found[0] if found is not None else None


async def _allowed(ports: Ports, tx: Transaction, call: Call) -> Beginning:
    known = [] if call.party_id is None else [call.party_id]
    return await allowed(ports, tx, call.app_id, (await parties.by_ids(tx, known)).get(call.party_id or 0))


async def _started(ports: Ports, tx: Transaction, call: Call, found: UUID | Beginning, acting: Principal) -> UUID:
    if isinstance(found, UUID):
        return found
    work = await opened(ports, tx, found)
    work.sender = acting
    work.change(created_by=acting.actor)
    work.prefill = prefill_of(found.version, call.prefill)
    work.waiting.put_link(_link(work, call))
    work.record("app.instance.linked", data=_told(call))
    for file in call.files:
        _bring(work, acting, file)
    await begin(work, found.permit, None, None)
    return work.instance.instance_id


def _told(call: Call) -> dict[str, Json]:
    return {
        "application": str(call.parent_app),
        "instanceId": str(call.parent_id),
        "relation": Relation.PARENT.value,
        "state": LinkState.LINKED.value,
    }


def _link(work: Work, call: Call) -> Link:
    return Link(
        link_id=derived(work.now, "parent", call.key),
        relation=Relation.PARENT,
        other_app=str(call.parent_app),
        other_id=call.parent_id,
        key=call.key,
        element_id=call.element_id,
        owner=call.owner,
        entry_no=call.entry_no,
        completion=call.completion,
        state=LinkState.LINKED,
        depth=call.depth,
        created_at=work.now,
        settings=call.settings,
    )


def _bring(work: Work, acting: Principal, file: BroughtFile) -> None:
    """Adds a file as an upload by the caller would; refuses the call where that would be refused."""
    data_type = work.version.data_types.get(file.data_type)
    if data_type is None or data_type.is_form or not may_contribute(acting, data_type):
        expected = f"a data type of {work.instance.app_id} that takes the caller's files"
        raise Refused(Refusal(code="FORBIDDEN", expected=expected, actual=file.data_type, action="write"))
    issues = file_issues(data_type, file.content_type, file.blob.size, file.filename)
    if issues:
        raise Refused(Refusal(code="VALIDATION_FAILED", issues=issues))
    refuse_too_many(work, data_type)
    element = replace(
        blank(work, data_type),
        content_type=file.content_type,
        filename=file.filename,
        size=file.blob.size,
        sha256=file.blob.sha256,
        blob_key=file.blob.key,
    )
    put(work, element, None)


def prefill_of(version: AppVersion, values: Mapping[str, Json]) -> Json:
    """`{dataType: {path: value}}` of targets `dataType:path`; a path alone is one of the first form."""
    first = next((item.id for item in version.data_types.values() if item.is_form), None)
    found: dict[str, dict[str, Json]] = {}
    for target, value in values.items():
        named, colon, path = target.partition(":")
        data_type = named if colon else first
        if data_type is not None and value is not None:
            found.setdefault(data_type, {})[path if colon else named] = value
    return {**found} or None
