"""Fields that are there only while a form is filled in: they go at the end of the task, or stay out of a copy."""

import json
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.model.json_value import Json
from dialog_graph.testing import Case
from dialog_graph.testing.plugin import Open
from tests.unit.apps.linter.examples import template
from tests.unit.apps.sample import METADATA, PROCESS

FILLED: dict[str, Json] = {
    "subject": "A bench",
    "email": "kari@example.test",
    "sf_open": True,
    "rows": [{"sf_page": 2, "what": "Oak"}],
}
CLEAN: dict[str, Json] = {"subject": "A bench", "email": "kari@example.test", "rows": [{"what": "Oak"}]}


def app(folder: Path, **shadow: Json) -> Path:
    """The template app with shadow fields in its form."""
    files = template()
    schema = json.loads(files["models/form.schema.json"])
    row = {"type": "object", "properties": {"sf_page": {"type": "integer"}, "what": {"type": "string"}}}
    schema["properties"] |= {"sf_open": {"type": "boolean"}, "rows": {"type": "array", "items": row}}
    metadata: dict[str, Any] = json.loads(files[METADATA])
    form = metadata["dataTypes"][0]
    form["appLogic"]["shadowFields"] = {"prefix": "sf_", **shadow}
    copy = {"id": "copy", "allowedContentTypes": ["application/json"], "appLogic": {"schemaRef": "form"}}
    metadata["dataTypes"].append(copy)
    # After the confirmation the form is filled in again.
    process = files[PROCESS].replace(
        b'sourceRef="Task_2" targetRef="EndEvent_1"', b'sourceRef="Task_2" targetRef="Task_1"'
    )
    changed = {METADATA: json.dumps(metadata).encode(), "models/form.schema.json": json.dumps(schema).encode()}
    for file, content in {**files, **changed, PROCESS: process}.items():
        place = folder / "App" / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return folder


async def filled_in(case: Case) -> Case:
    await case.fill("form", FILLED)
    return case


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "apps/ttd/my-form"


async def test_shadow_fields_are_removed_when_their_task_ends(app_test: Open, folder: Path) -> None:
    async with app_test(app(folder)) as opened:
        case = await filled_in(await opened.as_person("kari").instantiate())
        assert "sf_open" in dict(case.data("form"))  # type: ignore[call-overload]  # a form is an object
        await case.complete()
        assert case.data("form") == CLEAN
        assert case.elements("copy") == []


async def test_with_another_type_the_form_stays_whole_and_the_copy_is_clean(app_test: Open, folder: Path) -> None:
    async with app_test(app(folder, saveToDataType="copy")) as opened:
        case = await filled_in(await opened.as_person("kari").instantiate())
        await case.complete()
        assert case.data("form") == FILLED
        assert case.data("copy") == CLEAN


async def test_a_form_that_is_filled_in_again_has_one_copy_afterwards(app_test: Open, folder: Path) -> None:
    async with app_test(app(folder, saveToDataType="copy")) as opened:
        case = await filled_in(await opened.as_person("kari").instantiate())
        await case.complete()
        await case.complete()
        assert case.tasks == ["Task_1"]
        await case.fill("form", FILLED | {"subject": "Two benches"})
        await case.complete()
        assert [case.data("copy")] == [CLEAN | {"subject": "Two benches"}]
        assert len(case.elements("copy")) == 1
