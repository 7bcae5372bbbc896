"""Webhooks: who is told of which events, and where (event rules §9.1)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dialog_graph.model.event import Event
from dialog_graph.model.principal import PrincipalKind

ACTIVE = "ACTIVE"
FORMATS = ("CLOUDEVENTS_JSON", "JSON", "BINARY")
ORDERINGS = ("STREAM", "NONE")
ON_DEAD = ("CONTINUE", "BLOCK")

_ORG, _SUBJECT = "org:", "subject:"


def consumer_of_org(org: str) -> str:
    """A service owner as the owner of webhooks."""
    return f"{_ORG}{org}"


def consumer_of_subject(subject_id: int) -> str:
    """A party of the register (person, system user, organisation) as the owner of webhooks."""
    return f"{_SUBJECT}{subject_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One registration.

    `consumer`: whose it is, `kind` and `level`: as what kind of caller it was made. Filters: `types` (exact or `x.*`,
    none = all), `resource_id` with its identifier `resource`, `org`, and `party_id`, which is the subject. `state` and
    the three options are words of the schema.
    """

    webhook_id: UUID
    consumer: str
    kind: PrincipalKind
    level: int
    endpoint: str
    types: tuple[str, ...] = ()
    resource_id: int | None = None
    resource: str | None = None
    org: str | None = None
    party_id: int | None = None
    include_subunits: bool = False
    format: str = "CLOUDEVENTS_JSON"
    ordering: str = "STREAM"
    on_dead: str = "CONTINUE"
    rate_per_minute: int | None = None
    include_alternative_subject: bool = False
    description: str | None = None
    state: str = ACTIVE
    state_reason: str | None = None
    created_at: datetime
    last_success_at: datetime | None = None

    @property
    def owning_org(self) -> str | None:
        """Code of the service owner whose webhook it is."""
        return self.consumer.removeprefix(_ORG) if self.consumer.startswith(_ORG) else None

    @property
    def subject_id(self) -> int | None:
        """Party id of the person, system user or organisation whose webhook it is."""
        return int(self.consumer.removeprefix(_SUBJECT)) if self.consumer.startswith(_SUBJECT) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    """One request to a webhook. `error`: a word, None for success; `response_text`: beginning of the answer."""

    at: datetime
    status: int | None
    error: str | None
    duration_ms: int
    response_text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one webhook. `state`: a word of the schema; `attempt`: how many there have been."""

    webhook_id: UUID
    event: Event
    state: str
    attempt: int
    next_at: datetime | None
    deadline_at: datetime
    last_status: int | None
    last_error: str | None
