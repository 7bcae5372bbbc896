"""The addresses that dialogs show: the instance as JSON, its deletion by the inbox, the page of the app (inbox §13.5).

The inbox sends the dialog token. It is verified as the capability of that one dialog, and then the policy is asked as
for any other caller.
"""

import html
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from dialog_graph.access import bearer, dialog_token, principals
from dialog_graph.access.issuers import Profiles
from dialog_graph.commands.delete_instance import DeleteInstance, delete_instance
from dialog_graph.errors import NOT_FOUND, Refused, refuse
from dialog_graph.model.instance import Instance, TaskEntry
from dialog_graph.model.principal import PrincipalKind
from dialog_graph.ports import Ports
from dialog_graph.reads import instance_details, instances
from dialog_graph.reads.dialogs import TASK_ATTRIBUTE
from dialog_graph.rest import faults, problem
from dialog_graph.storage import instances as stored
from dialog_graph.storage.database import Snapshot

Clock: TypeAlias = Callable[[], int]
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class DialogUrls:
    """The routes' shared means."""

    ports: Ports
    profiles: Profiles
    clock: Clock

    async def read(self, request: Request) -> Response:
        """GET /instances/{id}: the instance in Altinn's shape."""
        caller = await self._caller(request)
        instance_id = _uuid(request)
        async with self.ports.database.snapshot(caller.principal) as snapshot:
            await _demand(snapshot, caller, instance_id, "read")
            instance = await instances.one(self.ports, snapshot, instance_id)
            if instance is None:
                raise Refused(NOT_FOUND)
            shown = await instance_details.readable_elements(self.ports, snapshot, instance, None)
        body = _instance_json(instance, self.ports.settings.public_url)
        body["data"] = [_data_json(item, self.ports.settings.public_url) for item in shown]
        return JSONResponse(body, headers=_NO_STORE)

    async def delete(self, request: Request) -> Response:
        """DELETE /api/v1/instance/{partyId}/{id} with a dialog token: a soft deletion."""
        caller = await self._caller(request)
        instance_id = _uuid(request)
        async with self.ports.database.snapshot(caller.principal) as snapshot:
            instance = await _demand(snapshot, caller, instance_id, "delete")
        if instance.party_id != request.path_params["party_id"]:
            raise Refused(NOT_FOUND)
        try:
            await delete_instance(self.ports, caller.principal, DeleteInstance(instance_id=instance_id))
        except Refused as refused:
            if refused.refusal.code != "DELETION_TOO_EARLY":
                raise
            return problem.response(refused.refusal, faults.trace_id(), more=await self._grace(caller, instance))
        return Response(status_code=204, headers=_NO_STORE)

    async def _grace(self, caller: principals.Identified, instance: Instance) -> dict[str, object]:
        """How long the inbox has to wait (inbox rules §13.5)."""
        async with self.ports.database.snapshot(caller.principal) as snapshot:
            version = await instance_details.version(self.ports, snapshot, instance)
        days, archived = version.metadata.prevent_instance_deletion_for_days, instance.archived_at
        allowed = archived and archived + timedelta(days=days or 0)
        return {"gracePeriodDays": days, "archivedAt": _time(archived), "deletionAllowedAt": _time(allowed)}

    async def page(self, request: Request) -> Response:
        """GET /app/…: where an app's own front end stands; here a word about how to reach the data."""
        name = html.escape(f"{request.path_params['org']}/{request.path_params['app']}")
        return HTMLResponse(_PAGE.format(name=name), headers=_PAGE_HEADERS)

    async def _caller(self, request: Request) -> principals.Identified:
        given = bearer.authorization(request.headers.raw)
        found = await principals.identified(
            self.ports.database, self.ports.keys, given, self.profiles.capability, self.clock()
        )
        if found.principal.kind is PrincipalKind.ANONYMOUS:
            raise refuse("UNAUTHENTICATED")
        return found


async def _demand(snapshot: Snapshot, caller: principals.Identified, instance_id: UUID, action: str) -> Instance:
    """The instance; NOT_FOUND where there is none, or where a dialog token is of another dialog or without the action.

    The token's word is the first of two: the policy is asked as for any other caller (inbox rules §11).
    """
    found = await stored.load(snapshot, [instance_id])
    if not found:
        raise Refused(NOT_FOUND)
    if caller.claims is not None and caller.principal.kind is PrincipalKind.DIALOG_HOLDER:
        dialog_id = await snapshot.fetchval("select dialog_id from dialog where instance_id = $1", instance_id)
        places = {None, *(f"{TASK_ATTRIBUTE}{task.element_id}" for task in found[0].open_tasks)}
        is_granted = any((action, place) in dialog_token.actions(caller.claims) for place in places)
        if dialog_id != caller.principal.dialog_id or not is_granted:
            raise Refused(NOT_FOUND)
    return found[0]


_PAGE = """<!doctype html>
<html lang="nb"><head><meta charset="utf-8"><title>{name}</title></head><body>
<h1>{name}</h1>
<p lang="nb">Skjemaet vises av appens egen brukerflate. Data og prosess nås i grafen på <code>/graphql</code>.</p>
<p lang="nn">Skjemaet blir vist av brukarflata til appen. Data og prosess når du i grafen på <code>/graphql</code>.</p>
<p lang="en">The app's own front end shows the form. Data and process are in the graph at <code>/graphql</code>.</p>
</body></html>
"""
_PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def _uuid(request: Request) -> UUID:
    try:
        return UUID(request.path_params["instance_id"])
    except ValueError:
        raise Refused(NOT_FOUND) from None


def _task_json(task: TaskEntry, number: int) -> dict[str, object]:
    return {
        "flow": number,
        "started": task.started_at.isoformat(),
        "elementId": task.element_id,
        "name": task.name,
        "altinnTaskType": task.type,
        "ended": None if task.ended_at is None else task.ended_at.isoformat(),
        "flowType": task.flow_type,
    }


def _time(value: object) -> str | None:
    isoformat = getattr(value, "isoformat", None)
    return None if isoformat is None else isoformat()


def _instance_json(instance: Instance, public_url: str) -> dict[str, object]:
    current = [_task_json(task, n) for n, task in enumerate(instance.tasks, start=2) if task.is_open]
    return {
        "id": f"{instance.party_id}/{instance.instance_id}",
        "instanceOwner": {"partyId": str(instance.party_id)},
        "appId": str(instance.app_id),
        "org": instance.org,
        "selfLinks": {"platform": f"{public_url}/instances/{instance.instance_id}"},
        "process": {
            "started": _time(instance.started_at),
            "startEvent": instance.start_event,
            "currentTask": current[0] if current else None,
            "currentTasks": current,
            "ended": _time(instance.ended_at),
            "endEvent": instance.end_event,
        },
        "status": {
            "isArchived": instance.archived_at is not None,
            "archived": _time(instance.archived_at),
            "isSoftDeleted": instance.deleted_at is not None,
            "softDeleted": _time(instance.deleted_at),
            "substatus": None
            if instance.substatus is None
            else {"label": instance.substatus.label, "description": instance.substatus.description},
        },
        "completeConfirmations": [
            {"stakeholderId": item.org, "confirmedOn": item.confirmed_at.isoformat()} for item in instance.confirmations
        ],
        "presentationTexts": dict(instance.presentation_texts),
        "dataValues": dict(instance.data_values),
        "dueBefore": _time(instance.due_at),
        "visibleAfter": _time(instance.visible_from),
        "created": instance.created_at.isoformat(),
        "lastChanged": instance.updated_at.isoformat(),
    }


def _data_json(item: "instance_details.DataElement", public_url: str) -> dict[str, object]:
    return {
        "id": str(item.element_id),
        "dataType": item.data_type,
        "filename": item.filename,
        "contentType": item.content_type,
        "size": item.size,
        "contentHash": item.sha256,
        "locked": item.lock.value != "none",
        "isRead": item.is_read,
        "selfLinks": {"platform": f"{public_url}/data/{item.element_id}"},
        "fileScanResult": item.file_scan.value.capitalize(),
        "created": item.created_at.isoformat(),
        "lastChanged": item.updated_at.isoformat(),
    }


def routes(urls: DialogUrls) -> list[Route]:
    """What dialogs link to."""
    return [
        Route("/instances/{instance_id}", urls.read, methods=["GET"]),
        Route("/api/v1/instance/{party_id:int}/{instance_id}", urls.delete, methods=["DELETE"]),
        Route("/app/{org}/{app}", urls.page),
        Route("/app/{org}/{app}/{rest:path}", urls.page),
    ]
