"""What a step changes of the things its process waits for, as the JSON that `sql/step_waits.sql` takes."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

import orjson

from dialog_graph.model.instance import Instance
from dialog_graph.model.waits import WaitChanges
from dialog_graph.storage.database import Transaction


def _plain(value: Any) -> object:
    """What orjson does not know: the driver's own kind of UUID, and read-only mappings."""
    return str(value) if isinstance(value, UUID) else dict(value)


def _rows(values: Sequence[Any], shared: Mapping[str, object]) -> list[dict[str, object]]:
    """Rows with the columns that all rows of the instance share; a value's members are named as its columns."""
    return [{**shared, **{item.name: getattr(value, item.name) for item in fields(value)}} for value in values]


def is_held(instance: Instance) -> bool:
    """While an instance is deleted nothing that it waits for comes; what a hard deletion has left to do is done."""
    return instance.deleted_at is not None and not instance.is_hard_deleted


def encode(instance: Instance, changes: WaitChanges) -> str:
    """The changes as JSON."""
    tenant: dict[str, object] = {
        "instance_id": instance.instance_id,
        "org": instance.org,
        "party_id": instance.party_id,
        "resource_id": instance.resource_id,
    }
    claimed = {**tenant, "app_id": str(instance.app_id), "is_held": is_held(instance)}
    opened = (*changes.timers, *changes.subscriptions)
    written = {
        "closed": [{"owner": owner, "element_id": element} for owner, element in changes.closed],
        "opened": [{"owner": wait.owner, "element_id": wait.element_id} for wait in opened],
        "timers": _rows(changes.timers, claimed),
        "subscriptions": _rows(changes.subscriptions, claimed),
        "jobs": _rows(changes.jobs, claimed),
        "finished": changes.finished,
        "incidents": _rows(changes.incidents, tenant),
        "resolved": changes.resolved,
        "links": _rows(changes.links, tenant),
        "is_over": changes.is_over,
    }
    return orjson.dumps(written, default=_plain).decode()


_HOLD = """
with the_timers as (update timer set is_held = $2 where instance_id = $1),
     the_subscriptions as (update message_subscription set is_held = $2 where instance_id = $1)
update job set is_held = $2 where instance_id = $1
"""


async def hold(tx: Transaction, instance: Instance) -> None:
    """Holds everything that a deleted instance waits for, lets go what a restored one does (process engine §10)."""
    await tx.execute(_HOLD, instance.instance_id, is_held(instance))
