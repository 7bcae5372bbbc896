"""Ended instances that their owner has not confirmed, as the events that told of their end (event rules §8.1)."""

from collections.abc import Sequence

from dialog_graph.model.event import Event
from dialog_graph.ports import Ports
from dialog_graph.reads import instances
from dialog_graph.storage import events
from dialog_graph.storage.database import Snapshot

COMPLETED = "app.instance.process.completed"

_PAGE = 100
_LAST = f"""
select distinct on (e.stream_id) {events.COLUMNS} from event e
 where e.stream_id = any($1::uuid[]) and e.party_id = any($2::int[]) and e.type = $3
 order by e.stream_id, e.stream_seq desc
"""


async def unconfirmed(
    ports: Ports, snapshot: Snapshot, org: str | None, applications: Sequence[str], after: str | None
) -> tuple[list[Event], str | None]:
    """A page of completions by end time, and the cursor of the next page; None when there is none."""
    filters: dict[str, object] = {"is_completed": True, "is_archived": True, "is_confirmed": False}
    if org is not None:
        filters["org"] = org
    query = instances.Query(
        filters=filters, applications=tuple(applications), order="ENDED_ASC", first=_PAGE, after=after
    )
    page = await instances.search(ports, snapshot, query)
    parties = {item.instance_id: item.party_id for item in page.items}
    rows = await snapshot.fetch(_LAST, list(parties), list(set(parties.values())), COMPLETED)
    last = {row["stream_id"]: events.event_of(row) for row in rows}
    return [last[key] for key in parties if key in last], page.cursors[-1] if page.has_next else None
