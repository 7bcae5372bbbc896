"""Forms written over HTTP: the answer is that of the mutation, and the settings of the app have their effect.

Process rules §6.5, §7.3; app folder rules §10, §13.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from dialog_graph.commands.advance_process import AdvanceProcess, advance_process
from dialog_graph.errors import Refused
from dialog_graph.storage.logins import Logins
from tests.flow.graph import Graph
from tests.integration.case_world import KARI, World, world_of
from tests.integration.forms_app import APP, forms_app, part

WRITE = """
mutation ($id: UUID!, $type: String!, $data: JSON, $patch: JSON) {
  writeFormData(input: {instanceId: $id, dataType: $type, data: $data, patch: $patch}) {
    issues { code severity field source message { languageCode value } }
    changedPaths dataElement { id formData } errors { __typename code message ... on InvalidInput { path } }
  }
}
"""


@dataclass(frozen=True)
class House:
    """A world and the whole application over it."""

    world: World
    graph: Graph

    async def send(self, method: str, path: str, data: Any, key: str = "kari", kind: str = "json") -> Any:
        """A form as the body of a request."""
        content = data if isinstance(data, bytes) else orjson.dumps(data)
        headers = {"Content-Type": f"application/{kind}"}
        return await self.graph.send(method, path, self.graph.token(key), content=content, headers=headers)

    async def put(self, instance_id: UUID, data: Any, key: str = "kari") -> Any:
        element = await self.world.element(instance_id, "model")
        return await self.send("PUT", f"/instances/{instance_id}/data/{element.element_id}", data, key)

    async def mutate(self, instance_id: UUID, **given: Any) -> Any:
        """The payload of `writeFormData`."""
        variables = {"id": str(instance_id), "type": "model", **given}
        return await self.graph.data(self.graph.token("kari"), WRITE, **variables)


@asynccontextmanager
async def house_of(logins: Logins, folder: Path, changes: dict[str, Any] | None = None) -> AsyncGenerator[House]:
    async with world_of(logins, folder, apps=[forms_app(changes)]) as world:
        yield House(world, Graph(world.ports))


@pytest.fixture
async def house(logins: Logins, tmp_path: Path) -> AsyncGenerator[House]:
    async with house_of(logins, tmp_path) as made:
        yield made


def in_nb(issues: Any) -> list[tuple[Any, ...]]:
    """What both roads tell of an issue."""
    return [(item["source"], item["code"], item["severity"], item["field"], _nb(item["message"])) for item in issues]


def _nb(message: dict[str, str] | list[dict[str, str]]) -> str:
    if isinstance(message, dict):
        return message["nb"]
    return next(text["value"] for text in message if text["languageCode"] == "nb")


# What comes back ------------------------------------------------------------------------------------------------------


async def test_both_roads_tell_the_same(house: House) -> None:
    data = {"name": 5, "code": "x", "items": [{"what": "Oak"}]}
    one, other = await house.world.started(KARI, app=APP), await house.world.started(KARI, app=APP)

    answer = await house.put(one, data)
    payload = await house.mutate(other, data=data)

    body = answer.json()
    assert answer.status_code == 200
    assert in_nb(body["issues"]) == in_nb(payload["issues"])
    assert [(source, code, field) for source, code, _, field, _ in in_nb(body["issues"])] == [
        ("Calculation", "ResultDoesNotFit", "number"),
        ("DataModel", "type", "name"),
    ]
    assert {text["languageCode"] for text in payload["issues"][0]["message"]} == {"nb", "nn", "en"}
    assert set(body["issues"][0]["message"]) == {"nb", "nn", "en"}
    assert body["changedPaths"] == payload["changedPaths"] == ["items[0].altinnRowId"]


async def test_rules_of_the_form_and_of_the_app_are_asked_on_both_roads(house: House) -> None:
    instance_id = await house.world.started(KARI, "fjord", APP)
    await house.world.write(instance_id, KARI, data_type="secret", data={"name": "Ada"})

    body = (await house.put(instance_id, {"name": "Ada"})).json()
    payload = await house.mutate(instance_id, data={"name": "Ada"})

    assert in_nb(body["issues"]) == in_nb(payload["issues"])
    assert [(source, severity) for source, _, severity, _, _ in in_nb(body["issues"])] == [
        ("Required", "ERROR"),
        ("Expression", "WARNING"),
        ("Expression", "ERROR"),
        ("Expression", "INFORMATION"),
    ]


async def test_what_was_calculated_comes_back_and_nothing_else(house: House) -> None:
    instance_id = await house.world.started(KARI, app=APP)

    as_sent = (await house.put(instance_id, {"name": "Ada", "code": None})).json()
    calculated = (await house.put(instance_id, {"name": "Ada", "code": "7"})).json()

    assert as_sent["changedPaths"] == []
    assert "formData" not in as_sent
    assert calculated["changedPaths"] == ["number"]
    assert calculated["formData"] == {"name": "Ada", "code": "7", "number": 7}


async def test_xml_is_answered_as_the_document_that_it_became(house: House) -> None:
    instance_id = await house.world.started(KARI, app=APP)
    path = f"/instances/{instance_id}/data?dataType=xmlform&filename=a.xml"
    body = b"<xmlform><name>Ada</name><items><what>Oak</what></items></xmlform>"

    answer = (await house.send("POST", path, body, kind="xml")).json()

    assert answer["dataElement"]["contentType"] == "application/xml"
    assert answer["changedPaths"] == ["items[0].altinnRowId"]
    assert answer["formData"]["items"][0]["what"] == "Oak"


async def test_a_repeat_of_an_upload_is_answered_alike(house: House) -> None:
    instance_id = await house.world.started(KARI, app=APP)
    path = f"/instances/{instance_id}/data?dataType=rows&filename=a.json"
    token = house.graph.token("kari")
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}

    first, again = [
        await house.graph.send("POST", path, token, content=b'{"code": "7"}', headers=headers) for _ in range(2)
    ]

    assert first.json() == again.json()
    assert first.json()["changedPaths"] == []


async def test_the_event_names_what_was_not_calculated(house: House) -> None:
    instance_id = await house.world.started(KARI, app=APP)

    await house.mutate(instance_id, data={"name": "Ada", "code": "x"})

    details = await house.world.admin.fetchval(
        "select data from dg.event where stream_id = $1 and type = 'app.instance.data.updated'", instance_id
    )
    assert details["calculationWarnings"] == ["number"]
    document = '{ application(id: "ttd/forms") { diagnostics { code file path } } }'
    told = await house.graph.data(house.graph.token("ttd"), document)
    assert [each for each in told["diagnostics"] if each["code"] == "DG7203"] == [
        {"code": "DG7203", "file": "models/model.calculation.json", "path": "number"}
    ]


async def test_a_patch_that_fails_names_the_member_that_is_wrong(house: House) -> None:
    instance_id = await house.world.started(KARI, app=APP)
    patch = [
        {"op": "add", "path": "/name", "value": "Ada"},
        {"op": "copy", "from": "/items/0/what", "path": "/code"},
    ]

    payload = await house.mutate(instance_id, patch=patch)

    assert payload["errors"] == [
        {
            "__typename": "InvalidInput",
            "code": "INVALID_INPUT",
            "message": (
                'The input is not valid. Expected a place in the document, but operation 1 at "/code": it is not there.'
            ),
            "path": ["patch", "1", "from"],
        }
    ]
    done = await house.mutate(instance_id, patch=patch[:1])
    assert (done["dataElement"]["formData"], done["changedPaths"]) == ({"name": "Ada"}, [])
    too_many = await house.mutate(instance_id, patch=patch[:1] * 101)
    assert [(error["code"], error["path"]) for error in too_many["errors"]] == [("INVALID_INPUT", ["patch"])]


# Settings -------------------------------------------------------------------------------------------------------------


def settings(**switches: bool) -> dict[str, Any]:
    return {"appsettings.json": {"AppSettings": switches}}


XSD = """<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:element name="xmlform"><s:complexType><s:sequence>
<s:element name="name" type="s:string"/><s:element name="code" type="s:integer" minOccurs="0"/>
</s:sequence></s:complexType></s:element></s:schema>"""


async def gate(house: House, instance_id: UUID) -> list[str]:
    """Sources of what stops the task."""
    try:
        await advance_process(house.world.ports, KARI, AdvanceProcess(instance_id=instance_id))
    except Refused as refused:
        return [issue.source for issue in refused.refusal.issues]
    return []


@pytest.mark.parametrize(
    ("switches", "sources"),
    [
        ({}, ["Required", "Expression"]),
        ({"RequiredValidation": False}, ["Expression"]),
        ({"ExpressionValidation": False}, ["Required"]),
        ({"RequiredValidation": False, "ExpressionValidation": False}, []),
    ],
    ids=str,
)
async def test_checks_can_be_switched_off(
    logins: Logins, tmp_path: Path, switches: dict[str, bool], sources: list[str]
) -> None:
    rule = {"validations": {"name": [{"message": "no", "condition": ["equals", ["dataModel", "name"], "Ada"]}]}}
    changes = {**settings(**switches), "models/model.validation.json": rule}
    async with house_of(logins, tmp_path, changes) as house:
        instance_id = await house.world.started(KARI, app=APP)
        body = (await house.put(instance_id, {"name": "Ada"})).json()

        assert [issue["source"] for issue in body["issues"]] == sources, "while it is written"
        assert await gate(house, instance_id) == sources, "at the gate"


@pytest.mark.parametrize(("is_on", "sources"), [(True, ["Xsd"]), (False, [])])
async def test_the_xsd_is_asked_where_it_is_switched_on(
    logins: Logins, tmp_path: Path, is_on: bool, sources: list[str]
) -> None:
    changes = {**settings(XsdValidation=is_on, RequiredValidation=False), "models/model.xsd": XSD}
    async with house_of(logins, tmp_path, changes) as house:
        instance_id = await house.world.started(KARI, app=APP)
        path = f"/instances/{instance_id}/data?dataType=xmlform&filename=a.xml"
        body = await house.send("POST", path, b"<xmlform><name>Ada</name><code>many</code></xmlform>", kind="xml")
        assert body.status_code == 201, body.text
        await house.put(instance_id, {"name": "Ada"})

        assert [source for source in await gate(house, instance_id) if source != "DataModel"] == sources


@pytest.mark.parametrize("is_on", [True, False])
async def test_hidden_data_is_removed_where_it_is_switched_on(logins: Logins, tmp_path: Path, is_on: bool) -> None:
    layout = {
        "data": {"layout": [part("name", bound="name"), part("code", bound="code", hidden=["authContext", "write"])]}
    }
    changes = {**settings(RemoveHiddenData=is_on), "ui/form/layouts/main.json": layout}
    async with house_of(logins, tmp_path, changes) as house:
        instance_id = await house.world.started(KARI, app=APP)
        await house.put(instance_id, {"name": "Ada", "code": "hidden from writers"})

        assert await gate(house, instance_id) == []

        stored = (await house.world.element(instance_id, "model")).document
        assert stored is not None
        assert orjson.loads(stored)["code"] == (None if is_on else "hidden from writers")


LATE = """query ($id: UUID!) { instance(id: $id) { process { currentTask { form {
    pages { components { key readOnly } } } } } } }"""


async def is_open(house: House, instance_id: UUID) -> bool:
    """Does the form of the current task show its one component as open?"""
    found = await house.graph.data(house.graph.token("kari"), LATE, id=str(instance_id))
    (component,) = found["process"]["currentTask"]["form"]["pages"][0]["components"]
    return not component["readOnly"]


@pytest.mark.parametrize(("is_on", "status"), [(True, 409), (False, 201)])
async def test_types_of_other_tasks_may_grow_where_the_app_says_so(
    logins: Logins, tmp_path: Path, is_on: bool, status: int
) -> None:
    layout = {"data": {"layout": [part("late", bound={"dataType": "rows", "field": "name"})]}}
    changes = {**settings(EnforceDataTypeTaskId=is_on), "ui/look/layouts/see.json": layout}
    async with house_of(logins, tmp_path, changes) as house:
        instance_id = await house.world.started(KARI, app=APP)
        await house.put(instance_id, {"name": "Ada", "code": "7"})
        assert await gate(house, instance_id) == []
        path = f"/instances/{instance_id}/data?dataType=rows&filename=a.json"

        before = await is_open(house, instance_id)
        added = await house.send("POST", path, {"name": "late"})
        after = await is_open(house, instance_id)
        overwritten = await house.put(instance_id, {"name": "late"})

        assert (before, added.status_code) == (status == 201, status), "the form shows what the road will say"
        assert not after, "what is there belongs to its task"
        assert overwritten.status_code == 409, "what is there is locked in any case"
