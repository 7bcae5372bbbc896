"""A message reaches an instance, or starts one: the same step whoever brings it (process engine §8.11, §11)."""

from dataclasses import dataclass
from uuid import UUID

from dialog_graph.apps import AppEvaluator, AppVersion, DataType, validate_element
from dialog_graph.apps.form_data.documents import check_document
from dialog_graph.apps.standing import Standing
from dialog_graph.apps.stateless import blank
from dialog_graph.bpmn import ElementKind, MessageReceived
from dialog_graph.bpmn.element_parts import EventType
from dialog_graph.bpmn.nodes import Element
from dialog_graph.commands.step.documents import store_document
from dialog_graph.commands.step.process import run_process
from dialog_graph.commands.step.starting import Beginning, Occasion, allowed, begin, opened
from dialog_graph.commands.step.work import Work
from dialog_graph.errors import Issue, Refusal, Refused, Severity
from dialog_graph.expressions import ExpressionError
from dialog_graph.model.ids import sub
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import PrincipalKind
from dialog_graph.model.waits import Sort, Subscription
from dialog_graph.ports import Ports
from dialog_graph.storage import idempotency, parties, subscriptions
from dialog_graph.storage.database import Snapshot, Transaction
from dialog_graph.storage.messages import Message

MAX_KEY = 255
NOT_CORRELATED = Refusal(code="NOT_CORRELATED", expected="a process that waits for the message", actual="none does")


async def receive(work: Work, subscription: Subscription, payload: Json) -> None:
    """Stores what the message brings and lets the process go on. Raises `Refused` for a payload that does not fit."""
    await _store(work, subscription.element_id, payload)
    details: dict[str, Json] = {"name": subscription.name, "elementId": subscription.element_id}
    work.record(
        "app.instance.process.message",
        data=details,
        element_id=subscription.element_id,
        entry_id=subscription.entry_id,
    )
    await run_process(work, MessageReceived(subscription.element_id, subscription.owner, subscription.name))


async def _store(work: Work, element_id: str, payload: Json) -> None:
    """The payload becomes the form that the task names; what the form's own rules have against it refuses it."""
    task = work.version.definition.task(element_id)
    name = task.config.message.data_type if task is not None and task.config.message is not None else None
    data_type = work.version.data_types.get(name or "")
    if data_type is None or not data_type.is_form:
        return
    checked = check_document(work.version, data_type.id, payload if payload is not None else {})
    if isinstance(checked, Refusal):
        raise Refused(checked)
    await _stored(work, data_type, checked)


async def _stored(work: Work, data_type: DataType, document: Json) -> None:
    element = store_document(work, data_type, document, next(iter(work.of_type(data_type.id)), None)).element
    found = validate_element(work.filled_in, element, work.instance, work.reader)
    errors = tuple[Issue, ...](issue for issue in found if issue.severity is Severity.ERROR)
    if errors:
        raise Refused(Refusal(code="VALIDATION_FAILED", issues=await work.readable_issues(errors)))


# Messages that start -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Starter:
    """An app that a message may start: at which start event, and with which key."""

    version: AppVersion
    element: Element
    key: str


async def starters(ports: Ports, tx: Snapshot, org: str, name: str, message: Message) -> list[Starter]:
    """The apps of an org that begin with this message, by id; one whose key cannot be told is left out."""
    found: list[Starter] = []
    active = (await ports.catalogue.all_active(tx)).values()
    for version in sorted((item for item in active if item.app_id.org == org), key=lambda item: str(item.app_id)):
        for element in version.definition.start_events:
            is_one = element.kind is ElementKind.START_EVENT and element.event_type is EventType.MESSAGE
            if is_one and element.message is not None and element.message.name == name:
                key = _key_of(version, element.id, message)
                found += [] if key is None else [Starter(version, element, key)]
                break
    return found


def _key_of(version: AppVersion, element_id: str, message: Message) -> str | None:
    """The key as the start event's expression finds it in the payload, else as the sender gave it; None: there is no
    telling."""
    expression = version.conditions.get(f"{element_id}:correlation")
    if expression is None:
        return message.address.key
    data_type = next(iter(version.data_types), None)
    standing = Standing(data_type=data_type, documents={} if data_type is None else {data_type: message.payload})
    try:
        value = expression.evaluate(AppEvaluator(version=version, instance=blank(version, {})).context(standing))
    except ExpressionError:
        return None
    return message.address.key if value is None else key_text(value)


def key_text(value: Json) -> str | None:
    """A correlation key as text, the same for 5 and 5.0; None for what can be none."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            text = value
        case int() | float():
            text = str(int(value)) if value == value // 1 else str(value)
        case _:
            return None
    return text if len(text) <= MAX_KEY else None


async def start(ports: Ports, tx: Transaction, starter: Starter, message: Message) -> UUID | None:
    """Starts the app, unless an instance that the same key has started still runs. As the transaction's principal."""
    name, app_id = message.address.name, starter.version.app_id
    if starter.key:
        await idempotency.lock(tx, "start", f"{app_id}:{name}", starter.key)
        if await subscriptions.is_running(tx, app_id, name, starter.key):
            return None
    beginning = await _beginning(ports, tx, starter, message)
    work = await opened(ports, tx, beginning)
    work.prefill = flat(message.payload)
    instance_id = work.instance.instance_id
    work.waiting.open_subscription(
        Subscription(
            subscription_id=sub(instance_id, f"start:{starter.element.id}"),
            element_id=starter.element.id,
            owner=0,
            kind=Sort.START,
            name=name,
            position=starter.element.index,
            opened_at=work.now,
            key=starter.key,
        )
    )
    work.by_engine = tx.principal.kind is PrincipalKind.APP_WORKER
    work.change(created_by=work.actor)
    told = Occasion(type="app.instance.process.message", data={"name": name, "elementId": starter.element.id})
    await begin(work, beginning.permit, starter.element.id, None, told)
    return instance_id


async def _beginning(ports: Ports, tx: Transaction, starter: Starter, message: Message) -> Beginning:
    party_id = message.party_id
    if party_id is None:
        refusal = Refusal(code="INVALID_INPUT", expected="the party whose instance the message starts", path=("party",))
        raise Refused(refusal)
    party = (await parties.by_ids(tx, [party_id])).get(party_id)
    return await allowed(ports, tx, starter.version.app_id, party)


def flat(payload: Json) -> Json:
    """A payload as the values that it gives the first forms: `{path: value}`; lists have no place there."""
    if not isinstance(payload, dict):
        return None
    found: dict[str, Json] = {}
    waiting: list[tuple[str, Json]] = list(payload.items())
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((f"{path}.{name}", inner) for name, inner in value.items())
        elif not isinstance(value, list) and value is not None:
            found[path] = value
    return found
