"""The parts of a state: scopes, tokens, incidents (process engine §14.1).

A token is a place where a scope is active. Tokens and scopes share one counter of local ids; a token gets a new id
when it begins to rest at a task or an event, so that the order of ids is the order of entering.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dialog_graph.bpmn.copied import Copied
from dialog_graph.model.json_value import Json


class ScopeKind(StrEnum):
    """What a scope is the inside of."""

    PROCESS = "p"
    SUB_PROCESS = "s"
    EVENT_SUB_PROCESS = "e"
    BODY = "m"
    COMPENSATION = "c"


HOST = "h"
"""Member of a scope's extra: the token of the scope around it that stands for this one."""

SPENT = "sp"
"""Member of a scope's extra: numbers of the start events of event subprocesses that are spent, as `Token.spent`."""

OVER = "ov"
"""Member of an ad-hoc scope's extra: its completion condition has been true, nothing more can be activated."""


class TokenState(StrEnum):
    """`WAIT`: at rest; `INCIDENT`: at rest until helped; `HOST`: at rest while the scope that it stands for is active.

    `JOIN`: at rest on its flow, before a gateway that waits for others. `GO`: about to act where it stands; `OPEN`: its
    entry has begun, what it waits for is still to be opened; `LEFT`: its activity has ended, its gateway has joined,
    and a flow is still to be chosen; `ASK`: the gateway's code has been asked.
    """

    WAIT = "wait"
    INCIDENT = "inc"
    HOST = "sub"
    JOIN = "join"
    GO = "go"
    OPEN = "open"
    LEFT = "left"
    ASK = "ask"


RESTING = frozenset({TokenState.WAIT, TokenState.INCIDENT, TokenState.HOST, TokenState.JOIN})


Joins = Mapping[tuple[int, int], Mapping[int, int]]
"""(scope, gateway) -> incoming flow -> tokens that have arrived, only above 0."""


@dataclass(frozen=True, kw_only=True)
class Scope(Copied):
    """`element`: 0 for the process. `extra`: what its kind keeps (host, end event reached, loop …), small JSON."""

    id: int
    parent: int
    element: int
    kind: ScopeKind
    extra: Mapping[str, Json] = field(default_factory=dict[str, Json])

    def number(self, name: str) -> int:
        """A count in `extra`, 0 when absent."""
        value = self.extra.get(name)
        return value if isinstance(value, int) else 0

    @property
    def spent(self) -> tuple[int, ...]:
        """As `Token.spent`, of the event subprocesses inside."""
        value = self.extra.get(SPENT)
        return tuple(number for number in value if isinstance(number, int)) if isinstance(value, list) else ()

    @property
    def host(self) -> int:
        """Id of the token that stands for this scope in the scope around it; 0 for the process."""
        return self.number(HOST)


@dataclass(frozen=True, kw_only=True)
class Token(Copied):
    """`on_flow`: `index` is the number of a flow, else of an element. `entry`: number of the open entry.

    `gateway_action`: set when a task entry ends, until the next begins. `last_task`: element number. `loop_index`: of
    an instance in the body of a loop, from 0. `spent`: numbers of the events at its boundary that cannot occur now:
    timers that have fired for the last time, conditions that were true when they were last looked at.
    """

    id: int
    scope: int
    index: int
    state: TokenState
    on_flow: bool = False
    entry: int | None = None
    gateway_action: str | None = None
    last_task: int | None = None
    loop_index: int | None = None
    spent: tuple[int, ...] = ()


def at_rest(tokens: Iterable[Token]) -> bool:
    """True when no token can act without being helped from outside."""
    for token in tokens:  # noqa: SIM110 (asked twice in every round: a generator would cost as much as the answer)
        if token.state not in RESTING:
            return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Why a token stopped. `resume`: the token's state when its step is tried again."""

    token: int
    code: str
    resume: TokenState
