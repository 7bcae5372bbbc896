"""A travel claim as a front end draws it: the form follows the data, and is closed when the task is done."""

from pathlib import Path
from typing import Any

import pytest

from dialog_graph.apps import FormState
from dialog_graph.testing.app_test import Caller
from dialog_graph.testing.plugin import Open
from tests.flow.graph import Graph

CLAIM = Path(__file__).resolve().parents[1] / "data/apps/ttd/travel-claim"


def shown(form: FormState) -> list[str]:
    """The keys of what can be seen, page by page."""
    return [item.key for page in form.pages for item in page.components if not item.is_hidden]


async def test_a_new_claim_shows_what_everybody_fills_in(app_test: Open) -> None:
    async with app_test(CLAIM) as app:
        case = await app.as_person().instantiate()

        form = await case.form()

        assert (form.id, form.task_id, form.data_type) == ("form", "Task_1", "claim")
        assert form.data_element_id == case.elements("claim")[0].element_id
        assert shown(form) == ["purpose", "withPassenger", "trips"]
        assert form.component("purpose").text() == "Formål"
        assert form.component("purpose").is_required
        assert [page.is_hidden for page in form.pages] == [False, True]
        assert [option.label for option in form.component("withPassenger").options or ()] == ["Ja"]


async def test_each_trip_is_a_row_with_its_own_fields(app_test: Open) -> None:
    async with app_test(CLAIM) as app:
        case = await app.as_person().instantiate()
        await case.fill("claim", {"trips": [{"km": 50}, {"km": 150, "to": "Narvik"}, {"km": 1, "isPaid": True}]})

        form = await case.form(language="en")

        trips = form.component("trips")
        assert [(row.index, row.is_hidden, row.children) for row in trips.rows] == [
            (0, False, ("to[0]", "km[0]", "amount[0]")),
            (1, False, ("to[1]", "km[1]", "amount[1]")),
            (2, True, ("to[2]", "km[2]", "amount[2]")),
        ]
        second = form.component("to[1]")
        assert (second.parent, second.row_indices, second.value) == ("trips", (1,), "Narvik")
        assert [bound.path for bound in second.bindings] == ["trips[1].to"]
        assert form.component("amount[1]").is_read_only, "it is calculated"
        assert form.component("km[2]").is_hidden, "a trip that is paid already"


async def test_a_field_is_required_once_its_row_asks_for_it(app_test: Open) -> None:
    async with app_test(CLAIM) as app:
        case = await app.as_person().instantiate()
        await case.fill("claim", {"purpose": "Møte", "trips": [{"km": 99}]})
        assert not (await case.form()).component("to[0]").is_required
        assert await case.issues() == []

        await case.patch("claim", {"op": "replace", "path": "/trips/0/km", "value": 101})

        assert (await case.form()).component("to[0]").is_required
        assert [(issue.code, issue.field) for issue in await case.issues()] == [("required", "trips[0].to")]


async def test_a_passenger_appears_with_a_tick(app_test: Open) -> None:
    async with app_test(CLAIM) as app:
        case = await app.as_person().instantiate()
        await case.patch("claim", {"op": "add", "path": "/withPassenger", "value": True})

        form = await case.form()

        assert "passenger" in shown(form)
        assert form.component("passenger").is_required


async def test_a_page_opens_when_the_calculated_total_is_high(app_test: Open) -> None:
    async with app_test(CLAIM) as app:
        case = await app.as_person().instantiate()
        await case.fill("claim", {"purpose": "Møte", "trips": [{"km": 100, "to": "Bodø"}]})
        assert (await case.form()).page("reason").is_hidden

        await case.fill("claim", {"purpose": "Møte", "trips": [{"km": 100, "to": "Bodø"}] * 2})

        form = await case.form()
        assert not form.page("reason").is_hidden
        assert shown(form)[-1] == "why"
        data: Any = case.data("claim")
        assert data["total"] == 1000


async def test_the_form_is_closed_when_its_task_is_done(app_test: Open) -> None:
    async with app_test(CLAIM) as app:
        case = await app.as_person().instantiate()
        await case.fill("claim", {"purpose": "Møte", "trips": [{"km": 10, "to": "Bodø"}]})
        before = await case.form()

        await case.complete()

        after = await case.form("Task_1")
        assert not before.component("purpose").is_read_only
        assert all(item.is_read_only for page in after.pages for item in page.components)
        assert after.component("km[0]").value == 10
        with pytest.raises(LookupError):
            await case.form()


async def test_a_form_says_so_when_there_is_nothing_of_that_name(app_test: Open) -> None:
    async with app_test(CLAIM) as app:
        form = await (await app.as_person().instantiate()).form()
        with pytest.raises(LookupError):
            form.component("nothing")
        with pytest.raises(LookupError):
            form.page("nothing")
        with pytest.raises(LookupError):
            await (await app.as_person().instantiate()).form("Task_9")


DRAW = """
query ($id: UUID!, $pages: [String!]) { instance(id: $id) { process { currentTask { form {
  id dataType dataElementId
  pages(names: $pages) { name title hidden components {
    key id type parent rowIndices hidden required readOnly optionsId
    bindings { name dataType path value } texts { name key value } options { value label }
    rows { index hidden children } children source
  } }
} } } } }
"""


def outline(page: Any) -> list[str]:
    """A front end's own walk through a page: from the components that nothing holds, by the keys of what they hold."""
    known = {item["key"]: item for item in page["components"]}
    drawn: list[str] = []

    def draw(key: str, depth: int) -> None:
        item = known[key]
        drawn.append("  " * depth + key)
        for row in item["rows"]:
            for child in row["children"]:
                draw(child, depth + 1)
        for child in item["children"]:
            draw(child, depth + 1)

    for item in page["components"]:
        if item["parent"] is None:
            draw(item["key"], 0)
    return drawn


async def test_one_answer_is_enough_to_draw_the_form(app_test: Open) -> None:
    async with app_test(CLAIM) as app:
        kari: Caller = app.as_person()
        case = await kari.instantiate()
        await case.fill("claim", {"purpose": "Møte", "trips": [{"km": 150.5}, {}]})
        graph = Graph(app.ports)

        answer = await graph.data(graph.token("kari"), DRAW, id=str(case.id))

        form = answer["process"]["currentTask"]["form"]
        assert form["dataElementId"] == str(case.elements("claim")[0].element_id)
        assert outline(form["pages"][0]) == [
            "purpose",
            "withPassenger",
            "passenger",
            "trips",
            "  to[0]",
            "  km[0]",
            "  amount[0]",
            "  to[1]",
            "  km[1]",
            "  amount[1]",
        ]
        drawn = {item["key"]: item for page in form["pages"] for item in page["components"]}
        assert drawn["km[0]"]["bindings"] == [
            {"name": "simpleBinding", "dataType": "claim", "path": "trips[0].km", "value": 150.5}
        ]
        assert drawn["to[0]"]["required"]
        assert not drawn["to[1]"]["required"]
        assert drawn["purpose"]["texts"] == [{"name": "title", "key": "field.purpose", "value": "Formål"}]
        assert drawn["trips"]["source"]["maxCount"] == 20

        one = await graph.data(graph.token("kari"), DRAW, id=str(case.id), pages=["reason"])
        assert [page["name"] for page in one["process"]["currentTask"]["form"]["pages"]] == ["reason"]
