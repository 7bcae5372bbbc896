"""Instances, events and app versions for the projection: tests say only what differs from a plain running form."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson

from dialog_graph.apps import AppVersion
from dialog_graph.apps.contents.metadata import MessageBoxConfig, SyncSettings
from dialog_graph.apps.contents.texts import TextResource, TextResources
from dialog_graph.commands.step.projection import Projection, Source, project
from dialog_graph.model.dialog import Dialog, Transmission
from dialog_graph.model.event import CATALOGUE, Event
from dialog_graph.model.instance import DataElement, Instance, TaskEntry, TaskState
from dialog_graph.model.principal import Actor, PrincipalKind
from dialog_graph.storage import dialogs
from tests.unit.apps import sample

NOW = sample.NOW
URL = "https://dg.example"
LOADED = sample.loaded()
PERSON = Actor(PrincipalKind.PERSON, party_id=50001, level=4)
OTHER = Actor(PrincipalKind.PERSON, party_id=50002, level=3)
ORG = Actor(PrincipalKind.SERVICE_OWNER, org="ttd", level=3)
INSTANCE_ID = UUID("12345678-9abc-4def-8123-456789abcdef")


def version(texts: Mapping[str, Mapping[str, str]] | None = None, **metadata: Any) -> AppVersion:
    """The sample app; `texts`: key -> language -> text; `sync` names switches, the rest are members of metadata."""
    switches = metadata.pop("sync", ())
    box = MessageBoxConfig(sync=SyncSettings(**dict.fromkeys(switches, True)))
    changed = {"message_box": box, **metadata}
    by_language: dict[str, dict[str, TextResource]] = {}
    for key, translations in (texts or {}).items():
        for language, text in translations.items():
            by_language.setdefault(language, {})[key] = TextResource(id=key, value=text)
    return replace(LOADED, texts=TextResources(by_language=by_language), metadata=replace(LOADED.metadata, **changed))


def task(type: str = "data", state: TaskState = TaskState.ACTIVE, number: int = 1, **changes: Any) -> TaskEntry:
    entry = TaskEntry(
        entry_id=UUID(int=number),
        element_id=f"Task_{number}",
        type=type,
        entry_no=1,
        state=state,
        started_at=NOW,
    )
    return replace(entry, **changes)


def instance(*tasks: TaskEntry, **changes: Any) -> Instance:
    """A running instance made by a person, with a data task unless told otherwise."""
    plain = replace(
        sample.instance(),
        instance_id=INSTANCE_ID,
        created_by=PERSON,
        created_at=NOW,
        tasks=tasks or (task(),),
    )
    return replace(plain, **changes)


def archived(*confirmations: Any, **changes: Any) -> Instance:
    ended: dict[str, Any] = {"ended_at": NOW, "archived_at": NOW, "end_event": "End", "confirmations": confirmations}
    return instance(task(state=TaskState.COMPLETED), **ended | changes)


def element(number: int = 1, **changes: Any) -> DataElement:
    """A file that a person attached."""
    return replace(sample.attachment(number), **{"created_by": PERSON} | changes)


def event(type: str, number: int = 1, actor: Actor = PERSON, at: datetime = NOW) -> Event:
    """A fact of the instance's stream."""
    history_type, audience = CATALOGUE[type]
    return Event(
        event_id=UUID(int=1000 + number),
        xid=0,
        seq=0,
        stream_id=INSTANCE_ID,
        sequence=number,
        type=type,
        history_type=history_type,
        time=at,
        actor=actor,
        audience=audience,
        data={},
        instance_id=INSTANCE_ID,
    )


CREATED = event("app.instance.created")
SUBMITTED = event("app.instance.submitted", 2)


def source(found: Instance, presentation: AppVersion = LOADED, at: datetime = NOW, revision: int = 1) -> Source:
    return Source(
        instance=found, presentation=presentation, now=at, public_url=URL, revision=UUID(int=revision, version=4)
    )


def projected(existing: Dialog | None, given: Source, *events: Event) -> Projection:
    """A projection that must give something."""
    found = project(existing, given, events)
    assert found is not None
    return found


def dialog_of(found: Instance, presentation: AppVersion = LOADED, *events: Event) -> Dialog:
    """The new dialog of an instance."""
    return projected(None, source(found, presentation), *events).dialog


def later(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def stored(dialog: Dialog) -> Dialog:
    """The dialog as the next step reads it: through its rows and back."""
    row = dict(dialogs.encode(dialog))
    latest = row["latest_activity"]
    return dialogs.decode(
        row
        | {
            "service_resource": dialog.service_resource,
            "service_resource_type": dialog.service_resource_type,
            "content": _json(row["content"]),
            "latest_activity": None if latest is None else _json(latest),
            "part_detail": _dump(dialogs.encode_detail(dialog)),
            "part_transmissions": _dump([_document(item) for item in dialog.transmissions]),
            "part_activities": None,
            "part_seen": None,
        }
    )


def _document(transmission: Transmission) -> Any:
    return dialogs.encode_transmission(transmission)["document"]


def _dump(value: object) -> str:
    return orjson.dumps(value, default=dict).decode()


def _json(value: object) -> Any:
    return orjson.loads(_dump(value))


def texts(dialog: Dialog, name: str) -> Mapping[str, str]:
    """One piece of the dialog's content; empty when it has none."""
    found = dialog.content.get(name)
    return MappingProxyType[str, str]({}) if found is None else found.texts
