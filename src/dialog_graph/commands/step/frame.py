"""One transaction per command: lock, repeat, revision, body, write, commit (process engine §6.2 steps 1-3, 12, 13).

A command's body gets a `Work` with everything loaded, changes it, and returns the policy's proof with its result. The
result is a frozen dataclass of ids and scalars: it is stored under the idempotency key, and a repeat gets it back.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from typing import Any, TypeVar
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from dialog_graph.access import decisions
from dialog_graph.commands.step.process import tell_of_data
from dialog_graph.commands.step.rows import rows_of
from dialog_graph.commands.step.work import Work
from dialog_graph.errors import NOT_FOUND, Refusal, Refused
from dialog_graph.model import strict_json
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Principal, PrincipalKind
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports
from dialog_graph.storage import dialogs, faults, idempotency, instances, parties, steps
from dialog_graph.storage.database import Transaction
from dialog_graph.storage.steps import IdempotencyRow

MAX_KEY = 64
"""Longest idempotency key, in characters."""

_JSON = (dict, list, str, int, float, bool, type(None))
"""What form data is made of: whole numbers of any size, which only our own writer keeps."""

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the input of every command on an instance has."""

    instance_id: UUID
    expected_revision: int | None = None
    idempotency_key: str | None = None


def request_hash(given: object) -> str:
    """sha256 of the input without its idempotency key: tells a repeat from another request with the same key."""
    members = {item.name: getattr(given, item.name) for item in fields(given)}  # type: ignore[arg-type]  # any dataclass
    members.pop("idempotency_key", None)
    plain: dict[str, object] = {}
    for name, value in members.items():
        plain[name] = value if isinstance(value, _JSON) else str(value)
    return hashlib.sha256(strict_json.canonical([type(given).__name__, plain])).hexdigest()


def actor_key(principal: Principal) -> str:
    """The actor as idempotency rows name it; row level security compares it with the transaction's context."""
    return f"org:{principal.org}" if principal.is_org else f"subject:{principal.subject_id}"


def check_key(key: str | None) -> None:
    """Refuses keys that are empty or too long."""
    if key is not None and not 0 < len(key) <= MAX_KEY:
        raise Refused(
            Refusal(code="INVALID_INPUT", expected=f"a key of 1 to {MAX_KEY} characters", path=("idempotencyKey",))
        )


async def stored_result(tx: Transaction, scope: str, given: Any, result_type: type[ResultT]) -> ResultT | None:
    """The result of an earlier command with this key; refuses when it had other arguments."""
    key: str | None = given.idempotency_key
    if key is None:
        return None
    found = await idempotency.find(tx, scope, actor_key(tx.principal), key, request_hash(given))
    return None if found is None else TypeAdapter(result_type).validate_python(found)


def result_row(tx: Transaction, scope: str, given: Any, result: object) -> IdempotencyRow | None:
    """The row that makes a repeat of this command answer as it did now."""
    key: str | None = given.idempotency_key
    if key is None:
        return None
    # The driver's ids are a subclass of UUID, which orjson does not know.
    stored: Json = orjson.loads(orjson.dumps(result, default=str))
    return IdempotencyRow(
        scope=scope,
        actor=actor_key(tx.principal),
        key=key,
        command=type(given).__name__,
        request_hash=request_hash(given),
        result=stored,
    )


async def load_work(ports: Ports, tx: Transaction, instance_id: UUID) -> Work:
    """The locked instance with everything that a step needs."""
    found = await instances.load(tx, [instance_id], documents=True)
    if not found:
        raise Refused(NOT_FOUND)
    instance = found[0]
    version = await ports.catalogue.version(tx, instance.version_id)
    work = Work(ports, tx, version, instance)
    work.policy = (await ports.catalogue.policy(tx, instance.app_id)).policy
    work.presentation = await ports.catalogue.presentation(tx, instance)
    work.dialog = await dialogs.of_instance(tx, instance_id)
    work.owner = (await parties.by_ids(tx, [instance.party_id])).get(instance.party_id)
    return work


async def refuse_strangers(work: Work) -> None:
    """NOT_FOUND for callers without any right, before anything of the instance is told (process engine §6.2 step 1).

    Row level security is wider than the policy: a service owner sees the rows of its org whatever its policy says. The
    server's own workers act by duty.
    """
    if work.principal.kind is PrincipalKind.APP_WORKER:
        return
    if not await decisions.has_any(work.tx, work.policy, decisions.of_instance(work.instance)):
        raise Refused(NOT_FOUND)


def refuse_other_revision(given: Given, work: Work) -> None:
    """CONCURRENCY when the caller expects another revision than the locked one."""
    revision = work.instance.revision
    if given.expected_revision is not None and given.expected_revision != revision:
        raise Refused(
            Refusal(
                code="CONCURRENCY",
                expected=f"revision {given.expected_revision}",
                actual=f"the instance has revision {revision}",
                current_revision=revision,
            )
        )


Body = Callable[[Work], Awaitable[tuple[Permit, ResultT]]]


async def within(
    ports: Ports, tx: Transaction, given: Given, result_type: type[ResultT], body: Body[ResultT]
) -> ResultT:
    """The frame's inside, for callers that hold the transaction already."""
    scope = str(given.instance_id)
    is_there = await instances.lock(tx, given.instance_id)
    if not is_there and not await instances.is_purged(tx, given.instance_id):
        raise Refused(NOT_FOUND)
    faults.passed("after-lock")
    # A repeated hard deletion is answered as it was the first time, though nothing is left to be locked.
    earlier = await stored_result(tx, scope, given, result_type)
    if earlier is not None:
        return earlier
    if not is_there:
        raise Refused(NOT_FOUND)
    work = await load_work(ports, tx, given.instance_id)
    faults.passed("after-load")
    await refuse_strangers(work)
    refuse_other_revision(given, work)
    permit, result = await body(work)
    await tell_of_data(work)
    faults.passed("after-decision")
    if work.is_changed:
        rows = rows_of(work, result_row(tx, scope, given, result))
        faults.passed("before-write")
        await steps.write(tx, permit, rows)
        faults.passed("after-write")
    return result


async def in_step(
    ports: Ports, principal: Principal, given: Given, result_type: type[ResultT], body: Body[ResultT]
) -> ResultT:
    """Runs a command on one instance. Raises `Refused`; nothing is written then.

    A body that records no event writes nothing at all, so a repeat of what is done already leaves no trace.
    """
    check_key(given.idempotency_key)
    async with ports.database.transaction(principal) as tx:
        return await within(ports, tx, given, result_type, body)
