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
_LOCK = "select from dialog where dialog_id = $1 for update"
_INSERT = """
insert into dialog_seen (seen_id, dialog_id, org, party_id, resource_id, instance_id, actor, seen_by, seen_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning true
"""
_FLAG = """
update dialog set seen = true, marked_unopened = false, last_update_seq = last_update_seq + $2,
       context_revision = case when marked_unopened then $3::uuid else context_revision end
 where dialog_id = $1 returning last_update_seq
"""
_LOG = """
insert into dialog_label_log (
    log_id, dialog_id, org, party_id, resource_id, instance_id, name, action, performed_by, at)
values ($1, $2, $3, $4, $5, $6, $7, 'remove', $8, $9)
"""
_EVENT = """
insert into event (event_id, stream_id, stream_seq, instance_id, dialog_id, org, party_id, resource_id, type, time,
                   actor, audience, data)
values ($1, $2, $3, $4, $2, $5, $6, $7, $8, $9, $10, $11, '{}')
"""
SEEN = "dialogporten.dialog.seen.v1"
UNOPENED = "systemlabel:MarkedAsUnopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkSeen:
    """`dialog_id`: the dialog that the caller has been shown."""

    dialog_id: UUID


async def mark_seen(ports: Ports, principal: Principal, given: MarkSeen) -> bool:
    """Records the look; False when there was nothing to write. The caller has been permitted to read it."""
    async with ports.database.transaction(principal) as tx:
        if await _unseen(tx, given.dialog_id) is None:
            return False
        # A step, or another look, may have come first: what counts is what stands under the lock.
        await tx.execute(_LOCK, given.dialog_id)
        await tx.renew_now()
        dialog = await _unseen(tx, given.dialog_id)
        if dialog is not None:
            await _write(ports, tx, dialog)
        return dialog is not None


async def _unseen(tx: Transaction, dialog_id: UUID) -> Dialog | None:
    """The dialog when the caller has not looked at it as it is now."""
    found = await dialogs.load(tx, [dialog_id], whole=False)
    if not found:
        return None
    dialog = found[0]
    newest = await tx.fetchval(_NEWEST, dialog_id, tx.principal.actor.key)
    is_known = newest is not None and newest > dialog.updated_at
    return None if is_known and dialog.is_content_seen else dialog


async def _write(ports: Ports, tx: Transaction, dialog: Dialog) -> None:
    actor = tx.principal.actor
    flag = f"{dialog.updated_at.isoformat()}{dialog.seen}{actor.key}"
    tenant = (dialog.dialog_id, dialog.org, dialog.party_id, dialog.resource_id, dialog.instance_id)
    is_new = bool(await tx.fetchval(_INSERT, sub(dialog.dialog_id, flag), *tenant, actor.key, actor.to_json(), tx.now))
    revision = ports.new_revision()
    sequence = await tx.fetchval(_FLAG, dialog.dialog_id, int(is_new), revision)
    if dialog.marked_unopened:
        await tx.execute(_LOG, sub(revision, UNOPENED), *tenant, UNOPENED, actor.to_json(), tx.now)
    if is_new:
        await _tell(tx, dialog, sequence)


async def _tell(tx: Transaction, dialog: Dialog, sequence: int) -> None:
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
        tx.principal.actor.to_json(),
        int(audience),
    )
