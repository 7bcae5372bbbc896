"""Process models of another engine as apps of ours: the model translated, with metadata, a policy and a form around it.

What that engine takes from variables stands in one form, `asked`. Its conditions, messages and calls become ours:
texts in our expression language, a key for every message, a message for every receive task, and an app for every called
process. Tasks get types; service tasks get one that a test gives code for.
"""

import csv
import json
import re
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
from lxml import etree

from dialog_graph.apps.task_kinds import NO_SERVICES
from dialog_graph.model.json_value import Json
from dialog_graph.model.safe_xml import Element
from dialog_graph.model.service_task import ServiceHandler
from dialog_graph.testing import AppTest
from dialog_graph.testing.app_test import BrokenApp
from dialog_graph.testing.plugin import Open
from dialog_graph.urns import AppId
from tests.conformance.bpmn.adapter import translated
from tests.integration.waits_app import files

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ALTINN = "{http://altinn.no/process}"
OURS = "{urn:dialog-graph:process:1}"
EXPRESSIONS = ("conditionExpression", "condition", "loopCardinality", "completionCondition")

ORG = "ttd"
FORM = "asked"
FIRST = "Ask"
"""The task that is put before a process which asks for something at once."""

AUTOMATIC = "automatic"
"""Type of all service tasks."""

TYPES = {"userTask": "data", "serviceTask": AUTOMATIC}
"""Kind of task -> its type; the others have one by what they are."""


@dataclass(frozen=True)
class Asked:
    """What a model asks for: names and types of the fields, and the task whose form they are.

    `task`: None for a form of no task, which may be written at any time; `FIRST` for a task of its own.
    `settings`: values of the app's settings, where fields are looked up in these instead of a form.
    """

    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    task: str | None = FIRST
    settings: Mapping[str, str] = field(default_factory=dict[str, str])

    def place(self, name: str) -> list[Json]:
        """The expression that looks a variable up."""
        return ["frontendSettings", name] if name in self.settings else ["dataModel", name, FORM]


NOTHING = Asked()

ASKED: Mapping[str, Asked] = {
    **{id: Asked({"input": "integer"}) for id in ("F01", "F02", "F03", "F05", "F06")},
    "F10": Asked({"confirmed": "boolean"}, task="askCustomer"),
    "F21": Asked({"nrOfLoops": "integer"}),
    "F24": Asked({"myVar": "string"}, task=None),
}
"""Row -> what its model asks for."""


@dataclass(frozen=True)
class Models:
    """The rows of the index, and how their models become apps. `corpus`: where they are; `apps`: where apps go."""

    corpus: Path
    apps: Path
    app_test: Open

    @property
    def rows(self) -> dict[str, dict[str, str]]:
        """The rows by id."""
        with (self.corpus / "index.csv").open(newline="") as lines:
            return {row["id"]: row for row in csv.DictReader(lines)}

    def file(self, id: str, number: int = 0) -> bytes:
        """The model of a row as it was written; `number` of its file, where there are several."""
        row = self.rows[id]
        return (self.corpus / [row["file"], *row["extra_files"].split(";")][number]).read_bytes()

    def folder(self, id: str, asked: Asked | None = None, number: int = 0) -> Path:
        """The app of a row."""
        app = app_of(id, self.rows[id]["process_ids"].split(";")[number])
        form = asked or ASKED.get(id, NOTHING)
        return write_app(self.apps, app, adapted(self.file(id, number), id, form), form)

    def __call__(
        self, id: str, asked: Asked | None = None, services: Mapping[str, ServiceHandler] = NO_SERVICES
    ) -> AbstractAsyncContextManager[AppTest]:
        """The app of a row, on a database of its own."""
        return self.app_test(self.folder(id, asked), services)

    async def refused(self, id: str, wanted: str) -> list[tuple[int, str]]:
        """Lines and texts of the findings of one code when a model is loaded as it was written: it is no app."""
        with pytest.raises(BrokenApp) as broken:
            async with self.app_test(write_app(self.apps, app_of(id, "as-written"), self.file(id))):
                pass
        found = re.findall(rf"^config/process/process\.bpmn:(\d+) {wanted} (.*)$", str(broken.value), re.MULTILINE)
        return [(int(line), text) for line, text in found]

    def lines(self, id: str, *texts: str) -> list[int]:
        """The lines of a model in which these texts stand first."""
        written = self.file(id).decode().splitlines()
        return [next(number for number, line in enumerate(written, start=1) if text in line) for text in texts]


def app_of(row: str, process: str) -> AppId:
    """The app that a process of a row becomes."""
    return AppId(ORG, f"{row}-{process}".lower())


def write_app(apps: Path, app: AppId, process: bytes, asked: Asked = NOTHING) -> Path:
    """Writes an app with this process below the folder of all apps; gives its folder."""
    form = {FORM: asked.task} if asked.fields else {}
    contents = dict(files(process, app=app, forms=form).contents)
    properties = {name: {"type": type} for name, type in asked.fields.items()}
    contents["models/model.schema.json"] = json.dumps({"type": "object", "properties": properties}).encode()
    contents["appsettings.json"] = json.dumps({"FrontEndSettings": asked.settings}).encode()
    folder = apps / app.org / app.app
    for file, content in contents.items():
        place = folder / "App" / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return folder


def adapted(xml: bytes, row: str, asked: Asked = NOTHING) -> bytes:
    """The model of a row in our words."""
    root = etree.fromstring(xml)
    for name in EXPRESSIONS:
        for element in root.iter(BPMN + name):
            element.text = json.dumps(ours(translated(element.text or ""), asked))
    for message in root.iter(BPMN + "message"):
        _correlated(message)
    for task in list(root.iter(BPMN + "receiveTask")):
        _with_message(root, task)
    for tag, type in TYPES.items():
        for task in root.iter(BPMN + tag):
            _typed(task, type)
    for call in root.iter(BPMN + "callActivity"):
        call.set("calledElement", str(app_of(row, call.get("calledElement") or "")))
    if asked.fields and asked.task == FIRST:
        _with_first_task(root)
    return etree.tostring(root)


def ours(expression: Json, asked: Asked) -> Json:
    """The expression with every variable looked up where its value is."""
    if not isinstance(expression, list):
        return expression
    if expression[0] == "variable":
        return asked.place(cast(str, expression[1]))
    return [ours(part, asked) for part in expression]


def _made(parent: Element, tag: str, text: str | None = None, /, **attributes: str) -> Element:
    """A new element, the last one of its parent."""
    made = etree.SubElement(parent, tag, attrib=attributes)
    made.text = text
    return made


def _correlated(message: Element) -> None:
    """Every message names the instance that it is for, so one key does for all."""
    _made(_made(message, BPMN + "extensionElements"), OURS + "correlation", key='"all"')


def _with_message(root: Element, task: Element) -> None:
    """A receive task of that engine is triggered by its id: a message of this name."""
    id = task.attrib["id"]
    _correlated(_made(root, BPMN + "message", id=f"of-{id}", name=id))
    task.set("messageRef", f"of-{id}")


def _typed(task: Element, type: str) -> None:
    """Gives a task its type."""
    extensions = task.find(BPMN + "extensionElements")
    if extensions is None:
        extensions = _made(task, BPMN + "extensionElements")
        task.insert(0, extensions)
    _made(_made(extensions, ALTINN + "taskExtension"), ALTINN + "taskType", type)


def _with_first_task(root: Element) -> None:
    """All that left the start event of the process leaves the task now, conditions included."""
    process = next(root.iter(BPMN + "process"))
    start = next(process.iterchildren(BPMN + "startEvent")).attrib["id"]
    for flow in process.iterchildren(BPMN + "sequenceFlow"):
        if flow.get("sourceRef") == start:
            flow.set("sourceRef", FIRST)
    _typed(_made(process, BPMN + "task", id=FIRST), "data")
    _made(process, BPMN + "sequenceFlow", id=f"{start}-{FIRST}", sourceRef=start, targetRef=FIRST)
