"""`deliverMessage`: a message meets whoever waits for it, starts an app, or is kept for a while (process engine §11).

A message goes to at most one subscription of each app, the oldest first. It is taken in the transaction of the step, so
it is had once; where nobody waits yet, a worker brings the two together when both are committed. Beside the org itself,
who may `write` at the task, or do what the message is called, may deliver it.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from dialog_graph.access import decisions
from dialog_graph.commands.step import Work
from dialog_graph.commands.step.frame import actor_key, load_work, refuse_strangers
from dialog_graph.commands.step.json_input import refuse_large, refuse_text, refuse_unfit
from dialog_graph.commands.step.process import tell_of_data
from dialog_graph.commands.step.receiving import MAX_KEY, NOT_CORRELATED, Starter, receive, start, starters
from dialog_graph.commands.step.retrying import lasting
from dialog_graph.commands.step.rows import rows_of
from dialog_graph.commands.step.self_starting import tell_refused
from dialog_graph.errors import NOT_FOUND, Refusal, Refused
from dialog_graph.model.ids import from_random
from dialog_graph.model.instance import Instance
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Principal, PrincipalKind
from dialog_graph.policy import Permit
from dialog_graph.ports import Ports
from dialog_graph.storage import instances, messages, parties, steps, subscriptions
from dialog_graph.storage.database import Transaction
from dialog_graph.storage.messages import Message
from dialog_graph.storage.subscriptions import Address, Waiting
from dialog_graph.urns import AppId, PartyUrn

MAX_PAYLOAD = 256 << 10
MAX_NAME = 255
MAX_TTL = timedelta(days=366)
ROUNDS = 3
"""How often it is looked again for those who wait, when others were faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverMessage:
    """`instance_id`, `correlation_key`: whom it is for, either or both; `org`: whose processes, where nothing else
    tells. `party`: URN of whose instance a start message makes. `ttl`: ISO duration that it may wait for a receiver.
    """

    name: str
    instance_id: UUID | None = None
    correlation_key: str | None = None
    org: str | None = None
    party: str | None = None
    payload: Json = None
    message_id: str | None = None
    ttl: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverMessageResult:
    """`instance_id`: the oldest of those that it has reached, or that it has started. `buffered`: nobody waits yet."""

    instance_id: UUID | None
    buffered: bool


async def deliver_message(ports: Ports, principal: Principal, given: DeliverMessage) -> DeliverMessageResult:
    """Delivers the message once, however often it is sent with one id. Raises `Refused`: then nothing has changed."""
    _check(given)
    async with ports.database.transaction(principal) as tx:
        org = await _org(ports, tx, given)
        sender = actor_key(principal)
        if given.message_id is not None:
            earlier = await messages.earlier(tx, org, sender, given.message_id)
            if isinstance(earlier, dict):
                return _result(earlier)
        address = Address(org=org, name=given.name, key=given.correlation_key or "", instance_id=given.instance_id)
        message = Message(
            message_id=from_random(tx.now, ports.random_bytes(16)),
            address=address,
            sender=sender,
            sent_at=tx.now,
            expires_at=tx.now + _lasts(tx, given.ttl),
            external_id=given.message_id,
            party_id=await _party(tx, given.party),
            payload=given.payload,
        )
        return await _delivered(ports, tx, message)


def _check(given: DeliverMessage) -> None:
    for name, value in (("name", given.name), ("correlationKey", given.correlation_key), ("ttl", given.ttl)):
        refuse_text(value, name, MAX_KEY)
    refuse_text(given.message_id, "messageId", MAX_KEY)
    refuse_text(given.org, "org", MAX_NAME)
    refuse_unfit(given.payload, "payload")
    refuse_large(given.payload, MAX_PAYLOAD)
    if not given.name.strip():
        raise Refused(Refusal(code="INVALID_INPUT", expected="the name of a message", path=("name",)))
    if given.message_id is not None and not given.message_id:
        raise Refused(Refusal(code="INVALID_INPUT", expected="an id, or none at all", path=("messageId",)))


def _result(written: dict[str, Json]) -> DeliverMessageResult:
    instance_id = written.get("instanceId")
    return DeliverMessageResult(
        instance_id=UUID(instance_id) if isinstance(instance_id, str) else None,
        buffered=written.get("buffered") is True,
    )


def _lasts(tx: Transaction, ttl: str | None) -> timedelta:
    """How long the message may wait. What a process says itself is no caller's fault: it waits as long as it may."""
    lasts = timedelta(0) if ttl is None else lasting(ttl, tx.now)
    if tx.principal.kind is PrincipalKind.APP_WORKER:
        return MAX_TTL if lasts is None else min(lasts, MAX_TTL)
    if lasts is None or lasts > MAX_TTL:
        expected = f"a duration of at most {MAX_TTL.days} days, such as PT1H"
        raise Refused(Refusal(code="INVALID_INPUT", expected=expected, actual=f'"{(ttl or "")[:80]}"', path=("ttl",)))
    return lasts


async def _org(ports: Ports, tx: Transaction, given: DeliverMessage) -> str:
    """Whose processes the message is for: a message never crosses orgs."""
    own = tx.principal.org if tx.principal.is_org else None
    found = given.org or own
    if given.instance_id is not None:
        loaded = await instances.load(tx, [given.instance_id])
        if not loaded or not await _may_know(ports, tx, loaded[0]):
            raise Refused(NOT_FOUND)
        found = loaded[0].org
    if found is None:
        expected = "the org whose processes the message is for, or an instance"
        raise Refused(Refusal(code="INVALID_INPUT", expected=expected, path=("org",)))
    if own not in (None, found) or given.org not in (None, found):
        raise Refused(NOT_CORRELATED)
    return found


async def _may_know(ports: Ports, tx: Transaction, instance: Instance) -> bool:
    if tx.principal.kind is PrincipalKind.APP_WORKER:
        return True
    policy = (await ports.catalogue.policy(tx, instance.app_id)).policy
    return await decisions.has_any(tx, policy, decisions.of_instance(instance))


async def _party(tx: Transaction, given: str | None) -> int | None:
    """The party of a start message; a person's own where none is named."""
    if given is None:
        return tx.principal.subject_id
    urn = PartyUrn.parse(given)
    if isinstance(urn, Refusal):
        raise Refused(urn)
    party = await parties.find(tx, urn)
    if party is None:
        raise Refused(NOT_FOUND)
    return party.party_id


async def _delivered(ports: Ports, tx: Transaction, message: Message) -> DeliverMessageResult:
    reached = await _reach(ports, tx, message)
    started, blocked = await _start(ports, tx, message, frozenset(app for app, _ in reached))
    had = [*reached, *started]
    if not had:
        await _refuse_lost(ports, tx, message)
    first = had[0][1] if had else None
    result: dict[str, Json] = {"instanceId": None if first is None else str(first), "buffered": not had}
    if message.external_id is not None or message.expires_at > message.sent_at:
        apps = tuple(str(app) for app, _ in had)
        await messages.add(tx, replace(message, apps=apps, start_apps=tuple(blocked)), result)
    return DeliverMessageResult(instance_id=first, buffered=not had)


# Those who wait ------------------------------------------------------------------------------------------------------

Had = tuple[AppId, UUID]
"""An app that has had the message, and the instance."""


async def _reach(ports: Ports, tx: Transaction, message: Message) -> list[Had]:
    """Takes the message to the oldest who waits in each app; all are locked before anything is written."""
    for _ in range(ROUNDS):
        found = await subscriptions.fitting(tx, message.address)
        locked = {item.instance_id for item in found}
        for instance_id in sorted(locked):
            await instances.lock(tx, instance_id)
        still = [item for item in found if await subscriptions.still(tx, item.subscription.subscription_id)]
        if len(still) == len(found):
            return [await _received(ports, tx, item, message.payload) for item in found]
    raise Refused(Refusal(code="TEMPORARY", expected="somebody who goes on waiting", actual="others were faster"))


async def _received(ports: Ports, tx: Transaction, waiting: Waiting, payload: Json) -> Had:
    work = await load_work(ports, tx, waiting.instance_id)
    work.by_engine = tx.principal.kind is PrincipalKind.APP_WORKER
    await refuse_strangers(work)
    permit = await _permitted(work, waiting)
    await receive(work, waiting.subscription, payload)
    await tell_of_data(work)
    await steps.write(tx, permit, rows_of(work, None))
    return waiting.app_id, waiting.instance_id


async def _permitted(work: Work, waiting: Waiting) -> Permit:
    """The owning org may; others who may `write`, or do what the message is called, where it is waited for."""
    name = waiting.subscription.name
    task = work.version.definition.task(waiting.subscription.element_id)
    return work.as_owner("message") or await work.authorize(
        waiting.subscription.element_id if task is not None else None, (name, "write")
    )


# Those who are started -----------------------------------------------------------------------------------------------


async def _start(
    ports: Ports, tx: Transaction, message: Message, reached: frozenset[AppId]
) -> tuple[list[Had], list[str]]:
    """Starts the apps that begin with the message; beside them those whose instance of this key still runs.

    For the org alone: nobody else sees which keys are taken.
    """
    address = message.address
    if not tx.principal.is_org or address.instance_id is not None:
        return [], []
    found = await starters(ports, tx, address.org, address.name, message)
    started: list[Had] = []
    blocked: list[str] = []
    for starter in found:
        app_id = starter.version.app_id
        if app_id in reached:
            continue
        try:
            instance_id = await start(ports, tx, starter, message)
        except Refused as refused:
            _pass_over(ports, tx, starter, refused)
            continue
        if instance_id is None:
            blocked.append(str(app_id))
        else:
            started.append((app_id, instance_id))
    return started, blocked


def _pass_over(ports: Ports, tx: Transaction, starter: Starter, refused: Refused) -> None:
    """A caller is told; of a message that a process has thrown the owner of the app that refuses is, and others still
    have it. Nothing is written yet where it is refused."""
    if refused.refusal.is_retryable or tx.principal.kind is not PrincipalKind.APP_WORKER:
        raise refused
    tell_refused(ports, starter.version, starter.element, refused.refusal)


async def _refuse_lost(ports: Ports, tx: Transaction, message: Message) -> None:
    """Nobody waits: a message that may not wait either is refused, and so is whoever may not leave one here."""
    if message.expires_at <= message.sent_at:
        raise Refused(NOT_CORRELATED)
    if tx.principal.is_org:
        if not decisions.has_scope(tx.principal, "write"):
            raise Refused(Refusal(code="FORBIDDEN", expected="the scope for changing instances", action="write"))
        return
    instance_id = message.address.instance_id
    loaded = [] if instance_id is None else await instances.load(tx, [instance_id])
    if not loaded:
        raise Refused(NOT_CORRELATED)
    policy = (await ports.catalogue.policy(tx, loaded[0].app_id)).policy
    await decisions.permit(tx, policy, decisions.of_instance(loaded[0]), (message.address.name, "write"))
