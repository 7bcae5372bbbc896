"""One form, one person: filled in, sent, received."""

from pathlib import Path

import pytest

from dialog_graph.errors import Refused
from dialog_graph.model.dialog import DialogStatus
from dialog_graph.model.json_value import Json
from dialog_graph.testing.plugin import Open

APP = Path(__file__).parent
MOVE: dict[str, Json] = {
    "movingDate": "2027-02-01",
    "household": 3,
    "housing": "rented",
    "newAddress": {"street": "Storgata 1", "postalCode": "9008", "city": "Tromsø", "country": "NO"},
}


async def test_a_person_moves(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await app.as_person("kari").instantiate()
        assert (await case.dialog()).status is DialogStatus.DRAFT
        await case.fill("address", MOVE)
        await case.upload("lease", b"%PDF-1.7 rented", "application/pdf", "leiekontrakt.pdf")
        await case.complete()
        assert (case.status, case.visited) == ("COMPLETED", ["Task_1", "EndEvent_1"])
        assert case.instance.presentation_texts["newPlace"] == "Tromsø"
        assert (await case.dialog()).status is DialogStatus.AWAITING
        owner = case.by(app.as_org().principal)
        await owner.confirm_receipt()
        assert (await case.dialog()).status is DialogStatus.COMPLETED


async def test_nothing_is_sent_before_the_form_is_right(app_test: Open) -> None:
    async with app_test(APP) as app:
        case = await app.as_person("kari").instantiate()
        place: dict[str, Json] = {"street": "Storgata 1", "postalCode": "90", "city": "Tromsø"}
        await case.fill("address", MOVE | {"newAddress": place})
        assert [issue.field for issue in await case.issues()] == ["newAddress.postalCode"]
        with pytest.raises(Refused) as refused:
            await case.complete()
        assert refused.value.refusal.code == "VALIDATION_FAILED"
        await case.refresh()
        assert case.tasks == ["Task_1"]
        await case.patch("address", {"op": "replace", "path": "/newAddress/postalCode", "value": "9008"})
        await case.complete()
        assert case.status == "COMPLETED"


async def test_an_organisation_does_not_move_this_way(app_test: Open) -> None:
    async with app_test(APP) as app:
        with pytest.raises(Refused) as refused:
            await app.as_person("kari").instantiate("urn:altinn:organization:identifier-no:310001015")
        assert refused.value.refusal.code in ("NOT_FOUND", "FORBIDDEN", "PARTY_TYPE_NOT_ALLOWED")
