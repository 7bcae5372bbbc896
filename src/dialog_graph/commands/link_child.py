"""Tells the caller what became of its call: the child exists, could not be made, or has ended (process engine §13).

Sent by workers. Each is tied to the state of the caller's link, so that hearing it twice changes nothing.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from uuid import UUID

from dialog_graph.apps import document_of
from dialog_graph.apps.contents import paths
from dialog_graph.apps.form_data.documents import check_document, new_document
from dialog_graph.bpmn import ChildEnded
from dialog_graph.commands.start_child import BroughtFile
from dialog_graph.commands.step import Errand, Work, run_errand, run_process
from dialog_graph.commands.step.documents import blank, put, store_document
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.json_value import Json
from dialog_graph.model.waits import Job, Link, LinkState, Relation
from dialog_graph.ports import Ports
from dialog_graph.storage import jobs, links
from dialog_graph.storage.jobs import Claimed
from dialog_graph.urns import AppId

DETACH = "detach"
OPEN = frozenset({LinkState.CALLING, LinkState.LINKED})


@dataclass(frozen=True, slots=True)
class NoChild:
    """A call that was refused for good. `code`: what the process may catch; `why`: a sentence for the owning org."""

    code: str
    why: str


async def link_child(ports: Ports, claimed: Claimed, child: UUID | NoChild) -> bool:
    """The call has made a child, or none for good. False when nobody waits for the call any more."""

    async def act(work: Work) -> str | None:
        job = await jobs.held(work.tx, claimed)
        link = None if job is None else await _link_of(work, job.key)
        if job is None or link is None or link.state not in OPEN:
            work.record("process.job.superseded", data={"jobId": str(claimed.job_id), "attempt": claimed.attempt})
            return f"late:{claimed.job_id}:{claimed.attempt}"
        await _tell(work, job, link, child)
        return f"job:{job.job_id}:{job.attempt}"

    return await run_errand(ports, _errand(claimed.app_id, claimed.instance_id), act)


def _errand(app_id: AppId, instance_id: UUID) -> Errand:
    return Errand(name="call", app_id=app_id, instance_id=instance_id)


async def _link_of(work: Work, key: str) -> Link | None:
    found = await links.by_key(work.tx, work.instance.org, Relation.CHILD, key)
    return found[1] if found is not None and found[0] == work.instance.instance_id else None


async def _tell(work: Work, job: Job, link: Link, child: UUID | NoChild) -> None:
    work.waiting.finish_job(job.job_id)
    if isinstance(child, NoChild):
        work.waiting.failure = (job.attempt, child.why)
        await _end(work, link, child.code)
        return
    linked = replace(link, other_id=child, state=LinkState.LINKED)
    work.waiting.put_link(linked)
    _record(work, linked)
    if link.completion == DETACH:
        await _end(work, linked, None)


def _record(work: Work, link: Link) -> None:
    details: dict[str, Json] = {
        "application": link.other_app,
        "relation": Relation.CHILD.value,
        "state": link.state.value,
    }
    if link.other_id is not None:
        details["instanceId"] = str(link.other_id)
    work.record("app.instance.linked", data=details, element_id=link.element_id, entry_id=link.entry_id)


async def _end(work: Work, link: Link, error_code: str | None) -> None:
    """The token goes on, or meets the error. A link that is through stays, so that both sides know each other."""
    ended = replace(link, state=LinkState.ENDED, ended_at=work.now)
    work.waiting.put_link(ended)
    await run_process(work, ChildEnded(link.element_id, link.entry_no, link.owner, error_code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What a child gives back. `values` by `dataType:path` of the caller."""

    child_id: UUID
    error_code: str | None = None
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    files: tuple[BroughtFile, ...] = ()


async def end_child(ports: Ports, parent: tuple[AppId, UUID], key: str, returned: Returned) -> bool:
    """The child has ended. False when the caller does not wait for it any more, or knows already."""

    async def act(work: Work) -> str | None:
        link = await _link_of(work, key)
        if link is None or link.state not in OPEN or link.completion == DETACH:
            return None
        for target, value in returned.values.items():
            _take(work, target, value)
        for file in returned.files:
            _take_file(work, file)
        linked = replace(link, other_id=returned.child_id, state=LinkState.ENDED)
        _record(work, linked)
        await _end(work, linked, returned.error_code)
        return f"child:{link.link_id}"

    return await run_errand(ports, _errand(*parent), act)


def _take(work: Work, target: str, value: Json) -> None:
    """One value into a form of the caller; a form that is not there yet is made."""
    name, _, path = target.partition(":")
    data_type, steps = work.version.data_types.get(name), paths.parse(path)
    if data_type is None or not data_type.is_form or not steps:
        raise Refused(Refusal(code="UNKNOWN_FIELD", expected="dataType:path", actual=f"{target!r}", path=(target,)))
    existing = next(iter(work.of_type(name)), None)
    document = new_document(work.version, name)[0] if existing is None else deepcopy(document_of(existing))
    paths.put(document, steps, value)
    checked = check_document(work.version, name, document)
    if isinstance(checked, Refusal):
        raise Refused(checked)
    store_document(work, data_type, checked, existing)


def _take_file(work: Work, file: BroughtFile) -> None:
    data_type = work.version.data_types.get(file.data_type)
    if data_type is None or data_type.is_form:
        raise Refused(Refusal(code="UNKNOWN_FIELD", expected="a data type for files", actual=file.data_type))
    element = replace(
        blank(work, data_type),
        content_type=file.content_type,
        filename=file.filename,
        size=file.blob.size,
        sha256=file.blob.sha256,
        blob_key=file.blob.key,
    )
    put(work, element, None)
