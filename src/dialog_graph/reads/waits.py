"""What instances wait for, as their readers may see it (process engine §9.1).

Row level security shows the rows of an instance to whoever may see the instance; what went wrong inside is read for the
owning org only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from dialog_graph.bpmn import Definition
from dialog_graph.model.instance import Instance, TaskEntry, TaskState
from dialog_graph.model.waits import Incident, Job, Link, LinkState, Relation, Subscription, Timer, Waits
from dialog_graph.ports import Ports
from dialog_graph.storage import incidents, jobs, links, subscriptions, timers
from dialog_graph.storage.database import Snapshot

_Row = TypeVar("_Row")


async def of_instances(ports: Ports, snapshot: Snapshot, ids: Sequence[UUID]) -> list[Waits]:
    """Everything that each of the instances waits for, in the order asked."""
    asked = list(ids)
    timed = _grouped(await timers.of_instances(snapshot, asked))
    subscribed = _grouped(await subscriptions.of_instances(snapshot, asked))
    working = _grouped(await jobs.of_instances(snapshot, asked))
    stopped = _grouped(await incidents.of_instances(snapshot, asked))
    linked = _grouped(await links.of_instances(snapshot, asked))
    return [
        Waits(
            timers=timed.get(key, ()),
            subscriptions=subscribed.get(key, ()),
            jobs=working.get(key, ()),
            incidents=stopped.get(key, ()),
            links=linked.get(key, ()),
        )
        for key in asked
    ]


def _grouped(rows: Iterable[tuple[UUID, _Row]]) -> dict[UUID, tuple[_Row, ...]]:
    grouped: dict[UUID, tuple[_Row, ...]] = {}
    for key, row in rows:
        grouped[key] = (*grouped.get(key, ()), row)
    return grouped


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryWaits:
    """What one entry waits for: of each kind what comes first."""

    timer: Timer | None = None
    subscription: Subscription | None = None
    job: Job | None = None
    child_id: UUID | None = None
    incident: Incident | None = None

    @property
    def is_any(self) -> bool:
        """True when the entry waits for something that can be named."""
        return any((self.timer, self.subscription, self.job, self.child_id))

    @property
    def is_retrying(self) -> bool:
        """True while a job that has failed is going to be tried again."""
        return self.job is not None and self.job.failures > 0


async def stopped_between(ports: Ports, snapshot: Snapshot, instance: Instance, waits: Waits) -> list[TaskEntry]:
    """Where the process has stopped and is in no task, as entries: before a gateway, or at an event that cannot begin.

    The id of such an entry is its incident's, and its number is 0; it is there until the incident is resolved.
    """
    found = [incident for incident in waits.incidents if incident.entry_id is None]
    if not found:
        return []
    definition = (await ports.catalogue.version(snapshot, instance.version_id)).definition
    return [_stopped(definition, incident) for incident in found]


def _stopped(definition: Definition, incident: Incident) -> TaskEntry:
    element = definition.element(incident.element_id)
    return TaskEntry(
        entry_id=incident.incident_id,
        element_id=incident.element_id,
        type=element.kind.value if element else "",
        entry_no=0,
        state=TaskState.FAILED,
        started_at=incident.opened_at,
        name=element.name if element else None,
        lane=element.lane if element else None,
    )


_CALLED = frozenset({LinkState.CALLING, LinkState.LINKED})


def of_entry(waits: Waits, entry: TaskEntry) -> EntryWaits:
    """The waits of one entry, none once it has ended."""
    if not entry.is_open:
        return EntryWaits()
    children = (link.other_id for link in waits.links if _is_called_by(link, entry))
    return EntryWaits(
        timer=next((item for item in waits.timers if item.entry_id == entry.entry_id), None),
        subscription=next((item for item in waits.subscriptions if item.entry_id == entry.entry_id), None),
        job=next((item for item in waits.jobs if item.entry_id == entry.entry_id), None),
        child_id=next((child for child in children if child is not None), None),
        incident=next((item for item in waits.incidents if entry.entry_id in (item.entry_id, item.incident_id)), None),
    )


def _is_called_by(link: Link, entry: TaskEntry) -> bool:
    return link.relation is Relation.CHILD and link.state in _CALLED and link.entry_id == entry.entry_id
