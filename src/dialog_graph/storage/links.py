"""Links between instances as rows: each side keeps its own, in its own tenant (process engine §13)."""

from uuid import UUID

from dialog_graph.model.json_value import Json
from dialog_graph.model.waits import Link, LinkState, Relation
from dialog_graph.storage.database import Row, Snapshot

_COLUMNS = """
link_id, instance_id, relation, other_id, other_app, key, element_id, owner, entry_no, entry_id, loop_index, completion,
state, depth, created_at, ended_at
"""
_OF = f"select {_COLUMNS} from link where instance_id = any($1::uuid[]) order by created_at, link_id"
_BY_KEY = f"select {_COLUMNS} from link where org = $1 and relation = $2 and key = $3"
_SETTINGS = "select settings from link where org = $1 and relation = $2 and key = $3"
_PARENT = f"select {_COLUMNS} from link where instance_id = $1 and relation = 'parent'"


async def of_instances(tx: Snapshot, ids: list[UUID]) -> list[tuple[UUID, Link]]:
    """The links of instances as everybody may see them, the oldest first."""
    return [(row["instance_id"], decode(row)) for row in await tx.fetch(_OF, ids)]


async def of_instance(tx: Snapshot, instance_id: UUID) -> list[Link]:
    """The links of one instance."""
    return [link for _, link in await of_instances(tx, [instance_id])]


async def by_key(tx: Snapshot, org: str, relation: Relation, key: str) -> tuple[UUID, Link] | None:
    """One side of a call, with the instance whose it is."""
    row = await tx.fetchrow(_BY_KEY, org, relation.value, key)
    return None if row is None else (row["instance_id"], decode(row))


async def settings_of(tx: Snapshot, org: str, relation: Relation, key: str) -> dict[str, Json] | None:
    """What one side of a call keeps for itself; only for the org's worker."""
    return await tx.fetchval(_SETTINGS, org, relation.value, key)


async def to_parent(tx: Snapshot, instance_id: UUID) -> Link | None:
    """The link of a child to its caller; None for an instance that nobody called."""
    row = await tx.fetchrow(_PARENT, instance_id)
    return None if row is None else decode(row)


def decode(row: Row) -> Link:
    """A link from its row, without its settings."""
    return Link(
        link_id=row["link_id"],
        relation=Relation(row["relation"]),
        other_app=row["other_app"],
        key=row["key"],
        element_id=row["element_id"],
        owner=row["owner"],
        entry_no=row["entry_no"],
        completion=row["completion"],
        state=LinkState(row["state"]),
        depth=row["depth"],
        created_at=row["created_at"],
        other_id=row["other_id"],
        entry_id=row["entry_id"],
        loop_index=row["loop_index"],
        ended_at=row["ended_at"],
    )
