"""An app version: everything the server knows of one app folder, compiled once and never changed (app folder §1.6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from dialog_graph.apps.contents.app_settings import AppSettings
from dialog_graph.apps.contents.calculations import CalculationFile
from dialog_graph.apps.contents.field_rules import RuleFile
from dialog_graph.apps.contents.layouts import Layouts
from dialog_graph.apps.contents.logic import Logic
from dialog_graph.apps.contents.metadata import ApplicationMetadata, DataType
from dialog_graph.apps.contents.models import Model
from dialog_graph.apps.contents.options import OptionList
from dialog_graph.apps.contents.prefill_map import PrefillMap
from dialog_graph.apps.contents.texts import TextResources
from dialog_graph.bpmn import Definition, Element
from dialog_graph.errors import Texts
from dialog_graph.expressions import Expression
from dialog_graph.model.diagnostic import Diags, has_errors
from dialog_graph.policy import DecisionTable
from dialog_graph.urns import AppId


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AppVersion:
    """One version of an app. Immutable and safe to share; nothing in it reaches back to files or database.

    `version_id` and `ordinal` (from 1) are given by the catalogue with `dataclasses.replace`; `sha256`: of the files;
    `data_types`: by id, implicit ones included; `conditions`: by flow id; `models`, `rules`, `calculations`,
    `prefills`: by id of the form data type; `secure_options`: lists that some component asks for as secure.
    """

    app_id: AppId
    sha256: str
    metadata: ApplicationMetadata
    data_types: Mapping[str, DataType]
    definition: Definition
    process_xml: bytes
    policy: DecisionTable
    texts: TextResources
    conditions: Mapping[str, Expression]
    models: Mapping[str, Model]
    layouts: Layouts
    options: Mapping[str, OptionList]
    settings: AppSettings
    rules: Mapping[str, RuleFile] = field(default_factory=dict[str, RuleFile])
    calculations: Mapping[str, CalculationFile] = field(default_factory=dict[str, CalculationFile])
    prefills: Mapping[str, PrefillMap] = field(default_factory=dict[str, PrefillMap])
    logic: Logic = field(default_factory=Logic)
    diagnostics: Diags = ()
    version_id: UUID | None = None
    ordinal: int = 0
    secure_options: frozenset[str] = field(init=False, repr=False)
    _types_of_task: Mapping[str | None, tuple[DataType, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Groups the data types by owning task, and looks through the forms for secure options, once."""
        tasks = {data_type.task_id for data_type in self.data_types.values()}
        grouped = {task: tuple(t for t in self.data_types.values() if t.task_id == task) for task in tasks}
        object.__setattr__(self, "_types_of_task", grouped)
        pages = (page for layout in self.layouts.sets.values() for page in layout.contents)
        asked = (component for page in pages for component in page.all() if component.is_secure)
        object.__setattr__(self, "secure_options", frozenset(each.options_id for each in asked if each.options_id))

    @property
    def title(self) -> Texts:
        """The app's name by language."""
        return self.metadata.title

    @property
    def description(self) -> Texts:
        """What the app is for, by language."""
        return self.metadata.description

    @property
    def can_be_activated(self) -> bool:
        """True when no finding is an error."""
        return not has_errors(self.diagnostics)

    def with_forms_of(self, shown: "AppVersion") -> "AppVersion":
        """This version with the texts, layouts and options of another: what floats over what is pinned (§1.6).

        Process, models, data types, rules and settings stay. The hash is that of the forms: what fails in one of them
        is told with the version that it is in.
        """
        if shown is self:
            return self
        return replace(self, texts=shown.texts, layouts=shown.layouts, options=shown.options, sha256=shown.sha256)

    def title_for(self, language: str) -> str:
        """The app's name in this language, else in nb, nn, en, else in any, else its id."""
        title = self.metadata.title
        for candidate in (language, "nb", "nn", "en", *title):
            if title.get(candidate):
                return title[candidate]
        return str(self.app_id)

    def text(self, key: str, language: str) -> str:
        """The text of a key as written; the key itself when no language has it."""
        found = self.texts.get(key, language)
        return key if found is None else found

    def types_of_task(self, task_id: str | None) -> tuple[DataType, ...]:
        """Data types that belong to a task, in the order of the file; None: those that belong to no task."""
        return self._types_of_task.get(task_id, ())

    def task_element(self, task_id: str) -> Element | None:
        """The task with this id in the process."""
        element = self.definition.element(task_id)
        return element if element is not None and element.task is not None else None

    def default_data_type(self, task_id: str) -> str | None:
        """Data type of a task's form (app folder §9.3): the form's own, else the first form type of the task.

        A flat form is one for all tasks: it shows the data of the first data task (§9.1).
        """
        named = self.layouts.default_data_type(task_id)
        if named in self.data_types:
            return named
        found = self._first_form(task_id)
        return self._first_form(self._first_data_task()) if found is None and self.layouts.is_flat else found

    def _first_form(self, task_id: str | None) -> str | None:
        return next((t.id for t in self.types_of_task(task_id) if t.is_form), None) if task_id else None

    def _first_data_task(self) -> str | None:
        tasks = (element for element in self.definition.tasks if element.task and element.task.type == "data")
        return next((element.id for element in tasks), None)
