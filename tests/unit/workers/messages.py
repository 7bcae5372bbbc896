"""Messages as the deliverer gets them, for tests of what is made of them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from dialog_graph.model.event import Audience, Event
from dialog_graph.model.party import Party, PartyKind
from dialog_graph.model.principal import SYSTEM_ACTOR, PrincipalKind
from dialog_graph.model.webhook import Webhook
from dialog_graph.storage.deliveries import Lane, Message

AT = datetime(2026, 11, 20, 7, 53, 33, 120000, tzinfo=UTC)
INSTANCE, DIALOG = UUID(int=1), UUID(int=2)
KARI = Party(party_id=7, uuid=UUID(int=70), kind=PartyKind.PERSON, identifier="12887230143", name="Kari Lund")
FJORD = Party(
    party_id=8, uuid=UUID(int=80), kind=PartyKind.ORGANISATION, identifier="310001015", name="Fjord Bakeri AS"
)
WEBHOOK = Webhook(
    webhook_id=UUID(int=5),
    consumer="org:ttd",
    kind=PrincipalKind.SERVICE_OWNER,
    level=3,
    endpoint="https://example.com/events",
    created_at=AT,
)
EVENT = Event(
    event_id=UUID(int=9),
    xid=100,
    seq=5,
    stream_id=INSTANCE,
    sequence=3,
    type="app.instance.process.movedTo.Oppgåve 1",
    history_type=None,
    time=AT,
    actor=SYSTEM_ACTOR,
    audience=Audience.BOTH,
    data={"taskId": "Oppgåve 1"},
    instance_id=INSTANCE,
    org="ttd",
    party_id=7,
    resource_id=3,
)


def dialog_event(**data: str) -> Event:
    """An event of the projected dialog's own stream."""
    return replace(EVENT, type="dialogporten.dialog.x.v1", stream_id=DIALOG, dialog_id=DIALOG, data=dict(data))


def message(
    event: Event = EVENT, party: Party | None = KARI, previous_is_dead: bool = False, **options: Any
) -> Message:
    """A message; `options`: of the webhook."""
    webhook = replace(WEBHOOK, **options)
    return Message(
        lane=Lane(webhook.webhook_id, event.stream_id, 1, "example.com"),
        webhook=webhook,
        secret=b"",
        event=event,
        resource="app_ttd_change-of-address",
        party=party,
        consumer=None,
        attempt=1,
        at=int(AT.timestamp()),
        previous_is_dead=previous_is_dead,
    )
