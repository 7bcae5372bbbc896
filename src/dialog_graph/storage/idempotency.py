"""Stored outcomes of commands, so that a repeat gets the answer of the first time (process engine §6).

A row is found by scope (instance or application id), actor (`subject:{id}` or `org:{code}`) and the caller's key; row
level security shows each actor its own rows. The row itself is written by the command's one statement.
"""

from datetime import timedelta

from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.json_value import Json
from dialog_graph.storage.database import Transaction

KEPT = timedelta(hours=48)

_MISMATCH = Refusal(
    code="IDEMPOTENCY_MISMATCH", expected="the arguments of the first request with this key", actual="they differ"
)


async def find(tx: Transaction, scope: str, actor: str, key: str, request_hash: str) -> Json | None:
    """The stored result, None when the key is new. Refuses with IDEMPOTENCY_MISMATCH when the request was another."""
    row = await tx.fetchrow(
        "select request_hash, result from idempotency where scope = $1 and actor = $2 and key = $3", scope, actor, key
    )
    if row is None:
        return None
    if row["request_hash"] != request_hash:
        raise Refused(_MISMATCH)
    return row["result"]


async def is_known(tx: Transaction, scope: str, actor: str, key: str) -> bool:
    """True when the key has an outcome already, whatever the request was."""
    row = await tx.fetchrow("select 1 from idempotency where scope = $1 and actor = $2 and key = $3", scope, actor, key)
    return row is not None


async def remove_old(tx: Transaction) -> None:
    """Removes outcomes that are older than they are kept: their keys may be used again. Dispatch road."""
    await tx.execute("delete from idempotency where created_at < $1", tx.now - KEPT)


async def lock(tx: Transaction, scope: str, actor: str, key: str) -> None:
    """Makes a second request with the same key wait for the end of the first, where there is no row to lock yet.

    Refuses with TEMPORARY when that takes longer than the lock timeout.
    """
    await tx.execute(
        "select pg_advisory_xact_lock(hashtextextended(jsonb_build_array($1::text, $2::text, $3::text)::text, 0))",
        scope,
        actor,
        key,
    )
