"""The ORM-session version of a step: load the objects, change their attributes, commit.

It writes the rows that the product was seen to write for the same step (`Configuration.step`), but it neither reads
the form nor validates it, decides no conditions and computes no projection: what is left is the writing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import inspect
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from dialog_graph.storage.tables.dialogs import (
    Dialog,
    DialogActivity,
    DialogDetail,
    DialogLabelLog,
    DialogSoLabel,
    DialogTransmission,
)
from dialog_graph.storage.tables.events import Event
from dialog_graph.storage.tables.instances import Confirmation, DataElement, Instance, ProcessTask
from tests.benchmarks.stock.context import Context, is_granted

WRITE = 2
"""Bit of `write` in the grants."""

Record = Mapping[str, Any]

_MODELS: Mapping[str, type[SQLModel]] = {
    "process_task": ProcessTask,
    "data_element": DataElement,
    "confirmation": Confirmation,
    "dialog_activity": DialogActivity,
    "dialog_transmission": DialogTransmission,
    "dialog_label_log": DialogLabelLog,
    "dialog_so_label": DialogSoLabel,
    "event": Event,
}
_NEW_IDS = {"process_task": "entry_id", "dialog_transmission": "transmission_id", "event": "event_id"}
_SAME = {
    "instance": (),
    "process_task": ("element_id", "entry_no"),
    "data_element": ("data_type", "filename"),
    "dialog": (),
    "dialog_detail": (),
    "dialog_activity": ("type",),
}
"""What tells rows of one instance apart that stand for the same thing in two instances."""


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("\\x"))


_READERS: Mapping[type, Callable[[str], Any]] = {datetime: datetime.fromisoformat, UUID: UUID, bytes: _bytes}
"""Python type of a column -> reader of its recorded text."""


def _python(model: type[SQLModel], name: str, value: Any) -> Any:
    """A recorded value as the driver wants it."""
    read = _READERS.get(inspect(model).local_table.c[name].type.python_type)
    return value if value is None or read is None else read(value)


async def advance(context: Context, instance_id: UUID) -> Instance | None:
    """Takes the step; None when the caller has no such instance, or it does not stand at the first task."""
    async with context.sessions() as session, session.begin():
        found = await session.exec(
            select(Instance)
            .where(
                Instance.instance_id == instance_id,
                is_granted(context.subject, Instance.party_id, Instance.resource_id, WRITE),
            )
            .with_for_update()
        )
        instance = found.first()
        if instance is None or instance.current_task != "Task_1":
            return None
        await _Step(session, instance, context.configuration.step).take()
        return instance


class _Step:
    """One step on loaded objects."""

    def __init__(self, session: AsyncSession, instance: Instance, recorded: Record) -> None:
        self._session = session
        self._instance = instance
        self._recorded = recorded
        self._now = datetime.now(UTC)

    async def take(self) -> None:
        """Changes what changed and adds what is new; the session writes it at its end."""
        instance_id = self._instance.instance_id
        tasks = await self._all(select(ProcessTask).where(ProcessTask.instance_id == instance_id))
        elements = await self._all(select(DataElement).where(DataElement.instance_id == instance_id))
        dialog = (await self._all(select(Dialog).where(Dialog.instance_id == instance_id)))[0]
        details = await self._all(select(DialogDetail).where(DialogDetail.dialog_id == dialog.dialog_id))
        activities = await self._all(select(DialogActivity).where(col(DialogActivity.dialog_id) == dialog.dialog_id))
        self._change("instance", [self._instance])
        self._change("process_task", tasks)
        self._change("data_element", elements)
        self._change("dialog", [dialog])
        self._change("dialog_detail", details)
        self._change("dialog_activity", activities)
        for table, model in _MODELS.items():
            for row in self._recorded["new"][table]:
                self._session.add(self._new(table, model, row, dialog.dialog_id))

    async def _all(self, statement: Any) -> Sequence[Any]:
        return (await self._session.scalars(statement)).all()

    def _change(self, table: str, objects: Sequence[SQLModel]) -> None:
        for change in self._recorded["changed"][table]:
            row: Record = change["row"]
            for item in objects:
                if all(str(getattr(item, name)) == str(row[name]) for name in _SAME[table]):
                    self._set(item, {name: row[name] for name in change["columns"]})

    def _set(self, item: SQLModel, values: Record) -> None:
        for name, recorded in values.items():
            value = _python(type(item), name, recorded)
            setattr(item, name, self._now if isinstance(value, datetime) else value)

    def _new(self, table: str, model: type[SQLModel], row: Record, dialog_id: UUID) -> SQLModel:
        values = {name: _python(model, name, value) for name, value in row.items() if name not in ("seq", "xid")}
        own = {"instance_id": self._instance.instance_id, "party_id": self._instance.party_id}
        if table in _NEW_IDS:
            own[_NEW_IDS[table]] = uuid4()
        if table == "event":
            own["stream_id"] = self._instance.instance_id if row["dialog_id"] is None else dialog_id
        if row.get("dialog_id") is not None:
            own["dialog_id"] = dialog_id
        return model(**(values | own))
