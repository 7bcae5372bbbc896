"""Where an expression or a text stands: at which element, in which rows, with which arguments (app folder §11.8)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dialog_graph.apps.contents.paths import Arrays, Step, context_of
from dialog_graph.model.json_value import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One place.

    `data_type`: what `dataModel` means when it names no type. `documents`: documents to read in place of the stored
    ones, by data type: those of the element being checked or written. `rows`: indices of the repeating groups around,
    outermost first; `arrays`: the names of their arrays, None when unknown; `rows_of`: the data type that holds them.
    `parameters`: what texts may ask for as `customTextParameters`. `component`: value of a component seen from here,
    None where there is no form.
    """

    data_type: str | None = None
    documents: Mapping[str, Json] = field(default_factory=dict[str, Json])
    rows: tuple[int, ...] = ()
    arrays: Arrays | None = None
    rows_of: str | None = None
    argv: tuple[Json, ...] = ()
    gateway_action: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    component: Callable[[str], Json] | None = None

    def indices(self, data_type: str) -> tuple[int, ...]:
        """The rows as far as they count for paths into a data type."""
        return self.rows if self.arrays is None or data_type == self.rows_of else ()


NOWHERE = Standing()
"""No element, no rows."""


def at_field(data_type: str, document: Json, steps: tuple[Step, ...], path: str) -> Standing:
    """At a resolved field of a document; the path is the first argument."""
    rows, arrays = context_of(steps)
    return Standing(
        data_type=data_type, documents={data_type: document}, rows=rows, arrays=arrays, rows_of=data_type, argv=(path,)
    )
