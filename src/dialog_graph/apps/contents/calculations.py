"""What `{dataType}.calculation.json` says, as frozen values with compiled expressions (app folder §10.2)."""

from dataclasses import dataclass

from dialog_graph.apps.contents.paths import Step
from dialog_graph.apps.contents.shapes import Kind
from dialog_graph.expressions import Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """One field and what computes it. `kind`: of the field."""

    path: str
    steps: tuple[Step, ...]
    kind: Kind
    expression: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculationFile:
    """The calculations of one data type in the order in which they run. `file`: for refusals."""

    file: str
    calculations: tuple[Calculation, ...] = ()
