"""The frame of commands that workers send: the same step as a caller's, by duty instead of by a policy's decision.

A worker may send the same command twice, or two workers the same one: what it is about is looked up under the
instance's lock, and its idempotency key tells a repeat. Nothing happens to instances that are deleted: what they wait
for waits too (process engine §6.1, §10).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from dialog_graph.commands.step.frame import actor_key, load_work
from dialog_graph.commands.step.process import tell_of_data
from dialog_graph.commands.step.rows import rows_of
from dialog_graph.commands.step.work import Work
from dialog_graph.model.principal import app_worker
from dialog_graph.policy import duty
from dialog_graph.ports import Ports
from dialog_graph.storage import faults, idempotency, instances, steps
from dialog_graph.storage.database import Transaction
from dialog_graph.storage.steps import IdempotencyRow
from dialog_graph.urns import AppId


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a worker does to an instance. `name`: of the duty, as the permit has it."""

    name: str
    app_id: AppId
    instance_id: UUID


Act = Callable[[Work], Awaitable[str | None]]
"""Changes the work and gives the idempotency key of what was done; None when there is nothing to do any more."""


async def run_errand(ports: Ports, errand: Errand, act: Act) -> bool:
    """Does it in a transaction of its own; False when there was nothing to do. Raises `Refused`: nothing is written."""
    async with ports.database.transaction(app_worker(errand.app_id.org, errand.app_id.app)) as tx:
        return await within_errand(ports, tx, errand, act)


async def within_errand(ports: Ports, tx: Transaction, errand: Errand, act: Act) -> bool:
    """The inside, for those who hold a worker's transaction already."""
    if not await instances.lock(tx, errand.instance_id):
        return False
    faults.passed("after-lock")
    work = await load_work(ports, tx, errand.instance_id)
    faults.passed("after-load")
    work.by_engine = True
    if work.instance.deleted_at is not None:
        return False
    key = await act(work)
    if key is None or not work.is_changed or await _is_done(tx, errand, key):
        return False
    await tell_of_data(work)
    faults.passed("after-decision")
    rows = rows_of(work, _row(tx, errand, key))
    faults.passed("before-write")
    await steps.write(tx, duty(errand.name, errand.instance_id), rows)
    faults.passed("after-write")
    return True


async def _is_done(tx: Transaction, errand: Errand, key: str) -> bool:
    return await idempotency.is_known(tx, str(errand.instance_id), actor_key(tx.principal), key)


def _row(tx: Transaction, errand: Errand, key: str) -> IdempotencyRow:
    return IdempotencyRow(
        scope=str(errand.instance_id),
        actor=actor_key(tx.principal),
        key=key,
        command=errand.name,
        request_hash="",
        result={"instance_id": str(errand.instance_id)},
    )
