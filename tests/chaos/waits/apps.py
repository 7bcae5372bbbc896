"""The apps of the story: together every sort of wait, and each comes to its end by itself.

Durations are short and real: what is tested is the database's own clock, with the lateness that a user would see. What
would last too long (leases of the dead, guards of an hour) is passed over by steps of the clock that all share.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import escape

from dialog_graph.apps import Files
from dialog_graph.urns import AppId
from tests.integration.waits_app import (
    declared,
    element,
    extended,
    files,
    flows,
    message,
    process,
    task,
    timer,
)

START, END = element("startEvent", "Start"), element("endEvent", "End")
GUARD = "PT1H"
"""Nobody waits for longer: what has not come by then will not come."""

CLOCKWORK, RACE, LETTERS, OFFICE, BEGUN, CALLER, CALLED = (
    AppId("ttd", name) for name in ("clockwork", "race", "letters", "office", "begun", "caller", "called")
)
SEND = "send"
"""The task type with a handler."""

MODEL: Mapping[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {name: {"type": "string", "maxLength": 80} for name in ("name", "cycle", "first", "second", "mark")},
}


def said(member: str) -> str:
    """An expression: what the form says at this member."""
    return escape(json.dumps(["dataModel", member, "form"]))


def keyed(name: str) -> str:
    """A message that is meant for the case with the name in its form."""
    return declared(name, said("name"))


def kept(id: str, name: str) -> str:
    """An event that throws a message which may wait for its receiver."""
    meant = f'<b:messageEventDefinition messageRef="{name}"/>'
    return element("intermediateThrowEvent", id, extended("<d:ttl>P1D</d:ttl>") + meant)


def each(kind: str, id: str, text: str, **attributes: str) -> str:
    """A cycle that makes up for every round it has missed."""
    catching = extended('<d:timer catchUp="each"/>')
    definition = f"<b:timerEventDefinition><b:timeCycle>{text}</b:timeCycle></b:timerEventDefinition>"
    return element(kind, id, catching + definition, **attributes)


def _aside(host: str) -> dict[str, str]:
    """Attributes of a boundary event that does not interrupt."""
    return {"attachedToRef": host, "cancelActivity": "false"}


_CLOCKWORK = process(
    START,
    task("Fill"),
    timer("boundaryEvent", "Nudge", said("cycle"), of="Cycle", **_aside("Fill")),
    each("boundaryEvent", "Echo", "R3/PT1S", **_aside("Fill")),
    timer("boundaryEvent", "Late", said("second"), attachedToRef="Fill"),
    timer("intermediateCatchEvent", "Pause", said("first")),
    element("endEvent", "Nudged"),
    element("endEvent", "Echoed"),
    END,
    flows("Start Fill Pause End", "Late Pause", "Nudge Nudged", "Echo Echoed"),
)

_RACE = process(
    START,
    task("Fill"),
    element("eventBasedGateway", "Which"),
    message("intermediateCatchEvent", "Wait", "Answer"),
    timer("intermediateCatchEvent", "Pause", said("first")),
    element("receiveTask", "Never", messageRef="Nothing"),
    timer("boundaryEvent", "First", said("first"), attachedToRef="Never"),
    timer("boundaryEvent", "Second", said("second"), attachedToRef="Never"),
    element("endEvent", "Beaten"),
    END,
    flows("Start Fill Which", "Which Wait Never End", "Which Pause Never", "First End", "Second Beaten"),
    outside=[keyed("Answer"), keyed("Nothing")],
)


def _taking(id: str, data_type: str) -> str:
    """A receive task that stores what the message brings."""
    return element("receiveTask", id, extended(f'<d:message dataType="{data_type}"/>'), messageRef="Reply")


_LETTERS = process(
    START,
    task("Fill"),
    _taking("Take", "answer"),
    message("boundaryEvent", "Hint", "Note", **_aside("Take")),
    timer("boundaryEvent", "Nag", "R2/PT1S", of="Cycle", **_aside("Take")),
    timer("boundaryEvent", "Over", GUARD, attachedToRef="Take"),
    _taking("Again", "further"),
    timer("boundaryEvent", "Done", GUARD, attachedToRef="Again"),
    element("endEvent", "Noted"),
    element("endEvent", "Nagged"),
    END,
    flows("Start Fill Take Again End", "Over Again", "Done End", "Hint Noted", "Nag Nagged"),
    outside=[keyed("Reply"), keyed("Note")],
)

_OFFICE = process(
    START,
    task("Fill"),
    element("parallelGateway", "Split"),
    task("Send", SEND, kind="serviceTask"),
    timer("boundaryEvent", "Late", said("first"), attachedToRef="Send"),
    kept("Tell", "Told"),
    message("intermediateCatchEvent", "Hear", "Told"),
    element("parallelGateway", "Join"),
    task("Post", SEND, kind="serviceTask"),
    END,
    flows("Start Fill Split", "Split Send Tell Join", "Late Tell", "Split Hear Join", "Join Post End"),
    outside=[keyed("Told")],
)

_BEGUN = process(
    message("startEvent", "Start", "Begin"),
    task("Fill"),
    timer("boundaryEvent", "Late", "PT0.6S", attachedToRef="Fill"),
    END,
    flows("Start Fill End", "Late End"),
    outside=[declared("Begin", escape(json.dumps(["dataModel", "name"])))],
)

_CALLED = process(
    START,
    task("Fill"),
    timer("boundaryEvent", "Late", "PT0.6S", attachedToRef="Fill"),
    END,
    flows("Start Fill End", "Late End"),
)

_CALLER = process(
    START,
    task("Fill"),
    element("callActivity", "Ask", extended(f'<d:callApp app="{CALLED}"/>')),
    timer("boundaryEvent", "Enough", said("first"), attachedToRef="Ask"),
    END,
    flows("Start Fill Ask End", "Enough End"),
)


def _files(app: AppId, model: bytes, *more: str) -> Files:
    forms: dict[str, str | None] = {"form": "Fill", **dict.fromkeys(more)}
    made = files(model, app=app, forms=forms)
    return replace(made, contents={**made.contents, "models/model.schema.json": json.dumps(MODEL).encode()})


def all_apps() -> tuple[Files, ...]:
    """Every app, ready to be registered."""
    return (
        _files(CLOCKWORK, _CLOCKWORK),
        _files(RACE, _RACE),
        _files(LETTERS, _LETTERS, "answer", "further"),
        _files(OFFICE, _OFFICE, "answer"),
        _files(BEGUN, _BEGUN),
        _files(CALLER, _CALLER),
        _files(CALLED, _CALLED),
    )
