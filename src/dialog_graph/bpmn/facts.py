"""What `advance` is told besides definition, state and command: `Facts`, and the evaluator that it may ask."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from dialog_graph.model.json_value import Json

OSLO: Final[tzinfo] = ZoneInfo("Europe/Oslo")
"""The zone of an app that names none."""


@dataclass(frozen=True, slots=True)
class Vars:
    """What an expression may read of the token. `gateway`: id of the element that asks.

    `argv`: inside a loop (item, loopCounter, nrOfInstances, nrOfActiveInstances, nrOfCompletedInstances).
    """

    gateway_action: str | None
    last_task: str | None
    gateway: str
    argv: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluationFailed:
    """The condition could not be evaluated. `message`: for the app's developers, without form data."""

    message: str


class Evaluator(Protocol):
    """Answers conditions over data that are loaded already. Two exist: over the app's data, and replay."""

    def condition(self, flow_id: str, vars: Vars) -> "Json | EvaluationFailed":
        """The value of the flow's condition; only exactly `true` lets the token pass."""
        ...


@runtime_checkable
class ValueEvaluator(Evaluator, Protocol):
    """An evaluator that also gives the values of `Definition.expressions`.

    One without `value` is treated as if every expression failed (`CONDITION_FAILED`).
    """

    def value(self, key: str, vars: Vars) -> "Json | EvaluationFailed":
        """The value of an expression; of a condition only exactly `true` counts."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Caps of process engine §15. `state_bytes`: of the state as compact JSON."""

    transitions: int = 1_000
    rounds: int = 200
    automatic_tasks: int = 100
    entries_per_task: int = 1_000
    tokens: int = 500
    scopes: int = 500
    loop_items: int = 10_000
    state_bytes: int = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The surroundings of one command, the same in all its `Continue` rounds.

    `actor` is opaque text; `environment` as in the settings; `by_engine`: a worker sent the command, so that a step
    that fails becomes an incident instead of a refusal (process engine §6.4); `zone`: the app's, in which timers count
    days and months.
    """

    now: datetime
    actor: str
    evaluator: Evaluator
    limits: Limits = field(default_factory=Limits)
    environment: str = "development"
    by_engine: bool = False
    zone: tzinfo = OSLO
