"""The messages of the sub-protocol `graphql-transport-ws`, and the codes that a connection is closed with.

Pure: text to message, message to text. Close codes: event rules §8.2.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from dialog_graph.errors import Refusal, Refused
from dialog_graph.graphql.answers import encoded
from dialog_graph.graphql.params import Params, read_params
from dialog_graph.model import strict_json

PROTOCOL = "graphql-transport-ws"


class Close(Exception):
    """The connection ends with this code; raised by whoever notices, carried out in one place."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Init:
    """`connection_init`. `authorization`: the header's value; `last_event_id`: cursor to resume from."""

    authorization: str | None
    last_event_id: str | None


@dataclass(frozen=True, slots=True)
class Ping:
    """`ping`; answered with a pong."""


@dataclass(frozen=True, slots=True)
class Pong:
    """`pong`: a sign of life."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`subscribe`: start this operation."""

    id: str
    params: Params


@dataclass(frozen=True, slots=True)
class Complete:
    """`complete`: the client wants no more of this operation."""

    id: str


Message = Init | Ping | Pong | Subscribe | Complete


def read_message(text: str | None, max_bytes: int) -> Message:
    """The message of a frame; None for a binary one. Raises `Close` with 4400, or 1009 when it is too large."""
    if text is None:
        raise Close(4400, "expected text messages")
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > max_bytes:
        raise Close(1009, "message too large")
    value = strict_json.parse(data, max_bytes=max_bytes)
    if isinstance(value, Refusal) or not isinstance(value, dict):
        raise Close(4400, "expected a JSON object")
    message = cast("dict[str, Any]", value)
    kind = message.get("type")
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise Close(4400, "unknown message type")
    return read(message)


def _init(message: Mapping[str, Any]) -> Init:
    payload = message.get("payload")
    if payload is None:
        return Init(None, None)
    if not isinstance(payload, dict):
        raise Close(4400, "connection_init: expected an object as payload")
    members = cast("dict[str, Any]", payload)
    key = next((name for name in members if name.lower() == "authorization"), "Authorization")
    return Init(_text(members, key), _text(members, "lastEventId") or None)


def _text(members: Mapping[str, Any], name: str) -> str | None:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise Close(4400, "connection_init: expected a text")
    return value


def _subscribe(message: Mapping[str, Any]) -> Subscribe:
    try:
        return Subscribe(_id(message), read_params(message.get("payload")))
    except Refused:
        raise Close(4400, "subscribe: expected a payload with a query") from None


def _id(message: Mapping[str, Any]) -> str:
    value = message.get("id")
    if not isinstance(value, str) or not value:
        raise Close(4400, "expected an id")
    return value


def _complete(message: Mapping[str, Any]) -> Complete:
    return Complete(_id(message))


def _ping(message: Mapping[str, Any]) -> Ping:
    del message
    return Ping()


def _pong(message: Mapping[str, Any]) -> Pong:
    del message
    return Pong()


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Message]] = {
    "connection_init": _init,
    "ping": _ping,
    "pong": _pong,
    "subscribe": _subscribe,
    "complete": _complete,
}


def written(kind: str, id_: str | None = None, payload: object = None) -> str:
    """The text of a message of ours."""
    message: dict[str, Any] = {"type": kind}
    if id_ is not None:
        message["id"] = id_
    if payload is not None:
        message["payload"] = payload
    return encoded(message).decode()
