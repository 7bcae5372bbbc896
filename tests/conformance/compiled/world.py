"""A small world to ask about: instances in every state, an inbox, a webhook; and callers of every kind."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.access import dialog_token
from dialog_graph.apps import Files, read_folder
from dialog_graph.commands.confirm_receipt import ConfirmReceipt, confirm_receipt
from dialog_graph.commands.create_webhook import CreateWebhook, create_webhook
from dialog_graph.commands.delete_instance import DeleteInstance, delete_instance
from dialog_graph.commands.mark_seen import MarkSeen, mark_seen
from dialog_graph.commands.set_substatus import SetSubstatus, set_substatus
from dialog_graph.graphql import masking
from dialog_graph.graphql.types import data_element, dialog, dialog_parts
from dialog_graph.model.principal import ANONYMOUS, Principal
from dialog_graph.ports import Ports
from dialog_graph.storage.logins import Logins
from tests.conformance.compiled.generated import Values
from tests.integration.case_app import APP, OTHER, TWOFOLD, files_of, twofold
from tests.integration.case_world import KARI, MARI, NABO, OLA, TTD, World, urn_of, world_of
from tests.integration.forms_app import APP as FORMS
from tests.integration.forms_app import forms_app
from tests.integration.receiver import receiving
from tests.integration.rows import settled

NOWHERE = "0190a0a0-0000-7000-8000-000000000000"
GUIDE = Path(__file__).resolve().parents[2] / "data/apps/ttd/price-guide"
ROW = {"altinnRowId": "0190a0a0-0000-4000-8000-000000000001"}
NAMED = {"altinnRowId": "0190a0a0-0000-4000-8000-000000000002", "name": "Ada"}
"""Rows with ids: those without get random ones, other ones each time."""
CALLERS: dict[str, Principal] = {
    "kari": KARI,
    "kari, level 0": replace(KARI, level=0),
    "ola": OLA,
    "mari": MARI,
    "ttd": TTD,
    "nabo": NABO,
    "anonymous": ANONYMOUS,
}


@dataclass(frozen=True)
class Asked:
    """What is asked, and what may be asked for."""

    ports: Ports
    values: Values


@asynccontextmanager
async def asked_world(logins: Logins, folder: Path) -> AsyncGenerator[Asked]:
    """The world, at rest."""
    guide = read_folder(GUIDE, GUIDE.parent.parent)
    assert isinstance(guide, Files)
    apps = [files_of(), twofold(), files_of(OTHER), forms_app(), guide]
    async with world_of(logins, folder, apps=apps) as world, receiving() as receiver:
        ids = await _instances(world)
        given = CreateWebhook(endpoint=receiver.url, application=str(APP), types=("app.instance.created",))
        await create_webhook(world.ports, TTD, given)
        dialogs = [row[0] for row in await world.admin.fetch("select dialog_id from dg.dialog order by dialog_id")]
        for caller in (KARI, replace(KARI, level=0), OLA, MARI):
            for dialog_id in dialogs:
                await mark_seen(world.ports, caller, MarkSeen(dialog_id=dialog_id))
        await settled(world.ports.database)
        yield Asked(world.ports, _values([str(each) for each in ids], [str(each) for each in dialogs]))


async def _instances(world: World) -> list[UUID]:
    ids = [await world.started(), await world.filled(), await world.confirming(), await world.ended()]
    ids += [await world.started(OLA, "ola"), await world.started(KARI, "fjord"), await world.started(app=TWOFOLD)]
    ids += [await world.started(app=OTHER), await world.ended(), await world.filled()]
    ids.append(await world.started(KARI, "fjord", FORMS))
    await world.write(ids[-1], KARI, data={"name": "Ada", "code": "x", "items": [{"what": "Oak"}, {"what": "Elm"}]})
    await world.write(ids[-1], KARI, data_type="secret", data={"name": "hush"})
    await set_substatus(world.ports, TTD, SetSubstatus(instance_id=ids[1], label="seen", description="We look at it"))
    await confirm_receipt(world.ports, TTD, ConfirmReceipt(instance_id=ids[3]))
    await delete_instance(world.ports, KARI, DeleteInstance(instance_id=ids[9]))
    return ids


def _values(ids: list[str], dialogs: list[str]) -> Values:
    urns = [urn_of(name) for name in ("kari", "ola", "fjord", "dal")]
    apps = [str(each) for each in (APP, TWOFOLD, OTHER)]
    with_forms = [str(FORMS), "ttd/price-guide"]
    resources = [f"urn:altinn:resource:app_{app.replace('/', '_')}" for app in apps]
    events: list[object] = [
        {"org": "ttd"},
        {"org": "ttd"},
        {"party": urns[0]},
        {"instanceId": ids[0]},
        {"application": apps[0]},
        {},
    ]
    filters: list[object] = [
        {"party": urns[:2]},
        {"party": urns},
        {"org": "ttd"},
        {"org": "ttd", "status": ["ACTIVE"]},
        {"application": apps},
        {},
    ]
    searches: list[object] = [
        {"party": urns},
        {"party": urns[:2], "limit": 5},
        {"party": urns[:1], "limit": 2, "orderBy": [{"createdAt": "ASC"}]},
        {"serviceResource": resources, "status": ["IN_PROGRESS"], "limit": 3},
        {"party": urns, "orderBy": {"dueAt": None, "contentUpdatedAt": "DESC"}, "systemLabel": "DEFAULT"},
        {"party": urns, "continuationToken": "nonsense"},
        {"limit": -1},
        {},
    ]
    return {
        "id: UUID": [*ids[:4], *ids, ids[-1], ids[-1], NOWHERE],
        "id: String": [*apps, *with_forms, *with_forms, "none/none", "nonsense", "colours", "codes"],
        "dialogId": [*dialogs, NOWHERE],
        "urn": [*urns, "urn:altinn:person:identifier-no:1"],
        "party": [*urns, "nonsense"],
        "org": ["ttd", "ttd", "nabo", "none"],
        "application": [*apps, *with_forms, with_forms[1], with_forms[1]],
        "taskId": ["Task_1", "Task_2", "nothing"],
        "names": [["main"], ["price"], [], ["main", "price"]],
        "language": ["nb", "en", "xx"],
        "data": [{}, {"kind": "day"}, {"kind": "year", "visitors": 60, "code": "A", "lines": [ROW, ROW | NAMED]}, []],
        "dataType": ["price", "membership", "nothing"],
        "parameters": [{"kind": "year"}, {"people": "many"}, {"other": "x"}, 5],
        "lookups": [[], ["register"]],
        "first": [1, 2, 3, 5, 8, 50, 60, 100, 0],
        "after": ["", "nonsense", None, None, None],
        "search": ["kari", "zzz"],
        "type": ["model", "attachment", "none"],
        "streamId": ids,
        "from": ["2026-01-01T00:00:00Z"],
        "to": ["2026-01-01T00:00:00+01:00", "2036-01-01T00:00:00Z"],
        "EventFilter": events,
        "InstanceFilter": filters,
        "SearchDialogInput": searches,
    }


def stop_the_clock(patch: pytest.MonkeyPatch) -> None:
    """What depends on the second of the call, or on chance, is the same in every answer; faults are not logged."""
    for module in (data_element, dialog, dialog_parts):
        patch.setattr(module, "time", SimpleNamespace(time=lambda: 1_790_000_000.0))
    patch.setattr(dialog_token, "issue", _token)
    patch.setattr(masking, "_log", SimpleNamespace(error=_unheard))


def _token(*of: Any) -> str:
    return f"token of {of[3].dialog_id}"


def _unheard(*_: Any, **__: Any) -> None: ...
