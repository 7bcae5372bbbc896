"""`createWebhook`: registers an address that is told of events (event rules §9.1).

An identical webhook (consumer, endpoint, filters) is answered as it is, without its secret: that is shown once.
"""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from dialog_graph.access import decisions, scopes, webhook_signing
from dialog_graph.errors import Refusal, Refused
from dialog_graph.model import strict_json
from dialog_graph.model.ids import from_random
from dialog_graph.model.party import Party, Relations
from dialog_graph.model.principal import Principal, PrincipalKind
from dialog_graph.model.webhook import FORMATS, ON_DEAD, ORDERINGS, Webhook, consumer_of_org, consumer_of_subject
from dialog_graph.ports import Ports
from dialog_graph.storage import events, parties, webhooks
from dialog_graph.storage.database import Transaction
from dialog_graph.storage.webhooks import MAX_PER_CONSUMER, Registration
from dialog_graph.urns import ORGANISATION, PARTY_ID, PERSON, RESOURCE, AppId

READ = "read"
MAX_TYPES = 50
MAX_DESCRIPTION = 255
RATES = range(1, 60_001)
"""Requests per minute that a consumer may ask for."""

_TYPE = re.compile(r"[^\s*]{1,200}|[^\s*]{1,198}\.\*")
_CONSUMERS = frozenset(
    {PrincipalKind.PERSON, PrincipalKind.EMAIL_USER, PrincipalKind.SYSTEM_USER, PrincipalKind.ORGANISATION}
)
_SUBJECTS = {"/party/": PARTY_ID, "/org/": ORGANISATION, "/organisation/": ORGANISATION, "/person/": PERSON}
"""Altinn's forms of a subject -> the beginning of the URN that means the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateWebhook:
    """`application` (`org/app`) and `resource` (URN) name the same thing; `subject`: URN of a party, or Altinn's form.

    `types`: exact, or beginnings written `x.*`; none = all. The other members are options.
    """

    endpoint: str
    types: tuple[str, ...] = ()
    application: str | None = None
    resource: str | None = None
    org: str | None = None
    subject: str | None = None
    include_subunits: bool = False
    format: str = "CLOUDEVENTS_JSON"
    ordering: str = "STREAM"
    on_dead: str = "CONTINUE"
    rate_per_minute: int | None = None
    include_alternative_subject: bool = False
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateWebhookResult:
    """`secret`: `whsec_…`, None when the webhook existed already."""

    webhook_id: UUID
    secret: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resource:
    resource_id: int
    identifier: str
    org: str
    is_app: bool


def _invalid(expected: str, path: str, actual: str = "") -> Refused:
    return Refused(Refusal(code="INVALID_INPUT", expected=expected, actual=actual, path=(path,)))


def _consumer(principal: Principal) -> str:
    if principal.is_org and principal.org is not None:
        return consumer_of_org(principal.org)
    if principal.kind in _CONSUMERS and principal.subject_id is not None:
        return consumer_of_subject(principal.subject_id)
    raise Refused(
        Refusal(code="FORBIDDEN", expected="a service owner, or somebody who represents a party", action=READ)
    )


def _check_form(given: CreateWebhook) -> None:
    """What can be said of the input alone."""
    if not (given.application or given.resource or given.org):
        raise _invalid("at least one of application, resource and org", "application")
    if len(given.types) > MAX_TYPES or not all(_TYPE.fullmatch(name) for name in given.types):
        raise _invalid(f"at most {MAX_TYPES} types, each exact or written x.*", "types")
    if given.include_subunits and given.subject is None:
        raise _invalid("a subject together with includeSubunits", "includeSubunits")
    if given.rate_per_minute is not None and given.rate_per_minute not in RATES:
        raise _invalid(f"a rate of {RATES.start} to {RATES.stop - 1} per minute", "ratePerMinute")
    if len(given.description or "") > MAX_DESCRIPTION:
        raise _invalid(f"at most {MAX_DESCRIPTION} characters", "description")
    words = (("format", FORMATS), ("ordering", ORDERINGS), ("on_dead", ON_DEAD))
    assert all(getattr(given, name) in known for name, known in words), "the schema knows no other words"


def _check_endpoint(ports: Ports, endpoint: str) -> str:
    """Host of an address that may be called; the name is resolved at every connection, the answers of which count."""
    refusal = ports.egress.check_url(endpoint)
    if refusal is not None:
        raise Refused(refusal)
    return (urlsplit(endpoint).netloc).lower()


def _identifier(given: CreateWebhook) -> str | None:
    """The resource meant, by its identifier; application and resource may only say the same."""
    named: set[str] = set()
    if given.application is not None:
        app_id = AppId.parse(given.application)
        if isinstance(app_id, Refusal):
            raise Refused(app_id)
        named.add(app_id.resource)
    if given.resource is not None:
        if not given.resource.startswith(RESOURCE):
            raise _invalid(f"{RESOURCE}…", "resource")
        named.add(given.resource.removeprefix(RESOURCE))
    if len(named) > 1:
        raise _invalid("application and resource to name the same", "resource")
    return next(iter(named), None)


async def _resource(tx: Transaction, given: CreateWebhook) -> _Resource | None:
    identifier = _identifier(given)
    if identifier is None:
        return None
    row = await tx.fetchrow("select resource_id, org, kind from resource where identifier = $1", identifier)
    if row is None:
        path = "application" if given.application is not None else "resource"
        raise _invalid("a resource that exists", path)
    is_app = row["kind"] == "AltinnApp"
    if not is_app and scopes.EVENTS_SUBSCRIBE not in tx.principal.scopes:
        raise Refused(Refusal(code="FORBIDDEN", expected=f"the scope {scopes.EVENTS_SUBSCRIBE}", action=READ))
    return _Resource(resource_id=row["resource_id"], identifier=identifier, org=row["org"], is_app=is_app)


def _check_owner(principal: Principal, given: CreateWebhook, resource: _Resource | None) -> None:
    """A service owner is told of what it owns; everybody else names a party."""
    if not principal.is_org:
        if given.subject is None:
            raise _invalid("a party that you represent", "subject")
        return
    if given.org not in (None, principal.org):
        raise _invalid("your own org", "org")
    if resource is not None and resource.org != principal.org:
        raise _invalid("an application or resource that you own", "application")


def _subject_urn(text: str) -> str:
    for form, prefix in _SUBJECTS.items():
        if text.startswith(form):
            return prefix + text.removeprefix(form)
    return text


async def _subject(tx: Transaction, given: CreateWebhook) -> tuple[Party | None, Relations]:
    if given.subject is None:
        return None, Relations()
    party = await parties.find(tx, _subject_urn(given.subject))
    relations = Relations() if party is None else await parties.relations(tx, party.party_id)
    if party is None or not (relations.exists or tx.principal.is_org):
        raise _invalid("a known party" if tx.principal.is_org else "a party that you represent", "subject")
    return party, relations


async def _check_right(ports: Ports, tx: Transaction, resource: _Resource | None, relations: Relations) -> None:
    """The consumer must be able to read instances of the app at some place of its process."""
    version = None if resource is None else (await ports.catalogue.all_active(tx)).get(resource.resource_id)
    if version is None:
        if resource is not None and resource.is_app:
            raise _invalid("an application that exists", "application")
        return
    reach = decisions.reach(version, tx.principal, relations, READ)
    if reach is None:
        raise Refused(Refusal(code="FORBIDDEN", expected="somebody who may read instances of it", action=READ))
    if not reach.default and not reach.exceptions:
        raise Refused(Refusal(code="AUTH_LEVEL_TOO_LOW", required_level=reach.min_level))


def _digest(webhook: Webhook) -> str:
    """Tells webhooks of one consumer apart: endpoint and filters."""
    parts = [
        webhook.endpoint,
        sorted(set(webhook.types)),
        webhook.resource_id,
        webhook.org,
        webhook.party_id,
        webhook.include_subunits,
    ]
    return hashlib.sha256(strict_json.canonical(parts)).hexdigest()


async def create_webhook(ports: Ports, principal: Principal, given: CreateWebhook) -> CreateWebhookResult:
    """Registers the webhook, or finds the identical one. Raises `Refused`; then there is none."""
    consumer = _consumer(principal)
    _check_form(given)
    host = _check_endpoint(ports, given.endpoint)
    async with ports.database.transaction(principal) as tx:
        resource = await _resource(tx, given)
        _check_owner(principal, given, resource)
        party, relations = await _subject(tx, given)
        await _check_right(ports, tx, resource, relations)
        webhook = Webhook(
            webhook_id=from_random(tx.now, ports.random_bytes(16)),
            consumer=consumer,
            kind=principal.kind,
            level=principal.level,
            endpoint=given.endpoint,
            types=tuple(dict.fromkeys(given.types)),
            resource_id=None if resource is None else resource.resource_id,
            org=given.org,
            party_id=None if party is None else party.party_id,
            include_subunits=given.include_subunits,
            format=given.format,
            ordering=given.ordering,
            on_dead=given.on_dead,
            rate_per_minute=given.rate_per_minute,
            include_alternative_subject=given.include_alternative_subject,
            description=given.description,
            created_at=tx.now,
        )
        return await _stored(ports, tx, webhook, host)


async def _stored(ports: Ports, tx: Transaction, webhook: Webhook, host: str) -> CreateWebhookResult:
    digest = _digest(webhook)
    count = await webhooks.lock_consumer(tx, webhook.consumer)
    known = await webhooks.identical(tx, webhook.consumer, digest)
    if known is not None:
        return CreateWebhookResult(webhook_id=known, secret=None)
    if count >= MAX_PER_CONSUMER:
        raise Refused(Refusal(code="CONFLICT", expected=f"at most {MAX_PER_CONSUMER} webhooks of one consumer"))
    secret = ports.random_bytes(webhook_signing.SECRET_BYTES)
    nonce = ports.random_bytes(webhook_signing.NONCE_BYTES)
    new = Registration(
        webhook=webhook,
        host=host,
        digest=digest,
        secret=webhook_signing.sealed(ports.keys, secret, webhook.webhook_id, nonce),
        since=await events.horizon(tx),
    )
    await webhooks.insert(tx, new)
    return CreateWebhookResult(webhook_id=webhook.webhook_id, secret=webhook_signing.shown(secret))
