"""Who may what: the stranger finds nothing anywhere, and a login that is too weak is told what it lacks."""

import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from dialog_graph.errors import Refused
from dialog_graph.model.instance import InstanceStatus
from dialog_graph.testing import AppTest, Case
from dialog_graph.testing.plugin import Open
from tests.flow.cases import GRANT, PDF, application
from tests.flow.graph import Graph
from tests.flow.questions import READS, REFUSED_READS, REQUESTS, WRITES, Known

KARI = "urn:altinn:person:identifier-no:12887230143"
BAKERY = "urn:altinn:organization:identifier-no:310001015"


async def filled(app: AppTest, party: str | None = None) -> Case:
    case = await app.as_person("kari").instantiate(party)
    await case.fill("application", application("Fjord"))
    await case.upload("documentation", PDF, "application/pdf", "drawing.pdf")
    return case


async def known(case: Case, party: str = KARI) -> Known:
    return Known(
        instance=case.id,
        dialog=(await case.dialog()).dialog_id,
        element=case.elements("documentation")[0].element_id,
        task=case.instance.tasks[0].entry_id,
        party=party,
        application="ttd/grant-application",
    )


NOBODY = Known(uuid4(), uuid4(), uuid4(), uuid4(), KARI, "ttd/grant-application")


def used(document: str, thing: Known) -> dict[str, str]:
    return {name: value for name, value in thing.variables.items() if f"${name}:" in document}


async def expect_stranger(graph: Graph, token: str, thing: Known) -> None:
    """Whatever this caller asks, the thing does not exist, and the answer is that for a thing that never did."""
    own = {str(thing.instance), str(thing.dialog), str(thing.element)}
    for name, document in (READS | REFUSED_READS).items():
        answer = await graph.send(
            "POST", "/graphql", token, json={"query": document, "variables": used(document, thing)}
        )
        assert answer.status_code == 200, name
        assert not [text for text in own if text in answer.text], f"{name}: {answer.text}"
        data: dict[str, Any] = answer.json().get("data") or {}
        assert all(not value or value in EMPTY for value in data.values()), f"{name}: {answer.text}"
    for name, document in WRITES.items():
        strange = await graph.data(token, document, **used(document, thing))
        absent = await graph.data(token, document, **used(document, NOBODY))
        assert strange == absent, name
        assert [error["code"] for error in strange["errors"]] == ["NOT_FOUND"], f"{name}: {strange}"
    for method, path, options in REQUESTS:
        answers = list[tuple[int, str]]()
        for each in (thing, NOBODY):
            answer = await graph.send(method, path.format(**each.variables), token, **dict(options))
            answers.append((answer.status_code, answer.json()["code"]))
        assert answers == [(404, "NOT_FOUND")] * 2, path


EMPTY: tuple[dict[str, Any], ...] = (
    {"edges": []},
    {"edges": [], "totalCount": 0},
    {"items": []},
    {"items": None},
    {"dialog": None, "errors": [{"__typename": "DialogByIdNotFound"}]},
    {"dialog": None, "errors": [{"__typename": "DialogByIdForbidden"}]},
)
"""Ways to say "nothing"; the last two answer a caller who has no inbox at all."""


async def snapshot(case: Case) -> tuple[int, int, str]:
    await case.refresh()
    return case.instance.revision, case.instance.event_seq, case.status


async def test_the_stranger_finds_nothing(app_test: Open) -> None:
    async with app_test(GRANT) as app:
        case = await filled(app)
        graph = Graph(app.ports)
        before = await snapshot(case)
        for key in ("jon", "ola", "mari", "guest", "lonn", "310002151"):
            await expect_stranger(graph, graph.token(key), await known(case))
        assert await snapshot(case) == before


async def test_what_is_the_companys_is_for_its_manager_alone(app_test: Open) -> None:
    """Ola keeps the company's books, but the policy of this app asks for the managing director."""
    async with app_test(GRANT) as app:
        case = await filled(app, BAKERY)
        graph = Graph(app.ports)
        thing = await known(case, BAKERY)
        for key in ("ola", "anne", "lonn"):
            token = graph.token(key)
            assert await graph.data(token, READS["instance"], instance=str(case.id)) is None
            listed = await graph.data(token, READS["inbox"], party=BAKERY)
            assert not listed["items"], key
            refused = await graph.data(token, WRITES["advanceProcess"], instance=str(case.id))
            assert refused["errors"][0]["code"] == "NOT_FOUND"
        await expect_stranger(graph, graph.token("jon"), thing)


async def test_without_a_token_nothing_is_answered_at_all(app_test: Open) -> None:
    async with app_test(GRANT) as app:
        thing = await known(await filled(app))
        graph = Graph(app.ports)
        for name, document in (READS | REFUSED_READS | WRITES).items():
            answer = await graph.ask(None, document, **used(document, thing))
            codes = [error["extensions"]["code"] for error in answer["errors"]]
            assert codes == ["UNAUTHENTICATED"], name
        for method, path, options in REQUESTS:
            answer = await graph.send(method, path.format(**thing.variables), None, **dict(options))
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"].startswith("Bearer")


# Levels -------------------------------------------------------------------------------------------------------------


def demanding(folder: Path, level: int) -> Path:
    """The grant app with another lowest level."""
    place = folder / "apps" / "ttd" / "grant-application"
    shutil.copytree(GRANT, place)
    policy = place / "App" / "config" / "authorization" / "policy.xml"
    text = policy.read_text(encoding="utf-8")
    assert text.count(">3</xacml:AttributeValue>") == 2
    policy.write_text(text.replace(">3</xacml:AttributeValue>", f">{level}</xacml:AttributeValue>", 1))
    return place


STARTED = """
mutation ($application: String!, $party: String!) {
  instantiate(input: {application: $application, party: $party}) {
    instance { id }
    errors { __typename code message ... on AuthLevelTooLow { requiredLevel requiredAcr } }
  }
}
"""


@pytest.mark.parametrize(
    ("demanded", "level", "acr"),
    [(3, 0, "idporten-loa-substantial"), (4, 0, "idporten-loa-high"), (4, 3, "idporten-loa-high")],
)
async def test_a_weak_login_is_told_what_it_lacks(
    app_test: Open, tmp_path: Path, demanded: int, level: int, acr: str
) -> None:
    async with app_test(demanding(tmp_path, demanded)) as app:
        graph = Graph(app.ports)
        weak, strong = graph.token("kari", level), graph.token("kari", 4)
        started = await graph.data(weak, STARTED, application="ttd/grant-application", party=KARI)
        error = {key: value for key, value in started["errors"][0].items() if key != "message"}
        expected = {"__typename": "AuthLevelTooLow", "code": "AUTH_LEVEL_TOO_LOW"}
        assert error == expected | {"requiredLevel": demanded, "requiredAcr": acr}
        case = await filled(app)
        await expect_weak(graph, weak, case)
        shown = await graph.data(strong, READS["instance"], instance=str(case.id))
        assert shown == {"id": str(case.id)}


async def expect_weak(graph: Graph, weak: str, case: Case) -> None:
    """By id and on every write it is told; the list still shows the dialog, without its content."""
    thing = await known(case)
    dialog = await graph.data(weak, READS["dialog"], dialog=str(thing.dialog))
    assert dialog == {"dialog": None, "errors": [{"__typename": "DialogByIdForbiddenAuthLevelTooLow"}]}
    before = await snapshot(case)
    for name in ("writeFormData", "advanceProcess", "deleteDataElement", "deleteInstance"):
        document = WRITES[name]
        refused = await graph.data(weak, document, **used(document, thing))
        assert [error["code"] for error in refused["errors"]] == ["AUTH_LEVEL_TOO_LOW"], name
    method, path, options = REQUESTS[3]
    answer = await graph.send(method, path.format(**thing.variables), weak, **dict(options))
    assert (answer.status_code, answer.json()["code"]) == (401, "AUTH_LEVEL_TOO_LOW")
    assert 'error="insufficient_user_authentication"' in answer.headers["www-authenticate"]
    assert await snapshot(case) == before
    listed = await graph.data(weak, LISTED, party=[KARI])
    (item,) = listed["items"]
    assert item["id"] == str(thing.dialog)


LISTED = """
query ($party: [String!]) {
  searchDialogs(input: {party: $party}) { items { id content { title { value { value } } } } }
}
"""


async def test_the_level_that_is_demanded_is_enough(app_test: Open, tmp_path: Path) -> None:
    async with app_test(demanding(tmp_path, 4)) as app:
        with pytest.raises(Refused) as refused:
            await app.as_person("kari", level=3).instantiate()
        assert refused.value.refusal.required_level == 4
        case = await app.as_person("kari", level=4).instantiate()
        assert case.instance.status is InstanceStatus.ACTIVE
