"""Leases as rows: one leader per duty, and how far a duty has read the feed (event rules §10.3). Dispatch road only."""

from datetime import timedelta

from dialog_graph.storage.database import Transaction
from dialog_graph.storage.events import Cursor

TTL = timedelta(seconds=15)

_TAKE = """
insert into lease as l (name, holder, fence, expires_at) values ($1, $2, 1, $4)
on conflict (name) do update
   set holder = excluded.holder, expires_at = excluded.expires_at,
       fence = l.fence + case when l.holder = excluded.holder and l.expires_at > $3 then 0 else 1 end
 where l.holder is null or l.holder = excluded.holder or l.expires_at <= $3
returning fence
"""


async def take(tx: Transaction, name: str, holder: str) -> int | None:
    """Takes or renews a lease; its fence, which every take-over raises, or None while another holder has it."""
    return await tx.fetchval(_TAKE, name, holder, tx.now, tx.now + TTL)


async def give_back(tx: Transaction, name: str, fence: int) -> None:
    """Lets others take the lease at once, if it is still held under this fence."""
    await tx.execute("update lease set holder = null, expires_at = null where name = $1 and fence = $2", name, fence)


async def cursor(tx: Transaction, name: str) -> Cursor:
    """How far the duty has read the feed."""
    row = await tx.fetchrow(
        "select cursor_xid::text::bigint as xid, cursor_seq as seq from lease where name = $1", name
    )
    assert row is not None, "the lease is taken before its cursor is asked for"
    return Cursor(row["xid"] or 0, row["seq"] or 0)


_ADVANCE = """
update lease set cursor_xid = $3::text::xid8, cursor_seq = $4
 where name = $1 and fence = $2 and (cursor_xid, cursor_seq) is not distinct from ($5::text::xid8, $6::bigint)
"""


async def advance(tx: Transaction, name: str, fence: int, before: Cursor, after: Cursor) -> bool:
    """Moves the cursor; False, and nothing may be written, when another leader has taken over or moved it."""
    moved = await tx.execute(_ADVANCE, name, fence, str(after.xid), after.seq, str(before.xid), before.seq)
    return moved == "UPDATE 1"
