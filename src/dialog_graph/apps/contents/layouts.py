"""The forms of an app as far as the server recognises them: their folders, tasks and data types (app folder §9.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dialog_graph.apps.contents.components import Page
from dialog_graph.model.json_value import Json


class LayoutKind(StrEnum):
    """The folder forms that exist, newest first."""

    NONE = "none"
    TASK_FOLDERS = "task folders"
    LAYOUT_SETS = "layout sets"
    FLAT = "flat"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutSet:
    """One form. `id`: its folder ("" for the flat forms); `tasks`: () = every data task, for the flat forms only.

    `pages`: names in the order in which they are shown; `contents`: those pages. `settings`: the settings file of the
    folder as written, for what only a browser needs.
    """

    id: str
    data_type: str | None = None
    tasks: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    contents: tuple[Page, ...] = ()
    is_subform: bool = False
    settings: Mapping[str, Json] = field(default_factory=dict[str, Json])
    line: int | None = None

    @property
    def component_ids(self) -> frozenset[str]:
        """Ids of all components of the form."""
        return frozenset(component.id for page in self.contents for component in page.all())


@dataclass(frozen=True, slots=True, kw_only=True)
class Layouts:
    """All forms of an app version."""

    kind: LayoutKind = LayoutKind.NONE
    sets: Mapping[str, LayoutSet] = field(default_factory=dict[str, LayoutSet])

    @property
    def component_ids(self) -> frozenset[str]:
        """Ids of the components of all forms."""
        return frozenset(id for form in self.sets.values() for id in form.component_ids)

    @property
    def is_flat(self) -> bool:
        """True when one form is shown for all tasks."""
        return self.kind in (LayoutKind.FLAT, LayoutKind.OLDEST)

    def of_task(self, task_id: str) -> LayoutSet | None:
        """The form that is shown for a task."""
        if self.is_flat:
            return next(iter(self.sets.values()), None)
        return next((form for form in self.sets.values() if task_id in form.tasks), None)

    def default_data_type(self, task_id: str) -> str | None:
        """The data type that the form of a task names, None when it names none."""
        form = self.of_task(task_id)
        return form.data_type if form else None
