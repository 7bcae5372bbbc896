"""Jobs of calls between apps: making the child, telling the caller of its end, stopping a child that nobody waits for.

Process engine §13, event rules §11. Both apps are on this server; every attempt carries the key of the call, so that a
crash between the two sides is made good by the next attempt.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from dialog_graph.access import decisions
from dialog_graph.access.claim_rules import ORG_URN
from dialog_graph.access.scopes import INSTANCES_READ, INSTANCES_WRITE
from dialog_graph.apps import AppVersion, document_of
from dialog_graph.apps.contents import paths
from dialog_graph.bpmn import State
from dialog_graph.bpmn.task_config import CallAppConfig, Copied
from dialog_graph.commands.cancel_child import cancel_child
from dialog_graph.commands.link_child import NoChild, Returned, end_child, link_child
from dialog_graph.commands.start_child import BroughtFile, Call, start_child
from dialog_graph.commands.step.calls import CHILD_CANCELLED, error_end_of, news_for_parent
from dialog_graph.errors import Refusal, Refused, refuse
from dialog_graph.model.instance import DataElement, Instance
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Actor, Principal, PrincipalKind, app_worker
from dialog_graph.model.waits import Job, Relation
from dialog_graph.ports import Ports
from dialog_graph.storage import faults, instances, jobs, links, parties
from dialog_graph.storage.blobs import Blob
from dialog_graph.storage.database import Snapshot
from dialog_graph.storage.jobs import MAX_CRASHES, Claimed
from dialog_graph.urns import AppId
from dialog_graph.workers.side_jobs import run_side_job

LOOKED_FOR = timedelta(minutes=5)
"""How long a child that is to be stopped may still come to be."""
ORG_LEVEL = 3
GIVEN_UP = NoChild("CALL_FAILED", "the call was given up: its attempts ended without a word")
NOBODY = NoChild("FORBIDDEN", "the call is to be made for its user, but no user has brought the process here")


async def acting_for(snapshot: Snapshot, org: str, written: Mapping[str, Json], credentials: Json) -> Principal | None:
    """Who asks the other app: the caller's org, or with `user` whoever moved the caller; None when that was nobody."""
    if credentials != "user":
        owner = await parties.service_owner(snapshot, org)
        return Principal(
            kind=PrincipalKind.SERVICE_OWNER,
            urn=f"{ORG_URN}{org}",
            org=org,
            level=ORG_LEVEL,
            scopes=frozenset({INSTANCES_READ, INSTANCES_WRITE}),
            organisation_number=owner.organisation_number if owner else None,
        )
    actor = Actor.from_json(dict(written))
    found = {} if actor.party_id is None else await parties.by_ids(snapshot, [actor.party_id])
    party = found.get(actor.party_id or 0)
    if party is None:
        return None
    return Principal(kind=actor.kind, urn=party.urn, subject_id=party.party_id, level=actor.level, name=party.name)


# Making the child -----------------------------------------------------------------------------------------------------


async def run_call(ports: Ports, claimed: Claimed) -> None:
    """One attempt to make the child of a call, and the word of it to the caller."""
    worker = app_worker(claimed.app_id.org, claimed.app_id.app)
    async with ports.database.snapshot(worker) as snapshot:
        job = await jobs.held(snapshot, claimed)
        found = await instances.load(snapshot, [claimed.instance_id], documents=True)
        if job is None or not found:
            return
        version = await ports.catalogue.version(snapshot, found[0].version_id)
        actor, credentials = _members(job.data.get("actor")), job.data.get("credentials")
        acting = await acting_for(snapshot, claimed.app_id.org, actor, credentials)
    if claimed.crashes >= MAX_CRASHES:
        await link_child(ports, claimed, GIVEN_UP)
        return
    faults.passed("before-job")
    child = await _made(ports, acting, job, found[0], version)
    faults.passed("after-job")
    await link_child(ports, claimed, child)


def _members(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


async def _made(
    ports: Ports, acting: Principal | None, job: Job, parent: Instance, version: AppVersion
) -> UUID | NoChild:
    """The child, or why there will be none."""
    if acting is None:
        return NOBODY
    config = _config(version, job.element_id)
    try:
        if not await _is_here(ports, acting, _app(job)):
            return NoChild("NOT_FOUND", f"expected an app of this server, but {_app(job)} is not here")
        files = await copies(ports, parent, config.attachments, _app(job).org)
        return await start_child(ports, acting, _call(job, parent, config, files))
    except Refused as refused:
        if refused.refusal.is_retryable:
            raise
        return NoChild(refused.refusal.code, refused.refusal.message)


async def _is_here(ports: Ports, acting: Principal, app_id: AppId) -> bool:
    """Whether this server has the app; calls of other servers are not made yet, and never pass in silence."""
    async with ports.database.snapshot(acting) as snapshot:
        return app_id in {version.app_id for version in (await ports.catalogue.all_active(snapshot)).values()}


def _config(version: AppVersion, element_id: str) -> CallAppConfig:
    task = version.definition.task(element_id)
    found = task.config.call_app if task is not None else None
    return found or CallAppConfig(app="")


def _app(job: Job) -> AppId:
    app_id = AppId.parse(str(job.data.get("app")))
    if not isinstance(app_id, AppId):
        raise Refused(app_id)
    return app_id


def _call(job: Job, parent: Instance, config: CallAppConfig, files: tuple[BroughtFile, ...]) -> Call:
    party, depth = job.data.get("party"), job.data.get("depth")
    return Call(
        key=job.key,
        app_id=_app(job),
        party_id=party if isinstance(party, int) else None,
        parent_id=parent.instance_id,
        parent_app=parent.app_id,
        element_id=job.element_id,
        owner=job.owner,
        entry_no=job.entry_no,
        depth=depth if isinstance(depth, int) else 1,
        completion=str(job.data.get("completion")),
        prefill=_members(job.data.get("prefill")),
        files=files,
        settings={
            "returns": [[item.source, item.target] for item in config.returns],
            "credentials": job.data.get("credentials"),
            "actor": job.data.get("actor"),
        },
    )


async def copies(ports: Ports, instance: Instance, wanted: Iterable[Copied], org: str) -> tuple[BroughtFile, ...]:
    """Copies of the files of some data types, in the store of the org that gets them."""
    pairs = [(item, element) for item in wanted for element in instance.elements if element.data_type == item.source]
    files = [(item.target or item.source, element) for item, element in pairs if element.blob_key is not None]
    return tuple([await _copied(ports, element, target, org) for target, element in files])


async def _copied(ports: Ports, element: DataElement, data_type: str, org: str) -> BroughtFile:
    source = Blob(key=element.blob_key or "", size=element.size, sha256=element.sha256)
    chunks: AsyncIterator[bytes] = ports.blobs.read(source)
    blob = await ports.blobs.receive(org, chunks, element.size)
    return BroughtFile(data_type=data_type, content_type=element.content_type, filename=element.filename, blob=blob)


# Its end --------------------------------------------------------------------------------------------------------------


async def run_tell_parent(ports: Ports, claimed: Claimed) -> None:
    """Tells the caller that the child has ended, with what it gives back."""
    await run_side_job(ports, claimed, _tell_parent)


async def _tell_parent(ports: Ports, worker: Principal, claimed: Claimed, job: Job) -> None:
    key, parent_id, parent_app = (str(job.data[name]) for name in ("key", "parentId", "parentApp"))
    app_id = AppId.parse(parent_app)
    if not isinstance(app_id, AppId):
        raise Refused(app_id)
    error = job.data.get("errorCode")
    returned = Returned(child_id=claimed.instance_id, error_code=error if isinstance(error, str) else None)
    if returned.error_code is None:
        returned = await _collected(ports, worker, claimed, key, app_id) or returned
    try:
        await end_child(ports, (app_id, UUID(parent_id)), key, returned)
    except Refused as refused:
        if refused.refusal.is_retryable:
            raise
        # What comes back does not fit the caller: the call has failed, and says why.
        await end_child(
            ports,
            (app_id, UUID(parent_id)),
            key,
            Returned(child_id=claimed.instance_id, error_code=refused.refusal.code),
        )


async def _collected(ports: Ports, worker: Principal, claimed: Claimed, key: str, parent: AppId) -> Returned | None:
    """What the call asks back, as far as whoever made it may read the child."""
    async with ports.database.snapshot(worker) as snapshot:
        found = await links.settings_of(snapshot, claimed.app_id.org, Relation.PARENT, key)
        loaded = await instances.load(snapshot, [claimed.instance_id], documents=True)
        returns = _pairs((found or {}).get("returns"))
        if not loaded or not returns:
            return None
        version = await ports.catalogue.version(snapshot, loaded[0].version_id)
        settings = found or {}
        acting = await acting_for(snapshot, parent.org, _members(settings.get("actor")), settings.get("credentials"))
    if acting is None or not await _may_read(ports, acting, loaded[0]):
        return None
    values = {item.target: _value(version, loaded[0], item.source) for item in returns if ":" in item.target}
    plain = [item for item in returns if ":" not in item.target]
    files = await copies(ports, loaded[0], plain, parent.org)
    return Returned(child_id=claimed.instance_id, values=values, files=files)


def _pairs(written: Json) -> Sequence[Copied]:
    found = written if isinstance(written, list) else []
    return [Copied(source=str(pair[0]), target=str(pair[1])) for pair in found if isinstance(pair, list)]


def _value(version: AppVersion, instance: Instance, source: str) -> Json:
    """The value of `dataType:path`, or of a path in the first form."""
    named, colon, path = source.partition(":")
    first = next((item.id for item in version.data_types.values() if item.is_form), None)
    data_type, steps = (named, paths.parse(path)) if colon else (first, paths.parse(named))
    element = next((item for item in instance.elements if item.data_type == data_type and item.is_form), None)
    return None if element is None or not steps else paths.get(document_of(element), steps)


async def _may_read(ports: Ports, acting: Principal, child: Instance) -> bool:
    async with ports.database.transaction(acting) as tx:
        policy = (await ports.catalogue.policy(tx, child.app_id)).policy
        answer = await decisions.allowed(tx, policy, decisions.of_instance(child), ("read",))
        return answer["read"]


async def run_ask_child(ports: Ports, claimed: Claimed) -> None:
    """Looks for a caller that was restored whether its child has ended meanwhile."""
    await run_side_job(ports, claimed, _ask_child)


async def _ask_child(ports: Ports, worker: Principal, claimed: Claimed, job: Job) -> None:
    app_id, key = _app(job), str(job.data["key"])
    theirs = app_worker(app_id.org, app_id.app)
    async with ports.database.snapshot(theirs) as snapshot:
        found = await links.by_key(snapshot, app_id.org, Relation.PARENT, key)
        loaded = [] if found is None else await instances.load(snapshot, [found[0]])
        error = await _error_of(ports, snapshot, loaded[0]) if loaded else None
    if found is None or not loaded or (loaded[0].ended_at is None and error is None):
        # It has yet to end, and will tell of that itself.
        return
    child_id, link = found
    news = news_for_parent(link, error)
    await _tell_parent(ports, theirs, replace(claimed, instance_id=child_id, app_id=app_id), replace(job, data=news))


async def _error_of(ports: Ports, snapshot: Snapshot, child: Instance) -> str | None:
    """The error with which a child has ended, or at which it has stopped; None for one that goes on or is complete."""
    if child.ended_at is not None:
        return CHILD_CANCELLED if child.archived_at is None else None
    state = State.from_json(child.process_state) if child.process_state else State.empty()
    version = await ports.catalogue.version(snapshot, child.version_id)
    return None if isinstance(state, Refusal) else error_end_of(version.definition, state)


# Stopping it ----------------------------------------------------------------------------------------------------------


async def run_cancel_child(ports: Ports, claimed: Claimed) -> None:
    """Asks a child to stop that nobody waits for any more."""
    await run_side_job(ports, claimed, _cancel_child)


async def _cancel_child(ports: Ports, worker: Principal, claimed: Claimed, job: Job) -> None:
    async with ports.database.snapshot(worker) as snapshot:
        acting = await acting_for(snapshot, claimed.app_id.org, {}, "org")
        now: datetime = snapshot.now
    assert acting is not None, "an org can always act"
    try:
        await cancel_child(ports, acting, _app(job), str(job.data["key"]))
    except Refused as refused:
        is_too_late = now > job.created_at + LOOKED_FOR and refused.refusal.expected == "the child of the call"
        if not is_too_late:
            raise
        raise refuse("NOT_FOUND", "the child of the call", "none was made") from refused
