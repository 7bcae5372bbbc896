"""Forms as their readers see them: of a task, of an app without an instance, and the guide (app folder §9, schema.md).

Facts are read in the operation's snapshot; the work on a form is pure and may be long, so it is done in a thread beside
other requests, and outside of the snapshot.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from dialog_graph.access import form_rights
from dialog_graph.access.form_rights import Place
from dialog_graph.apps import AppVersion, DataType, Reader, draw, validate_element
from dialog_graph.apps.form_data.documents import new_document
from dialog_graph.apps.forms import shown as choice
from dialog_graph.apps.forms.drawing import shown_options
from dialog_graph.apps.forms.form_state import FormState, ShownOption
from dialog_graph.apps.forms.shown import ShownForm
from dialog_graph.apps.guide import EVERYTHING, Guided, Question, guided, guided_type, is_for_anyone
from dialog_graph.apps.stateless import blank, is_blank
from dialog_graph.apps.validation.gate import calculation_issues
from dialog_graph.errors import NOT_FOUND, Issue, Refusal, Refused, refuse
from dialog_graph.model.ids import from_random
from dialog_graph.model.instance import DataElement, Instance, InstanceStatus, TaskEntry
from dialog_graph.model.party import Party
from dialog_graph.model.principal import PrincipalKind
from dialog_graph.ports import Ports
from dialog_graph.reads import applications
from dialog_graph.storage import parties
from dialog_graph.storage.database import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """A form before it is drawn. `version`: whose texts, layouts and options are shown; `instance`: the data, a blank
    one where there is none.
    """

    version: AppVersion
    instance: Instance
    shown: ShownForm
    reader: Reader

    def in_language(self, languages: Sequence[str]) -> "FormView":
        """The same in the first of the reader's languages that the app has texts in, else in nb."""
        known = self.version.texts.languages
        language = next((language for language in languages if language in known), "nb")
        return replace(self, reader=replace(self.reader, language=language))

    @property
    def data_element_id(self) -> UUID | None:
        """The stored element that the form shows; None when there is none, or the reader may not read it."""
        name, hidden = self.shown.data_type, self.reader.rights.withheld
        if is_blank(self.instance) or name is None or name in hidden:
            return None
        own = sorted((item for item in self.instance.elements if item.data_type == name), key=lambda x: x.created_at)
        return own[0].element_id if own else None

    async def state(self, names: Collection[str] | None = None) -> FormState:
        """The form as it is now, with all pages or those of these names. Raises as `draw`."""
        return await asyncio.to_thread(draw, self.version, self.instance, self.shown, self.reader, names)

    def options(self, options_id: str) -> tuple[ShownOption, ...] | None:
        """A list of the app; None where there is none for this reader."""
        return shown_options(self.reader.seeing(self.version, self.instance), options_id)


async def of_task(
    ports: Ports, snapshot: Snapshot, instance: Instance, entry: TaskEntry, owner: Party | None
) -> FormView | None:
    """The form of a task entry over the data that the caller may read; None for a task without form.

    `owner`: the instance's party. Shown as the presentation version has it, as long as that has the task.
    """
    presentation = await ports.catalogue.presentation(snapshot, instance)
    version = await ports.catalogue.version(snapshot, instance.version_id)
    if presentation.task_element(entry.element_id) is not None:
        version = version.with_forms_of(presentation)
    shown = choice.of_task(version, entry.element_id) if entry.entry_no else None
    if shown is None:
        return None
    reader = await reader_of(ports, snapshot, instance, entry.element_id, owner)
    is_current = entry.is_open and instance.status is InstanceStatus.ACTIVE
    rights = replace(reader.rights, is_current=is_current)
    return FormView(version=version, instance=instance, shown=shown, reader=replace(reader, rights=rights))


async def reader_of(
    ports: Ports, snapshot: Snapshot, instance: Instance, task_id: str | None, owner: Party | None
) -> Reader:
    """The caller as the reader of an instance's forms at a task."""
    pinned = await ports.catalogue.version(snapshot, instance.version_id)
    policy = (await ports.catalogue.policy(snapshot, instance.app_id)).policy
    rights = await form_rights.rights_at(snapshot, Place(pinned, policy, instance), task_id)
    return Reader(owner=owner, rights=rights, hears=ports.findings.add)


def of_application(ports: Ports, version: AppVersion, task_id: str | None) -> FormView | None:
    """The form of a task, or of the app's entry, over empty documents with the schema's defaults; None without one."""
    shown = choice.of_entry(version) if task_id is None else choice.of_task(version, task_id)
    if shown is None:
        return None
    names = {shown.data_type, *(item.id for item in version.types_of_task(shown.task_id) if _is_made(shown, item))}
    documents = {name: new_document(version, name)[0] for name in version.data_types if name in names}
    actions = form_rights.actions_of(version, shown.task_id)
    rights = replace(EVERYTHING, allowed={**EVERYTHING.allowed, **dict.fromkeys(actions, True)})
    reader = Reader(rights=rights, hears=ports.findings.add)
    return FormView(version=version, instance=blank(version, documents), shown=shown, reader=reader)


def is_open_to_anyone(version: AppVersion) -> bool:
    """True for apps whose stateless entry asks for no login: those who have none may look at its form."""
    return is_for_anyone(version, guided_type(version, None))


def _is_made(shown: ShownForm, data_type: DataType) -> bool:
    """True for forms that are there when the task begins."""
    return shown.task_id is not None and data_type.is_form and data_type.auto_create


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """An app whose guide the caller may ask, at a time."""

    version: AppVersion
    now: datetime


async def guide_of(ports: Ports, snapshot: Snapshot, application: str, data_type: str | None) -> Guide:
    """The guide of the active version. Refuses with NOT_FOUND, and with UNAUTHENTICATED where it asks for a login."""
    version = await applications.by_id(ports, snapshot, application)
    is_known = snapshot.principal.kind is not PrincipalKind.ANONYMOUS
    if not is_known and (version is None or not is_for_anyone(version, guided_type(version, data_type))):
        raise refuse("UNAUTHENTICATED")
    if version is None:
        raise Refused(NOT_FOUND)
    return Guide(version=version, now=snapshot.now)


async def answered(
    ports: Ports, guide: Guide, question: Question, languages: Sequence[str]
) -> tuple[Guided, FormView | None]:
    """The guide's answer, and its form as it stands then. Raises `Refused`."""
    reader = Reader(rights=EVERYTHING, hears=ports.findings.add)

    def new_id() -> UUID:
        return from_random(guide.now, ports.random_bytes(16))

    answer = await asyncio.to_thread(guided, guide.version, question, reader, new_id)
    if isinstance(answer, Refusal):
        raise Refused(answer)
    if answer.shown is None:
        return answer, None
    view = FormView(version=guide.version, instance=answer.instance, shown=answer.shown, reader=reader)
    return answer, view.in_language(languages)


class WrittenForm(Protocol):
    """The result of a command that wrote form data. `unfit`: fields that their calculation does not fit."""

    @property
    def data_element_id(self) -> UUID:
        """The element that was written."""
        ...

    @property
    def unfit(self) -> tuple[str, ...]:
        """Paths of the fields."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a writer is told of what was written."""

    element: DataElement
    issues: tuple[Issue, ...]


async def written(ports: Ports, snapshot: Snapshot, instance: Instance, result: WrittenForm) -> Written | None:
    """An element after the write, with the checks of editing and results that had no place, on every road alike.

    None when it is gone again, and for writers who may not read it: they are told nothing of what it holds.
    """
    element = next((item for item in instance.elements if item.element_id == result.data_element_id), None)
    if element is None:
        return None
    owner = (await parties.by_ids(snapshot, [instance.party_id])).get(instance.party_id)
    reader = await reader_of(ports, snapshot, instance, element.task_id, owner)
    if element.data_type in reader.rights.withheld:
        return None
    filled_in = await ports.catalogue.filled_in(snapshot, instance)
    found = validate_element(filled_in, element, instance, reader)
    return Written(element=element, issues=(*calculation_issues(result.unfit, element.element_id), *found))
