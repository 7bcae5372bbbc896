"""The state of one process: frozen values, and their JSON of `instance.process_state` (process engine §14.1).

A token is a place where a scope is active. Tokens and scopes share one counter of local ids; a token gets a new id
when it enters a task, so that the order of ids is the order of entering. Numbers of elements and flows are those of
the compiled model. Members that are empty are left out, arrays are sorted by id.

Between two `Continue` rounds of one command a state also holds tokens in motion (`go`, `left`, `ask`) and, in the
process scope's extra, counters of that command; a stored state never does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dialog_graph.bpmn.definition import Definition
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json

VERSION = 1
"""Format version written; a change of the format raises it and adds an upgrade of the former one."""

PROCESS_SCOPE = "p"
"""Kind of the scope of the process itself."""


class Status(StrEnum):
    """Where the process is in its life. `NEW` is never stored."""

    NEW = "new"
    ACTIVE = "active"
    ENDED = "ended"
    CANCELLED = "cancelled"


class TokenState(StrEnum):
    """`WAIT`: at rest; `INCIDENT`: at rest until helped; `GO`: about to act where it stands; `LEFT`: its task has ended
    and a flow is still to be chosen; `ASK`: the gateway's code has been asked."""

    WAIT = "wait"
    INCIDENT = "inc"
    GO = "go"
    LEFT = "left"
    ASK = "ask"


RESTING = frozenset({TokenState.WAIT, TokenState.INCIDENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """`element`: 0 for the process. `extra`: what its kind keeps (end event reached, loop index …), small JSON."""

    id: int
    parent: int
    element: int
    kind: str
    extra: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """`on_flow`: `index` is the number of a flow, else of an element. `entry`: number of the open task entry.

    `gateway_action`: set when a task entry ends, until the next begins. `last_task`: element number.
    """

    id: int
    scope: int
    index: int
    state: TokenState
    on_flow: bool = False
    entry: int | None = None
    gateway_action: str | None = None
    last_task: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Why a token stopped. `resume`: the token's state when its step is tried again."""

    token: int
    code: str
    resume: TokenState


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An open task entry as the API names it; `incident`: code of its open incident."""

    element_id: str
    entry_no: int
    token: int
    incident: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIncident:
    """An open incident as the API names it; `entry_no` is 0 at a gateway."""

    element_id: str
    entry_no: int
    code: str


Joins = Mapping[tuple[int, int], Mapping[int, int]]
"""(scope, gateway) -> incoming flow -> tokens that have arrived, only above 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything the interpreter knows of one process. Mappings are never changed in place.

    `entries`: element number -> entries so far; `flow_counter`: tasks entered so far (Altinn's `flow`).
    """

    status: Status
    last_id: int = 0
    flow_counter: int = 0
    scopes: tuple[Scope, ...] = ()
    tokens: tuple[Token, ...] = ()
    joins: Joins = field(default_factory=dict[tuple[int, int], Mapping[int, int]])
    entries: Mapping[int, int] = field(default_factory=dict[int, int])
    compensation: tuple[Json, ...] = ()
    incidents: tuple[Incident, ...] = ()
    vars: Mapping[str, Json] = field(default_factory=dict[str, Json])

    @staticmethod
    def empty() -> "State":
        """The state before `Start`."""
        return State(status=Status.NEW)

    @property
    def has_token(self) -> bool:
        """True while anything in the process is active."""
        return bool(self.tokens)

    @property
    def is_quiescent(self) -> bool:
        """True when every token is at rest: the only states that are stored."""
        return all(token.state in RESTING for token in self.tokens)

    def active_entries(self, definition: Definition) -> tuple[Entry, ...]:
        """The open task entries in the order in which they were entered."""
        codes = {incident.token: incident.code for incident in self.incidents}
        return tuple(
            Entry(
                element_id=definition.elements[token.index].id,
                entry_no=token.entry,
                token=token.id,
                incident=codes.get(token.id),
            )
            for token in self.tokens
            if token.entry is not None and token.state in RESTING
        )

    def open_incidents(self, definition: Definition) -> tuple[OpenIncident, ...]:
        """The open incidents with element ids."""
        tokens = {token.id: token for token in self.tokens}
        return tuple(
            OpenIncident(
                element_id=definition.elements[tokens[incident.token].index].id,
                entry_no=tokens[incident.token].entry or 0,
                code=incident.code,
            )
            for incident in self.incidents
        )

    def to_json(self) -> dict[str, Json]:
        """The stored form."""
        return _write(self)

    @staticmethod
    def from_json(written: Json) -> "State | Refusal":
        """Reads the stored form. Anything else, or another format version, is refused (`INTEGRITY`)."""
        return _read(written)


def _write(state: State) -> dict[str, Json]:
    members: dict[str, Json] = {
        "sc": [[s.id, s.parent, s.element, s.kind, dict(s.extra)] for s in state.scopes],
        "tk": [_write_token(token) for token in state.tokens],
        "jn": {
            f"{scope}:{gateway}": {str(flow): count for flow, count in sorted(counts.items())}
            for (scope, gateway), counts in sorted(state.joins.items())
        },
        "ent": {str(element): count for element, count in sorted(state.entries.items())},
        "cp": list(state.compensation),
        "inc": [[incident.token, incident.code, incident.resume.value] for incident in state.incidents],
        "vars": dict(state.vars),
    }
    head: dict[str, Json] = {"v": VERSION, "n": state.last_id, "st": state.status.value, "fl": state.flow_counter}
    return head | {name: value for name, value in members.items() if value}


def _write_token(token: Token) -> list[Json]:
    extra: dict[str, Json] = {"en": token.entry, "ga": token.gateway_action, "lt": token.last_task}
    kept: dict[str, Json] = {name: value for name, value in extra.items() if value is not None}
    return [token.id, token.scope, "f" if token.on_flow else "e", token.index, token.state.value, kept]


class _Malformed(Exception):
    """The JSON is not a state; raised and caught inside this module."""


def _number(value: Json) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise _Malformed(f"{str(value)[:40]!r} stands where a count is expected")


def _optional_number(value: Json) -> int | None:
    return None if value is None else _number(value)


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    raise _Malformed(f"{str(value)[:40]!r} stands where a text is expected")


def _list(value: Json, length: int | None = None) -> list[Json]:
    if isinstance(value, list) and (length is None or len(value) == length):
        return value
    raise _Malformed(f"{str(value)[:40]!r} stands where a list is expected")


def _object(value: Json) -> dict[str, Json]:
    if isinstance(value, dict):
        return value
    raise _Malformed(f"{str(value)[:40]!r} stands where an object is expected")


def _token_state(value: Json) -> TokenState:
    return TokenState(_text(value))


def _read_scope(written: Json) -> Scope:
    number, parent, element, kind, extra = _list(written, 5)
    return Scope(
        id=_number(number), parent=_number(parent), element=_number(element), kind=_text(kind), extra=_object(extra)
    )


def _read_token(written: Json) -> Token:
    number, scope, place, index, state, written_extra = _list(written, 6)
    if place not in ("e", "f"):
        raise _Malformed(f"{str(place)[:40]!r} is no place of a token")
    extra = _object(written_extra)
    if not extra.keys() <= {"en", "ga", "lt"}:
        raise _Malformed(f"a token has the members {sorted(extra)}")
    action = extra.get("ga")
    return Token(
        id=_number(number),
        scope=_number(scope),
        on_flow=place == "f",
        index=_number(index),
        state=_token_state(state),
        entry=_optional_number(extra.get("en")),
        gateway_action=None if action is None else _text(action),
        last_task=_optional_number(extra.get("lt")),
    )


def _read_incident(written: Json) -> Incident:
    token, code, resume = _list(written, 3)
    return Incident(token=_number(token), code=_text(code), resume=_token_state(resume))


def _counts(written: Json) -> dict[int, int]:
    return {int(name): _number(count) for name, count in _object(written).items()}


def _join_key(written: str) -> tuple[int, int]:
    scope, gateway = written.split(":")
    return int(scope), int(gateway)


def _read_members(written: dict[str, Json]) -> State:
    known = {"v", "n", "st", "fl", "sc", "tk", "jn", "ent", "cp", "inc", "vars"}
    if not written.keys() <= known:
        raise _Malformed(f"there are the members {sorted(written.keys() - known)}")
    return State(
        status=Status(_text(written.get("st"))),
        last_id=_number(written.get("n")),
        flow_counter=_number(written.get("fl")),
        scopes=tuple(_read_scope(scope) for scope in _list(written.get("sc", []))),
        tokens=tuple(_read_token(token) for token in _list(written.get("tk", []))),
        joins={_join_key(key): _counts(counts) for key, counts in _object(written.get("jn", {})).items()},
        entries=_counts(written.get("ent", {})),
        compensation=tuple(_list(written.get("cp", []))),
        incidents=tuple(_read_incident(incident) for incident in _list(written.get("inc", []))),
        vars=_object(written.get("vars", {})),
    )


def _check(state: State) -> None:
    """Ids are unique, ascending and below the counter; every reference finds its object."""
    scopes = [scope.id for scope in state.scopes]
    tokens = [token.id for token in state.tokens]
    ids = sorted(scopes + tokens)
    if scopes != sorted(scopes) or tokens != sorted(tokens) or len(set(ids)) != len(ids):
        raise _Malformed("the ids are not ascending")
    if ids and (ids[-1] > state.last_id or ids[0] < 1):
        raise _Malformed("an id lies outside the counter")
    known = {0, *scopes}
    if not {scope.parent for scope in state.scopes} <= known or not {t.scope for t in state.tokens} <= known - {0}:
        raise _Malformed("a scope is missing")
    if {incident.token for incident in state.incidents} != {
        token.id for token in state.tokens if token.state is TokenState.INCIDENT
    } or len(state.incidents) != len({incident.token for incident in state.incidents}):
        raise _Malformed("the incidents are not those of the tokens")


def _read(written: Json) -> State | Refusal:
    try:
        members = _object(written)
        if members.get("v") != VERSION:
            raise _Malformed(f"the format version is {str(members.get('v'))[:40]}")
        state = _read_members(members)
        _check(state)
    except (_Malformed, ValueError) as error:
        return Refusal(
            code="INTEGRITY", expected=f"a process state of format version {VERSION}", actual=str(error)[:200]
        )
    return state
