"""What one command opens and closes of the things its process waits for; its rows are made when the command is over.

Only then does the state tell to which task entry an owner belongs. What is opened and closed in one command leaves no
row at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from dialog_graph.bpmn import Definition, IncidentOpened, State, WaitKind
from dialog_graph.model.ids import derived
from dialog_graph.model.instance import Instance, TaskState
from dialog_graph.model.waits import (
    Incident,
    Job,
    Link,
    LinkState,
    Relation,
    Subscription,
    Timer,
    WaitChanges,
    WaitingKind,
)

Place = tuple[int, str]
"""Owner and element: what names a wait in its instance."""

_Wait = TypeVar("_Wait", Timer, Subscription, Job, Link)

KINDS: Mapping[WaitKind, WaitingKind] = {
    WaitKind.TIMER: WaitingKind.TIMER,
    WaitKind.MESSAGE: WaitingKind.MESSAGE,
    WaitKind.SIGNAL: WaitingKind.MESSAGE,
    WaitKind.JOB: WaitingKind.JOB,
    WaitKind.CALL: WaitingKind.CHILD,
}
"""Kind of a wait in the state -> what readers are told."""


class Waiting:
    """The collector of one command. `failure`: attempts and details of the job whose failure the command tells."""

    def __init__(self) -> None:
        self.failure: tuple[int, str | None] = (0, None)
        self._closed: dict[tuple[int, str | None], None] = {}
        self._timers: dict[Place, Timer] = {}
        self._subscriptions: dict[Place, Subscription] = {}
        self._jobs: dict[UUID, Job] = {}
        self._links: dict[UUID, Link] = {}
        self._finished: list[UUID] = []
        self._incidents: dict[tuple[str, int], IncidentOpened] = {}
        self._is_over = False
        self._numbers = 0

    def open_timer(self, timer: Timer) -> None:
        """One timer of an owner and element stands in place of another."""
        self._timers[timer.owner, timer.element_id] = timer

    def open_subscription(self, subscription: Subscription) -> None:
        """A message or a signal is waited for."""
        self._subscriptions[subscription.owner, subscription.element_id] = subscription

    def start_job(self, job: Job) -> None:
        """Work that is to be done after the commit."""
        self._jobs[job.job_id] = job

    def put_link(self, link: Link) -> None:
        """A link that is new or has changed."""
        self._links[link.link_id] = link

    def replace_link(self, link: Link, by: Link) -> None:
        """A link of this command that has become another one."""
        self._links.pop(link.link_id, None)
        self.put_link(by)

    @property
    def is_over(self) -> bool:
        """True when the process has ended in this command."""
        return self._is_over

    def finish_job(self, job_id: UUID) -> None:
        """The job whose outcome this command tells is done."""
        self._finished.append(job_id)

    def note_incident(self, event: IncidentOpened) -> None:
        """Keeps what is said of an incident until the state tells which token it stopped."""
        self._incidents[event.element_id, event.entry_no] = event

    @property
    def incidents(self) -> Sequence[IncidentOpened]:
        """The incidents that this command has opened."""
        return tuple(self._incidents.values())

    def close(self, owner: int, element_id: str | None) -> None:
        """Everything of the owner is over, or only that of one element."""
        self._closed[owner, element_id] = None
        for kept in (self._timers, self._subscriptions):
            for place in [place for place in kept if place[0] == owner and element_id in (None, place[1])]:
                del kept[place]
        for key, job in list(self._jobs.items()):
            if owner and job.owner == owner and element_id in (None, job.element_id):
                del self._jobs[key]
        for key, link in list(self._links.items()):
            # A call of this command; one that has ended in it stays as it was left.
            is_new = link.state is LinkState.CALLING and link.relation is Relation.CHILD
            if is_new and link.owner == owner and element_id in (None, link.element_id):
                del self._links[key]

    def next_number(self) -> int:
        """Tells things of one command apart that have no place of their own."""
        self._numbers += 1
        return self._numbers

    def end_process(self) -> None:
        """Nothing is waited for any more, and the message that started the instance may start another one."""
        self._is_over = True
        self.close(0, None)

    @property
    def is_empty(self) -> bool:
        """True when nothing at all was opened, closed, finished or linked."""
        kept = (self._closed, self._timers, self._subscriptions, self._jobs, self._links, self._finished)
        return not any(kept)

    @property
    def closed_owners(self) -> frozenset[int]:
        """Owners of which something was closed."""
        return frozenset(owner for owner, _ in self._closed)

    @property
    def links(self) -> Sequence[Link]:
        """The links that this command has made or changed."""
        return tuple(self._links.values())

    def changes(self, instance: Instance, definition: Definition, before: State, after: State) -> WaitChanges | None:
        """The rows; None where nothing changes. `before`: the state as it was stored, `after`: as it will be."""
        entries = entries_of(instance, definition, after)
        opened = self._opened(instance, definition, before, after)
        reopened = {incident.token for incident in opened}
        still = {incident.token for incident in after.incidents}
        changes = WaitChanges(
            # What this command has made itself was never stored.
            closed=tuple(place for place in self._closed if place[0] <= before.last_id),
            timers=_with_entries(self._timers.values(), entries),
            subscriptions=_with_entries(self._subscriptions.values(), entries),
            jobs=_with_entries(self._jobs.values(), entries),
            finished=tuple(self._finished),
            incidents=tuple(opened),
            resolved=tuple(old.token for old in before.incidents if old.token in reopened or old.token not in still),
            links=_with_entries(self._links.values(), entries),
            is_over=self._is_over,
        )
        return None if changes == WaitChanges() else changes

    def _opened(self, instance: Instance, definition: Definition, before: State, after: State) -> list[Incident]:
        known = {incident.token for incident in before.incidents}
        tokens = {token.id: token for token in after.tokens}
        found: list[Incident] = []
        for incident in after.incidents:
            token = tokens[incident.token]
            place = (definition.element_of(token.index, token.on_flow).id, token.entry or 0)
            told = self._incidents.get(place)
            if told is not None or incident.token not in known:
                found.append(self._incident(instance, incident.token, incident.code, told, place))
        return found

    def _incident(
        self, instance: Instance, token: int, code: str, told: IncidentOpened | None, place: tuple[str, int]
    ) -> Incident:
        attempts, details = self.failure
        now = instance.updated_at
        return Incident(
            incident_id=derived(now, instance.instance_id, "incident", token, code),
            token=token,
            element_id=place[0],
            entry_no=place[1],
            entry_id=entry_id(instance, *place),
            code=code,
            message=told.message if told else "",
            details=details,
            attempts=attempts,
            is_retryable=code not in NOT_RETRYABLE,
            opened_at=now,
        )


NOT_RETRYABLE = frozenset({"INTEGRITY", "MIGRATION_REQUIRED"})
"""Incidents that a second attempt cannot end."""


def entry_id(instance: Instance, element_id: str, entry_no: int) -> UUID | None:
    """The id of a task entry; None for places that have no entries."""
    found = (task.entry_id for task in instance.tasks if (task.element_id, task.entry_no) == (element_id, entry_no))
    return next(found, None)


def entries_of(instance: Instance, definition: Definition, state: State) -> Mapping[int, UUID]:
    """Token -> the entry that is open there."""
    open_entries = {(task.element_id, task.entry_no): task.entry_id for task in instance.open_entries}
    places = {
        token.id: (definition.elements[token.index].id, token.entry)
        for token in state.tokens
        if token.entry is not None and not token.on_flow
    }
    return {token: open_entries[place] for token, place in places.items() if place in open_entries}


def waiting_for(instance: Instance, definition: Definition, state: State) -> tuple[WaitingKind, ...]:
    """What the open entries of the instance wait for that nobody is asked to complete (process engine §9.1)."""
    entries = entries_of(instance, definition, state)
    resting = {task.entry_id for task in instance.open_entries if task.state is not TaskState.ACTIVE}
    kinds = {KINDS[wait.kind] for wait in state.waits(definition) if entries.get(wait.owner) in resting}
    return tuple(kind for kind in WaitingKind if kind in kinds)


def _with_entries(waits: Iterable[_Wait], entries: Mapping[int, UUID]) -> tuple[_Wait, ...]:
    """The entry where each owner stands; the caller of a child stands in another instance."""
    return tuple(
        wait
        if isinstance(wait, Link) and wait.relation is Relation.PARENT
        else replace(wait, entry_id=entries.get(wait.owner, wait.entry_id))
        for wait in waits
    )
