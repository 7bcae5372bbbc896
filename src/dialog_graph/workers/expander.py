"""From events to deliveries: the duty that reads the feed and writes down which webhook is to be told of what.

Deliveries and the cursor are written by one transaction, tied to the lease: a crash repeats harmlessly, a leader who
has lost the lease writes nothing. Webhooks are read anew for each page, so a change counts from the next event on. The
consumer's right is decided here and again before sending. Event rules §9.1, §9.6.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from dialog_graph.access.scopes import INSTANCES_READ
from dialog_graph.model.event import Audience, Event
from dialog_graph.model.party import Party, PartyKind
from dialog_graph.model.principal import Principal, PrincipalKind
from dialog_graph.model.webhook import Webhook, consumer_of_org
from dialog_graph.ports import Ports
from dialog_graph.reads.events import permitted
from dialog_graph.storage import deliveries, events, leases, parties, webhooks
from dialog_graph.storage.database import Transaction
from dialog_graph.storage.deliveries import NewDelivery
from dialog_graph.storage.events import Cursor
from dialog_graph.workers.matching import Types
from dialog_graph.workers.reader import TOLD

DUTY = "expander"
"""Name of the lease, made by the migration with the place in the feed where deliveries begin."""
PAGE = 500
_SCOPES = frozenset({INSTANCES_READ})
"""What a service owner has shown when it made its webhook, and what being told of events takes."""


def consumer_of(webhook: Webhook, party: Party | None) -> Principal | None:
    """The caller that a webhook acts for; None when the register does not know it any more.

    `party`: the register's row of a consumer that is no service owner.
    """
    org = webhook.owning_org
    if org is not None:
        return Principal(
            kind=PrincipalKind.SERVICE_OWNER, urn=f"urn:altinn:org:{org}", org=org, level=webhook.level, scopes=_SCOPES
        )
    if party is None:
        return None
    number = party.identifier if party.kind in (PartyKind.ORGANISATION, PartyKind.SUBUNIT) else None
    return Principal(
        kind=webhook.kind,
        urn=party.urn,
        subject_id=party.party_id,
        level=webhook.level,
        organisation_number=number,
        name=party.name,
    )


def listens(webhook: Webhook, event: Event, parents: Mapping[int, int]) -> bool:
    """True when the webhook's filters let the event pass. `parents`: sub-unit -> its main unit."""
    org = webhook.owning_org
    is_party = webhook.party_id in (None, event.party_id) or (
        webhook.include_subunits and parents.get(event.party_id) == webhook.party_id
    )
    return (
        is_party
        and org in (None, event.org)
        and webhook.org in (None, event.org)
        and webhook.resource_id in (None, event.resource_id)
        and bool(event.audience & (Audience.PARTY if org is None else Audience.OWNER))
        and Types(webhook.types or None).has(event.type)
    )


async def expand(ports: Ports, fence: int) -> tuple[bool, int]:
    """Reads one page of the feed on; is there more, and how many deliveries were written? None under an old fence."""
    async with ports.database.dispatch() as tx:
        before = await leases.cursor(tx, DUTY)
        page = await events.after(tx, before, TOLD, PAGE)
        chosen, people = await _listeners(tx, page.events)
    wanted = await _allowed(ports, chosen, people)
    if not page.events:
        return False, 0
    async with ports.database.dispatch() as tx:
        if not await leases.advance(tx, DUTY, fence, before, page.end_cursor):
            return False, 0
        # In the order of the feed, so that two who write the same rows never wait for each other.
        count = await deliveries.add(tx, sorted(wanted, key=lambda item: (item.webhook.webhook_id, item.event.seq)))
    return len(page.events) == PAGE, count


_Chosen = list[tuple[Webhook, list[Event]]]


async def _listeners(tx: Transaction, found: Sequence[Event]) -> tuple[_Chosen, Mapping[int, Party]]:
    """Webhooks with the events of the page that pass their filters, and the parties that take part."""
    if not found:
        return [], {}
    people = await parties.by_ids(tx, {event.party_id for event in found})
    parents = {
        item.party_id: item.parent_id
        for item in people.values()
        if item.kind is PartyKind.SUBUNIT and item.parent_id is not None
    }
    orgs = {consumer_of_org(event.org) for event in found if event.org}
    listening = await webhooks.listening(tx, orgs, {*people, *parents.values()})
    chosen = [(webhook, _passing(webhook, since, found, parents)) for webhook, since in listening]
    subjects = {webhook.subject_id for webhook, _ in listening if webhook.subject_id is not None}
    return [item for item in chosen if item[1]], await parties.by_ids(tx, subjects)


def _passing(webhook: Webhook, since: Cursor, found: Sequence[Event], parents: Mapping[int, int]) -> list[Event]:
    return [event for event in found if Cursor(event.xid, event.seq) > since and listens(webhook, event, parents)]


async def _allowed(ports: Ports, chosen: _Chosen, people: Mapping[int, Party]) -> list[NewDelivery]:
    """What the consumers may be told of; asked once for all webhooks of one consumer."""
    asked: dict[Principal, dict[UUID, Event]] = {}
    for webhook, found in chosen:
        principal = consumer_of(webhook, people.get(webhook.subject_id or 0))
        if principal is not None:
            asked.setdefault(principal, {}).update({event.event_id: event for event in found})
    allowed: dict[Principal | None, frozenset[UUID]] = {
        principal: await may_know(ports, principal, these.values()) for principal, these in asked.items()
    }
    return [
        NewDelivery(webhook=webhook, event=event)
        for webhook, found in chosen
        for event in found
        if event.event_id in allowed.get(consumer_of(webhook, people.get(webhook.subject_id or 0)), frozenset())
    ]


async def may_know(ports: Ports, principal: Principal | None, found: Collection[Event]) -> frozenset[UUID]:
    """Ids of the events that the caller may be told of, by its rights of this moment."""
    if principal is None:
        return frozenset()
    async with ports.database.snapshot(principal) as snapshot:
        return frozenset(event.event_id for event in await permitted(ports, snapshot, found))
