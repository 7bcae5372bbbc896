"""The commands as JSON, for the journal: one table of their members, read in both directions."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias, cast

from dialog_graph.bpmn import commands as c
from dialog_graph.bpmn.stored import Malformed, items, members, number, optional_number, text
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json


def _optional_text(value: Json) -> str | None:
    return None if value is None else text(value)


def _names(value: Json) -> dict[str, str]:
    return {name: text(other) for name, other in members({} if value is None else value).items()}


def _counts(value: Json) -> dict[str, int]:
    return {name: number(count) for name, count in members({} if value is None else value).items()}


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(text(item) for item in items([] if value is None else value))


def _time(value: Json) -> datetime:
    found = datetime.fromisoformat(text(value))
    if found.tzinfo is None:
        raise Malformed("a time has no zone")
    return found


_Reader: TypeAlias = Callable[[Json], Any]
_PLACE: Mapping[str, tuple[str, _Reader]] = {"elementId": ("element_id", text), "entryNo": ("entry_no", number)}
_WAIT: Mapping[str, tuple[str, _Reader]] = {"elementId": ("element_id", text), "owner": ("owner", number)}
_ACTION: Mapping[str, tuple[str, _Reader]] = {"action": ("action", _optional_text)}
_ERROR: Mapping[str, tuple[str, _Reader]] = {"errorCode": ("error_code", _optional_text)}

_FORMS: Mapping[str, tuple[type[c.JournalCommand], Mapping[str, tuple[str, _Reader]]]] = {
    "start": (c.Start, {"startEvent": ("start_event", _optional_text)}),
    "complete": (c.Complete, {**_PLACE, **_ACTION}),
    "activate": (c.Activate, {"elementId": ("element_id", text)}),
    "retry": (c.Retry, _PLACE),
    "resolve": (c.Resolve, {**_PLACE, "outcome": ("outcome", text)}),
    "cancel": (c.Cancel, {"reason": ("reason", text)}),
    "timerFired": (
        c.TimerFired,
        {
            **_WAIT,
            "anchor": ("anchor", _time),
            "k": ("k", number),
            "duration": ("duration", _optional_text),
            "remaining": ("remaining", optional_number),
        },
    ),
    "messageReceived": (c.MessageReceived, {**_WAIT, "name": ("name", text)}),
    "signalReceived": (c.SignalReceived, {**_WAIT, "name": ("name", text)}),
    "jobFinished": (c.JobFinished, {**_PLACE, **_ACTION}),
    "jobFailed": (
        c.JobFailed,
        {**_PLACE, "code": ("code", text), "message": ("message", text), **_ERROR, **_ACTION},
    ),
    "childEnded": (c.ChildEnded, {**_PLACE, "owner": ("owner", number), **_ERROR}),
    "dataChanged": (c.DataChanged, {}),
    "migrate": (
        c.Migrate,
        {"toVersion": ("to_version", text), "mapping": ("mapping", _names), "entered": ("entered", _counts)},
    ),
    "continue": (c.Continue, {"flows": ("flows", _texts)}),
}
"""Type -> its class, and of every member the name in JSON, the attribute, and how it is read."""

_NAMES: Mapping[type[c.JournalCommand], str] = {kind: name for name, (kind, _) in _FORMS.items()}


def _written(value: Any) -> Json:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(cast(Mapping[str, Json], value))
    return list(cast(tuple[str, ...], value)) if isinstance(value, tuple) else value


def encode_command(command: c.JournalCommand) -> dict[str, Json]:
    """The command as JSON. Members that are None are left out."""
    name = _NAMES[type(command)]
    given = {member: getattr(command, attribute) for member, (attribute, _) in _FORMS[name][1].items()}
    return {"type": name} | {member: _written(value) for member, value in given.items() if value is not None}


def _read(written: Mapping[str, Json]) -> c.JournalCommand:
    name = written.get("type")
    if not isinstance(name, str) or name not in _FORMS:
        raise Malformed("there is no such command")
    kind, form = _FORMS[name]
    return kind(**{attribute: read(written.get(member)) for member, (attribute, read) in form.items()})


def decode_command(written: Json) -> c.JournalCommand | Refusal:
    """The command that `encode_command` wrote."""
    try:
        if isinstance(written, dict):
            return _read(written)
    except (Malformed, ValueError):
        pass
    return Refusal(code="INVALID_INPUT", expected="a command of the journal", actual="its form is another one")
