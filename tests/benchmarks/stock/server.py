"""`python -m tests.benchmarks.stock.server <port> <configuration file>`: the stock server, until a signal comes.

Written as one would with stock parts: Strawberry's own ASGI application, SQLModel sessions, a DataLoader per relation,
python-jose for the token, the authorization rule in the where clause. No caches of documents or tokens, no row
security.
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import strawberry
import uvicorn
from sqlmodel import col, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry import Info
from strawberry.asgi import GraphQL

from dialog_graph.storage.tables.catalogue import Resource
from dialog_graph.storage.tables.dialogs import Dialog
from dialog_graph.storage.tables.instances import Instance as InstanceRow
from dialog_graph.storage.tables.parties import Party
from tests.benchmarks.stock import inbox_types as inbox
from tests.benchmarks.stock import instance_types as instances
from tests.benchmarks.stock.advance import advance
from tests.benchmarks.stock.context import Context, identified, is_granted
from tests.benchmarks.stock.database import Configuration, Sessions, read, sessions
from tests.benchmarks.stock.shared_types import DateTimeScalar

READY = "stock server ready"


async def _search_dialogs(info: Info[Context, None], input: inbox.SearchDialogInput) -> inbox.SearchDialogsPayload:
    limit = input.limit or 100
    parties = await _parties(info.context, input.party or ())
    statement = (
        select(Dialog, Resource)
        .join(Resource, col(Resource.resource_id) == col(Dialog.resource_id))
        .where(
            # With the ids at hand the index gives one party's dialogs in order; a join with party would sort them.
            col(Dialog.party_id).in_(parties),
            is_granted(info.context.subject, Dialog.party_id, Dialog.resource_id),
            col(Dialog.deleted_at).is_(None),
            col(Dialog.expires_at).is_(None),
            col(Dialog.visible_from).is_(None),
        )
        .order_by(col(Dialog.content_updated_at).desc(), col(Dialog.dialog_id).desc())
        .limit(limit + 1)
    )
    if input.exclude_api_only:
        statement = statement.where(col(Dialog.is_api_only).is_(False))
    for label in input.system_label or ():
        statement = statement.where(col(Dialog.folder) == ("DEFAULT", "ARCHIVE", "BIN").index(label.value))
    async with info.context.sessions() as session:
        rows = (await session.exec(statement)).all()
    return _page(rows[:limit], parties, has_next=len(rows) > limit)


async def _parties(context: Context, urns: Sequence[str]) -> dict[int, Party]:
    numbers = [urn.rpartition(":")[2] for urn in urns]
    async with context.sessions() as session:
        found = (await session.exec(select(Party).where(col(Party.identifier).in_(numbers)))).all()
    return {party.party_id: party for party in found}


def _page(
    rows: Sequence[tuple[Dialog, Resource]], parties: Mapping[int, Party], *, has_next: bool
) -> inbox.SearchDialogsPayload:
    token = None
    if rows:
        last = rows[-1][0]
        at = last.content_updated_at.isoformat().replace("+00:00", "Z")
        token = f"contentupdatedat_{at},id_{last.dialog_id}"
    return inbox.SearchDialogsPayload(
        items=[inbox.search_dialog(dialog, resource, parties[dialog.party_id]) for dialog, resource in rows],
        has_next_page=has_next,
        continuation_token=token,
        errors=[],
    )


async def _instance(info: Info[Context, None], id: UUID) -> instances.Instance | None:
    statement = select(InstanceRow).where(
        InstanceRow.instance_id == id,
        col(InstanceRow.is_hard_deleted).is_(False),
        is_granted(info.context.subject, InstanceRow.party_id, InstanceRow.resource_id),
    )
    async with info.context.sessions() as session:
        row = (await session.exec(statement)).first()
    return None if row is None else instances.instance(row)


async def _advance(info: Info[Context, None], input: instances.AdvanceProcessInput) -> instances.AdvanceProcessPayload:
    row = await advance(info.context, input.instance_id)
    if row is None:
        return instances.AdvanceProcessPayload(
            instance=None, errors=[instances.MutationError(message="no such instance there")]
        )
    return instances.AdvanceProcessPayload(instance=instances.instance(row), errors=[])


@strawberry.type
class Query:
    """The two reads."""

    search_dialogs: inbox.SearchDialogsPayload = strawberry.field(resolver=_search_dialogs)
    instance: instances.Instance | None = strawberry.field(resolver=_instance)


@strawberry.type
class Mutation:
    """The step."""

    advance_process: instances.AdvanceProcessPayload = strawberry.mutation(resolver=_advance)


class _GraphQL(GraphQL[Context, None]):
    """Strawberry's application with our context."""

    def __init__(self, schema: strawberry.Schema, configuration: Configuration, made: Sessions) -> None:
        super().__init__(schema)
        self._configuration = configuration
        self._sessions = made

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Who asks, from the token."""
        return await identified(self._configuration, self._sessions, request.headers.get("authorization", ""))


def build(configuration: Configuration) -> Starlette:
    """The application."""
    schema = strawberry.Schema(query=Query, mutation=Mutation, scalar_overrides={datetime: DateTimeScalar})
    return Starlette(routes=[Route("/graphql", _GraphQL(schema, configuration, sessions(configuration)))])


class _Server(uvicorn.Server):
    """Says when it is ready."""

    async def startup(self, sockets: Any = None) -> None:
        """Listens, then tells."""
        await super().startup(sockets)
        print(READY, flush=True)


def main() -> None:
    """Serves until SIGTERM."""
    port, path = int(sys.argv[1]), Path(sys.argv[2])
    config = uvicorn.Config(
        build(read(path)), port=port, loop="uvloop", http="httptools", lifespan="off", access_log=False, log_config=None
    )
    _Server(config).run()


if __name__ == "__main__":
    main()
