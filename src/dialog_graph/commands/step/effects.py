"""Carries out the words of the task types: the table {word: function} (process engine §7.2, §10)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from dialog_graph.apps import DataType, document_of
from dialog_graph.apps.form_data.documents import check_document, new_document, strip_row_ids
from dialog_graph.apps.form_data.prefill import PrefillFacts, prefill
from dialog_graph.apps.form_data.shadow_fields import without_shadow_fields
from dialog_graph.apps.forms.hidden_data import remove_hidden
from dialog_graph.commands.step.documents import remove, store_as_is, store_document
from dialog_graph.commands.step.work import Work
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model.instance import DataElement, InstanceStatus, Lock
from dialog_graph.model.json_value import Json
from dialog_graph.tasks import (
    ArchiveInstance,
    CreateData,
    DeleteEndedData,
    DeleteGenerated,
    Finalise,
    LockAll,
    LockData,
    TaskEffect,
    UnlockData,
)


def carry_out(work: Work, effect: TaskEffect) -> None:
    """Does what one word asks for."""
    _HANDLERS[type(effect)](work, effect)


def _of_task(work: Work, task_id: str) -> tuple[DataElement, ...]:
    return tuple(element for element in work.instance.elements if element.task_id == task_id)


def _finalise(work: Work, effect: Finalise) -> None:
    cleaned = remove_hidden(work.filled_in, work.instance, effect.task_id, work.reader)
    for element in _of_task(work, effect.task_id):
        if element.document is None:
            continue
        data_type = work.version.data_types[element.data_type]
        is_cleaned = element.element_id in cleaned
        document = cleaned[element.element_id] if is_cleaned else document_of(element)
        _store_final(work, data_type, strip_row_ids(document), element)


def _store_final(work: Work, data_type: DataType, document: Json, element: DataElement) -> None:
    """As it was validated: nothing is calculated any more. Shadow fields go, or stay out of a copy in another type."""
    shadow = data_type.shadow_fields
    if shadow is None:
        store_as_is(work, data_type, document, element)
        return
    target = work.version.data_types.get(shadow.save_to_data_type or "")
    cleaned = without_shadow_fields(document, shadow.prefix)
    store_as_is(work, data_type, document if target else cleaned, element)
    if target is not None:
        store_as_is(work, target, cleaned, next(iter(work.of_type(target.id)), None))


def _set_lock(work: Work, elements: Iterable[DataElement], lock: Lock, task_id: str | None) -> None:
    changed = [element for element in elements if element.lock is not lock]
    for element in changed:
        work.put_element(replace(element, lock=lock), content=False)
    if not changed:
        return
    event = "app.instance.data.unlocked" if lock is Lock.NONE else "app.instance.data.locked"
    ids = [str(element.element_id) for element in changed]
    work.record(event, data=dict(work.data(taskId=task_id, elementIds=list(ids))), element_id=task_id)


def _lock(work: Work, effect: LockData) -> None:
    _set_lock(work, _of_task(work, effect.task_id), Lock.PROCESS, effect.task_id)


def _unlock(work: Work, effect: UnlockData) -> None:
    _set_lock(work, _of_task(work, effect.task_id), Lock.NONE, effect.task_id)


def _lock_all(work: Work, effect: LockAll) -> None:
    _set_lock(work, work.instance.elements, Lock.PROCESS, None)


def _delete_generated(work: Work, effect: DeleteGenerated) -> None:
    for element in work.instance.elements:
        if element.generated_from == effect.task_id:
            remove(work, element)


def _create(work: Work, effect: CreateData) -> None:
    facts = PrefillFacts.of(work.owner, work.principal)
    for data_type in work.version.data_types.values():
        is_due = data_type.is_form and data_type.auto_create and data_type.task_id == effect.task_id
        if is_due and not work.of_type(data_type.id):
            document, skipped = new_document(work.version, data_type.id, work.prefill)
            filled, warnings = prefill(work.version, data_type.id, document, facts)
            checked = check_document(work.version, data_type.id, filled)
            if isinstance(checked, Refusal):
                raise Refused(replace(checked, path=("prefill",)))
            store_document(work, data_type, filled, None, (*skipped, *warnings))


def _archive(work: Work, effect: ArchiveInstance) -> None:
    work.change(archived_at=work.now, status=InstanceStatus.COMPLETED)


def _delete_ended(work: Work, effect: DeleteEndedData) -> None:
    for element in work.instance.elements:
        data_type = work.version.data_types.get(element.data_type)
        if data_type is not None and data_type.auto_delete_on_process_end:
            remove(work, element)


_HANDLERS: Mapping[type[TaskEffect], Callable[[Work, Any], None]] = {
    Finalise: _finalise,
    LockData: _lock,
    UnlockData: _unlock,
    LockAll: _lock_all,
    DeleteGenerated: _delete_generated,
    CreateData: _create,
    ArchiveInstance: _archive,
    DeleteEndedData: _delete_ended,
}
"""Word -> the function that does it."""
