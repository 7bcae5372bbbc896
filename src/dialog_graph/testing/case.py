"""One instance as a test drives it: each step is the real command, and what it changed is read back."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from dialog_graph.apps import FormState, document_of
from dialog_graph.commands.activate_task import ActivateTask, activate_task
from dialog_graph.commands.add_data_element import Upload, add_data_element
from dialog_graph.commands.advance_process import AdvanceProcess, advance_process
from dialog_graph.commands.cancel_process import CancelProcess, cancel_process
from dialog_graph.commands.confirm_receipt import ConfirmReceipt, confirm_receipt
from dialog_graph.commands.delete_instance import DeleteInstance, RestoreInstance, delete_instance, restore_instance
from dialog_graph.commands.deliver_message import DeliverMessage, deliver_message
from dialog_graph.commands.retry_task import ResolveTask, RetryTask, resolve_task, retry_task
from dialog_graph.commands.set_substatus import SetSubstatus, set_substatus
from dialog_graph.commands.write_form_data import WriteFormData, write_form_data
from dialog_graph.errors import Issue
from dialog_graph.model.dialog import Dialog
from dialog_graph.model.instance import DataElement, Instance, TaskState
from dialog_graph.model.json_value import Json
from dialog_graph.model.party import Party
from dialog_graph.model.principal import Principal
from dialog_graph.model.waits import Waits
from dialog_graph.ports import Ports
from dialog_graph.reads import forms, instance_details, waits
from dialog_graph.storage import dialogs, events, instances, parties
from dialog_graph.storage.clock import Clock
from dialog_graph.storage.database import Snapshot
from dialog_graph.workers.quiet import work_until_quiet


@dataclass(slots=True)
class Case:
    """An instance and whoever acts on it now. Steps raise `Refused` with the refusal a caller would get."""

    ports: Ports
    principal: Principal
    instance: Instance

    def by(self, principal: Principal) -> "Case":
        """The same instance in somebody else's hands (`app.as_org().principal`)."""
        return replace(self, principal=principal)

    # Steps ------------------------------------------------------------------------------------------------------------

    async def fill(self, data_type: str, data: Mapping[str, Any]) -> "Case":
        """Replaces a form."""
        given = WriteFormData(instance_id=self.id, data_type=data_type, data=dict(data))
        await write_form_data(self.ports, self.principal, given)
        return await self.refresh()

    async def patch(self, data_type: str, *operations: Mapping[str, Any]) -> "Case":
        """Changes a form by operations of JSON Patch."""
        patch: list[Json] = [dict(operation) for operation in operations]
        await write_form_data(
            self.ports, self.principal, WriteFormData(instance_id=self.id, data_type=data_type, patch=patch)
        )
        return await self.refresh()

    async def upload(self, data_type: str, content: bytes, content_type: str, filename: str) -> UUID:
        """Adds a file and gives its id."""

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        blob = await self.ports.blobs.receive(self.instance.org, chunks(), len(content))
        given = Upload(instance_id=self.id, data_type=data_type, content_type=content_type, filename=filename)
        result = await add_data_element(self.ports, self.principal, given, blob)
        await self.refresh()
        return result.data_element_id

    async def complete(self, action: str | None = None, note: str | None = None, task: str | None = None) -> "Case":
        """Completes the current task, or leaves it by one of its actions.

        `task`: its BPMN id, where several are open; of several entries the first one.
        """
        entry = None if task is None else self._open(task)
        given = AdvanceProcess(instance_id=self.id, task_id=entry, action=action, note=note)
        await advance_process(self.ports, self.principal, given)
        return await self.refresh()

    def _open(self, task: str) -> UUID:
        found = [entry.entry_id for entry in self.instance.open_tasks if entry.element_id == task]
        assert found, f"expected {task} to be open, but open are {', '.join(self.tasks) or 'no tasks'}"
        return found[0]

    async def send_back(self, to: str | None = None, note: str | None = None) -> "Case":
        """Rejects the current task, or sends the process back to a task that it names."""
        return await self.complete("reject" if to is None else f"sendBack:{to}", note)

    @property
    def clock(self) -> Clock:
        """The clock of the database as the app sees it: `case.clock.advance(timedelta(days=3))`."""
        return self.ports.database.clock

    async def work(self) -> "Case":
        """Fires due timers, does jobs and matches messages until nothing is due any more."""
        await work_until_quiet(self.ports)
        return await self.refresh()

    async def retry(self, task: str | None = None) -> "Case":
        """Repeats the step that an incident stopped: of a task, of a gateway; without a name of the only one."""
        given = RetryTask(instance_id=self.id, task_id=await self._stopped(task))
        await retry_task(self.ports, self.principal, given)
        return await self.refresh()

    async def resolve(self, outcome: str = "success", task: str | None = None) -> "Case":
        """Completes a stopped task by hand."""
        given = ResolveTask(instance_id=self.id, task_id=await self._stopped(task), outcome=outcome)
        await resolve_task(self.ports, self.principal, given)
        return await self.refresh()

    async def _stopped(self, task: str | None) -> UUID:
        entries = [entry for entry in self.instance.open_entries if entry.state is TaskState.FAILED]
        between = [item for item in (await self.awaited()).incidents if item.entry_id is None]
        stopped = [(entry.element_id, entry.entry_id) for entry in entries]
        stopped += [(item.element_id, item.incident_id) for item in between]
        found = [id for element_id, id in stopped if task in (None, element_id)]
        assert len(found) == 1, f"expected one incident, but there are {len(found)}"
        return found[0]

    async def deliver(self, name: str, payload: Json = None, key: str | None = None, **given: Any) -> "Case":
        """Delivers a message: with a key to whoever waits for it, else to this instance."""
        target = {"correlation_key": key} if key is not None else {"instance_id": self.id}
        await deliver_message(self.ports, self.principal, DeliverMessage(name=name, payload=payload, **target, **given))
        return await self.refresh()

    async def cancel(self, reason: str | None = None) -> "Case":
        """Aborts the process."""
        await cancel_process(self.ports, self.principal, CancelProcess(instance_id=self.id, reason=reason))
        return await self.refresh()

    async def activate(self, element_id: str) -> "Case":
        """Starts an activity that an ad-hoc subprocess offers."""
        given = ActivateTask(instance_id=self.id, element_id=element_id)
        await activate_task(self.ports, self.principal, given)
        return await self.refresh()

    async def confirm_receipt(self) -> "Case":
        """The service owner has received the data."""
        await confirm_receipt(self.ports, self.principal, ConfirmReceipt(instance_id=self.id))
        return await self.refresh()

    async def set_substatus(self, label: str | None, description: str | None = None) -> "Case":
        """The service owner says where the case stands."""
        given = SetSubstatus(instance_id=self.id, label=label, description=description)
        await set_substatus(self.ports, self.principal, given)
        return await self.refresh()

    async def delete(self) -> "Case":
        """Soft deletion."""
        await delete_instance(self.ports, self.principal, DeleteInstance(instance_id=self.id))
        return await self.refresh()

    async def restore(self) -> "Case":
        """Takes the deletion back."""
        await restore_instance(self.ports, self.principal, RestoreInstance(instance_id=self.id))
        return await self.refresh()

    # State ------------------------------------------------------------------------------------------------------------

    @property
    def id(self) -> UUID:
        """Id of the instance."""
        return self.instance.instance_id

    @property
    def status(self) -> str:
        """Status of the instance (`ACTIVE`, `COMPLETED`, `CONFIRMED` …)."""
        return self.instance.status.value

    @property
    def tasks(self) -> list[str]:
        """BPMN ids of the open tasks."""
        return [task.element_id for task in self.instance.open_tasks]

    @property
    def waits(self) -> list[str]:
        """BPMN ids of everything that the process waits at, tasks included."""
        return [entry.element_id for entry in self.instance.open_entries]

    @property
    def visited(self) -> list[str]:
        """BPMN ids of all task entries in order, with the end event where one was reached."""
        ended = [self.instance.end_event] if self.instance.end_event else []
        return [task.element_id for task in self.instance.tasks] + ended

    def elements(self, data_type: str) -> list[DataElement]:
        """The data elements of a type."""
        return [element for element in self.instance.elements if element.data_type == data_type]

    def data(self, data_type: str) -> Json:
        """The form of a type."""
        return document_of(self.elements(data_type)[0])

    async def refresh(self) -> "Case":
        """Reads the instance anew."""
        async with self.ports.database.snapshot(self.principal) as snapshot:
            found = await instances.load(snapshot, [self.id], documents=True)
        self.instance = found[0]
        return self

    async def issues(self) -> list[Issue]:
        """What the validation of the open tasks finds now, as far as the caller may know."""
        async with self.ports.database.snapshot(self.principal) as snapshot:
            owner = await self._owner(snapshot)
            return await instance_details.validation(self.ports, snapshot, self.instance, owner)

    async def form(self, task: str | None = None, language: str = "nb") -> FormState:
        """A form as the caller sees it now: of the current task, or of the latest entry of the one that is named.

        LookupError for a task that was not entered, or has no form.
        """
        entries = self.instance.open_tasks if task is None else self.instance.tasks
        entry = next((item for item in reversed(entries) if task in (None, item.element_id)), None)
        async with self.ports.database.snapshot(self.principal) as snapshot:
            owner = await self._owner(snapshot)
            found = entry and await forms.of_task(self.ports, snapshot, self.instance, entry, owner)
        if found is None:
            raise LookupError(f"expected a form of {task or 'the current task'}, but there is none")
        return await found.in_language([language]).state()

    async def _owner(self, snapshot: Snapshot) -> Party | None:
        return (await parties.by_ids(snapshot, [self.instance.party_id])).get(self.instance.party_id)

    async def awaited(self) -> Waits:
        """What the process waits for besides people: timers, messages and signals, jobs, incidents, called apps."""
        async with self.ports.database.snapshot(self.principal) as snapshot:
            return (await waits.of_instances(self.ports, snapshot, [self.id]))[0]

    async def dialog(self) -> Dialog:
        """The dialog in the party's inbox, with all its parts."""
        async with self.ports.database.snapshot(self.principal) as snapshot:
            return await self._dialog(snapshot)

    async def _dialog(self, snapshot: Snapshot) -> Dialog:
        found = await dialogs.of_instance(snapshot, self.id)
        assert found is not None, "every instance of an app with a dialog has one"
        return (await dialogs.load(snapshot, [found.dialog_id], whole=True))[0]

    async def history(self) -> list[str]:
        """Altinn's names of what happened, in order."""
        async with self.ports.database.snapshot(self.principal) as snapshot:
            found = await events.of_instance(snapshot, [self.id], limit=1000)
        return [event.history_type for event in found[self.id] if event.history_type is not None]

    async def events(self) -> list[str]:
        """Types of all events, in order, without the journal."""
        async with self.ports.database.snapshot(self.principal) as snapshot:
            found = await events.of_instance(snapshot, [self.id], limit=1000)
        return [event.type for event in found[self.id]]
