"""P6 for the commands about waits: one that is refused leaves every table of the database as it was."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from asyncpg.transaction import Transaction as DriverTransaction

from dialog_graph.commands import deliver_message as delivering
from dialog_graph.commands.activate_task import ActivateTask, activate_task
from dialog_graph.commands.cancel_process import CancelProcess, cancel_process
from dialog_graph.commands.deliver_message import DeliverMessage, deliver_message
from dialog_graph.commands.migrate_instance import MigrateInstance, migrate_instance
from dialog_graph.commands.retry_task import ResolveTask, RetryTask, resolve_task, retry_task
from dialog_graph.errors import Refused
from dialog_graph.model.principal import Principal, app_worker
from dialog_graph.model.service_task import Fail
from dialog_graph.storage import database, messages
from dialog_graph.storage.database import Transaction
from dialog_graph.storage.logins import Logins
from dialog_graph.testing import Case
from dialog_graph.testing.app_test import with_app
from tests.integration.case_app import Rule
from tests.integration.case_world import urn_of
from tests.integration.test_jobs import Office
from tests.integration.test_races import fingerprint
from tests.integration.waits_app import declared, element, extended, files, flows, process, task, timer
from tests.integration.waits_world import Waiting, waiting

START, END = element("startEvent", "Start"), element("endEvent", "End")
NAME = '["dataModel", "name", "form"]'


def model(take: str = "Take") -> bytes:
    """A receive task, a service that stops and an ad-hoc subprocess beside one another. `take`: id of the first."""
    return process(
        START,
        task("Fill"),
        element("exclusiveGateway", "Which", default="Which-Split"),
        element("parallelGateway", "Split"),
        element("receiveTask", take, extended('<d:message dataType="answer"/>'), messageRef="Reply"),
        timer("boundaryEvent", "Late", "P7D", attachedToRef=take),
        task("Send", "send", '<d:retry userMayRetry="false"/>', kind="serviceTask", actions="reject"),
        element("adHocSubProcess", "Look", task("Visit", "none") + task("Call", "none")),
        element("parallelGateway", "Join"),
        END,
        flows(
            "Start Fill Which Split",
            f'Which End?["equals", {NAME}, "enough"]',
            *(f"Split {each} Join" for each in (take, "Send", "Look")),
            "Join End",
            "Late End",
        ),
        outside=[declared("Reply", NAME)],
    )


FORMS = {"form": "Fill", "answer": None}
RULES = (
    Rule("DAGL", "instantiate read write delete reject"),
    Rule("REGNA", "read"),
    Rule("org:[ORG]", "instantiate read write complete delete reject"),
)


@dataclass(frozen=True)
class Everything:
    """One instance in each state: before the waits, waiting, ended, cancelled, deleted."""

    world: Waiting
    filling: Case
    waiting: Case
    ended: Case
    cancelled: Case
    deleted: Case

    def who(self, name: str) -> Principal:
        """`ttd` and `nabo` are service owners, others people: kari leads, ola reads, jon is a stranger."""
        app = self.world.app
        return (app.as_org(name) if name in ("ttd", "nabo") else app.as_person(name)).principal


@pytest.fixture(scope="module")
async def there(module_logins: Logins, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Everything]:
    services = {"send": Office(*[Fail()] * 9).send}
    first = files(model(), forms=FORMS, rules=RULES)
    async with waiting(module_logins, tmp_path_factory.mktemp("there"), first, services=services) as world:
        filling = await started(world)
        rested = [await (await filled(world, f"K-{number}")).work() for number in range(3)]
        await rested[1].cancel()
        await rested[2].delete()
        ended = await filled(world, "enough")
        assert (ended.status, rested[0].waits) == ("COMPLETED", ["Take", "Send"])
        await other_versions(world)
        found = Everything(world, filling, rested[0], ended, rested[1], rested[2])
        for name in ("kari", "ola", "jon", "ttd", "nabo"):
            async with world.app.ports.database.snapshot(found.who(name)):
                pass  # what is built at a caller's first sight, its grants, is built now
        yield found


async def started(world: Waiting) -> Case:
    return await world.app.as_person().instantiate(party=urn_of("fjord"))


async def filled(world: Waiting, name: str) -> Case:
    case = await started(world)
    await case.fill("form", {"name": name})
    return await case.complete()


async def other_versions(world: Waiting) -> None:
    """Version 2 has no task that takes the message; version 3 has errors."""
    await with_app(world.app.ports, files(model(take="Receive"), forms=FORMS, rules=RULES))
    broken = files(process(START, task("Fill"), flows("Start Fill Nowhere")), forms=FORMS, rules=RULES)
    async with world.app.ports.database.transaction(app_worker("ttd", "waiting")) as tx:
        await world.app.ports.catalogue.register(tx, broken)


def entry_of(case: Case, name: str) -> UUID:
    """The last entry of a task, or of the one that is open."""
    return next(task.entry_id for task in reversed(case.instance.tasks) if task.element_id == name)


Act = Callable[[Everything, Principal, Case, Mapping[str, Any]], Awaitable[object]]


async def deliver(there: Everything, who: Principal, case: Case, given: Mapping[str, Any]) -> object:
    wanted: dict[str, Any] = {"name": "Reply"} | dict(given)
    if wanted.pop("here", False):
        wanted["instance_id"] = case.id
    return await deliver_message(there.world.app.ports, who, DeliverMessage(**wanted))


def at_entry(case: Case, given: Mapping[str, Any]) -> dict[str, Any]:
    """The input of a command about a task, which `at` names."""
    members = dict(given)
    return {"task_id": entry_of(case, members.pop("at", "Fill"))} | members


async def retry(there: Everything, who: Principal, case: Case, given: Mapping[str, Any]) -> object:
    return await retry_task(there.world.app.ports, who, RetryTask(instance_id=case.id, **at_entry(case, given)))


async def resolve(there: Everything, who: Principal, case: Case, given: Mapping[str, Any]) -> object:
    return await resolve_task(there.world.app.ports, who, ResolveTask(instance_id=case.id, **at_entry(case, given)))


async def cancel(there: Everything, who: Principal, case: Case, given: Mapping[str, Any]) -> object:
    return await cancel_process(there.world.app.ports, who, CancelProcess(instance_id=case.id, **given))


async def activate(there: Everything, who: Principal, case: Case, given: Mapping[str, Any]) -> object:
    wanted: dict[str, Any] = {"element_id": "Visit"} | dict(given)
    return await activate_task(there.world.app.ports, who, ActivateTask(instance_id=case.id, **wanted))


async def migrate(there: Everything, who: Principal, case: Case, given: Mapping[str, Any]) -> object:
    wanted: dict[str, Any] = {"to_version": "2"} | dict(given)
    return await migrate_instance(there.world.app.ports, who, MigrateInstance(instance_id=case.id, **wanted))


def refused(code: str, act: Act, state: str, actor: str, **given: object) -> Any:
    return pytest.param(code, act, state, actor, given, id=f"{act.__name__}-{code}-{state}-{actor}-{'-'.join(given)}")


LONG = "x" * 3000
NOBODY = uuid4()
AT = {"at": "Send"}
REFUSALS = [
    refused("NOT_CORRELATED", deliver, "waiting", "ttd", correlation_key="nobody's"),
    refused("NOT_CORRELATED", deliver, "waiting", "ttd", correlation_key="K-1"),
    refused("NOT_CORRELATED", deliver, "waiting", "ttd", correlation_key="K-2"),
    refused("NOT_CORRELATED", deliver, "waiting", "ttd", correlation_key="K-0", name="Other"),
    refused("NOT_CORRELATED", deliver, "waiting", "nabo", correlation_key="K-0", org="ttd"),
    refused("NOT_CORRELATED", deliver, "filling", "ttd", here=True),
    refused("NOT_CORRELATED", deliver, "ended", "ttd", here=True),
    refused("NOT_CORRELATED", deliver, "cancelled", "ttd", here=True),
    refused("NOT_CORRELATED", deliver, "deleted", "ttd", here=True),
    refused("NOT_FOUND", deliver, "waiting", "jon", here=True),
    refused("NOT_FOUND", deliver, "waiting", "nabo", here=True),
    refused("FORBIDDEN", deliver, "waiting", "ola", here=True),
    refused("FORBIDDEN", deliver, "filling", "ola", here=True, ttl="P1D"),
    refused("FORBIDDEN", deliver, "filling", "ola", here=True, ttl="P1D", message_id="m-1"),
    refused("VALIDATION_FAILED", deliver, "waiting", "kari", here=True, payload={"name": "x" * 21}),
    refused("VALIDATION_FAILED", deliver, "waiting", "ttd", correlation_key="K-0", payload={"name": "x" * 21}),
    refused("VALIDATION_FAILED", deliver, "waiting", "ttd", here=True, payload={"name": 5}, message_id="m-2"),
    refused("INVALID_INPUT", deliver, "waiting", "kari", correlation_key="K-0"),
    refused("PAYLOAD_TOO_LARGE", deliver, "waiting", "ttd", correlation_key="K-0", payload="x" * 300_000),
    refused("NOT_ACTIVE", retry, "filling", "ttd"),
    refused("NOT_ACTIVE", retry, "waiting", "ttd"),
    refused("NOT_ACTIVE", retry, "waiting", "ttd", at="Take"),
    refused("NOT_ACTIVE", retry, "waiting", "ttd", task_id=NOBODY),
    refused("NOT_ACTIVE", retry, "ended", "ttd"),
    refused("NOT_ACTIVE", retry, "cancelled", "ttd", **AT),
    refused("NOT_ACTIVE", retry, "deleted", "ttd", **AT),
    refused("FORBIDDEN", retry, "waiting", "kari", **AT),
    refused("FORBIDDEN", retry, "waiting", "ola", **AT),
    refused("NOT_FOUND", retry, "waiting", "jon", **AT),
    refused("NOT_FOUND", retry, "waiting", "nabo", **AT),
    refused("CONCURRENCY", retry, "waiting", "ttd", **AT, expected_revision=1),
    refused("INVALID_INPUT", retry, "waiting", "ttd", **AT, idempotency_key=""),
    refused("NOT_ACTIVE", resolve, "filling", "ttd"),
    refused("NOT_ACTIVE", resolve, "waiting", "ttd", at="Take"),
    refused("NOT_ACTIVE", resolve, "ended", "ttd"),
    refused("NOT_ACTIVE", resolve, "cancelled", "ttd", **AT),
    refused("NOT_ACTIVE", resolve, "deleted", "ttd", **AT),
    refused("FORBIDDEN", resolve, "waiting", "kari", **AT),
    refused("NOT_FOUND", resolve, "waiting", "nabo", **AT),
    refused("ACTION_NOT_ALLOWED", resolve, "waiting", "ttd", **AT, outcome="maybe"),
    refused("ACTION_NOT_ALLOWED", resolve, "waiting", "ttd", **AT, outcome="maybe", data={"answer": {"name": "Ja"}}),
    refused("INVALID_INPUT", resolve, "waiting", "ttd", **AT, outcome=LONG),
    refused("INVALID_INPUT", resolve, "waiting", "ttd", **AT, data={"form": {"name": "Ja"}}),
    refused("INVALID_INPUT", resolve, "waiting", "ttd", **AT, data={"answer": []}),
    refused("CONCURRENCY", resolve, "waiting", "ttd", **AT, expected_revision=99),
    refused("NOT_ACTIVE", cancel, "ended", "ttd"),
    refused("NOT_ACTIVE", cancel, "cancelled", "ttd"),
    refused("NOT_ACTIVE", cancel, "deleted", "ttd"),
    refused("FORBIDDEN", cancel, "waiting", "ola"),
    refused("NOT_FOUND", cancel, "waiting", "jon"),
    refused("INVALID_INPUT", cancel, "waiting", "kari", reason=LONG),
    refused("CONCURRENCY", cancel, "waiting", "kari", expected_revision=1),
    refused("NOT_ACTIVE", activate, "filling", "kari"),
    refused("NOT_ACTIVE", activate, "waiting", "kari", element_id="Send"),
    refused("NOT_ACTIVE", activate, "cancelled", "kari"),
    refused("NOT_ACTIVE", activate, "deleted", "kari"),
    refused("FORBIDDEN", activate, "waiting", "ola"),
    refused("NOT_FOUND", activate, "waiting", "jon"),
    refused("INVALID_INPUT", activate, "waiting", "kari", element_id=LONG),
    refused("CONCURRENCY", activate, "waiting", "kari", expected_revision=1),
    refused("FORBIDDEN", migrate, "waiting", "kari"),
    refused("NOT_FOUND", migrate, "waiting", "nabo"),
    refused("NOT_ACTIVE", migrate, "ended", "ttd"),
    refused("NOT_ACTIVE", migrate, "cancelled", "ttd"),
    refused("NOT_ACTIVE", migrate, "deleted", "ttd"),
    refused("INVALID_INPUT", migrate, "waiting", "ttd", to_version="9"),
    refused("INVALID_INPUT", migrate, "waiting", "ttd", mapping=[]),
    refused("MIGRATION_REFUSED", migrate, "waiting", "ttd", to_version="3"),
    refused("CONCURRENCY", migrate, "waiting", "ttd", expected_revision=1),
]


@pytest.mark.parametrize(("code", "act", "state", "actor", "given"), REFUSALS)
async def test_a_refused_command_leaves_every_table_as_it_was(
    there: Everything, code: str, act: Act, state: str, actor: str, given: Mapping[str, Any]
) -> None:
    case: Case = getattr(there, state)
    before = await fingerprint(there.world.admin)
    with pytest.raises(Refused) as told:
        await act(there, there.who(actor), case, given)
    assert told.value.refusal.code == code, told.value.refusal.message
    assert await fingerprint(there.world.admin) == before


@pytest.mark.parametrize("is_dry", [True, False])
async def test_a_migration_that_something_stands_against_changes_nothing(there: Everything, is_dry: bool) -> None:
    before = await fingerprint(there.world.admin)
    given = MigrateInstance(instance_id=there.waiting.id, to_version="2", dry_run=is_dry)
    result = await migrate_instance(there.world.app.ports, there.who("ttd"), given)
    assert {reason.element_id for reason in result.report} >= {"Take"}
    assert await fingerprint(there.world.admin) == before


async def test_the_check_sees_a_message_that_is_kept_before_it_is_decided(there: Everything) -> None:
    """The twin: a refused delivery does not roll back, and the message is kept first."""

    async def keep_first(tx: Transaction, message: messages.Message) -> None:
        await messages.add(tx, message, {})

    async def keep(transaction: DriverTransaction) -> None:
        await transaction.commit()

    refuse = delivering._refuse_lost  # pyright: ignore[reportPrivateUsage] -- twin

    async def late(ports: Any, tx: Transaction, message: messages.Message) -> None:
        await keep_first(tx, message)
        await refuse(ports, tx, message)

    before = await fingerprint(there.world.admin)
    with (
        patch.object(delivering, "_refuse_lost", late),
        patch.object(database, "_roll_back", keep),
        pytest.raises(Refused),
    ):
        await deliver(there, there.who("ttd"), there.waiting, {"correlation_key": "nobody's"})
    assert await fingerprint(there.world.admin) != before
    await there.world.admin.execute("delete from dg.message_buffer")
