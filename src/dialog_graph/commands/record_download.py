"""A recorded download: the owner's is remembered, the end user's marks an element of the owner as read.

A command of its own, without revision and event (process engine §6.5): it happens beside the stream of changes.
"""

from uuid import UUID

import orjson

from dialog_graph.model.instance import DataElement
from dialog_graph.model.principal import Principal
from dialog_graph.ports import Ports

_BY_OWNER = """
update data_element set downloads = downloads || $2::jsonb
 where element_id = $1 and not downloads @> $3::jsonb
"""
_BY_USER = "update data_element set is_read = true where element_id = $1 and not is_read"


async def record_download(ports: Ports, principal: Principal, element: DataElement) -> UUID:
    """Writes down that the caller has fetched this version of the element; a repeat adds nothing."""
    async with ports.database.transaction(principal) as tx:
        if principal.is_org:
            known = {"org": principal.org, "sha256": element.sha256}
            entry = orjson.loads(orjson.dumps([known | {"time": tx.now}]))
            await tx.execute(_BY_OWNER, element.element_id, entry, [known])
        else:
            await tx.execute(_BY_USER, element.element_id)
    return element.element_id
