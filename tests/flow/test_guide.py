"""A price guide: filled in, calculated and checked without an instance, and without a login where the app allows it."""

import os
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.model.principal import app_worker
from dialog_graph.ports import Ports
from dialog_graph.testing.plugin import Open
from tests.flow.graph import Graph

GUIDE = Path(__file__).resolve().parents[1] / "data/apps/ttd/price-guide"
SHARED = Path(os.environ.get("DIALOG_GRAPH_SHARED", Path(__file__).resolve().parents[3] / "shared"))

ASK = """
query ($app: String!, $data: JSON!, $type: String, $parameters: JSON, $lookups: [String!]) {
  guide(application: $app, data: $data, dataType: $type, parameters: $parameters, lookups: $lookups) {
    data
    issues { code severity field source dataElementId message { value languageCode } }
    form {
      id dataType dataElementId
      pages {
        name title dataElementId
        components {
          key hidden required readOnly
          bindings { path value dataElementId } texts { name value } options { value label description tags }
        }
      }
    }
  }
}
"""


class Guide:
    """The guide of one app, asked over HTTP."""

    def __init__(self, graph: Graph, app: str = "ttd/price-guide") -> None:
        self.graph = graph
        self.app = app

    async def ask(self, key: str | None, data: Any, **more: Any) -> dict[str, Any]:
        """The whole answer; `key` None: without a login."""
        token = None if key is None else self.graph.token(key)
        headers = {"Accept-Language": more.pop("language", "nb")}
        body = {"query": ASK, "variables": {"app": self.app, "data": data, **more}}
        return (await self.graph.send("POST", "/graphql", token, json=body, headers=headers)).json()

    async def answer(self, key: str | None, data: Any, **more: Any) -> Any:
        answer = await self.ask(key, data, **more)
        assert "errors" not in answer, answer
        return answer["data"]["guide"]

    async def refusal(self, key: str | None, data: Any, **more: Any) -> tuple[str, list[str]]:
        """Code and path of the one error."""
        answer = await self.ask(key, data, **more)
        assert answer.get("data") is None, answer
        (error,) = answer["errors"]
        return error["extensions"]["code"], error["extensions"].get("path", [])


def components(answer: Any) -> dict[str, Any]:
    return {item["key"]: item for page in answer["form"]["pages"] for item in page["components"]}


async def stored(ports: Ports) -> int:
    """How many data elements there are."""
    async with ports.database.snapshot(app_worker("ttd", "price-guide")) as snapshot:
        return await snapshot.fetchval("select count(*) from data_element")


async def test_somebody_without_a_login_is_guided_to_a_price(app_test: Open) -> None:
    async with app_test(GUIDE) as app:
        guide = Guide(Graph(app.ports))

        begun = await guide.answer(None, {})

        assert begun["data"] == {"visitors": 1, "total": 120}
        assert [(issue["source"], issue["code"], issue["field"]) for issue in begun["issues"]] == [
            ("DataModel", "required", "kind"),
            ("Required", "required", "kind"),
        ]
        shown = components(begun)
        assert shown["visitors"]["hidden"], "first the kind of ticket"
        assert shown["kind"]["required"]
        assert shown["total"]["readOnly"]
        assert not shown["kind"]["readOnly"], "what is stored nowhere is locked by nobody"
        assert shown["total"]["texts"] == [{"name": "title", "value": "1 besøkende betaler 120 kr"}]
        assert shown["greeting"]["texts"] == [{"name": "title", "value": "Hei du"}]

        chosen = await guide.answer(None, {"kind": "year", "visitors": 60})

        assert chosen["data"] == {"kind": "year", "visitors": 60, "total": 54000}
        assert [(issue["code"], issue["severity"]) for issue in chosen["issues"]] == [("visitors.many", "WARNING")]
        assert chosen["issues"][0]["message"] == [{"value": "Ring oss om grupper", "languageCode": "nb"}]
        assert not components(chosen)["visitors"]["hidden"]
        assert await stored(app.ports) == 0


async def test_options_and_texts_are_in_the_language_of_the_caller(app_test: Open) -> None:
    async with app_test(GUIDE) as app:
        guide = Guide(Graph(app.ports))
        by_language = {
            language: await guide.answer(None, {"kind": "day"}, language=language) for language in ("nb", "nn", "en")
        }

        kinds = {language: components(answer)["kind"] for language, answer in by_language.items()}
        assert kinds["nb"]["options"] == [
            {"value": "day", "label": "Dagspass", "description": "Gjelder til midnatt", "tags": {"nights": 0}},
            {"value": "year", "label": "Årskort", "description": None, "tags": None},
        ]
        assert kinds["nn"] == kinds["nb"], "without texts of its own it falls back"
        assert [item["label"] for item in kinds["en"]["options"]] == ["Day pass", "Annual pass"]
        assert by_language["en"]["form"]["pages"][0]["title"] == "What does it cost?"


async def test_the_address_fills_in_what_the_app_declares(app_test: Open) -> None:
    async with app_test(GUIDE) as app:
        guide = Guide(Graph(app.ports))

        begun = await guide.answer(None, {}, parameters={"kind": "year", "people": "3"})
        assert begun["data"] == {"kind": "year", "visitors": 1, "total": 900}, "a default is there already"

        filled = await guide.answer(None, {"total": None}, parameters={"kind": "year", "people": "3"})
        assert filled["data"] == {"kind": "year", "visitors": 3, "total": 2700}

        other = await guide.answer(None, {"kind": "day"}, parameters={"kind": "year"})
        assert other["data"]["kind"] == "day", "what is written stays"

        assert await guide.refusal(None, {}, parameters={"colour": "red"}) == (
            "UNKNOWN_PREFILL_PARAMETER",
            ["parameters", "colour"],
        )
        odd_ones: list[Any] = [[], "kind=year", {"kind": 1}, {"kind": None}]
        for odd in odd_ones:
            assert await guide.refusal(None, {}, parameters=odd) == ("INVALID_INPUT", ["parameters"])


async def test_rows_get_ids_and_nothing_is_stored_between_two_questions(app_test: Open) -> None:
    async with app_test(GUIDE) as app:
        guide = Guide(Graph(app.ports))

        first = (await guide.answer(None, {"kind": "day", "lines": [{"name": "Ada"}, {}]}))["data"]
        again = (await guide.answer(None, first))["data"]

        assert [row["price"] for row in first["lines"]] == [120, 120]
        assert len({row["altinnRowId"] for row in first["lines"]}) == 2
        assert again == first


async def test_a_result_that_does_not_fit_is_told_and_changes_nothing(app_test: Open) -> None:
    async with app_test(GUIDE) as app:
        guide = Guide(Graph(app.ports))

        answer = await guide.answer(None, {"kind": "day", "code": "A", "count": 7})

        assert answer["data"]["count"] == 7
        told = [issue for issue in answer["issues"] if issue["source"] == "Calculation"]
        assert [(issue["code"], issue["severity"], issue["field"]) for issue in told] == [
            ("ResultDoesNotFit", "INFORMATION", "count")
        ]
        assert told[0]["dataElementId"] is None
        (finding,) = app.ports.findings.of(app.version)
        assert (finding.code, finding.path) == ("DG7203", "count")


async def test_secure_options_are_for_those_who_have_an_instance(app_test: Open) -> None:
    async with app_test(GUIDE) as app:
        graph = Graph(app.ports)
        for key in (None, "kari"):
            answer = await Guide(graph).answer(key, {})
            assert components(answer)["code"]["options"] is None
            assert "Secret offer" not in str(answer)


async def test_a_form_for_members_asks_for_a_login(app_test: Open) -> None:
    async with app_test(GUIDE) as app:
        guide = Guide(Graph(app.ports))

        assert await guide.refusal(None, {}, type="membership") == ("UNAUTHENTICATED", [])
        member = await guide.answer("kari", {"name": "Kari", "since": "2020-13-01"}, type="membership")
        assert (member["form"]["id"], member["form"]["dataType"]) == ("members", "membership")
        assert components(member)["name"]["bindings"] == [{"path": "name", "value": "Kari", "dataElementId": None}]
        assert [(issue["code"], issue["field"]) for issue in member["issues"]] == [("format", "since")]


async def test_what_the_guide_cannot_answer_is_refused_by_name(app_test: Open) -> None:
    async with app_test(GUIDE) as app:
        guide = Guide(Graph(app.ports))

        assert await guide.refusal("kari", {}, lookups=["register"]) == ("INVALID_INPUT", ["lookups"])
        assert await guide.refusal("kari", {}, type="nothing") == ("INVALID_INPUT", ["dataType"])
        odd_ones: list[Any] = [[], "text", 3, None]
        for odd in odd_ones:
            code, _ = await guide.refusal("kari", odd)
            assert code == "INVALID_INPUT"
        literal = '{ guide(application: "ttd/price-guide", data: {visitors: 1e999}) { data } }'
        written = await guide.graph.ask(guide.graph.token("kari"), literal)
        assert written["errors"][0]["extensions"]["path"] == ["data"], "what is written in the document is checked too"
        assert await guide.refusal(None, {"lines": [{}] * 20_000}) == ("INVALID_INPUT", ["data"])
        unknown = Guide(guide.graph, "ttd/nothing")
        assert await unknown.refusal("kari", {}) == ("NOT_FOUND", [])
        assert await unknown.refusal(None, {}) == ("UNAUTHENTICATED", []), "strangers learn nothing of what there is"


async def test_an_app_that_begins_with_an_instance_has_no_guide(app_test: Open) -> None:
    async with app_test(GUIDE.parent / "travel-claim") as app:
        guide = Guide(Graph(app.ports), "ttd/travel-claim")

        assert await guide.refusal("kari", {}) == ("INVALID_INPUT", ["application"])
        assert await guide.refusal(None, {}) == ("UNAUTHENTICATED", [])


LOOK = """
query ($app: String!, $task: String) {
  application(id: $app) {
    title { value } canInstantiate diagnostics { code } versions { version }
    form(taskId: $task) {
      id dataType dataElementId schema settings layouts
      texts(language: "en") kinds: options(id: "kinds", parameters: {any: 1}) { value label }
      codes: options(id: "codes") { value } none: options(id: "nothing") { value }
      pages { title components { key hidden bindings { value } } }
    }
  }
}
"""


async def test_the_entry_form_can_be_looked_at_before_anything_is_filled_in(app_test: Open) -> None:
    async with app_test(GUIDE) as app:
        graph = Graph(app.ports)
        shown = await graph.data(None, LOOK, app="ttd/price-guide")

        assert (shown["canInstantiate"], shown["diagnostics"], shown["versions"]) == (False, [], [])
        form = shown["form"]
        assert (form["id"], form["dataType"], form["dataElementId"]) == ("stateless", "price", None)
        assert form["schema"]["properties"]["visitors"]["default"] == 1
        assert form["settings"]["pages"]["hideCloseButton"] is True
        assert form["layouts"]["price"]["data"]["layout"][0]["id"] == "greeting"
        assert [option["label"] for option in form["kinds"]] == ["Dagspass", "Årskort"]
        assert (form["codes"], form["none"]) == ([], [])
        values = {item["key"]: item["bindings"] for item in form["pages"][0]["components"]}
        assert values["visitors"] == [{"value": 1}], "the schema's default"
        texts = {text["id"]: text for text in form["texts"]["resources"]}
        assert form["texts"]["language"] == "en"
        assert texts["price"] == {"id": "price", "value": "What does it cost?"}
        assert texts["kind.day"]["value"] == "Dagspass"
        assert texts["field.total"]["variables"][1] == {
            "key": "total",
            "dataSource": "dataModel.default",
            "defaultValue": "?",
        }


async def test_without_a_login_only_such_forms_can_be_looked_at(app_test: Open) -> None:
    async with app_test(GUIDE.parent / "travel-claim") as app:
        graph = Graph(app.ports)
        for id in ("ttd/travel-claim", "ttd/nothing"):
            answer = await graph.ask(None, LOOK, app=id)
            assert answer["data"] == {"application": None}
            assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        claim = await graph.data(graph.token("ola"), LOOK, app="ttd/travel-claim", task="Task_1")
        assert (claim["form"]["id"], claim["form"]["pages"][0]["components"][0]["key"]) == ("form", "purpose")
        assert (await graph.data(graph.token("ola"), LOOK, app="ttd/travel-claim"))["form"] == claim["form"]
        assert (await graph.data(graph.token("ola"), LOOK, app="ttd/travel-claim", task="Task_9"))["form"] is None


async def test_without_a_login_the_process_of_an_app_is_not_shown(app_test: Open) -> None:
    document = 'query { application(id: "ttd/price-guide") { process { bpmnXml } } }'
    async with app_test(GUIDE) as app:
        answer = await Graph(app.ports).ask(None, document)
        assert answer["data"] == {"application": None}
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.skipif(not (SHARED / "corpus").is_dir(), reason="the shared corpus is not beside the project")
async def test_a_stateless_app_of_others_is_guided(app_test: Open) -> None:
    worker = "OpplysningerOmArbeidstakeren-grp-8819"
    name = {worker: {"OpplysningerOmArbeidstakeren-grp-8855": {"AnsattNavn-datadef-1223": {"value": "Ada Lovelace"}}}}
    async with app_test(SHARED / "corpus/apps/stateless-app") as app:
        guide = Guide(Graph(app.ports), "ttd/stateless-app")

        assert await guide.refusal(None, {}) == ("UNAUTHENTICATED", []), "this app asks for a login"
        begun = await guide.answer("kari", {}, parameters={"jobTitle": "Mathematician"})
        filled = await guide.answer("kari", name)

        shown = components(begun)
        assert not shown["jobTitle"]["hidden"]
        assert [bound["value"] for bound in shown["jobTitle"]["bindings"]] == ["Mathematician"]
        assert shown["instantiation-button"]["hidden"]
        assert not shown["instantiation-button-query-param"]["hidden"]
        assert components(filled)["jobTitle"]["hidden"]
        assert not components(filled)["idnummer2"]["hidden"], "the name is long enough"
        assert filled["form"]["id"] == "stateless"
        assert await guide.refusal("kari", {}, parameters={"designer": "x"}) == (
            "UNKNOWN_PREFILL_PARAMETER",
            ["parameters", "designer"],
        )
