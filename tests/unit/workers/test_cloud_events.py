"""The envelope: what each attribute says, what is left out, and that all formats say the same."""

import json
from dataclasses import replace
from urllib.parse import unquote

import pytest

from dialog_graph.workers.cloud_events import attributes, content
from tests.unit.workers.messages import DIALOG, EVENT, FJORD, INSTANCE, KARI, dialog_event, message

URL = "https://dialog.example"


def test_an_event_of_an_instance() -> None:
    assert attributes(message(), URL) == {
        "specversion": "1.0",
        "id": "00000000-0000-0000-0000-000000000009",
        "source": f"{URL}/app/ttd/change-of-address/instances/7/{INSTANCE}",
        "type": "app.instance.process.movedTo.Oppgåve 1",
        "time": "2026-11-20T07:53:33.120000Z",
        "datacontenttype": "application/json",
        "subject": "/party/7",
        "resource": "urn:altinn:resource:app_ttd_change-of-address",
        "resourceinstance": f"7/{INSTANCE}",
        "dgsequence": 3,
        "dgstream": str(INSTANCE),
    }


@pytest.mark.parametrize(
    ("data", "part"),
    [({}, ""), ({"activityId": "a1"}, "/activities/a1"), ({"transmissionId": "t1"}, "/transmissions/t1")],
)
def test_an_event_of_a_dialog_names_the_part_it_is_about(data: dict[str, str], part: str) -> None:
    found = attributes(message(dialog_event(**data)), URL)
    assert found["source"] == f"{URL}/api/v1/enduser/dialogs/{DIALOG}{part}"
    assert (found["subject"], found["resourceinstance"], found["dgstream"]) == (KARI.urn, str(DIALOG), str(DIALOG))


def test_the_number_of_a_person_is_told_only_to_those_who_ask() -> None:
    assert "alternativesubject" not in attributes(message(), URL)
    assert attributes(message(include_alternative_subject=True), URL)["alternativesubject"] == "/person/12887230143"
    assert attributes(message(party=FJORD), URL)["alternativesubject"] == "/org/310001015"
    assert "alternativesubject" not in attributes(message(party=None), URL)


def test_the_first_after_a_dead_one_says_so_and_a_trace_goes_on() -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    found = attributes(message(replace(EVENT, traceparent=trace), previous_is_dead=True), URL)
    assert (found["dgpreviousdead"], found["traceparent"]) == (True, trace)
    assert content(message(replace(EVENT, traceparent=trace)), URL).headers["traceparent"] == trace
    assert "traceparent" not in content(message(), URL).headers


def test_the_same_message_gives_the_same_bytes() -> None:
    assert content(message(), URL) == content(message(), URL)


def test_json_differs_from_cloud_events_in_its_media_type_alone() -> None:
    structured, plain = (content(message(format=name), URL) for name in ("CLOUDEVENTS_JSON", "JSON"))
    assert plain.body == structured.body
    assert json.loads(plain.body) == attributes(message(), URL) | {"data": {"taskId": "Oppgåve 1"}}
    assert structured.headers == {"content-type": "application/cloudevents+json"}
    assert plain.headers == {"content-type": "application/json"}


def test_in_binary_form_the_attributes_are_headers_of_printable_ascii() -> None:
    made = content(message(format="BINARY", party=FJORD), URL)
    assert json.loads(made.body) == {"taskId": "Oppgåve 1"}
    assert made.headers["content-type"] == "application/json"
    assert made.headers["ce-type"] == "app.instance.process.movedTo.Oppg%C3%A5ve%201"
    assert all(value.isascii() and " " not in value for value in made.headers.values())
    told = {name.removeprefix("ce-"): unquote(value) for name, value in made.headers.items() if name != "content-type"}
    expected = {name: str(value) for name, value in attributes(message(party=FJORD), URL).items()}
    expected.pop("datacontenttype")
    assert told == expected


def test_without_data_there_is_neither_body_nor_type() -> None:
    bare = message(replace(EVENT, data={}), format="BINARY")
    assert content(bare, URL).body == b""
    assert "content-type" not in content(bare, URL).headers
    assert "data" not in json.loads(content(message(replace(EVENT, data={})), URL).body)
