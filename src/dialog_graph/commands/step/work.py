"""The present values of one command: the one mutable object between loading and writing.

Evaluator, validation and projection read it and never the database. Every change goes through a method here, so that
what has to be written is known at the end without comparing anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from dialog_graph import tasks
from dialog_graph.access import decisions, form_rights
from dialog_graph.access.form_rights import Place
from dialog_graph.apps import AppVersion, DataType, Reader, Rights, validate
from dialog_graph.bpmn import State
from dialog_graph.commands.step.waiting import Waiting
from dialog_graph.errors import Blocker, Issue, Refusal, Refused, Severity
from dialog_graph.model.dialog import Dialog
from dialog_graph.model.event import CATALOGUE, NewEvent
from dialog_graph.model.ids import derived
from dialog_graph.model.instance import Confirmation, DataElement, Instance, TaskEntry, TaskState
from dialog_graph.model.json_value import Json
from dialog_graph.model.party import Party
from dialog_graph.model.principal import Actor, Principal, PrincipalKind
from dialog_graph.policy import DecisionTable, Permit, duty
from dialog_graph.ports import Ports
from dialog_graph.storage.database import Transaction


def _stored_state(written: dict[str, Json]) -> State:
    state = State.from_json(written) if written else State.empty()
    if isinstance(state, Refusal):
        raise Refused(state)
    return state


class Work:
    """One command's instance while it changes. `version` is the pinned app version, `policy` the newest table.

    `by_engine`: a worker sent the command. `waiting`: what it opens and closes of what the process waits for.
    """

    def __init__(self, ports: Ports, tx: Transaction, version: AppVersion, instance: Instance) -> None:
        self.ports = ports
        self.tx = tx
        self.version = version
        self.instance = instance
        self.owner: Party | None = None
        self.policy: DecisionTable = version.policy
        self.presentation: AppVersion = version
        self.dialog: Dialog | None = None
        self.prefill: Json = None
        self.rights = Rights()
        self.by_engine = False
        self.sender: Principal | None = None
        self.waiting = Waiting()
        self._stored = instance.process_state
        self._before: State | None = None
        self._state: State | None = None
        self.events: list[NewEvent] = []
        self.confirmations: list[Confirmation] = []
        self.changed_tasks: set[UUID] = set()
        self.written: set[UUID] = set()
        self.touched: set[UUID] = set()

    @property
    def principal(self) -> Principal:
        """Who sent the command; the transaction may be another's, who writes for an org that let the sender in."""
        return self.sender or self.tx.principal

    @property
    def before(self) -> State:
        """The interpreter's state as it was stored."""
        if self._before is None:
            self._before = _stored_state(self._stored)
        return self._before

    @property
    def state(self) -> State:
        """The interpreter's state as it is now."""
        return self.before if self._state is None else self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state = state

    @property
    def has_moved(self) -> bool:
        """True when the interpreter has run."""
        return self._state is not None

    @property
    def actor(self) -> Actor:
        """Who does it, as facts have it: what the process does by itself is done by the system, for the app's org."""
        return Actor(PrincipalKind.SYSTEM, org=self.instance.org) if self.by_engine else self.principal.actor

    @property
    def now(self) -> datetime:
        """The time of the step: the database's clock after the lock."""
        return self.tx.now

    @property
    def command_id(self) -> UUID:
        """What tells the command's events from those of others; the lock of the instance gives each its own time."""
        return derived(self.now, self.instance.instance_id, "command")

    @property
    def is_owner(self) -> bool:
        """True when the caller acts as the org that owns the app."""
        return self.principal.is_org and self.principal.org == self.instance.org

    @property
    def is_changed(self) -> bool:
        """True when there is something to write; every change is told by at least one event."""
        return bool(self.events)

    # Changes ----------------------------------------------------------------------------------------------------------

    def record(self, type: str, *, suffix: str = "", **details: Any) -> None:
        """Adds an event. `type`: a row of the catalogue; `suffix`: trailing element id of the types that have one."""
        history_type, audience = CATALOGUE[type]
        full_type = f"{type}.{suffix}" if suffix else type
        self.events.append(
            NewEvent(type=full_type, history_type=history_type, audience=audience, actor=self.actor, **details)
        )

    def change(self, **columns: Any) -> None:
        """Gives the instance new values."""
        self.instance = replace(self.instance, **columns)

    def put_task(self, entry: TaskEntry) -> None:
        """Adds a task entry, or replaces the one with its id."""
        self.changed_tasks.add(entry.entry_id)
        kept = self.instance.tasks
        if all(task.entry_id != entry.entry_id for task in kept):
            self.change(tasks=(*kept, entry))
        else:
            self.change(tasks=tuple(entry if task.entry_id == entry.entry_id else task for task in kept))

    def put_element(self, element: DataElement, *, content: bool) -> None:
        """Adds or replaces a data element; `content`: its bytes are new, else only its other columns are."""
        (self.written if content else self.touched).add(element.element_id)
        kept = self.instance.data
        if all(item.element_id != element.element_id for item in kept):
            self.change(data=(*kept, element))
        else:
            self.change(data=tuple(element if item.element_id == element.element_id else item for item in kept))

    def confirm(self, confirmation: Confirmation) -> None:
        """Adds the owner's confirmation."""
        self.confirmations.append(confirmation)
        self.change(confirmations=(*self.instance.confirmations, confirmation))

    # Questions --------------------------------------------------------------------------------------------------------

    @property
    def active_task_ids(self) -> frozenset[str]:
        """BPMN ids of the tasks whose data is open."""
        return frozenset(task.element_id for task in self.instance.open_tasks)

    def active_task(self, task_id: UUID | None) -> TaskEntry:
        """The entry that a caller addresses; refuses with NOT_ACTIVE, TASK_REQUIRED or TASK_NOT_READY.

        Without an id the only open user task is meant (process engine §6.1).
        """
        if self.instance.deleted_at is not None or self.instance.ended_at is not None:
            raise Refused(Refusal(code="NOT_ACTIVE", expected="a running process", actual="it has ended or is deleted"))
        if task_id is None:
            return self._only_task()
        for task in self.instance.open_tasks:
            if task.entry_id == task_id:
                return task
        raise Refused(Refusal(code="NOT_ACTIVE", expected="an active task", actual="the task given is not active"))

    def _only_task(self) -> TaskEntry:
        open_tasks = self.instance.open_tasks
        candidates = [task for task in open_tasks if task.state is TaskState.ACTIVE] or list(open_tasks)
        if not candidates:
            raise Refused(Refusal(code="NOT_ACTIVE", expected="an active task", actual="none is active"))
        if len(candidates) > 1:
            raise Refused(Refusal(code="TASK_REQUIRED", expected="taskId", actual="several tasks are active"))
        return candidates[0]

    async def authorize(self, task_id: str | None, actions: Iterable[str]) -> Permit:
        """The proof that the caller may do one of `actions` at the task, or on the instance as it stands."""
        target = decisions.of_instance(self.instance, task_id)
        return await decisions.permit(self.tx, self.policy, target, actions)

    def as_owner(self, action: str) -> Permit | None:
        """The proof that the caller may, as the owning org, what the rules grant to it whatever the policy says."""
        is_owner = decisions.is_acting_owner(self.principal, self.instance.org)
        return duty(action, self.instance.instance_id) if is_owner else None

    def authorize_owner(self, action: str) -> Permit:
        """The same for what nobody but the owning org may; FORBIDDEN for others."""
        permit = self.as_owner(action)
        if permit is None:
            raise Refused(Refusal(code="FORBIDDEN", expected="the owning org", action=action))
        return permit

    def validate(self, task_id: str) -> tuple[Issue, ...]:
        """The full validation of a task's data as they are now."""
        return validate(self.filled_in, self.instance, task_id, reader=self.reader)

    @property
    def filled_in(self) -> AppVersion:
        """The pinned version with the forms that are shown: what is checked and removed by a form is by this one."""
        return self.version.with_forms_of(self.presentation)

    @property
    def reader(self) -> Reader:
        """Who fills in the form of this step, with the rights that `learn_rights` has asked for."""
        return Reader(owner=self.owner, rights=self.rights, hears=self.ports.findings.add)

    async def learn_rights(self, task_id: str) -> None:
        """Asks what the caller may do at a task: forms and rules may ask for it, and texts leave out the rest."""
        self.rights = await form_rights.rights_at(self.tx, Place(self.version, self.policy, self.instance), task_id)

    async def refuse_if(self, blockers: tuple[Blocker, ...], issues: tuple[Issue, ...]) -> None:
        """Refuses when anything stands in the way: blockers as TASK_NOT_READY, error issues as VALIDATION_FAILED.

        What is wrong with hidden data stands in the way too, but is not told.
        """
        errors = tuple(issue for issue in issues if issue.severity is Severity.ERROR)
        if blockers:
            raise Refused(Refusal(code="TASK_NOT_READY", blockers=blockers, issues=await self.readable_issues(errors)))
        if errors:
            raise Refused(Refusal(code="VALIDATION_FAILED", issues=await self.readable_issues(issues)))

    def element(self, element_id: UUID) -> DataElement:
        """A data element of the instance; NOT_FOUND when there is none."""
        for element in self.instance.elements:
            if element.element_id == element_id:
                return element
        raise Refused(Refusal(code="NOT_FOUND"))

    def of_type(self, data_type: str) -> tuple[DataElement, ...]:
        """The data elements of one type."""
        return tuple(element for element in self.instance.elements if element.data_type == data_type)

    def require_writable(self, task_id: str | None, element: DataElement | None = None) -> None:
        """Refuses with DATA_LOCKED where the one rule for all roads says so, or the element itself is locked."""
        is_open = tasks.is_writable(task_id, self.active_task_ids, self.instance.status)
        if is_open and (element is None or element.lock.value == "none"):
            return
        raise Refused(
            Refusal(
                code="DATA_LOCKED",
                expected="data of an active task",
                actual="the data is locked",
                data_element_id=element and element.element_id,
            )
        )

    async def may_read(self, data_type: DataType) -> bool:
        """False where the type asks for an action beyond `read` that the caller does not hold (security rules §5)."""
        action = data_type.action_required_to_read
        if action is None:
            return True
        target = decisions.of_instance(self.instance)
        return (await decisions.allowed(self.tx, self.policy, target, (action,)))[action]

    async def require_readable(self, data_type: DataType) -> None:
        """NOT_FOUND where the caller may write the type but not read it: a patch would tell what the form holds."""
        if not await self.may_read(data_type):
            raise Refused(Refusal(code="NOT_FOUND"))

    async def readable_issues(self, issues: tuple[Issue, ...]) -> tuple[Issue, ...]:
        """The issues without those about data that is hidden from the caller."""
        present = [item for item in self.version.data_types.values() if self.of_type(item.id)]
        hidden = {item.id for item in present if not await self.may_read(item)}
        ids = {element.element_id for element in self.instance.elements if element.data_type in hidden}
        return tuple(issue for issue in issues if issue.data_element_id not in ids)

    def data(self, **members: Json) -> Mapping[str, Json]:
        """Event data without members that are None."""
        return {name: value for name, value in members.items() if value is not None}
