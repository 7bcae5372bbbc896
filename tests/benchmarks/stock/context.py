"""The context of one operation: who asks, sessions, and one DataLoader per relation."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from cross_web import HTTPException
from jose import JWTError, jwt
from sqlalchemy import ColumnElement, exists
from sqlmodel import col, select
from strawberry.dataloader import DataLoader

from dialog_graph.storage.tables.catalogue import AppVersion, Resource
from dialog_graph.storage.tables.dialogs import DialogSeen
from dialog_graph.storage.tables.instances import Confirmation, DataElement, ProcessTask
from dialog_graph.storage.tables.parties import AccessGrant, Party
from tests.benchmarks.stock.database import Configuration, Sessions

RowT = TypeVar("RowT")
READ = 1
"""Bit of `read` in the grants."""


def is_granted(subject: int, party_id: Any, resource_id: Any, action: int = READ) -> ColumnElement[bool]:
    """The authorization rule as a condition: the caller holds the action on (party, resource)."""
    return exists().where(
        col(AccessGrant.subject_id) == subject,
        col(AccessGrant.party_id) == party_id,
        col(AccessGrant.resource_id) == resource_id,
        col(AccessGrant.actions).op("&")(action) != 0,
    )


class Context:
    """What resolvers share. `subject`: party id of the caller."""

    def __init__(self, configuration: Configuration, sessions: Sessions, subject: int) -> None:
        self.configuration = configuration
        self.sessions = sessions
        self.subject = subject
        self.parties: DataLoader[int, Party | None] = DataLoader(load_fn=self._parties)
        self.resources: DataLoader[int, Resource | None] = DataLoader(load_fn=self._resources)
        self.versions: DataLoader[UUID, tuple[str, str, int]] = DataLoader(load_fn=self._versions)
        self.seen: DataLoader[UUID, list[DialogSeen]] = DataLoader(load_fn=self._seen)
        self.tasks: DataLoader[UUID, list[ProcessTask]] = DataLoader(load_fn=self._tasks)
        self.elements: DataLoader[UUID, list[DataElement]] = DataLoader(load_fn=self._elements)
        self.confirmations: DataLoader[UUID, list[Confirmation]] = DataLoader(load_fn=self._confirmations)

    def ephemeral(self, about: UUID, party_id: int) -> str:
        """The id that stands for a person."""
        digest = hmac.digest(self.configuration.secret, f"actor:{about}:{party_id}".encode(), "sha256")
        return "urn:altinn:person:identifier-ephemeral:" + hashlib.sha256(digest).hexdigest()[:10]

    async def _all(self, statement: Any) -> Sequence[Any]:
        async with self.sessions() as session:
            return (await session.scalars(statement)).all()

    async def _parties(self, ids: list[int]) -> list[Party | None]:
        found = await self._all(select(Party).where(col(Party.party_id).in_(ids)))
        return _one(ids, found, lambda row: row.party_id)

    async def _resources(self, ids: list[int]) -> list[Resource | None]:
        found = await self._all(select(Resource).where(col(Resource.resource_id).in_(ids)))
        return _one(ids, found, lambda row: row.resource_id)

    async def _versions(self, ids: list[UUID]) -> list[tuple[str, str, int]]:
        statement = select(AppVersion.version_id, AppVersion.app_id, AppVersion.org, AppVersion.ordinal).where(
            col(AppVersion.version_id).in_(ids)
        )
        async with self.sessions() as session:
            rows = (await session.exec(statement)).all()
        found = {row[0]: (row[1], row[2], row[3]) for row in rows}
        return [found[version_id] for version_id in ids]

    async def _seen(self, ids: list[UUID]) -> list[list[DialogSeen]]:
        found = await self._all(
            select(DialogSeen)
            .where(col(DialogSeen.dialog_id).in_(ids))
            .order_by(col(DialogSeen.seen_at), col(DialogSeen.seen_id))
        )
        return _many(ids, found, lambda row: row.dialog_id)

    async def _tasks(self, ids: list[UUID]) -> list[list[ProcessTask]]:
        found = await self._all(
            select(ProcessTask).where(col(ProcessTask.instance_id).in_(ids)).order_by(col(ProcessTask.position))
        )
        return _many(ids, found, lambda row: row.instance_id)

    async def _elements(self, ids: list[UUID]) -> list[list[DataElement]]:
        found = await self._all(
            select(DataElement)
            .where(col(DataElement.instance_id).in_(ids), col(DataElement.deleted_at).is_(None))
            .order_by(col(DataElement.created_at), col(DataElement.element_id))
        )
        return _many(ids, found, lambda row: row.instance_id)

    async def _confirmations(self, ids: list[UUID]) -> list[list[Confirmation]]:
        found = await self._all(
            select(Confirmation).where(col(Confirmation.instance_id).in_(ids)).order_by(col(Confirmation.confirmed_at))
        )
        return _many(ids, found, lambda row: row.instance_id)


def _one(ids: Sequence[Any], rows: Sequence[RowT], key: Callable[[RowT], Any]) -> "list[RowT | None]":
    found = {key(row): row for row in rows}
    return [found.get(wanted) for wanted in ids]


def _many(ids: Sequence[Any], rows: Sequence[RowT], key: Callable[[RowT], Any]) -> list[list[RowT]]:
    found: defaultdict[Any, list[RowT]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return [found[wanted] for wanted in ids]


async def identified(configuration: Configuration, sessions: Sessions, authorization: str) -> Context:
    """The context of a bearer token's person. Raises 401."""
    try:
        claims = jwt.decode(
            authorization.removeprefix("Bearer "),
            dict(configuration.public_key),
            algorithms=["ES256"],
            audience=configuration.audience,
            issuer=configuration.issuer,
        )
    except JWTError:
        raise HTTPException(401, "expected a valid token") from None
    async with sessions() as session:
        subject = (await session.exec(select(Party.party_id).where(Party.identifier == claims["pid"]))).first()
    if subject is None:
        raise HTTPException(401, "expected a known person")
    return Context(configuration, sessions, subject)
