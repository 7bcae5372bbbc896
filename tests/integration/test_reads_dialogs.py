"""The inbox and one dialog: filters, orders, tokens and the table of answers (inbox rules §3, §6)."""

import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cmp_to_key
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from dialog_graph.model.principal import Principal
from dialog_graph.reads import dialogs
from dialog_graph.reads.dialog_search import SORT_COLUMNS, Search, SearchInput, check
from dialog_graph.reads.dialogs import DialogView, NotShown, SearchPage
from dialog_graph.storage.logins import Logins
from tests.integration.case_app import APP, OTHER, RULES, TWOFOLD, Rule, files_of, twofold
from tests.integration.case_world import ANNE, JON, KARI, MARI, OLA, World, owner, person, urn_of, world_of

START = datetime(2026, 1, 1, tzinfo=UTC)
LEVELLED = [Rule("PRIV DAGL LEDE", "instantiate read write delete confirm", level=3), *RULES[1:-4], *RULES[-3:]]
SCOPED = [*RULES[:-1], Rule("UTINN", "instantiate"), RULES[-1]]


@pytest.fixture(scope="module")
async def world(module_logins: Logins, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    folder = Path(tmp_path_factory.mktemp("inbox"))
    apps = [files_of(rules=SCOPED), twofold(), files_of(OTHER, rules=LEVELLED)]
    async with world_of(module_logins, folder, apps=apps) as world:
        await populate(world)
        yield world


STREW = """
update dg.dialog set created_at = $2, updated_at = $3, due_at = $4, content_updated_at = $5, status = $6,
       extended_status = $7, external_reference = $8, process = $9, folder = $10, is_sent = $11, marked_unopened = $12,
       seen = $13, is_api_only = $14, deleted_at = $15, expires_at = $16, visible_from = $17
 where dialog_id = $1
"""
COPY = """
with many as (
    select d.*, gen_random_uuid() as new_id from dg.dialog d cross join generate_series(1, 3)
)
insert into dg.dialog
select (jsonb_populate_record(null::dg.dialog,
        to_jsonb(m) || jsonb_build_object('dialog_id', new_id, 'instance_id', null))).*
  from many m
"""


async def populate(world: World) -> None:
    whose = [(KARI, "kari"), (KARI, "fjord"), (MARI, "dal"), (JON, "jon"), (OLA, "ola")]
    for number in range(20):
        who, party = whose[number % len(whose)]
        await world.started(who, party, app=(APP, OTHER, TWOFOLD)[number % 3])
    await world.admin.execute(COPY)
    chance = random.Random(20261120)
    for row in await world.admin.fetch("select dialog_id from dg.dialog order by party_id, resource_id, dialog_id"):
        await world.admin.execute(STREW, row[0], *strewn(chance))


def strewn(chance: random.Random) -> tuple[Any, ...]:
    def time(rate: float = 1.0) -> datetime | None:
        return START + timedelta(hours=chance.randrange(6)) if chance.random() < rate else None

    def flag(rate: float) -> bool:
        return chance.random() < rate

    later, earlier = datetime(2099, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)
    return (
        time(),
        time(),
        time(0.6),
        time(),
        chance.choice(["DRAFT", "IN_PROGRESS", "AWAITING", "COMPLETED"]),
        chance.choice([None, "a", "b"]),
        chance.choice([None, "ref"]),
        chance.choice([None, "urn:process:1"]),
        chance.randrange(3),
        flag(0.3),
        flag(0.3),
        flag(0.5),
        flag(0.2),
        earlier if flag(0.1) else None,
        chance.choice([None, None, None, later, earlier]),
        chance.choice([None, None, None, later, earlier]),
    )


# Plain model ----------------------------------------------------------------------------------------------------------

FOLDERS = ("DEFAULT", "ARCHIVE", "BIN")


async def rows(world: World) -> list[dict[str, Any]]:
    found = await world.admin.fetch(
        "select d.*, r.identifier from dg.dialog d join dg.resource r using (resource_id) order by dialog_id"
    )
    return [dict(row) for row in found]


def is_shown(row: Mapping[str, Any]) -> bool:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    expired = row["expires_at"] is not None and row["expires_at"] < now
    hidden = row["visible_from"] is not None and row["visible_from"] > now
    return row["deleted_at"] is None and not expired and not hidden


def labels(row: Mapping[str, Any]) -> set[str]:
    flags = {"MARKED_AS_UNOPENED": row["marked_unopened"], "SENT": row["is_sent"]}
    return {FOLDERS[row["folder"]], *(name for name, is_set in flags.items() if is_set)}


def fits(row: Mapping[str, Any], given: SearchInput) -> bool:
    urn = f"urn:altinn:resource:{row['identifier']}"
    lists = [
        (given.service_resource, urn),
        (given.org, row["org"]),
        (given.status, row["status"]),
        (given.extended_status, row["extended_status"]),
    ]
    exact = [(given.external_reference, row["external_reference"]), (given.process, row["process"])]
    seen = row["seen"] and not row["marked_unopened"]
    return (
        all(not values or value in values for values, value in lists)
        and all(value is None or value == found for value, found in exact)
        and set(given.system_label or ()) <= labels(row)
        and (given.is_content_seen is None or given.is_content_seen is seen)
        and not (given.exclude_api_only and row["is_api_only"])
        and all(in_bounds(row, name, bound) for name, bound in given.bounds.items())
    )


def in_bounds(row: Mapping[str, Any], name: str, bound: datetime) -> bool:
    stem, _, side = name.rpartition("_")
    value = row[{"due": "due_at"}.get(stem, f"{stem}_at")]
    return value is not None and (value >= bound if side == "after" else value <= bound)


def compare(sorts: Sequence[tuple[str, bool]]) -> Any:
    """NULLs first in descending order, last in ascending order; ties by id, descending."""

    def order(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
        for key, is_descending in sorts:
            left, right = one[SORT_COLUMNS[key]], other[SORT_COLUMNS[key]]
            if left != right:
                rank = 1 if left is None or (right is not None and left > right) else -1
                return -rank if is_descending else rank
        return -1 if one["dialog_id"].int > other["dialog_id"].int else 1

    return cmp_to_key(order)


# Search ---------------------------------------------------------------------------------------------------------------


def searched(**given: Any) -> Search:
    found = check(SearchInput(**given))
    assert isinstance(found, Search), found
    return found


async def page(world: World, who: Principal, **given: Any) -> SearchPage:
    async with world.ports.database.snapshot(who) as snapshot:
        return await dialogs.search(world.ports, snapshot, searched(**given))


async def everything(world: World, who: Principal, limit: int = 4, **given: Any) -> list[UUID]:
    """All pages put together."""
    found: list[UUID] = []
    token: str | None = None
    given.setdefault("order_by", [{"contentUpdatedAt": True}])
    while True:
        part = await page(world, who, limit=limit, continuation_token=token, **given)
        found += [view.dialog.dialog_id for view in part.items]
        if not part.has_next:
            return found
        assert len(part.items) == limit
        token = part.token


ORDERS: list[list[dict[str, bool]]] = [
    *([{key: down}] for key in ("createdAt", "updatedAt", "dueAt", "contentUpdatedAt") for down in (True, False)),
    [{"dueAt": False}, {"createdAt": True}],
    [{"dueAt": True}, {"updatedAt": False}, {"createdAt": False}],
]
MINE = ["kari", "fjord"]


def mine(row: Mapping[str, Any], parties: Sequence[str]) -> bool:
    ids = {"kari": 50001, "fjord": 50011, "jon": 50004}
    return row["party_id"] in {ids[name] for name in parties}


async def in_order(world: World, order: list[dict[str, bool]]) -> list[UUID]:
    """What the plain model shows."""
    fitting = [row for row in await rows(world) if mine(row, MINE) and is_shown(row)]
    sorts = [(key.lower(), down) for item in order for key, down in item.items()]
    return [row["dialog_id"] for row in sorted(fitting, key=compare(sorts))]


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_pages_put_together_are_the_whole_in_order(world: World, order: list[dict[str, bool]]) -> None:
    expected = await in_order(world, order)
    parties = [urn_of(name) for name in MINE]
    assert len(expected) > 4, "more than one page"
    assert await everything(world, KARI, party=parties, order_by=order) == expected


def forgets_nulls(column: str, number: str, is_null: bool, is_descending: bool) -> str:
    return f"{column} {'<' if is_descending else '>'} {number}"


async def test_the_comparison_sees_a_position_that_forgets_rows_without_value(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken twin of the predicate behind a token."""
    monkeypatch.setattr(dialogs, "_behind", forgets_nulls)
    parties = [urn_of(name) for name in MINE]
    for order in ([{"dueAt": True}], [{"dueAt": False}]):
        assert await everything(world, KARI, party=parties, order_by=order) != await in_order(world, order)


def drawn(chance: random.Random) -> dict[str, Any]:
    """A few filters at once."""
    hours = START + timedelta(hours=chance.randrange(6))
    names = ("created", "updated", "due", "content_updated")
    values: dict[str, list[Any]] = {
        "org": [["ttd"], ["ttd", "nabo"], ["none"], []],
        "service_resource": [[APP.resource_urn], [OTHER.resource_urn, TWOFOLD.resource_urn], ["urn:altinn:resource:x"]],
        "status": [["DRAFT"], ["AWAITING", "COMPLETED"]],
        "extended_status": [["a"], ["a", "b"], ["c"]],
        "external_reference": ["ref", "none"],
        "process": ["urn:process:1"],
        "system_label": [
            ["DEFAULT"],
            ["ARCHIVE"],
            ["BIN", "SENT"],
            ["DEFAULT", "MARKED_AS_UNOPENED"],
            ["BIN", "DEFAULT"],
        ],
        "is_content_seen": [True, False],
        "exclude_api_only": [True, False],
        "bounds": [{f"{chance.choice(names)}_{chance.choice(['after', 'before'])}": hours}],
    }
    return {name: chance.choice(values[name]) for name in chance.sample(sorted(values), chance.randrange(1, 4))}


async def test_every_filter_does_what_the_plain_model_does(world: World) -> None:
    chance = random.Random(11)
    found = await rows(world)
    used: set[str] = set()
    for _ in range(70):
        given = drawn(chance)
        used |= set(given)
        fitting = [row for row in found if mine(row, MINE) and is_shown(row) and fits(row, SearchInput(**given))]
        expected = [row["dialog_id"] for row in sorted(fitting, key=compare([("contentupdatedat", True)]))]
        parties = [urn_of(name) for name in MINE]
        assert await everything(world, KARI, party=parties, **given) == expected, given
    assert len(used) == 10


async def test_without_a_party_all_that_the_caller_represents_is_searched(world: World) -> None:
    given: dict[str, Any] = {"service_resource": [APP.resource_urn]}
    fitting = [row for row in await rows(world) if is_shown(row) and row["identifier"] == APP.resource]
    of_kari = [row["dialog_id"] for row in fitting if mine(row, MINE)]
    assert set(await everything(world, JON, **given)) == {row["dialog_id"] for row in fitting if mine(row, ["jon"])}
    # She is a member of Mari's club too, and may read there at one task: the list shows the club's dialogs.
    of_dal = [row["dialog_id"] for row in fitting if row["party_id"] == 50013]
    assert set(await everything(world, KARI, **given)) == {*of_kari, *of_dal}


async def test_foreign_parties_give_an_empty_page_and_never_an_error(world: World) -> None:
    for who in (JON, ANNE):
        found = await page(world, who, party=[urn_of("kari"), "urn:altinn:person:identifier-no:02013299997"])
        assert (found.items, found.has_next) == ((), False)


async def test_new_dialogs_before_the_position_change_nothing_behind_it(world: World) -> None:
    parties = [urn_of("kari")]
    order = [{"createdAt": True}]
    whole = await everything(world, KARI, party=parties, order_by=order)
    first = await page(world, KARI, party=parties, order_by=order, limit=3)
    new = await world.started(KARI)
    rest = await page(world, KARI, party=parties, order_by=order, limit=1000, continuation_token=first.token)
    await world.admin.execute("update dg.dialog set deleted_at = now() where instance_id = $1", new)
    assert [view.dialog.dialog_id for view in (*first.items, *rest.items)] == whole


async def test_a_login_too_weak_sees_that_there_is_something(world: World) -> None:
    """The dialogs stand in the list, marked so that only their non-sensitive texts are told."""
    weak = person("kari", level=0)
    shown = await page(world, weak, party=[urn_of("kari")], service_resource=[OTHER.resource_urn], limit=1000)
    assert shown.items
    assert all(view.is_level_too_low for view in shown.items)
    strong = await page(world, KARI, party=[urn_of("kari")], service_resource=[OTHER.resource_urn], limit=1000)
    assert [view.dialog.dialog_id for view in strong.items] == [view.dialog.dialog_id for view in shown.items]
    assert not any(view.is_level_too_low for view in strong.items)


async def test_a_search_out_of_time_is_refused_as_such(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogs, "BUDGET", 0.0)
    assert await world.code(None, lambda: page(world, KARI, party=[urn_of("kari")])) == "TIMEOUT"


# One dialog -----------------------------------------------------------------------------------------------------------


async def by_id(world: World, who: Principal, dialog_id: UUID) -> DialogView | NotShown:
    async with world.ports.database.snapshot(who) as snapshot:
        return await dialogs.by_id(world.ports, snapshot, dialog_id)


async def fresh(world: World, party: str = "fjord", app: object = APP, **columns: Any) -> UUID:
    """A dialog of Kari's with these columns."""
    instance_id = await world.started(KARI, party, app=app)
    dialog_id = await world.admin.fetchval("select dialog_id from dg.dialog where instance_id = $1", instance_id)
    for name, value in columns.items():
        await world.admin.execute(f"update dg.dialog set {name} = $2 where dialog_id = $1", dialog_id, value)
    return dialog_id


PAST, FUTURE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
WRONG: dict[str, Any] = {"deleted_at": PAST, "visible_from": FUTURE, "expires_at": PAST}


def error(found: DialogView | NotShown) -> str | None:
    return found.error if isinstance(found, NotShown) else None


async def test_the_answers_come_in_their_order(world: World) -> None:
    """Each cause hides those behind it: unknown, no access, deleted, level, not yet visible, expired."""
    weak = person("kari", level=0)
    dialog_id = await fresh(world, app=OTHER, **WRONG)
    assert error(await by_id(world, KARI, uuid4())) == "DialogByIdNotFound"
    assert error(await by_id(world, JON, dialog_id)) == "DialogByIdNotFound"
    assert error(await by_id(world, weak, dialog_id)) == "DialogByIdDeleted"
    await world.admin.execute("update dg.dialog set deleted_at = null where dialog_id = $1", dialog_id)
    assert error(await by_id(world, weak, dialog_id)) == "DialogByIdForbiddenAuthLevelTooLow"
    assert error(await by_id(world, KARI, dialog_id)) == "DialogByIdNotVisible"
    await world.admin.execute("update dg.dialog set visible_from = null where dialog_id = $1", dialog_id)
    assert error(await by_id(world, KARI, dialog_id)) == "DialogByIdExpired"
    await world.admin.execute("update dg.dialog set expires_at = null where dialog_id = $1", dialog_id)
    assert isinstance(await by_id(world, KARI, dialog_id), DialogView)


async def test_a_right_that_is_not_reading_does_not_show_the_dialog(world: World) -> None:
    """Anne may write and confirm for the bakery, and read nowhere: she is told that there is something, no more."""
    dialog_id = await fresh(world)
    assert error(await by_id(world, ANNE, dialog_id)) == "DialogByIdForbidden"
    deleted = await fresh(world, deleted_at=PAST)
    assert error(await by_id(world, ANNE, deleted)) == "DialogByIdForbidden"


async def test_whoever_may_read_at_another_task_sees_the_dialog_with_its_doors_shut(world: World) -> None:
    """Ola reads in Task_1 only; in Task_2 the list still shows the dialog, and so does this."""
    instance_id = await world.confirming(KARI, "fjord")
    dialog_id = await world.admin.fetchval("select dialog_id from dg.dialog where instance_id = $1", instance_id)
    view = await by_id(world, OLA, dialog_id)
    assert isinstance(view, DialogView)
    assert view.allowed == frozenset()


async def test_a_service_owner_of_another_org_and_purged_dialogs(world: World) -> None:
    dialog_id = await fresh(world)
    assert error(await by_id(world, owner("nabo"), dialog_id)) == "DialogByIdNotFound"
    await world.admin.execute(
        "update dg.instance set is_hard_deleted = true"
        " where instance_id = (select instance_id from dg.dialog where dialog_id = $1)",
        dialog_id,
    )
    assert error(await by_id(world, KARI, dialog_id)) == "DialogByIdNotFound"


async def test_dialogs_of_instances_are_read_together(world: World) -> None:
    mine, deleted = await world.started(KARI), await world.started(KARI)
    foreign = await world.started(JON, "jon")
    await world.admin.execute("update dg.dialog set deleted_at = now() where instance_id = $1", deleted)
    async with world.ports.database.snapshot(KARI) as snapshot:
        found = await dialogs.of_instances(world.ports, snapshot, [foreign, mine, uuid4(), deleted, mine])
    assert [view and view.dialog.instance_id for view in found] == [None, mine, None, None, mine]
