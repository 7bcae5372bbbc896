"""Lists of instances: every filter and order against a plain model, and the readable ones exactly (event rules §3)."""

import random
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from dialog_graph.access import decisions
from dialog_graph.errors import Refused
from dialog_graph.model.principal import Principal
from dialog_graph.reads import completions, instances
from dialog_graph.reads.instances import CONDITIONS, ORDERS, Query
from dialog_graph.storage import instances as stored
from dialog_graph.storage.database import Snapshot
from dialog_graph.storage.logins import Logins
from tests.integration.case_app import APP, OTHER, TWOFOLD, Rule, files_of, twofold
from tests.integration.case_world import ANNE, JON, KARI, MARI, NABO, OLA, TTD, World, person, urn_of, world_of

START = datetime(2026, 1, 1, tzinfo=UTC)
COUNT = 90
EVERYBODY = (KARI, OLA, MARI, JON, ANNE, TTD, NABO, person("kari", level=0))
# For parties of one app reading is limited to tasks, to ends, and to a level.
PLACED = [
    Rule("PRIV", "instantiate write", level=3),
    Rule("PRIV", "read", at=["task:Task_1", "end:End"], level=3),
    Rule("PRIV", "confirm reject"),
    Rule("DAGL LEDE", "instantiate read write confirm reject"),
    Rule("REGNA", "read", at=["task:task_2"]),
    Rule("MEDL", "read", at=["end:End"]),
    Rule("A0239", "write"),
    Rule("org:[ORG]", "instantiate read write complete confirm"),
]


@pytest.fixture(scope="module")
async def world(module_logins: Logins, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    folder = Path(tmp_path_factory.mktemp("lists"))
    async with world_of(module_logins, folder, apps=[files_of(rules=PLACED), twofold(), files_of(OTHER)]) as world:
        await populate(world)
        yield world


async def populate(world: World) -> None:
    """Instances of all apps, parties and tasks; then their columns are strewn with values, many of them equal."""
    whose = [(KARI, "kari"), (OLA, "ola"), (MARI, "mari"), (KARI, "fjord"), (MARI, "dal"), (JON, "jon")]
    for number in range(COUNT // 3):
        who, party = whose[number % len(whose)]
        app = (APP, APP, OTHER, TWOFOLD)[number % 4]
        instance_id = await world.started(who, party, app=app)
        if app == APP and number % 3:
            await world.write(instance_id, who)
            await world.advance(instance_id, who)
            if number % 3 == 2:
                await world.advance(instance_id, who)
    await world.admin.execute(COPY, COUNT - COUNT // 3)
    chance = random.Random(20261120)
    for row in await world.admin.fetch(
        "select instance_id, ended_at from dg.instance order by party_id, resource_id, ended_at is null, instance_id"
    ):
        await world.admin.execute(STREW, row[0], *strewn(chance, row["ended_at"] is not None))
    await world.admin.execute(CONFIRM)


def strewn(chance: random.Random, has_ended: bool) -> tuple[Any, ...]:
    def time(rate: float = 1.0) -> datetime | None:
        return START + timedelta(hours=chance.randrange(6)) if chance.random() < rate else None

    status = chance.choice(["COMPLETED", "CONFIRMED"] if has_ended else ["ACTIVE", "DELETED"])
    deleted = time() if status == "DELETED" else None
    label = chance.choice([None, '{"label": "a"}', '{"label": "b"}', '{"description": "a"}'])
    values = chance.choice(['{"name": "x"}', '{"name": "y"}', "{}"])
    waits = chance.choice([None, ["TIMER"], ["JOB"], ["TIMER", "MESSAGE"]])
    return (time(), time(), time(0.5), time(0.5), deleted, status, label, values, chance.random() < 0.3, time(), waits)


COPY = """
with source as (select i.*, row_number() over (order by instance_id) as n from dg.instance i),
many as (
    select s.*, gen_random_uuid() as new_id from source s cross join generate_series(1, 10)
     order by md5(s.instance_id::text || generate_series) limit $1
),
copied as (
    insert into dg.instance
    select (jsonb_populate_record(null::dg.instance, to_jsonb(m) || jsonb_build_object('instance_id', new_id))).*
      from many m
    returning instance_id
)
insert into dg.process_task
select (jsonb_populate_record(null::dg.process_task,
        to_jsonb(t) || jsonb_build_object('instance_id', m.new_id, 'entry_id', gen_random_uuid()))).*
  from many m join dg.process_task t on t.instance_id = m.instance_id
"""
STREW = """
update dg.instance set created_at = $2, updated_at = $3, due_at = $4, visible_from = $5, deleted_at = $6, status = $7,
       substatus = $8::text::jsonb, data_values = $9::text::jsonb, has_incident = $10, waiting_for = $12,
       ended_at = case when ended_at is null then null else $11::timestamptz end,
       archived_at = case when ended_at is null then null else $11::timestamptz end
 where instance_id = $1
"""
CONFIRM = """
insert into dg.confirmation
select instance_id, org, party_id, resource_id, org, now() from dg.instance where status = 'CONFIRMED'
"""


async def rows(world: World) -> list[dict[str, Any]]:
    """Everything there is, past any policy, for the plain model."""
    found = await world.admin.fetch(
        """select i.*, v.app_id, v.ordinal,
                  exists (select from dg.confirmation c where c.instance_id = i.instance_id) as confirmed
             from dg.instance i join dg.app_version v using (version_id)"""
    )
    return [dict(row) for row in found]


Model = Callable[[dict[str, Any], Any], bool]


def _bound(column: str, is_after: bool) -> Model:
    def holds(row: dict[str, Any], value: Any) -> bool:
        found = row[column]
        return found is not None and (found >= value if is_after else found <= value)

    return holds


_COLUMNS = {"created": "created_at", "updated": "updated_at", "ended": "ended_at", "due": "due_at"}
MODEL: dict[str, Model] = {
    "ids": lambda row, value: row["instance_id"] in value,
    "party_ids": lambda row, value: row["party_id"] in value,
    "application": lambda row, value: row["app_id"] in value,
    "org": lambda row, value: row["org"] == value,
    "status": lambda row, value: row["status"] in value,
    "current_task": lambda row, value: row["current_task"] in value,
    "task_type": lambda row, value: row["task_type"] in value,
    "is_completed": lambda row, value: (row["ended_at"] is not None) is value,
    "is_archived": lambda row, value: (row["archived_at"] is not None) is value,
    "is_deleted": lambda row, value: (row["deleted_at"] is not None) is value,
    "is_hard_deleted": lambda row, value: row["is_hard_deleted"] is value,
    "is_confirmed": lambda row, value: row["confirmed"] is value,
    "unconfirmed_since": lambda row, value: (
        row["archived_at"] is not None and row["ended_at"] < value and not row["confirmed"]
    ),
    "waiting_for": lambda row, value: value in (row["waiting_for"] or ()),
    "has_incident": lambda row, value: row["has_incident"] is value,
    "end_event": lambda row, value: row["end_event"] == value,
    "substatus_label": lambda row, value: row["substatus"] is not None and row["substatus"].get("label") == value,
    "definition_version": lambda row, value: str(row["ordinal"]) == value,
    "archive_reference": lambda row, value: str(row["instance_id"])[-12:] == value.lower(),
    "data_value": lambda row, value: row["data_values"].get(value[0]) == value[1],
    **{
        f"{name}_{side}": _bound(column, side == "after")
        for name, column in (_COLUMNS | {"visible": "visible_from"}).items()
        for side in ("after", "before")
    },
}


def _values(everything: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """Values to ask each filter for: some that fit, some that do not."""
    ids = [row["instance_id"] for row in everything]
    times = [START + timedelta(hours=hours) for hours in (0, 2, 3, 9)]
    flags = [True, False]
    return {
        "ids": [ids[:3], [], [UUID(int=1)]],
        "party_ids": [[50001], [50001, 50011], []],
        "application": [[str(APP)], [str(APP), str(TWOFOLD)], ["ttd/none"]],
        "org": ["ttd", "nabo", "none"],
        "status": [["ACTIVE"], ["COMPLETED", "CONFIRMED"]],
        "current_task": [["Task_1"], ["Task_2", "Task_A"]],
        "task_type": [["data"], ["confirmation", "none"]],
        "waiting_for": ["TIMER", "MESSAGE", "CHILD"],
        "end_event": ["End", "Nowhere"],
        "substatus_label": ["a", "c"],
        "definition_version": ["1", "2"],
        "archive_reference": [str(ids[0])[-12:].upper(), "0"],
        "data_value": [["name", "x"], ["other", "x"]],
        **{name: flags for name in CONDITIONS if name.startswith(("is_", "has_"))},
        **{name: times for name in CONDITIONS if name.endswith(("_after", "_before", "_since"))},
    }


async def listed(world: World, who: Principal, query: Query) -> list[UUID]:
    """All pages of a list, three at a time, each item once."""
    found: list[UUID] = []
    after: str | None = None
    async with world.ports.database.snapshot(who) as snapshot:
        while True:
            page = await instances.search(
                world.ports,
                snapshot,
                Query(
                    filters=query.filters,
                    party_ids=query.party_ids,
                    applications=query.applications,
                    order=query.order,
                    first=7,
                    after=after,
                ),
            )
            assert page.has_previous is (after is not None)
            found += [item.instance_id for item in page.items]
            if not page.has_next:
                assert await page.total(snapshot) == len(found)
                return found
            assert len(page.items) == 7, "a page that has a next one is full"
            after = page.cursors[-1]


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: f"{who.org or who.name}-{who.level}")
async def test_a_list_shows_exactly_what_can_be_read_one_by_one(world: World, who: Principal) -> None:
    everything = [row["instance_id"] for row in await rows(world)]
    one_by_one: set[UUID] = set()
    async with world.ports.database.snapshot(who) as snapshot:
        for instance in await stored.load(snapshot, everything):
            policy = (await world.ports.catalogue.policy(snapshot, instance.app_id)).policy
            answer = await decisions.allowed(snapshot, policy, decisions.of_instance(instance), ("read",))
            if answer["read"]:
                one_by_one.add(instance.instance_id)
    found = await listed(world, who, Query())
    assert len(found) == len(set(found))
    assert set(found) == one_by_one


async def test_the_readable_ones_are_not_all_or_nothing(world: World) -> None:
    """The comparison above would prove little otherwise."""
    everything = {row["instance_id"] for row in await rows(world)}
    for who in (KARI, OLA, TTD):
        found = set(await listed(world, who, Query()))
        assert found
        assert found < everything


def _key(order: str) -> Callable[[dict[str, Any]], Any]:
    column, sign = ORDERS[order].column, -1 if ORDERS[order].is_descending else 1

    def key(row: dict[str, Any]) -> Any:
        value = row[column]
        return (value is None, sign * value.timestamp() if value else 0, sign * row["instance_id"].int)

    return key


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("who", [KARI, TTD], ids=["person", "owner"])
async def test_pages_put_together_are_the_whole_list_in_order(world: World, order: str, who: Principal) -> None:
    """Rows without a value come last in both directions, and ties go by id."""
    visible = set(await listed(world, who, Query()))
    expected = sorted((row for row in await rows(world) if row["instance_id"] in visible), key=_key(order))
    assert await listed(world, who, Query(order=order)) == [row["instance_id"] for row in expected]


async def differing(world: World) -> set[str]:
    """Filters that do something else than the plain model, over all values."""
    everything = await rows(world)
    visible = set(await listed(world, TTD, Query()))
    values = _values(everything)
    assert set(values) == set(CONDITIONS) == set(MODEL)
    found: set[str] = set()
    for name, asked in values.items():
        for value in asked:
            fitting = {row["instance_id"] for row in everything if MODEL[name](row, value)}
            if set(await listed(world, TTD, Query(filters={name: value}))) != fitting & visible:
                found.add(name)
    return found


async def test_every_filter_does_what_the_plain_model_does(world: World) -> None:
    assert await differing(world) == set()


BROKEN = {
    "created_after": "i.created_at > {0}::timestamptz",
    "due_before": "(i.due_at <= {0}::timestamptz or i.due_at is null)",
    "is_confirmed": "(i.status = 'CONFIRMED') <> {0}::bool",
    "status": "i.status <> all({0}::text[])",
    "waiting_for": "{0}::text = i.waiting_for[1]",
    "unconfirmed_since": "i.ended_at < {0}::timestamptz",
}


async def test_the_comparison_sees_every_broken_twin(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "CONDITIONS", {**CONDITIONS, **BROKEN})
    assert await differing(world) == set(BROKEN)


async def test_filters_and_orders_together(world: World) -> None:
    everything = await rows(world)
    values = _values(everything)
    chance = random.Random(7)
    visible = {who.urn: set(await listed(world, who, Query())) for who in (KARI, TTD)}
    for _ in range(40):
        who, order = chance.choice([KARI, TTD]), chance.choice(list(ORDERS))
        chosen = {name: chance.choice(values[name]) for name in chance.sample(sorted(CONDITIONS), 2)}
        fitting = [
            row
            for row in everything
            if row["instance_id"] in visible[who.urn] and all(MODEL[name](row, value) for name, value in chosen.items())
        ]
        expected = [row["instance_id"] for row in sorted(fitting, key=_key(order))]
        assert await listed(world, who, Query(filters=chosen, order=order)) == expected, (chosen, order)


async def test_hard_deleted_instances_are_in_no_list(world: World) -> None:
    instance_id = (await listed(world, TTD, Query()))[0]
    await world.admin.execute("update dg.instance set is_hard_deleted = true where instance_id = $1", instance_id)
    try:
        for filters in ({}, {"is_hard_deleted": True}, {"ids": [instance_id]}):
            assert instance_id not in await listed(world, TTD, Query(filters=filters))
        async with world.ports.database.snapshot(TTD) as snapshot:
            assert await instances.one(world.ports, snapshot, instance_id) is None
            assert await instances.by_ids(world.ports, snapshot, [instance_id]) == [None]
    finally:
        await world.admin.execute("update dg.instance set is_hard_deleted = false where instance_id = $1", instance_id)


@pytest.mark.parametrize(
    ("who", "party", "org", "apps"),
    [
        (KARI, ["nobody"], None, []),
        (KARI, [urn_of("jon")], None, []),
        (KARI, ["urn:altinn:party:id:99999999"], None, []),
        (KARI, [urn_of("kari"), urn_of("jon")], None, []),
        (TTD, None, "nabo", []),
        (TTD, None, None, [str(OTHER)]),
        (TTD, None, "ttd", [str(APP), str(OTHER)]),
    ],
)
async def test_whose_instances_can_be_asked_for(
    world: World, who: Principal, party: list[str] | None, org: str | None, apps: list[str]
) -> None:
    async with world.ports.database.snapshot(who) as snapshot:
        with pytest.raises(Refused) as refused:
            await instances.narrowed(world.ports, snapshot, party, org, apps)
    assert refused.value.refusal.code == "INVALID_INPUT"


async def test_a_foreign_party_is_told_the_same_as_an_unknown_one(world: World) -> None:
    found: list[object] = []
    for urn in (urn_of("jon"), urn_of("ask"), "urn:altinn:party:id:99999999"):
        async with world.ports.database.snapshot(KARI) as snapshot:
            with pytest.raises(Refused) as refused:
                await instances.narrowed(world.ports, snapshot, [urn], None, [])
        found.append(refused.value.refusal)
    assert found == [found[0]] * 3


async def test_whoever_may_ask_gets_the_ids(world: World) -> None:
    async with world.ports.database.snapshot(KARI) as snapshot:
        asked = [urn_of("kari"), urn_of("fjord")]
        assert await instances.narrowed(world.ports, snapshot, asked, None, []) == (50001, 50011)
        assert await instances.narrowed(world.ports, snapshot, None, "ttd", []) is None
    async with world.ports.database.snapshot(TTD) as snapshot:
        assert await instances.narrowed(world.ports, snapshot, [urn_of("jon")], "ttd", [str(APP)]) == (50004,)


async def test_a_page_asks_the_same_number_of_statements_whatever_its_length(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked row by row."""
    statements: list[str] = []
    fetch = Snapshot.fetch

    async def counting(self: Snapshot, sql: str, *parameters: object) -> Any:
        statements.append(sql)
        return await fetch(self, sql, *parameters)

    async def asked(first: int) -> int:
        async with world.ports.database.snapshot(KARI) as snapshot:
            statements.clear()
            page = await instances.search(world.ports, snapshot, Query(first=first))
        async with world.ports.database.snapshot(KARI) as snapshot:
            found = await instances.by_ids(world.ports, snapshot, [item.instance_id for item in page.items])
        assert len(found) == len(page.items)
        return len(statements)

    monkeypatch.setattr(Snapshot, "fetch", counting)
    await asked(1)
    assert await asked(1) == await asked(30)


async def test_completions_that_wait_for_a_receipt_come_in_order_of_their_end(world: World) -> None:
    events, after = await unconfirmed(world, None)
    everything = {row["instance_id"]: row for row in await rows(world)}
    told = [event.instance_id for event in events]
    assert after is None
    assert told
    ends = [everything[key]["ended_at"] for key in told if key]
    assert ends == sorted(ends)
    assert not any(everything[key]["confirmed"] for key in told if key)
    assert {event.type for event in events} == {completions.COMPLETED}


async def unconfirmed(world: World, after: str | None) -> Any:
    async with world.ports.database.snapshot(TTD) as snapshot:
        return await completions.unconfirmed(world.ports, snapshot, "ttd", [], after)
