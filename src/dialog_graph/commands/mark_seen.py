"""The seen mark of `dialogById` (inbox rules §5): who has looked at a dialog since it last changed.

Writes nothing when the caller's newest look is later than the last change; then there is no event either, so a client
that reads again because of the event makes no further one.
"""

from dataclasses import dataclass
from uuid import UUID

from dialog_graph.model.dialog import Dialog
from dialog_graph.model.event import CATALOGUE
from dialog_graph.model.ids import derived, sub
from dialog_graph.model.principal import Principal
from dialog_graph.ports import Ports
from dialog_graph.storage import dialogs
from dialog_graph.storage.database import Transaction

_NEWEST = "select max(seen_at) from dialog_seen where dialog_id = $1 and actor = $2"
_LOCK = "select content_updated_at from dialog where dialog_id = $1 for update"
_INSERT = """
insert into dialog_seen (seen_id, dialog_id, org, party_id, resource_id, instance_id, actor, seen_by, seen_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing
"""
_FLAG = """
update dialog set seen = true, marked_unopened = false, last_update_seq = last_update_seq + 1,
       context_revision = case when marked_unopened then $3::uuid else context_revision end
 where dialog_id = $1 and content_updated_at = $2 returning last_update_seq
"""
_EVENT = """
insert into event (event_id, stream_id, stream_seq, instance_id, dialog_id, org, party_id, resource_id, type, time,
                   actor, audience, data)
values ($1, $2, $3, $4, $2, $5, $6, $7, $8, $9, $10, $11, '{}')
"""
SEEN = "dialogporten.dialog.seen.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkSeen:
    """`dialog_id`: the dialog that the caller has been shown."""

    dialog_id: UUID


async def mark_seen(ports: Ports, principal: Principal, given: MarkSeen) -> bool:
    """Records the look; False when there was nothing to write. The caller has been permitted to read it."""
    async with ports.database.transaction(principal) as tx:
        found = await dialogs.load(tx, [given.dialog_id], whole=False)
        if not found:
            return False
        dialog = found[0]
        newest = await tx.fetchval(_NEWEST, dialog.dialog_id, principal.actor.key)
        is_known = newest is not None and newest > dialog.updated_at
        if is_known and dialog.seen and not dialog.marked_unopened:
            return False
        await _write(ports, tx, dialog)
        return True


async def _write(ports: Ports, tx: Transaction, dialog: Dialog) -> None:
    actor = tx.principal.actor
    seen_at = await tx.fetchval(_LOCK, dialog.dialog_id)
    if seen_at != dialog.content_updated_at:
        return
    await tx.renew_now()
    flag = f"{dialog.updated_at.isoformat()}{dialog.seen}{actor.key}"
    tenant = (dialog.dialog_id, dialog.org, dialog.party_id, dialog.resource_id, dialog.instance_id)
    await tx.execute(_INSERT, sub(dialog.dialog_id, flag), *tenant, actor.key, actor.to_json(), tx.now)
    sequence = await tx.fetchval(_FLAG, dialog.dialog_id, dialog.content_updated_at, ports.new_revision())
    _, audience = CATALOGUE[SEEN]
    await tx.execute(
        _EVENT,
        derived(tx.now, dialog.dialog_id, sequence),
        dialog.dialog_id,
        sequence,
        dialog.instance_id,
        dialog.org,
        dialog.party_id,
        dialog.resource_id,
        SEEN,
        tx.now,
        actor.to_json(),
        int(audience),
    )
