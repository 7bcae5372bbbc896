"""Data elements: forms and files of an instance, with short-lived addresses to fetch their bytes."""

import time
from datetime import datetime
from uuid import UUID

import orjson
import strawberry
from strawberry import Info

from dialog_graph.access import urls
from dialog_graph.graphql.context import Context
from dialog_graph.graphql.types.actor import Actor, actor
from dialog_graph.graphql.types.enums import FileScan
from dialog_graph.graphql.types.scalars import JsonScalar, Url
from dialog_graph.model.instance import DataElement as ElementValue
from dialog_graph.model.instance import Download, Lock


@strawberry.type(description="One download by a service owner.")
class DataDownload:
    """`sha256`: of the bytes that were delivered."""

    org: str
    sha256: str
    time: datetime


def _id(root: ElementValue) -> UUID:
    return root.element_id


def _type(root: ElementValue) -> str:
    return root.data_type


def _is_locked(root: ElementValue) -> bool:
    return root.lock is not Lock.NONE


def _form_data(root: ElementValue) -> JsonScalar | None:
    # The document is our own canonical JSON; orjson reads it fast, and JSON numbers stay what clients sent.
    return None if root.document is None else JsonScalar(orjson.loads(root.document))


def _metadata(root: ElementValue) -> JsonScalar | None:
    return None if root.metadata is None else JsonScalar(root.metadata)


def _tags(root: ElementValue) -> list[str]:
    return list(root.tags)


def _url(root: ElementValue, info: Info[Context, None]) -> Url:
    ports = info.context.ports
    query = urls.sign(ports.keys, root, info.context.principal, int(time.time()))
    return Url(f"{ports.settings.public_url}/data/{root.element_id}?{query}")


def _downloads(root: ElementValue) -> list[DataDownload]:
    found: tuple[Download, ...] = root.downloads
    return [DataDownload(org=item.org, sha256=item.sha256, time=item.time) for item in found]


async def _created_by(root: ElementValue, info: Info[Context, None]) -> Actor:
    return await actor(info, root.created_by, root.element_id)


@strawberry.type(description="A form or a file of an instance.")
class DataElement:
    """`size` and `sha256` are of the bytes that a download delivers; `url` works with GET for a minute."""

    id: UUID = strawberry.field(resolver=_id)
    type: str = strawberry.field(resolver=_type)
    content_type: str
    filename: str | None
    size: int
    sha256: str
    is_locked: bool = strawberry.field(resolver=_is_locked)
    is_read: bool
    revision: int
    form_data: JsonScalar | None = strawberry.field(resolver=_form_data)
    tags: list[str] = strawberry.field(resolver=_tags)
    metadata: JsonScalar | None = strawberry.field(resolver=_metadata)
    file_scan: FileScan
    generated_from: str | None
    url: Url = strawberry.field(resolver=_url)
    downloads: list[DataDownload] = strawberry.field(resolver=_downloads)
    created_at: datetime
    updated_at: datetime
    created_by: Actor = strawberry.field(resolver=_created_by)
