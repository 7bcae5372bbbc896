"""Many paths: draws models, goes several paths through each, counts, and hunts the broken twins."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from random import Random

from tests.conformance.bpmn.defects import DEFECTS, Defect
from tests.conformance.bpmn.generated import model
from tests.conformance.bpmn.hard_models import HARD_MODELS
from tests.conformance.bpmn.harness import Fault
from tests.conformance.bpmn.oracle import Model, Oracle
from tests.conformance.bpmn.twins import TWINS
from tests.conformance.bpmn.twins_of_waits import TWINS_OF_WAITS
from tests.conformance.bpmn.walk import Walk, compiled

PATHS_PER_MODEL = 4
FAVOURS = ("", "", "", "fork", "inner", "some", "knot", "undo", "ad_hoc", "guarded", "race", "inner")
"""Kinds of blocks that are drawn more often, in turn."""

HUNT = 6_000
"""Paths within which every broken twin must be caught."""

INVARIANTS: Mapping[str, str] = {
    "P1": "interpreter and oracle agree after every command",
    "P2": "replay gives the stored state",
    "P3": "replay gives events and effects to the letter",
    "P4": "nothing given is changed, nothing raises, refusals change nothing",
    "P5": "storing and loading between any two rounds changes nothing",
    "P11": "exclusive gateways take the one right flow",
    "P12": "parallel joins fire as often as their rarest flow",
    "P13": "inclusive joins wait for who can still come",
    "P14": "terminate ends its own scope only",
    "P15": "nothing remains of what was cancelled",
    "P16": "of two that interrupt the first wins, the other is refused",
    "P17": "errors go to the innermost catcher",
    "P18": "multi-instances by index, over the items of their beginning",
    "P19": "compensation backwards, each record once",
    "P20": "timers fire once per round, as often as they say",
    "P24": "gatewayAction at every gateway",
    "P33": "facts in an order that can have happened",
}


@dataclass
class Figures:
    """What was tried. `seen`: by invariant, how often it could have been broken."""

    models: int = 0
    paths: int = 0
    refused: int = 0
    seen: Counter[str] = field(default_factory=Counter[str])
    faults: list[str] = field(default_factory=list[str])
    twins: dict[tuple[str, str], int | None] = field(default_factory=dict[tuple[str, str], int | None])

    def add(self, other: "Figures") -> None:
        """Takes in what another process has found."""
        self.models += other.models
        self.paths += other.paths
        self.refused += other.refused
        self.seen += other.seen
        self.faults += other.faults
        self.twins |= other.twins

    @property
    def is_good(self) -> bool:
        """No fault, and every twin was caught."""
        return not self.faults and all(found is not None for found in self.twins.values())

    def table(self) -> str:
        """The figures, one line per invariant."""
        lines = [f"{self.models} models ({self.refused} more refused at load), {self.paths} paths"]
        for invariant, title in INVARIANTS.items():
            caught = [(name, found) for (about, name), found in self.twins.items() if about == invariant]
            twins = ", ".join(f"{name} {found or 'NOT CAUGHT'}" for name, found in caught)
            shown = f"; twins caught after paths: {twins}" if twins else ""
            lines.append(f"  {invariant:<4}{title:<68}{self.seen[invariant]:>9} occasions{shown}")
        return "\n".join([*lines, *self.faults])


def drawn_model(seed: int, number: int) -> Model:
    """Model `number` of a seed: every twentieth one of those made by hand."""
    random = Random(f"{seed}:{number}")
    if number % 20 == 19:
        return random.choice(HARD_MODELS)()
    return model(random, favour=FAVOURS[number % len(FAVOURS)])


def campaign(seed: int, first: int, paths: int) -> Figures:
    """Goes so many paths, from model `first` on; a fault is told with the words that repeat it."""
    figures, number = Figures(), first
    while figures.paths < paths:
        _model(figures, seed, number)
        number += 1
    return figures


def _model(figures: Figures, seed: int, number: int) -> None:
    path = 0
    try:
        drawn = drawn_model(seed, number)
        definition = compiled(drawn)
        if definition is None:
            figures.refused += 1
            return
        figures.models += 1
        for path in range(PATHS_PER_MODEL):
            figures.paths += 1
            random = Random(f"{seed}:{number}:{path}")
            Walk(random, definition, drawn, seen=figures.seen, whole=path == 0).run()
    except Fault as fault:
        figures.faults.append(f"--seed {seed} --model {number}, path {path}: {fault}")


def named(twin: "type[Oracle] | Defect") -> tuple[str, str]:
    """The invariant that a twin breaks, and its name."""
    return (twin.about, twin.title if isinstance(twin, Defect) else twin.__name__)


def hunt(twin: "type[Oracle] | Defect", seed: int, limit: int = HUNT) -> int | None:
    """After how many paths a broken twin is caught by the invariant that it breaks; None when it is not."""
    for number in range(limit):
        random = Random(f"{seed}:{number}")
        drawn = model(random, favour=twin.favour)
        try:
            with broken(twin):
                _walk(twin, random, drawn)
        except Fault as fault:
            if isinstance(twin, Defect) and fault.invariant != twin.about:
                continue
            return number + 1
    return None


def broken(twin: "type[Oracle] | Defect") -> AbstractContextManager[None]:
    """The time in which an interpreter is broken; an oracle is broken by itself."""
    return twin.applied() if isinstance(twin, Defect) else nullcontext()


def _walk(twin: "type[Oracle] | Defect", random: Random, drawn: Model) -> None:
    definition = compiled(drawn)
    if definition is None:
        return
    if isinstance(twin, Defect):
        Walk(random, definition, drawn, only=twin.about).run()
    else:
        Walk(random, definition, drawn, twin).run()


def everyone() -> Iterator["type[Oracle] | Defect"]:
    """All broken twins."""
    yield from TWINS
    yield from TWINS_OF_WAITS
    yield from DEFECTS
