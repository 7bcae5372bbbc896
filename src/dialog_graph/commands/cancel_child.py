"""A caller that does not wait any more asks its child to stop; whether it stops is the child's own matter (§13)."""

from uuid import UUID

from dialog_graph.access import decisions
from dialog_graph.commands.cancel_process import cancel
from dialog_graph.commands.step import Errand, Work, run_errand
from dialog_graph.errors import Refused, refuse
from dialog_graph.model.principal import Principal, app_worker
from dialog_graph.model.waits import Relation
from dialog_graph.ports import Ports
from dialog_graph.storage import instances, links
from dialog_graph.urns import AppId

REASON = "the caller does not wait any more"


async def cancel_child(ports: Ports, acting: Principal, app_id: AppId, key: str) -> bool:
    """Cancels the child of a call if its policy lets the caller; False when it may not, or has ended already.

    Raises TEMPORARY while there is no child: the attempt that would make it may be under way.
    """
    worker = app_worker(app_id.org, app_id.app)
    async with ports.database.transaction(worker) as tx:
        found = await links.by_key(tx, app_id.org, Relation.PARENT, key)
        loaded = [] if found is None else await instances.load(tx, [found[0]])
    if found is None:
        raise refuse("TEMPORARY", "the child of the call", "there is none yet")
    if not loaded or loaded[0].ended_at is not None or not await _may(ports, acting, loaded[0].instance_id, app_id):
        return False

    async def act(work: Work) -> str | None:
        if work.instance.ended_at is not None:
            return None
        await cancel(work, REASON)
        return f"cancel:{loaded[0].instance_id}"

    errand = Errand(name="cancel", app_id=app_id, instance_id=loaded[0].instance_id)
    return await run_errand(ports, errand, act)


async def _may(ports: Ports, acting: Principal, instance_id: UUID, app_id: AppId) -> bool:
    async with ports.database.transaction(app_worker(app_id.org, app_id.app)) as tx:
        instance = (await instances.load(tx, [instance_id]))[0]
    async with ports.database.transaction(acting) as tx:
        policy = (await ports.catalogue.policy(tx, app_id)).policy
        try:
            await decisions.permit(tx, policy, decisions.of_instance(instance), ("delete",))
        except Refused:
            return False
    return True
