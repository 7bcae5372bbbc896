"""What leaves the server: hidden data on every road, downloads and their headers, tokens of dialogs, odd requests.

Security rules §5, §9, §10.3; event rules §4; inbox rules §11.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import pytest

from dialog_graph.storage.database import Snapshot
from dialog_graph.storage.logins import Logins
from tests.flow.graph import Graph
from tests.integration.case_app import TWOFOLD
from tests.integration.case_world import FORM, KARI, MARI, TTD, World, urn_of, world_of


@dataclass(frozen=True)
class House:
    """A world and the whole application over it."""

    world: World
    graph: Graph

    async def get(self, path: str, key: str | None, **headers: str) -> httpx.Response:
        return await self.graph.send("GET", path, key and self.graph.token(key), headers=headers)

    async def file(self, instance_id: UUID, data_type: str, key: str = "kari", **options: Any) -> httpx.Response:
        """An upload."""
        headers = {"Content-Type": "text/plain"} | options.pop("headers", {})
        path = options.pop("path", f"/instances/{instance_id}/data?dataType={data_type}&filename=a.txt")
        method = options.pop("method", "POST")
        content = options.pop("content", b"hello")
        return await self.graph.send(method, path, self.graph.token(key), headers=headers, content=content)


@pytest.fixture(scope="module")
async def house(module_logins: Logins, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[House]:
    async with world_of(module_logins, Path(tmp_path_factory.mktemp("http"))) as world:
        yield House(world, Graph(world.ports))


ALL = """query ($id: UUID!) { instance(id: $id) {
    dataElements { id type formData url } validation { code field dataElementId }
    dialog { attachments { name displayName { value } urls { url } } transmissions { attachments { name } } } } }"""
BY_ID = """query ($id: UUID!) { dialogById(dialogId: $id) { errors { __typename } dialog {
    dialogToken attachments { name urls { url } } transmissions { attachments { name } } } } }"""


async def dialog_of(house: House, instance_id: UUID) -> UUID:
    return await house.world.admin.fetchval("select dialog_id from dg.dialog where instance_id = $1", instance_id)


# Hidden data ----------------------------------------------------------------------------------------------------------


async def test_hidden_data_is_absent_on_every_road(house: House) -> None:
    """Kari may read her case, but not the type: no list, attachment, address or download knows of it. The owner may."""
    instance_id = await house.world.started(KARI)
    hidden = (
        await house.world.upload(instance_id, "hidden", TTD, b"secret words", filename="secret.txt")
    ).data_element_id
    own = await house.graph.data(house.graph.token("kari"), ALL, id=str(instance_id))
    assert [element["type"] for element in own["dataElements"]] == ["model"]
    assert "secret" not in str(own)
    dialog = await house.graph.data(house.graph.token("kari"), BY_ID, id=str(await dialog_of(house, instance_id)))
    assert [item["name"] for item in dialog["dialog"]["attachments"]] == ["model"]
    listed = (await house.get(f"/instances/{instance_id}", "kari")).json()
    assert [item["dataType"] for item in listed["data"]] == ["model"]
    foreign = await house.get(f"/data/{hidden}", "kari")
    absent = await house.get(f"/data/{uuid4()}", "kari")
    assert (
        (foreign.status_code, foreign.json()["code"])
        == (absent.status_code, absent.json()["code"])
        == (404, "NOT_FOUND")
    )
    owners = await house.graph.data(house.graph.token("ttd"), ALL, id=str(instance_id))
    assert {element["type"] for element in owners["dataElements"]} == {"model", "hidden"}
    assert (await house.get(f"/data/{hidden}", "ttd")).content == b"secret words"


async def test_validation_and_payloads_leave_hidden_data_out(house: House) -> None:
    """Mari may write the type and not read it."""
    instance_id = await house.world.started(MARI, "dal")
    document = """mutation ($id: UUID!) { writeFormData(input: {instanceId: $id, dataType: "secret", data: {x: 1}}) {
        errors { code } dataElement { id formData } issues { code } } }"""
    answer = await house.graph.data(house.graph.token("mari"), document, id=str(instance_id))
    assert answer == {"errors": [], "dataElement": None, "issues": []}
    found = await house.graph.data(house.graph.token("mari"), ALL, id=str(instance_id))
    secret = (await house.world.element(instance_id, "secret")).element_id
    assert str(secret) not in str(found)
    owners = await house.graph.data(house.graph.token("ttd"), ALL, id=str(instance_id))
    assert str(secret) in {issue["dataElementId"] for issue in owners["validation"]}


async def test_hidden_data_in_a_submission_is_not_named(house: House) -> None:
    instance_id = await house.world.started(MARI, "dal")
    await house.world.write(instance_id, MARI)
    await house.world.write(instance_id, MARI, data_type="secret", data=FORM)
    await house.world.advance(instance_id, MARI)
    await house.world.advance(instance_id, MARI)
    found = await house.graph.data(house.graph.token("mari"), BY_ID, id=str(await dialog_of(house, instance_id)))
    (transmission,) = found["dialog"]["transmissions"]
    assert [item["name"] for item in transmission["attachments"]] == ["model"]


# Downloads ------------------------------------------------------------------------------------------------------------


async def signed(house: House, instance_id: UUID, key: str = "kari") -> str:
    """The signed address of the first element."""
    found = await house.graph.data(house.graph.token(key), ALL, id=str(instance_id))
    url: str = found["dataElements"][0]["url"]
    return url.removeprefix(house.world.ports.settings.public_url)


async def test_a_download_carries_its_headers_and_nothing_a_browser_would_run(house: House) -> None:
    instance_id = await house.world.started()
    name = quote('../a\r\nX-Evil: 1"; filename=b.html', safe="")
    await house.file(instance_id, "loose", path=f"/instances/{instance_id}/data?dataType=loose&filename={name}")
    element = await house.world.element(instance_id, "loose")
    answer = await house.get(f"/data/{element.element_id}", "kari")
    assert answer.content == b"hello"
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["content-length"] == "5"
    assert answer.headers["etag"] == f'"{element.sha256}"'
    assert answer.headers["repr-digest"].startswith("sha-256=:")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["cache-control"] == "private, no-store"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename*=UTF-8''")
    assert not {'"', "/", "\\", "\r", "\n", " "} & set(disposition.removeprefix("attachment; filename*=UTF-8''"))
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize(
    ("range_", "status", "content"),
    [
        ("bytes=1-2", 206, b"el"),
        ("bytes=-2", 206, b"lo"),
        ("bytes=3-", 206, b"lo"),
        ("bytes=0-99", 200, b"hello"),
        ("bytes=9-", 200, b"hello"),
        ("bytes=2-1", 200, b"hello"),
        ("bytes=-0", 200, b"hello"),
        ("bytes=0-1,3-4", 200, b"hello"),
        ("bytes=\u00b2-", 200, b"hello"),
        ("bytes=" + "9" * 5000 + "-", 200, b"hello"),
        ("lines=1-2", 200, b"hello"),
    ],
)
async def test_parts_can_be_asked_for_and_nonsense_gives_the_whole(
    house: House, range_: str, status: int, content: bytes
) -> None:
    instance_id = await house.world.started()
    element_id = (await house.world.upload(instance_id, "loose")).data_element_id
    token = house.graph.token("kari")
    headers = [(b"range", range_.encode("latin-1"))]
    answer = await house.graph.send("GET", f"/data/{element_id}", token, headers=Headers(headers))
    assert (answer.status_code, answer.content) == (status, content)


class Headers(dict[str, Any]):
    """Headers as bytes: what no ordinary client sends."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        super().__init__({name.decode(): value.decode("latin-1").encode("latin-1") for name, value in raw})


async def test_a_part_of_another_version_is_never_put_together(house: House) -> None:
    instance_id = await house.world.started()
    element_id = (await house.world.upload(instance_id, "loose")).data_element_id
    old = (await house.get(f"/data/{element_id}", "kari")).headers["etag"]
    assert (await house.get(f"/data/{element_id}", "kari", **{"If-None-Match": old})).status_code == 304
    resumed = {"Range": "bytes=2-", "If-Range": old}
    assert (await house.get(f"/data/{element_id}", "kari", **resumed)).content == b"llo"
    await house.world.upload(instance_id, None, data_element_id=element_id, content=b"HELLO")
    answer = await house.get(f"/data/{element_id}", "kari", **resumed)
    assert (answer.status_code, answer.content) == (200, b"HELLO")


async def test_a_signed_address_opens_one_version_of_one_element_for_one_caller(house: House) -> None:
    instance_id = await house.world.filled()
    path = await signed(house, instance_id)
    assert (await house.get(path, None)).status_code == 200
    other = (await house.world.upload(instance_id, "loose")).data_element_id
    query = path.partition("?")[2]
    broken = [
        f"/data/{other}?{query}",
        path.replace("level=4", "level=3"),
        path.replace("subject=50001", "subject=50004"),
        path + "&signature=x",
        path.replace("kind=PERSON", "kind=SERVICE_OWNER"),
    ]
    for address in broken:
        answer = await house.get(address, None)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), address
    await house.world.write(instance_id, data={"name": "Later"})
    assert (await house.get(path, None)).status_code == 404


async def test_a_signed_address_dies_with_the_right_it_was_made_for(house: House) -> None:
    """Ola reads in Task_1 only."""
    instance_id = await house.world.filled(KARI, "fjord")
    path = await signed(house, instance_id, "ola")
    assert (await house.get(path, None)).status_code == 200
    await house.world.advance(instance_id)
    assert (await house.get(path, None)).status_code in (403, 404)


# Uploads --------------------------------------------------------------------------------------------------------------


async def test_a_repeated_upload_gets_the_answer_of_the_first(house: House) -> None:
    """Though the type is full by then and the revision has moved on."""
    instance_id = await house.world.started()
    await house.file(instance_id, "file")
    revision = (await house.world.load(instance_id)).revision
    path = f"/instances/{instance_id}/data?dataType=file&filename=a.txt&expectedRevision={revision}"
    options: dict[str, Any] = {"path": path, "headers": {"Idempotency-Key": "again"}}
    first = await house.file(instance_id, "file", **options)
    assert first.status_code == 201
    before = await house.world.state(instance_id)
    again = await house.file(instance_id, "file", **options)
    assert again.json()["dataElement"] == first.json()["dataElement"]
    other = await house.file(instance_id, "file", content=b"other", **options)
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_MISMATCH")
    assert await house.world.state(instance_id) == before


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"content": b""}, 400, "INVALID_INPUT"),
        ({"content": b"\x00\x01binary"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"headers": {"Content-Type": "text/html"}}, 409, "VALIDATION_FAILED"),
        ({"headers": {"Idempotency-Key": "x" * 65}}, 400, "INVALID_INPUT"),
        ({"path": "/instances/{id}/data?filename=a"}, 400, "INVALID_INPUT"),
        ({"path": "/instances/{id}/data?dataType=%00&filename=a"}, 404, "NOT_FOUND"),
        ({"path": "/instances/{id}/data?dataType=loose&filename=a&expectedRevision=1x"}, 400, "INVALID_INPUT"),
        ({"path": "/instances/{id}/data?dataType=loose&filename=a&expectedRevision=7"}, 409, "CONCURRENCY"),
        ({"path": "/instances/no-id/data?dataType=loose&filename=a"}, 404, "NOT_FOUND"),
        ({"path": "/instances/{id}/data/no-id", "method": "PUT"}, 404, "NOT_FOUND"),
        ({"path": "/instances/{id}/data?dataType=rows&filename=a"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)
async def test_odd_uploads_are_told_what_is_wrong_and_leave_nothing(
    house: House, options: dict[str, Any], status: int, code: str
) -> None:
    instance_id = await house.world.started()
    before = await house.world.state(instance_id), files(house)
    wanted = options | ({"path": options["path"].format(id=instance_id)} if "path" in options else {})
    answer = await house.file(instance_id, "loose", **wanted)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await house.world.state(instance_id), files(house)) == before


def files(house: House) -> set[str]:
    return {path.name for path in house.world.blobs.rglob("*") if path.is_file()}


# Dialogs --------------------------------------------------------------------------------------------------------------


async def test_a_dialog_token_opens_its_own_dialog_and_no_other(house: House) -> None:
    """It is a capability of one dialog: the same person's other instances are not behind it."""
    mine, other = await house.world.started(), await house.world.started()
    found = await house.graph.data(house.graph.token("kari"), BY_ID, id=str(await dialog_of(house, mine)))
    token = found["dialog"]["dialogToken"]

    async def ask(method: str, path: str) -> int:
        return (await house.graph.send(method, path, token)).status_code

    assert await ask("GET", f"/instances/{mine}") == 200
    assert await ask("GET", f"/instances/{other}") == 404
    assert await ask("DELETE", f"/api/v1/instance/50001/{other}") == 404
    assert await ask("DELETE", f"/api/v1/instance/50002/{mine}") == 404
    viewer = await house.graph.send("POST", "/graphql", token, json={"query": "{ viewer { subject } }"})
    assert viewer.status_code == 401
    assert (await house.world.load(mine)).status == "ACTIVE"
    assert await ask("DELETE", f"/api/v1/instance/50001/{mine}") == 204


async def test_a_dialog_tokens_word_counts_at_its_task_only(house: House) -> None:
    """Issued in Task_1, where it says `delete` at that task; used in Task_2."""
    instance_id = await house.world.filled()
    found = await house.graph.data(house.graph.token("kari"), BY_ID, id=str(await dialog_of(house, instance_id)))
    await house.world.advance(instance_id)
    path = f"/api/v1/instance/50001/{instance_id}"
    assert (await house.graph.send("DELETE", path, found["dialog"]["dialogToken"])).status_code == 404


async def test_the_inbox_is_told_how_long_a_deletion_has_to_wait(house: House) -> None:
    instance_id = await house.world.ended()
    answer = await house.graph.send("DELETE", f"/api/v1/instance/50001/{instance_id}", house.graph.token("kari"))
    assert answer.status_code == 422
    told = answer.json()
    archived, allowed = (datetime.fromisoformat(told[name]) for name in ("archivedAt", "deletionAllowedAt"))
    assert (told["code"], told["gracePeriodDays"], allowed - archived) == ("DELETION_TOO_EARLY", 3, timedelta(days=3))


async def test_a_fault_tells_its_trace_and_nothing_else(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ValueError("select secret from dg.instance")

    monkeypatch.setattr("dialog_graph.rest.dialog_urls.instances.one", broken)
    answer = await house.get(f"/instances/{await house.world.started()}", "kari")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
    assert len(answer.json()["traceId"]) == 32
    assert "secret" not in answer.text


async def test_two_looks_in_one_question_show_the_same_state(house: House) -> None:
    """Each drops the picture of the other: whoever reads last must not see the time before the mark."""
    instance_id = await house.world.started()
    document = """query ($id: UUID!) { a: dialogById(dialogId: $id) { dialog { isContentSeen } }
        b: dialogById(dialogId: $id) { dialog { isContentSeen } } viewer { party { name } } }"""
    answer = await house.graph.ask(house.graph.token("kari"), document, id=str(await dialog_of(house, instance_id)))
    assert {name: answer["data"][name]["dialog"]["isContentSeen"] for name in "ab"} == {"a": True, "b": True}


async def test_lists_beside_a_look_are_counted_all_the_same(house: House) -> None:
    """The look writes, so the operation gets a new picture; what is counted afterwards is counted there."""
    instance_id = await house.world.started()
    document = """query ($id: UUID!) { viewer { parties { totalCount } } instances(filter: {}) { totalCount edges {
        node { events { totalCount } } } } dialogById(dialogId: $id) { dialog { isContentSeen } } }"""
    answer = await house.graph.ask(house.graph.token("kari"), document, id=str(await dialog_of(house, instance_id)))
    assert "errors" not in answer
    assert answer["data"]["viewer"]["parties"]["totalCount"] > 0
    assert answer["data"]["instances"]["totalCount"] == len(answer["data"]["instances"]["edges"])


async def test_a_dialog_that_is_busy_is_shown_all_the_same(house: House) -> None:
    instance_id = await house.world.started()
    dialog_id = await dialog_of(house, instance_id)
    await house.world.admin.execute("begin")
    await house.world.admin.execute("select from dg.dialog where dialog_id = $1 for update", dialog_id)
    try:
        async with asyncio.timeout(10):
            found = await house.graph.data(house.graph.token("kari"), BY_ID, id=str(dialog_id))
    finally:
        await house.world.admin.execute("rollback")
    assert (found["errors"], found["dialog"] is not None) == ([], True)


# Lists ----------------------------------------------------------------------------------------------------------------


async def test_lists_in_a_filter_have_a_bound(house: House) -> None:
    document = "query ($ids: [UUID!]) { instances(filter: {ids: $ids}) { totalCount } }"
    for count, code in ((100, None), (101, "INVALID_INPUT")):
        answer = await house.graph.ask(house.graph.token("kari"), document, ids=[str(uuid4()) for _ in range(count)])
        codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
        assert codes == ([] if code is None else [code])


async def test_the_instances_of_a_party_are_that_partys_whatever_the_filter_names(house: House) -> None:
    mine = await house.world.started(KARI)
    company = await house.world.started(KARI, "fjord", app=TWOFOLD)
    document = """query ($urn: String!, $named: [String!]) { party(urn: $urn) {
        instances(filter: {party: $named}, first: 100) { edges { node { id } } } } }"""

    async def listed(urn: str, named: list[str] | None) -> set[str]:
        found = await house.graph.data(house.graph.token("kari"), document, urn=urn, named=named)
        return {edge["node"]["id"] for edge in found["instances"]["edges"]}

    assert str(mine) in await listed(urn_of("kari"), None)
    assert str(company) not in await listed(urn_of("kari"), None)
    assert str(mine) in await listed(urn_of("kari"), [urn_of("kari"), urn_of("fjord")])
    assert await listed(urn_of("kari"), [urn_of("fjord")]) == set()


LISTED = """query ($ids: [UUID!]) { instances(filter: {ids: $ids}, first: 100) { totalCount edges { node {
    id ref application { id } party { name parent { name } } status createdBy { actorName }
    dataElements { id formData url createdBy { actorName } } validation { code }
    process { currentTask { name { value } actions { action isAuthorized } startedBy { actorName } } }
    dialog { id attachments { name } activities { performedBy { actorName } } transmissions { id }
             seenSinceLastUpdate { id seenBy { actorName } } instance { id } } } } } }"""


async def test_a_list_with_everything_asks_nothing_row_by_row(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    statements: list[str] = []

    def counted(name: str) -> None:
        asked = getattr(Snapshot, name)

        async def counting(self: Snapshot, sql: str, *parameters: object) -> Any:
            statements.append(" ".join(sql.split())[:90])
            return await asked(self, sql, *parameters)

        monkeypatch.setattr(Snapshot, name, counting)

    mine = [await house.world.filled(KARI) for _ in range(6)]
    companys = [await house.world.filled(KARI, "fjord") for _ in range(6)]
    for name in ("fetch", "fetchrow", "fetchval"):
        counted(name)

    async def ask(ids: list[UUID]) -> list[str]:
        statements.clear()
        found = await house.graph.data(house.graph.token("kari"), LISTED, ids=[str(each) for each in ids])
        assert (found["totalCount"], len(found["edges"])) == (len(ids), len(ids))
        return sorted(statements)

    await ask([mine[0], companys[0]])
    few, many = await ask([mine[0], companys[0]]), await ask([*mine, *companys])
    assert len(many) == len(few), [each for each in many if many.count(each) > few.count(each)]
