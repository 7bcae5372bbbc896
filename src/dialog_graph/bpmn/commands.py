"""The commands of the interpreter (process engine §6.1), and their form in the journal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json

SEND_BACK = "sendBack:"
REJECT = "reject"
ABANDON = "abandon"


@dataclass(frozen=True, slots=True)
class Start:
    """Starts the process. `start_event` may be left out when the process has one."""

    start_event: str | None = None


@dataclass(frozen=True, slots=True)
class Complete:
    """Ends an active task entry.

    `action`: None, an action of the task's type or declared on it, `reject`, `abandon`, or `sendBack:{taskId}`.
    """

    element_id: str
    entry_no: int
    action: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Repeats the step that an incident stopped. `entry_no`: 0 where the incident stands at a gateway."""

    element_id: str
    entry_no: int


@dataclass(frozen=True, slots=True)
class Activate:
    """Starts an activity that an open ad-hoc subprocess offers."""

    element_id: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Aborts the process from outside."""

    reason: str


@dataclass(frozen=True, slots=True)
class Continue:
    """Goes on after the inline effects were carried out.

    `flows`: what the code gateway of the last `AskGateway` answered; empty when the app has no code for it.
    """

    flows: tuple[str, ...] = ()


Command: TypeAlias = Start | Complete | Activate | Retry | Cancel | Continue
"""Whatever `advance` accepts."""


def _start(command: Start) -> dict[str, Json]:
    return {"type": "start", "startEvent": command.start_event}


def _complete(command: Complete) -> dict[str, Json]:
    return {
        "type": "complete",
        "elementId": command.element_id,
        "entryNo": command.entry_no,
        "action": command.action,
    }


def _retry(command: Retry) -> dict[str, Json]:
    return {"type": "retry", "elementId": command.element_id, "entryNo": command.entry_no}


def _cancel(command: Cancel) -> dict[str, Json]:
    return {"type": "cancel", "reason": command.reason}


def encode_command(command: Command) -> dict[str, Json]:
    """The command as JSON. Members that are None are left out."""
    match command:
        case Start():
            written = _start(command)
        case Complete():
            written = _complete(command)
        case Activate():
            written: dict[str, Json] = {"type": "activate", "elementId": command.element_id}
        case Retry():
            written = _retry(command)
        case Cancel():
            written = _cancel(command)
        case Continue():
            written: dict[str, Json] = {"type": "continue", "flows": list(command.flows)}
    return {name: value for name, value in written.items() if value is not None}


def _is_text(value: Json) -> TypeGuard[str]:
    return isinstance(value, str)


def _is_number(value: Json) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _optional(value: Json) -> TypeGuard[str | None]:
    return value is None or isinstance(value, str)


def _read_start(written: Mapping[str, Json]) -> Command | None:
    start_event = written.get("startEvent")
    return Start(start_event=start_event) if _optional(start_event) else None


def _read_complete(written: Mapping[str, Json]) -> Command | None:
    element_id, entry_no, action = written.get("elementId"), written.get("entryNo"), written.get("action")
    if _is_text(element_id) and _is_number(entry_no) and _optional(action):
        return Complete(element_id=element_id, entry_no=entry_no, action=action)
    return None


def _read_activate(written: Mapping[str, Json]) -> Command | None:
    element_id = written.get("elementId")
    return Activate(element_id=element_id) if _is_text(element_id) else None


def _read_retry(written: Mapping[str, Json]) -> Command | None:
    element_id, entry_no = written.get("elementId"), written.get("entryNo")
    if _is_text(element_id) and _is_number(entry_no):
        return Retry(element_id=element_id, entry_no=entry_no)
    return None


def _read_cancel(written: Mapping[str, Json]) -> Command | None:
    reason = written.get("reason")
    return Cancel(reason=reason) if _is_text(reason) else None


def _read_continue(written: Mapping[str, Json]) -> Command | None:
    flows = written.get("flows", [])
    if not isinstance(flows, list):
        return None
    texts = tuple(flow for flow in flows if _is_text(flow))
    return Continue(flows=texts) if len(texts) == len(flows) else None


_READERS: Mapping[str, Callable[[Mapping[str, Json]], Command | None]] = {
    "start": _read_start,
    "complete": _read_complete,
    "activate": _read_activate,
    "retry": _read_retry,
    "cancel": _read_cancel,
    "continue": _read_continue,
}


def decode_command(written: Json) -> Command | Refusal:
    """The command that `encode_command` wrote."""
    if isinstance(written, dict):
        reader = _READERS.get(str(written.get("type")))
        command = reader(written) if reader else None
        if command is not None:
            return command
    return Refusal(code="INVALID_INPUT", expected="a command of the journal", actual="its form is another one")
