"""Pages and components of a form, as frozen values with compiled expressions (app folder §9.2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dialog_graph.apps.contents.options import Option, OptionSource
from dialog_graph.apps.contents.paths import Step
from dialog_graph.apps.diagnostics import At
from dialog_graph.expressions import Expression
from dialog_graph.model.json_value import Json

ROW_BINDINGS = ("group", "questions")
"""Names of bindings that are collections of rows; all others are fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A field of the model. `data_type`: None = that of the form; `at`: where it is written."""

    path: str
    steps: tuple[Step, ...]
    data_type: str | None = None
    at: At | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One component with those inside of it.

    `rows`: the binding of its rows, for repeating groups, likert and lists of choices; `children` stand in each row
    of a repeating group, else in the component; `outside`: cells before and after the rows. `hidden` and its kin are
    None when not written; `hidden_row` is asked for each row. Options come from one of `options_id` (a list of the
    app), `choices` (written in the component) and `option_source` (rows of data); `is_secure`: they are only for those
    who may read the instance. `texts`: text keys, texts or what computes them, by their names in
    the file. `places`: where members are written, those of `texts` under their own names; `source`: the whole component
    as written, for what only a browser needs.
    """

    id: str
    type: str
    at: At
    bindings: Mapping[str, Binding] = field(default_factory=dict[str, Binding])
    rows: Binding | None = None
    children: tuple["Component", ...] = ()
    outside: tuple["Component", ...] = ()
    hidden: Expression | None = None
    hidden_row: Expression | None = None
    required: Expression | None = None
    read_only: Expression | None = None
    remove_when_hidden: Expression | None = None
    texts: Mapping[str, Expression] = field(default_factory=dict[str, Expression])
    options_id: str | None = None
    choices: tuple[Option, ...] | None = None
    option_source: OptionSource | None = None
    is_secure: bool = False
    layout_set: str | None = None
    places: Mapping[str, At] = field(default_factory=dict[str, At])
    source: Mapping[str, Json] = field(default_factory=dict[str, Json])

    def at_member(self, name: str) -> At:
        """Where a member is written; the component where it is not."""
        return self.places.get(name, self.at)

    @property
    def kind(self) -> str:
        """The type in lower case: types are compared without case."""
        return self.type.lower()

    @property
    def is_repeating(self) -> bool:
        """True when its children stand in rows; a group has rows only when its `maxCount` is greater than 1."""
        return self.rows is not None and self.kind in REPEATING

    def inside(self) -> Iterator["Component"]:
        """The component and everything inside of it, in the order of the form."""
        waiting: list[Component] = [self]
        while waiting:
            component = waiting.pop()
            yield component
            waiting.extend(reversed((*component.children, *component.outside)))


REPEATING = frozenset({"group", "repeatinggroup"})
"""Types whose rows hold other components."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a form; `components` are those that no other component holds, in the order of the file.

    `source`: the whole file as written, for front ends that know more of it.
    """

    name: str
    file: str
    components: tuple[Component, ...] = ()
    hidden: Expression | None = None
    source: Mapping[str, Json] = field(default_factory=dict[str, Json])

    def all(self) -> Iterator[Component]:
        """Every component of the page in the order of the form."""
        for component in self.components:
            yield from component.inside()
