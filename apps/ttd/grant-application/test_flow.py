"""A form, a confirmation, and the way back from it."""

from pathlib import Path

import pytest

from dialog_graph.errors import Refused
from dialog_graph.model.json_value import Json
from dialog_graph.testing.plugin import Open

APP = Path(__file__).parent
BAKERY = "urn:altinn:organization:identifier-no:310001015"
APPLICATION: dict[str, Json] = {
    "applicant": {"name": "Kari Lund", "email": "kari@example.test"},
    "project": {"title": "A bench by the fjord", "start": "2027-05-01"},
    "amount": 25000,
    "budget": [{"purpose": "Oak planks", "cost": 18500.5}],
}


async def test_the_applicant_confirms(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await app.as_person("kari").instantiate()
        await case.fill("application", APPLICATION)
        await case.complete()
        assert case.tasks == ["Task_2"]
        await case.complete()
        assert case.status == "COMPLETED"
        assert case.visited == ["Task_1", "Task_2", "EndEvent_1"]


async def test_the_applicant_goes_back_and_corrects(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await app.as_person("kari").instantiate()
        await case.fill("application", APPLICATION)
        await case.complete()
        await case.send_back(note="The amount is wrong")
        assert case.tasks == ["Task_1"]
        await case.patch("application", {"op": "replace", "path": "/amount", "value": 18500})
        await case.complete()
        await case.complete()
        assert case.visited == ["Task_1", "Task_2", "Task_1", "Task_2", "EndEvent_1"]
        assert case.instance.data_values["amount"] == "18500"


async def test_the_manager_applies_for_the_company(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await app.as_person("kari").instantiate(BAKERY)
        await case.fill("application", APPLICATION)
        await case.complete()
        await case.complete()
        assert case.status == "COMPLETED"
        with pytest.raises(Refused) as refused:
            await app.as_person("ola").instantiate(BAKERY)
        assert refused.value.refusal.code in ("NOT_FOUND", "FORBIDDEN")


async def test_five_attachments_and_no_more(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await app.as_person("kari").instantiate()
        for number in range(5):
            await case.upload("documentation", b"%PDF-1.7 ok", "application/pdf", f"{number}.pdf")
        with pytest.raises(Refused):
            await case.upload("documentation", b"%PDF-1.7 ok", "application/pdf", "6.pdf")
        await case.refresh()
        assert len(case.elements("documentation")) == 5
