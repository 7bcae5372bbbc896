"""Options: static lists, those written in a component, and those made of the rows of form data (app folder §12)."""

from dataclasses import dataclass, field

from dialog_graph.apps.contents.paths import Step
from dialog_graph.expressions import Expression
from dialog_graph.model.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice; `label`, `description` and `help_text` are text keys or literal texts."""

    value: str | int | float | bool | None
    label: str
    description: str | None = None
    help_text: str | None = None
    tags: dict[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionSource:
    """Options of which each is a row of form data. `group`: the rows; `value`: a field of a row.

    `data_type`: None = that of the form. The others give text keys or texts, each in its row.
    """

    group: tuple[Step, ...]
    value: tuple[Step, ...]
    label: Expression
    description: Expression | None = None
    help_text: Expression | None = None
    data_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionList:
    """One list: language -> options; the key "" holds those of the file without a language."""

    id: str
    by_language: dict[str, tuple[Option, ...]] = field(default_factory=dict[str, tuple[Option, ...]])

    def get(self, language: str) -> tuple[Option, ...]:
        """The options in this language, else those without a language, else of nb, nn, en."""
        for candidate in (language, "", "nb", "nn", "en", *self.by_language):
            if candidate in self.by_language:
                return self.by_language[candidate]
        return ()
