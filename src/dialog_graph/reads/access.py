"""Which rows a caller may read, compiled from the policies into rows that SQL can join with (inbox rules §16.3).

For every party and app at hand the decision table is asked where `read` holds: everywhere, at some tasks, after some
end events. The answer is exact, so that pages are full and totals tell nothing of what is left out.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dialog_graph.access import decisions
from dialog_graph.access.decisions import READ, Reach
from dialog_graph.apps import AppVersion
from dialog_graph.model.party import Relations
from dialog_graph.ports import Ports
from dialog_graph.storage import parties
from dialog_graph.storage.database import Snapshot

PLACES = """
case when i.ended_at is not null then array['end:' || coalesce(i.end_event, '')]
     else coalesce(nullif(array(
              select 'task:' || t.element_id from process_task t
               where t.instance_id = i.instance_id and t.status in ('ACTIVE', 'WAITING', 'FAILED')
          ), '{}'), array['task:']) end
"""
"""SQL: where an instance `i` stands, in the words of policies; several places while several tasks are open."""


@dataclass(frozen=True, slots=True)
class ReadableRow:
    """`read` for one (party, resource). `party_id` None: any party (service owners)."""

    party_id: int | None
    resource_id: int
    reach: Reach


async def readable(
    ports: Ports, snapshot: Snapshot, party_ids: Collection[int] | None, apps: Collection[str] = ()
) -> list[ReadableRow]:
    """What the caller may read of these parties (None: of all it represents), in these apps (none given: in all)."""
    active = await ports.catalogue.all_active(snapshot)
    deployed = {
        resource_id: version for resource_id, version in active.items() if not apps or str(version.app_id) in apps
    }
    if snapshot.principal.is_org:
        own = {key: version for key, version in deployed.items() if version.app_id.org == snapshot.principal.org}
        return _rows(snapshot, None, Relations(), own)
    related = await _related(snapshot, party_ids)
    return [row for party_id, relations in related.items() for row in _rows(snapshot, party_id, relations, deployed)]


async def _related(snapshot: Snapshot, party_ids: Collection[int] | None) -> dict[int, Relations]:
    """The caller's relations to these parties, or to all that it represents; strangers are left out."""
    if party_ids is not None:
        found = await parties.relations_to(snapshot, list(party_ids))
        return {party_id: relations for party_id, relations in found.items() if relations.exists}
    represented = await parties.all_represented(snapshot)
    both_levels = [item for main in represented for item in (main, *main.sub_parties)]
    return {item.party.party_id: item.relations for item in both_levels if item.relations.exists}


def _rows(
    snapshot: Snapshot, party_id: int | None, relations: Relations, deployed: dict[int, AppVersion]
) -> list[ReadableRow]:
    rows: list[ReadableRow] = []
    for resource_id, version in deployed.items():
        reach = decisions.reach(version, snapshot.principal, relations, READ)
        if reach is not None:
            rows.append(ReadableRow(party_id, resource_id, reach))
    return rows


def columns(rows: Sequence[ReadableRow]) -> tuple[list[int | None], list[int], list[bool], list[str], list[str]]:
    """The rows as the arrays that SQL unnests: party, resource, and `Reach` (exceptions joined by line feeds)."""
    return (
        [row.party_id for row in rows],
        [row.resource_id for row in rows],
        [row.reach.default for row in rows],
        ["\n".join(row.reach.exceptions) for row in rows],
        ["\n".join(row.reach.folded) for row in rows],
    )
