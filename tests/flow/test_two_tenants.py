"""Two service owners in one database, the same citizen in both: neither ever sees the other's cases."""

import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from dialog_graph.testing import AppTest, Case, Databases
from dialog_graph.testing.app_test import opened
from tests.flow.cases import ADDRESS, GRANT, PDF, application
from tests.flow.graph import Graph
from tests.flow.replaying import check_replays
from tests.flow.test_roles import KARI, expect_stranger, known, snapshot

MOVE = {"movingDate": "2027-02-01", "newAddress": {"street": "Storgata 1", "postalCode": "9008", "city": "Tromsø"}}


def of_nabo(folder: Path) -> Path:
    """The change of address as an app of the neighbouring directorate."""
    place = folder / "apps" / "nabo" / "change-of-address"
    shutil.copytree(ADDRESS, place)
    metadata = place / "App" / "config" / "applicationmetadata.json"
    content = json.loads(metadata.read_text(encoding="utf-8"))
    metadata.write_text(json.dumps(content | {"id": "nabo/change-of-address", "org": "nabo"}), encoding="utf-8")
    return place


@asynccontextmanager
async def both(databases: Databases, folder: Path) -> AsyncGenerator[tuple[AppTest, AppTest], None]:
    async with databases.fresh() as logins:
        async with (
            opened(GRANT, logins, folder / "data") as ttd,
            opened(of_nabo(folder), logins, folder / "data") as nabo,
        ):
            yield ttd, nabo
        assert await check_replays(logins.setup) == 2


async def ended(app: AppTest, data_type: str, data: "dict[str, object]", steps: int) -> Case:
    case = await app.as_person("kari").instantiate()
    await case.fill(data_type, data)
    for _ in range(steps):
        await case.complete()
    return case


async def test_nabo_never_sees_ttd(dialog_graph_databases: Databases, tmp_path: Path) -> None:
    async with both(dialog_graph_databases, tmp_path) as (ttd, nabo):
        theirs = await ttd.as_person("kari").instantiate()
        await theirs.fill("application", application("Fjord"))
        await theirs.upload("documentation", PDF, "application/pdf", "drawing.pdf")
        graph = Graph(ttd.ports)
        token = graph.token("nabo")
        before = await snapshot(theirs)
        await expect_stranger(graph, token, await known(theirs))
        await theirs.complete()
        await theirs.complete()
        await expect_stranger(graph, token, await known(theirs))
        assert (await snapshot(theirs))[0] == before[0] + 2
        own = await ended(nabo, "address", dict(MOVE), 1)
        for org, case in (("nabo", own), ("ttd", theirs)):
            listed = await graph.data(graph.token(org), ALL)
            assert [edge["node"]["id"] for edge in listed["edges"]] == [str(case.id)]
            assert listed["totalCount"] == 1


ALL = "query { instances(filter: {}) { totalCount edges { node { id } } } }"


async def test_a_filter_for_the_other_owner_is_refused_or_empty(
    dialog_graph_databases: Databases, tmp_path: Path
) -> None:
    async with both(dialog_graph_databases, tmp_path) as (ttd, nabo):
        await ended(ttd, "application", dict(application()), 2)
        await ended(nabo, "address", dict(MOVE), 1)
        graph = Graph(ttd.ports)
        document = "query ($org: String!) { instances(filter: {org: $org}) { edges { node { id } } } }"
        answer = await graph.ask(graph.token("nabo"), document, org="ttd")
        codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
        assert codes == ["INVALID_INPUT"] or answer["data"]["instances"]["edges"] == []


async def test_kari_sees_both_in_one_inbox(dialog_graph_databases: Databases, tmp_path: Path) -> None:
    async with both(dialog_graph_databases, tmp_path) as (ttd, nabo):
        await ended(ttd, "application", dict(application()), 2)
        await ended(nabo, "address", dict(MOVE), 1)
        graph = Graph(nabo.ports)
        document = "query ($party: [String!]) { searchDialogs(input: {party: $party}) { items { org status } } }"
        listed = await graph.data(graph.token("kari"), document, party=[KARI])
        found = sorted((item["org"], item["status"]) for item in listed["items"])
        assert found == [("nabo", "AWAITING"), ("ttd", "AWAITING")]


async def test_confirming_in_one_tenant_changes_nothing_in_the_other(
    dialog_graph_databases: Databases, tmp_path: Path
) -> None:
    async with both(dialog_graph_databases, tmp_path) as (ttd, nabo):
        theirs = await ended(ttd, "application", dict(application()), 2)
        own = await ended(nabo, "address", dict(MOVE), 1)
        before = await snapshot(theirs)
        await own.by(nabo.as_org("nabo").principal).confirm_receipt()
        assert own.status == "COMPLETED"
        await own.refresh()
        assert own.status == "CONFIRMED"
        assert await snapshot(theirs) == before
