"""Migration of running instances to another version of their app (process engine §16; invariant P31).

Every block ends with a replay of the journal over the migration, and with a count of the rows of waits.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dialog_graph.apps import Files
from dialog_graph.commands.migrate_instance import MigrateInstance, MigrateInstanceResult, migrate_instance
from dialog_graph.errors import Refused
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from dialog_graph.testing.app_test import with_app
from tests.flow.graph import Graph
from tests.integration.waits_app import element, files, flows, process, task, timer
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
OLD = process(
    START,
    task("Fill"),
    task("Check", "confirmation"),
    timer("boundaryEvent", "Late", "P14D", attachedToRef="Fill"),
    task("Overdue", "none"),
    END,
    flows("Start Fill Check End", "Late Overdue End"),
)
NEW = process(
    START,
    task("Welcome", "none"),
    task("Write"),
    timer("boundaryEvent", "TooLate", "P14D", attachedToRef="Write"),
    timer("boundaryEvent", "Nudge", "P2D", attachedToRef="Write", cancelActivity="false"),
    task("Remind", "none"),
    task("Overdue", "none"),
    task("Check", "confirmation"),
    task("Again", "confirmation"),
    END,
    flows("Start Welcome Write Check Again End", "TooLate Overdue End", "Nudge Remind End"),
)
NAMES = {"Fill": "Write", "Late": "TooLate"}


def of_task(bpmn: bytes, task_id: str) -> Files:
    """The app with its form owned by a task."""
    return files(bpmn, forms={"form": task_id})


async def migrated(world: Waiting, case: Case, **given: Any) -> MigrateInstanceResult:
    """The service owner moves the instance to version 2."""
    owner = world.app.as_org()
    wanted: dict[str, Any] = {"to_version": "2"} | given
    command = MigrateInstance(instance_id=case.instance.instance_id, **wanted)
    result = await migrate_instance(owner.ports, owner.principal, command)
    await case.refresh()
    return result


async def test_an_instance_goes_on_by_the_version_it_was_moved_to(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, of_task(OLD, "Fill")) as world:
        case = await world.app.as_person().instantiate()
        world.advance(days=1)
        await with_app(world.app.ports, of_task(NEW, "Write"))
        assert (await migrated(world, case, mapping=NAMES)).report == ()
        assert (case.instance.version_ordinal, case.tasks) == (2, ["Write"])
        assert [entry.entry_no for entry in case.instance.open_tasks] == [1]
        rows = await world.admin.fetch("select element_id, due_at from dg.timer")
        due = {row["element_id"]: row["due_at"] for row in rows}
        assert due["TooLate"] == case.instance.created_at + timedelta(days=14), "the old timer keeps its time"
        assert set(due) == {"TooLate", "Nudge"}
        assert "app.instance.migrated" in await case.events()
        await (await case.fill("form", {"name": "Kari"})).complete()
        assert (await case.complete()).tasks == ["Again"]


async def test_timers_that_the_new_version_added_fire(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, of_task(OLD, "Fill")) as world:
        case = await world.app.as_person().instantiate()
        await with_app(world.app.ports, of_task(NEW, "Write"))
        await migrated(world, case, mapping=NAMES)
        world.advance(days=2)
        assert (await case.work()).tasks == ["Write", "Remind"]
        world.advance(days=12)
        assert (await case.work()).tasks == ["Remind", "Overdue"]


async def test_data_follows_its_task_and_is_locked_as_that_says(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, of_task(OLD, "Fill")) as world:
        case = await world.app.as_person().instantiate()
        await (await case.fill("form", {"name": "Kari"})).complete()
        await with_app(world.app.ports, of_task(NEW, "Check"))
        assert case.instance.elements[0].lock == "process"
        await migrated(world, case, mapping=NAMES)
        assert (case.instance.elements[0].task_id, case.instance.elements[0].lock) == ("Check", "none")


async def test_a_refused_migration_tells_every_reason_and_changes_nothing(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, of_task(OLD, "Fill")) as world:
        case = await world.app.as_person().instantiate()
        await with_app(world.app.ports, of_task(NEW, "Write"))
        before = await world.state()
        for dry_run in (True, False):
            result = await migrated(world, case, mapping={"Nowhere": "Write"}, dry_run=dry_run, idempotency_key="k")
            assert {(item.element_id, item.code) for item in result.report} == {
                ("Nowhere", "UNKNOWN_ELEMENT"),
                ("Fill", "MISSING"),
            }
        assert (await migrated(world, case, mapping=NAMES, dry_run=True)).report == ()
        assert await world.state() == before


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"to_version": "7"}, "INVALID_INPUT"),
        ({"to_version": "two"}, "INVALID_INPUT"),
        ({"to_version": "²"}, "INVALID_INPUT"),
        ({"to_version": "9" * 40}, "INVALID_INPUT"),
        ({"mapping": ["Fill"]}, "INVALID_INPUT"),
        ({"mapping": {"Fill": 1}}, "INVALID_INPUT"),
        ({"expected_revision": 9}, "CONCURRENCY"),
    ],
)
async def test_wrong_requests_are_refused(logins: Logins, tmp_path: Path, given: dict[str, Any], code: str) -> None:
    async with waiting(logins, tmp_path, of_task(OLD, "Fill")) as world:
        case = await world.app.as_person().instantiate()
        before = await world.state()
        with pytest.raises(Refused) as refused:
            await migrated(world, case, **given)
        assert refused.value.refusal.code == code
        assert await world.state() == before


async def test_a_party_may_not_migrate_and_a_repeat_is_answered_alike(logins: Logins, tmp_path: Path) -> None:
    async with waiting(logins, tmp_path, of_task(OLD, "Fill")) as world:
        case = await world.app.as_person().instantiate()
        await with_app(world.app.ports, of_task(NEW, "Write"))
        kari = world.app.as_person()
        command = MigrateInstance(instance_id=case.instance.instance_id, to_version="2", mapping=dict(NAMES))
        with pytest.raises(Refused) as refused:
            await migrate_instance(kari.ports, kari.principal, command)
        assert refused.value.refusal.code == "FORBIDDEN"
        first = await migrated(world, case, mapping=NAMES, idempotency_key="once")
        revision = case.instance.revision
        assert await migrated(world, case, mapping=NAMES, idempotency_key="once") == first
        assert (await migrated(world, case, mapping=NAMES)).report == (), "already there"
        assert case.instance.revision == revision


async def test_over_the_graph_a_refusal_comes_with_its_report(logins: Logins, tmp_path: Path) -> None:
    document = """
    mutation ($input: MigrateInstanceInput!) {
      migrateInstance(input: $input) {
        instance { process { definitionVersion currentTask { elementId } } } report { elementId code } errors { code }
      }
    }
    """
    async with waiting(logins, tmp_path, of_task(OLD, "Fill")) as world:
        case = await world.app.as_person().instantiate()
        await with_app(world.app.ports, of_task(NEW, "Write"))
        graph = Graph(world.app.ports)
        given = {"instanceId": str(case.instance.instance_id), "toVersion": "2"}
        answer = await graph.data(graph.token("ttd"), document, input=given)
        assert answer == {
            "instance": {"process": {"definitionVersion": "1", "currentTask": {"elementId": "Fill"}}},
            "report": [{"elementId": "Fill", "code": "MISSING"}],
            "errors": [{"code": "MIGRATION_REFUSED"}],
        }
        answer = await graph.data(graph.token("ttd"), document, input=given | {"mapping": NAMES})
        assert answer == {
            "instance": {"process": {"definitionVersion": "2", "currentTask": {"elementId": "Write"}}},
            "report": [],
            "errors": [],
        }
