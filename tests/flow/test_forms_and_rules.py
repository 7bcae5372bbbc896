"""A travel claim: prefilled, calculated at every write, checked by rules and by the form."""

from pathlib import Path
from typing import Any

import pytest

from dialog_graph.apps import document_of
from dialog_graph.errors import Refused
from dialog_graph.testing.case import Case
from dialog_graph.testing.plugin import Open

CLAIM = Path(__file__).resolve().parents[1] / "data/apps/ttd/travel-claim"


def claim(case: Case) -> Any:
    """The stored claim without row ids."""
    (element,) = case.elements("claim")
    document: Any = document_of(element)
    for row in document.get("trips", ()):
        row.pop("altinnRowId", None)
    return document


async def test_a_new_claim_knows_its_owner_and_is_calculated(app_test: Open) -> None:
    async with app_test(CLAIM) as app:
        kari = app.as_person("kari")

        case = await kari.instantiate(prefill={"purpose": "Møte", "trips.km": 3})

        assert claim(case) == {
            "name": kari.principal.name,
            "number": kari.principal.urn.rpartition(":")[2],
            "purpose": "Møte",
            "total": 0,
            "withPassenger": False,
        }
        async with app.ports.database.snapshot(kari.principal) as snapshot:
            details = await snapshot.fetchval(
                "select data from event where type = 'app.instance.data.created' order by seq limit 1"
            )
        assert details["prefillWarnings"] == ["trips.km: no such row"]


async def test_every_write_calculates(app_test: Open) -> None:
    async with app_test(CLAIM) as app:
        case = await app.as_person().instantiate()

        await case.fill("claim", {"trips": [{"km": 10}, {"km": 2.5, "amount": 999}]})
        assert [row["amount"] for row in claim(case)["trips"]] == [50, 12.5]
        assert claim(case)["total"] == 62.5

        await case.patch("claim", {"op": "replace", "path": "/trips/0/km", "value": 20})
        assert claim(case)["total"] == 112.5


async def test_a_calculation_that_fails_refuses_the_write(app_test: Open) -> None:
    async with app_test(CLAIM) as app:
        case = await app.as_person().instantiate()
        before = claim(case)

        with pytest.raises(Refused) as caught:
            await case.fill("claim", {"trips": [{"km": "many"}]})

        assert caught.value.refusal.code == "CALCULATION_FAILED"
        assert "trips[0].amount" in caught.value.refusal.message
        assert "many" not in caught.value.refusal.message
        assert claim(await case.refresh()) == before


async def test_rules_of_the_app_stop_the_task_with_their_own_words(app_test: Open) -> None:
    async with app_test(CLAIM) as app:
        case = await app.as_person().instantiate()
        await case.fill("claim", {"purpose": "Fjelltur", "reason": "Langt", "trips": [{"km": 1001, "to": "Narvik"}]})

        with pytest.raises(Refused) as caught:
            await case.complete()

        issues = caught.value.refusal.issues
        assert [(issue.code, issue.severity.value, issue.field) for issue in issues] == [
            ("km.long", "ERROR", "trips[0].km"),
            ("km.unusual", "WARNING", "trips[0].km"),
        ]
        assert issues[0].message["en"] == "The trip to Narvik is 1001 km, but 1000 is the most."
        assert issues[0].message["nn"] == "Turen til Narvik er på 1001 km, men det meste er 1000."


async def test_the_form_requires_what_it_shows_and_nothing_else(app_test: Open) -> None:
    async with app_test(CLAIM) as app:
        case = await app.as_person().instantiate()
        await case.fill("claim", {"withPassenger": True, "trips": [{"km": 150}, {"km": 100}]})

        with pytest.raises(Refused) as caught:
            await case.complete()

        issues = caught.value.refusal.issues
        assert [(issue.source, issue.field) for issue in issues] == [
            ("Required", "purpose"),
            ("Required", "passenger"),
            ("Required", "trips[0].to"),
            ("Required", "reason"),
        ]
        assert issues[0].message == {
            "nb": "«Formål» mangler.",
            "nn": "«Føremål» manglar.",
            "en": '"Purpose" is missing.',
        }


async def test_what_the_form_hides_is_gone_when_the_task_ends(app_test: Open) -> None:
    async with app_test(CLAIM) as app:
        case = await app.as_person().instantiate()
        trips = [{"km": 10, "to": "Bodø", "isPaid": True}, {"km": 20, "to": "Bodø"}]
        await case.fill(
            "claim", {"purpose": "Møte", "withPassenger": False, "passenger": "Ola", "reason": "-", "trips": trips}
        )

        await case.complete()

        assert claim(case) == {
            "passenger": None,
            "purpose": "Møte",
            "reason": None,
            "total": 100,
            "trips": [{"amount": 100, "km": 20, "to": "Bodø"}],
            "withPassenger": False,
        }
        assert case.status == "COMPLETED"
