"""Events as CloudEvents 1.0: attributes, and the three ways to put them into a request (event rules §6.1, §9.1).

Pure: everything comes with the message. Equal input gives equal bytes, so every attempt of a message is the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from urllib.parse import quote

from dialog_graph.model import strict_json
from dialog_graph.model.event import Event
from dialog_graph.model.json_value import Json
from dialog_graph.model.party import Party, PartyKind
from dialog_graph.storage.deliveries import Message
from dialog_graph.urns import RESOURCE

SPEC_VERSION = "1.0"
JSON_TYPE = "application/json"
CLOUD_EVENTS_TYPE = "application/cloudevents+json"
_PARTS = {"activityId": "activities", "transmissionId": "transmissions"}
"""Member of a dialog event's data -> the part of the dialog that it is about."""
_ALTERNATIVES = {
    PartyKind.ORGANISATION: "/org/",
    PartyKind.SUBUNIT: "/org/",
    PartyKind.PERSON: "/person/",
}
_UNQUOTED = "!#$&'()*+,-./:;<=>?@[]^_`{|}~"
"""Printable characters that need no percent-encoding in a header; space, quote and percent sign do."""


@dataclass(frozen=True, slots=True)
class Content:
    """Body and headers of a request, without signature."""

    body: bytes
    headers: Mapping[str, str]


def _is_of_dialog(event: Event) -> bool:
    return event.dialog_id is not None and event.stream_id == event.dialog_id


def _app_source(event: Event, resource: str | None, public_url: str) -> str:
    _, org, app = (resource or "").split("_", 2)
    return f"{public_url}/app/{org}/{app}/instances/{event.party_id}/{event.instance_id}"


def _dialog_source(event: Event, public_url: str) -> str:
    base = f"{public_url}/api/v1/enduser/dialogs/{event.dialog_id}"
    part = next((f"/{path}/{event.data[name]}" for name, path in _PARTS.items() if name in event.data), "")
    return base + part


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _of_stream(message: Message, public_url: str) -> dict[str, Json]:
    """What differs between the events of instances and of dialogs."""
    event, party = message.event, message.party
    if _is_of_dialog(event):
        return {
            "source": _dialog_source(event, public_url),
            "subject": None if party is None else party.urn,
            "resourceinstance": str(event.dialog_id),
        }
    return {
        "source": _app_source(event, message.resource, public_url),
        "subject": f"/party/{event.party_id}",
        "resourceinstance": f"{event.party_id}/{event.instance_id}",
        "alternativesubject": _alternative(party, is_wanted=message.webhook.include_alternative_subject),
    }


def _alternative(party: Party | None, *, is_wanted: bool) -> str | None:
    """Number of the party; that of a person only for those who ask for it."""
    form = None if party is None else _ALTERNATIVES.get(party.kind)
    if party is None or form is None or (party.kind is PartyKind.PERSON and not is_wanted):
        return None
    return form + party.identifier


def attributes(message: Message, public_url: str) -> dict[str, Json]:
    """The context attributes of a message; those without a value are left out."""
    event = message.event
    found: dict[str, Json] = {
        "specversion": SPEC_VERSION,
        "id": str(event.event_id),
        "type": event.type,
        "time": _time(event.time),
        "datacontenttype": JSON_TYPE if event.data else None,
        "resource": None if message.resource is None else f"{RESOURCE}{message.resource}",
        "dgsequence": event.sequence,
        "dgstream": str(event.stream_id),
        "dgpreviousdead": True if message.previous_is_dead else None,
        "traceparent": event.traceparent,
        **_of_stream(message, public_url),
    }
    return {name: value for name, value in found.items() if value is not None}


def _structured(found: dict[str, Json], data: dict[str, Json], media_type: str) -> Content:
    body = strict_json.canonical(found | ({"data": data} if data else {}))
    return Content(body, {"content-type": media_type})


def _text(value: Json) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return quote(text, safe=_UNQUOTED)


def _binary(found: dict[str, Json], data: dict[str, Json]) -> Content:
    headers = {f"ce-{name}": _text(value) for name, value in found.items() if name != "datacontenttype"}
    typed = {"content-type": JSON_TYPE} if data else {}
    return Content(strict_json.canonical(data) if data else b"", headers | typed)


_FORMATS: Mapping[str, Callable[[dict[str, Json], dict[str, Json]], Content]] = MappingProxyType(
    {
        "CLOUDEVENTS_JSON": lambda found, data: _structured(found, data, CLOUD_EVENTS_TYPE),
        "JSON": lambda found, data: _structured(found, data, JSON_TYPE),
        "BINARY": _binary,
    }
)


def content(message: Message, public_url: str) -> Content:
    """The event in the webhook's format. `public_url`: of this server, without a slash at its end."""
    made = _FORMATS[message.webhook.format](attributes(message, public_url), message.event.data)
    trace = message.event.traceparent
    return Content(made.body, {**made.headers, **({"traceparent": trace} if trace else {})})
