"""Data that belongs to no instance: stateless forms, and forms looked at before anything has begun (app folder §4.1).

Evaluator, validation and forms work on an `Instance`; where there is none they are given a blank one, which knows its
app and its documents and nothing else.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from dialog_graph.apps.version import AppVersion
from dialog_graph.model import strict_json
from dialog_graph.model.instance import DataElement, Instance
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import SYSTEM_ACTOR

NO_INSTANCE = UUID(int=0)
"""The nil UUID: the id of a blank instance, and of nothing that is stored."""

_NO_TIME = datetime.min.replace(tzinfo=UTC)


def blank(version: AppVersion, documents: Mapping[str, Json]) -> Instance:
    """An instance that was never stored, with these forms by data type."""
    return Instance(
        instance_id=NO_INSTANCE,
        app_id=version.app_id,
        party_id=0,
        resource_id=0,
        version_id=version.version_id or NO_INSTANCE,
        created_by=SYSTEM_ACTOR,
        created_at=_NO_TIME,
        updated_at=_NO_TIME,
        data=tuple(_element(number, name, each) for number, (name, each) in enumerate(documents.items(), start=1)),
    )


def is_blank(instance: Instance) -> bool:
    """True for an instance made by `blank`: its ids are told to nobody."""
    return instance.instance_id == NO_INSTANCE


def _element(number: int, data_type: str, document: Json) -> DataElement:
    stored = strict_json.canonical(document)
    return DataElement(
        element_id=UUID(int=number),
        data_type=data_type,
        content_type="application/json",
        size=len(stored),
        sha256="",
        created_at=_NO_TIME,
        updated_at=_NO_TIME,
        is_form=True,
        document=stored,
    )
