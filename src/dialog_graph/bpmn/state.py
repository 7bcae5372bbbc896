"""The state of one process: frozen values, and their JSON of `instance.process_state` (process engine §14.1).

Numbers of elements and flows are those of the compiled model. Members that are empty are left out, arrays are sorted
by id.

Between two `Continue` rounds of one command a state also holds tokens in motion (`go`, `open`, `left`, `ask`) and, in
the process scope's extra, counters of that command; a stored state never does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dialog_graph.bpmn import records, stored
from dialog_graph.bpmn.copied import Copied
from dialog_graph.bpmn.definition import Definition
from dialog_graph.bpmn.nodes import Element
from dialog_graph.bpmn.records import Record
from dialog_graph.bpmn.tokens import (
    OVER,
    RESTING,
    SPENT,
    Incident,
    Joins,
    Scope,
    ScopeKind,
    Token,
    TokenState,
    at_rest,
)
from dialog_graph.bpmn.waits import Marking, Wait, awaited, kind_of
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json

VERSION = 1
"""Format version written; a change of the format raises it and adds an upgrade of the former one."""


class Status(StrEnum):
    """Where the process is in its life. `NEW` is never stored."""

    NEW = "new"
    ACTIVE = "active"
    ENDED = "ended"
    CANCELLED = "cancelled"


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


@dataclass(frozen=True, kw_only=True)
class State(Copied):
    """Everything the interpreter knows of one process. Mappings are never changed in place.

    `entries`: element number -> entries so far; `flow_counter`: tasks entered so far (Altinn's `flow`).
    `made_for`: the definition on which `advance` came to this state; None where it was read or made otherwise.
    """

    status: Status
    last_id: int = 0
    flow_counter: int = 0
    scopes: tuple[Scope, ...] = ()
    tokens: tuple[Token, ...] = ()
    joins: Joins = field(default_factory=dict[tuple[int, int], Mapping[int, int]])
    entries: Mapping[int, int] = field(default_factory=dict[int, int])
    compensation: tuple[Record, ...] = ()
    incidents: tuple[Incident, ...] = ()
    vars: Mapping[str, Json] = field(default_factory=dict[str, Json])
    made_for: Definition | None = field(default=None, init=False, compare=False, repr=False)

    @staticmethod
    def empty() -> "State":
        """The state before `Start`."""
        return State(status=Status.NEW)

    @property
    def has_token(self) -> bool:
        """True while anything in the process is active; tokens that wait at a join count."""
        return bool(self.tokens or self.joins)

    @property
    def is_quiescent(self) -> bool:
        """True when every token is at rest: the only states that are stored."""
        return at_rest(self.tokens)

    def active_entries(self, definition: Definition) -> tuple[Entry, ...]:
        """The open task entries in the order in which they were entered."""
        return tuple(self._entries(definition, of_tasks=True))

    def open_events(self, definition: Definition) -> tuple[Entry, ...]:
        """The catch events and event-based gateways that wait, in the order in which they began."""
        return tuple(self._entries(definition, of_tasks=False))

    def _entries(self, definition: Definition, of_tasks: bool) -> Iterator[Entry]:
        codes = {incident.token: incident.code for incident in self.incidents}
        for token in self.tokens:
            if token.entry is not None and token.state in RESTING:
                element = definition.elements[token.index]
                if (element.task is not None) == of_tasks:
                    yield Entry(
                        element_id=element.id, entry_no=token.entry, token=token.id, incident=codes.get(token.id)
                    )

    def offered(self, definition: Definition) -> tuple[str, ...]:
        """Ids of the activities that `Activate` can start now, in the order of the open ad-hoc subprocesses."""
        found: dict[str, None] = {}
        for scope in self.scopes:
            around = definition.elements[scope.element]
            is_open = scope.kind is ScopeKind.SUB_PROCESS and around.ad_hoc is not None and OVER not in scope.extra
            busy = any(token.scope == scope.id for token in self.tokens)
            if is_open and around.ad_hoc and not (around.ad_hoc.sequential and busy):
                found |= dict.fromkeys(element.id for element in definition.offered(around))
        return tuple(found)

    def open_incidents(self, definition: Definition) -> tuple[OpenIncident, ...]:
        """The open incidents with element ids."""
        tokens = {token.id: token for token in self.tokens}
        return tuple(
            OpenIncident(
                element_id=definition.element_of(tokens[incident.token].index, tokens[incident.token].on_flow).id,
                entry_no=tokens[incident.token].entry or 0,
                code=incident.code,
            )
            for incident in self.incidents
        )

    def waits(self, definition: Definition) -> tuple[Wait, ...]:
        """Every timer, subscription, job and call that is open, by owner."""
        found = ((owner, element, kind_of(element)) for owner, element in self.awaited(definition))
        return tuple(Wait(owner, element.id, kind) for owner, element, kind in found if kind is not None)

    def has_conditions(self, definition: Definition) -> bool:
        """True while a conditional event is waited for, so that changed data may move the process."""
        return definition.has_conditions and any(kind_of(each) is None for _, each in self.awaited(definition))

    def awaited(self, definition: Definition) -> Iterator[tuple[int, Element]]:
        """Owner and element of everything that is awaited, conditions included."""
        if not definition.has_waits:
            return iter(())
        incidents = {incident.token: incident for incident in self.incidents}
        return awaited(definition, Marking(self.scopes, self.tokens, self.joins, incidents))

    def to_json(self) -> dict[str, Json]:
        """The stored form."""
        return _write(self)

    @staticmethod
    def from_json(written: Json) -> "State | Refusal":
        """Reads the stored form. Anything else, or another format version, is refused (`INTEGRITY`)."""
        return _read(written)


def _write(state: State) -> dict[str, Json]:
    members: dict[str, Json] = {
        "sc": [[s.id, s.parent, s.element, s.kind.value, dict(s.extra)] for s in state.scopes],
        "tk": [_write_token(token) for token in state.tokens],
        "jn": {
            f"{scope}:{gateway}": {str(flow): count for flow, count in sorted(counts.items())}
            for (scope, gateway), counts in sorted(state.joins.items())
        },
        "ent": {str(element): count for element, count in sorted(state.entries.items())},
        "cp": [records.to_json(record) for record in state.compensation],
        "inc": [[incident.token, incident.code, incident.resume.value] for incident in state.incidents],
        "vars": dict(state.vars),
    }
    head: dict[str, Json] = {"v": VERSION, "n": state.last_id, "st": state.status.value, "fl": state.flow_counter}
    return head | {name: value for name, value in members.items() if value}


def _write_token(token: Token) -> list[Json]:
    named = (("en", token.entry), ("ga", token.gateway_action), ("lt", token.last_task), ("ix", token.loop_index))
    extra: dict[str, Json] = dict(named)
    if token.spent:
        extra[SPENT] = list(token.spent)
    kept: dict[str, Json] = {name: value for name, value in extra.items() if value is not None}
    return [token.id, token.scope, "f" if token.on_flow else "e", token.index, token.state.value, kept]


def _token_state(value: Json) -> TokenState:
    return TokenState(stored.text(value))


def _read_scope(written: Json) -> Scope:
    number, parent, element, kind, extra = stored.items(written, 5)
    return Scope(
        id=stored.number(number),
        parent=stored.number(parent),
        element=stored.number(element),
        kind=ScopeKind(stored.text(kind)),
        extra=stored.members(extra),
    )


def _read_token(written: Json) -> Token:
    number, scope, place, index, state, written_extra = stored.items(written, 6)
    if place not in ("e", "f"):
        raise stored.Malformed(f"{str(place)[:40]!r} is no place of a token")
    extra = stored.members(written_extra)
    if not extra.keys() <= {"en", "ga", "lt", "ix", SPENT}:
        raise stored.Malformed(f"a token has the members {sorted(extra)}")
    action = extra.get("ga")
    return Token(
        id=stored.number(number),
        scope=stored.number(scope),
        on_flow=place == "f",
        index=stored.number(index),
        state=_token_state(state),
        entry=stored.optional_number(extra.get("en")),
        gateway_action=None if action is None else stored.text(action),
        last_task=stored.optional_number(extra.get("lt")),
        loop_index=stored.optional_number(extra.get("ix")),
        spent=tuple(stored.number(number) for number in stored.items(extra.get(SPENT, []))),
    )


def _read_incident(written: Json) -> Incident:
    token, code, resume = stored.items(written, 3)
    return Incident(token=stored.number(token), code=stored.text(code), resume=_token_state(resume))


def _counts(written: Json) -> dict[int, int]:
    return {int(name): stored.number(count) for name, count in stored.members(written).items()}


def _join_key(written: str) -> tuple[int, int]:
    scope, gateway = written.split(":")
    return int(scope), int(gateway)


def _read_members(written: dict[str, Json]) -> State:
    known = {"v", "n", "st", "fl", "sc", "tk", "jn", "ent", "cp", "inc", "vars"}
    if not written.keys() <= known:
        raise stored.Malformed(f"there are the members {sorted(written.keys() - known)}")
    return State(
        status=Status(stored.text(written.get("st"))),
        last_id=stored.number(written.get("n")),
        flow_counter=stored.number(written.get("fl")),
        scopes=tuple(_read_scope(scope) for scope in stored.items(written.get("sc", []))),
        tokens=tuple(_read_token(token) for token in stored.items(written.get("tk", []))),
        joins={_join_key(key): _counts(counts) for key, counts in stored.members(written.get("jn", {})).items()},
        entries=_counts(written.get("ent", {})),
        compensation=tuple(records.from_json(record) for record in stored.items(written.get("cp", []))),
        incidents=tuple(_read_incident(incident) for incident in stored.items(written.get("inc", []))),
        vars=stored.members(written.get("vars", {})),
    )


def _check(state: State) -> None:
    """Ids are unique, ascending and below the counter; every reference finds its object."""
    scopes = [scope.id for scope in state.scopes]
    tokens = [token.id for token in state.tokens]
    ids = sorted(scopes + tokens)
    if scopes != sorted(scopes) or tokens != sorted(tokens) or len(set(ids)) != len(ids):
        raise stored.Malformed("the ids are not ascending")
    if ids and (ids[-1] > state.last_id or ids[0] < 1):
        raise stored.Malformed("an id lies outside the counter")
    known = {0, *scopes}
    if not {scope.parent for scope in state.scopes} <= known or not {t.scope for t in state.tokens} <= known - {0}:
        raise stored.Malformed("a scope is missing")
    if {incident.token for incident in state.incidents} != {
        token.id for token in state.tokens if token.state is TokenState.INCIDENT
    } or len(state.incidents) != len({incident.token for incident in state.incidents}):
        raise stored.Malformed("the incidents are not those of the tokens")


def _read(written: Json) -> State | Refusal:
    try:
        members = stored.members(written)
        if members.get("v") != VERSION:
            raise stored.Malformed(f"the format version is {str(members.get('v'))[:40]}")
        state = _read_members(members)
        _check(state)
    except (stored.Malformed, ValueError) as error:
        return Refusal(
            code="INTEGRITY", expected=f"a process state of format version {VERSION}", actual=str(error)[:200]
        )
    return state
