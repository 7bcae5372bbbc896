"""What a command has changed, as the rows of one write: revision, events with their places, the projected dialog."""

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType
from uuid import UUID

from dialog_graph.commands.step.projection import Projection, Source, project
from dialog_graph.commands.step.waiting import waiting_for
from dialog_graph.commands.step.work import Work
from dialog_graph.model.dialog import Dialog
from dialog_graph.model.event import CATALOGUE, Event, NewEvent
from dialog_graph.model.ids import derived
from dialog_graph.model.waits import WaitChanges
from dialog_graph.storage.steps import IdempotencyRow, StepRows


def rows_of(work: Work, idempotency: IdempotencyRow | None) -> StepRows:
    """Raises the revision by one, places the events, projects the dialog."""
    instance_id = work.instance.instance_id
    first = work.instance.event_seq + 1
    events = [_place(work, event, instance_id, first + n) for n, event in enumerate(work.events)]
    work.change(
        revision=work.instance.revision + 1, updated_at=work.now, event_seq=work.instance.event_seq + len(events)
    )
    waits = _waits(work)
    projection = _project(work, events)
    dialog, dialog_events = _dialog_events(work, projection)
    return StepRows(
        instance=work.instance,
        tasks=tuple(task for task in work.instance.tasks if task.entry_id in work.changed_tasks),
        written=tuple(item for item in work.instance.data if item.element_id in work.written),
        touched=tuple(item for item in work.instance.data if item.element_id in work.touched - work.written),
        confirmations=tuple(work.confirmations),
        events=(*events, *dialog_events),
        dialog=dialog,
        activities=projection.activities if projection else (),
        transmissions=projection.transmissions if projection else (),
        labels=projection.labels if projection else (),
        idempotency=idempotency,
        waits=waits,
        is_kept=not any(event.type in _DELETIONS for event in work.events),
    )


_DELETIONS = frozenset({"app.instance.deleted", "app.instance.undeleted"})


def _waits(work: Work) -> WaitChanges | None:
    """What changes of the things that the process waits for, and the column that tells of them."""
    if not work.has_moved and work.waiting.is_empty:
        return None
    definition = work.version.definition
    changes = work.waiting.changes(work.instance, definition, work.before, work.state)
    work.change(waiting_for=waiting_for(work.instance, definition, work.state))
    return changes


def _place(work: Work, event: NewEvent, stream_id: UUID, sequence: int) -> Event:
    instance = work.instance
    return Event(
        event_id=derived(work.now, stream_id, sequence),
        xid=0,
        seq=0,
        stream_id=stream_id,
        sequence=sequence,
        type=event.type,
        history_type=event.history_type,
        time=work.now,
        actor=event.actor,
        audience=event.audience,
        data=event.data,
        instance_id=instance.instance_id,
        dialog_id=stream_id if event.is_dialog else None,
        org=instance.org,
        party_id=instance.party_id,
        resource_id=instance.resource_id,
        element_id=event.element_id,
        entry_id=event.entry_id,
        command_id=work.command_id,
    )


def _project(work: Work, events: Iterable[Event]) -> Projection | None:
    source = Source(
        instance=work.instance,
        presentation=work.presentation,
        now=work.now,
        public_url=work.ports.settings.public_url,
        revision=work.ports.new_revision(),
    )
    return project(work.dialog, source, tuple(events))


def _dialog_event(work: Work, type: str, suffix: str = "", **details: str) -> NewEvent:
    _, audience = CATALOGUE[type]
    full_type = f"{type}.{suffix}" if suffix else type
    return NewEvent(type=full_type, audience=audience, actor=work.actor, data=dict(details), is_dialog=True)


def _life(work: Work, projection: Projection) -> str:
    """What the step was to the dialog. Compared, not taken from activities: an app may have switched those off."""
    if work.dialog is None:
        return "dialogporten.dialog.created.v1"
    was_deleted, is_deleted = (dialog.deleted_at is not None for dialog in (work.dialog, projection.dialog))
    return f"dialogporten.dialog.{_LIFE[is_deleted - was_deleted]}.v1"


_LIFE = MappingProxyType({1: "deleted", 0: "updated", -1: "restored"})
"""Change of being deleted -> word of the event type."""


def _dialog_events(work: Work, projection: Projection | None) -> tuple[Dialog | None, list[Event]]:
    """The dialog with its stream moved on, and the events of that stream (event rules §6.3)."""
    if projection is None:
        return None, []
    new = [_dialog_event(work, _life(work, projection))]
    new += [
        _dialog_event(
            work,
            "dialogporten.dialog.activity",
            f"{activity.type.value.lower().replace('_', '-')}.v1",
            activityId=str(activity.id),
        )
        for activity in projection.activities
    ]
    new += [
        _dialog_event(work, "dialogporten.dialog.transmission.created.v1", transmissionId=str(item.id))
        for item in projection.transmissions
    ]
    dialog = projection.dialog
    first = dialog.last_update_seq + 1
    events = [_place(work, event, dialog.dialog_id, first + n) for n, event in enumerate(new)]
    return replace(dialog, last_update_seq=dialog.last_update_seq + len(events)), events
