"""From a token to the caller it stands for: the only way into the graph and the REST routes (security rules §2).

`classify` says, from verified claims alone, what kind of caller this is and how the register knows it; `identify` looks
it up. A caller whom the register does not know, and every other failure, is `UNAUTHENTICATED` without a reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from uuid import UUID

from dialog_graph import urns
from dialog_graph.access import bearer
from dialog_graph.access.claim_rules import (
    LEVEL,
    LEVELS,
    ORG,
    ORG_NUMBER,
    ORG_URN,
    ORGANISATION_LEVEL,
    USER_ID,
    is_email_user,
    organisation_number,
    system_user_entry,
    system_user_id,
)
from dialog_graph.access.issuers import Accepted
from dialog_graph.access.keys import Keys
from dialog_graph.access.recent import LIFE
from dialog_graph.access.refusals import UNAUTHENTICATED, TokenRefusal
from dialog_graph.access.tokens import Claims
from dialog_graph.errors import Refused
from dialog_graph.model.party import Party, PartyKind
from dialog_graph.model.principal import ANONYMOUS, Principal, PrincipalKind
from dialog_graph.storage import parties
from dialog_graph.storage.database import Database, Snapshot
from dialog_graph.urns import PartyUrn

_ORGANISATIONS = frozenset({PartyKind.ORGANISATION, PartyKind.SUBUNIT})
PARTY_KINDS: Mapping[PrincipalKind, frozenset[PartyKind]] = MappingProxyType(
    {
        PrincipalKind.PERSON: frozenset({PartyKind.PERSON}),
        PrincipalKind.EMAIL_USER: frozenset({PartyKind.EMAIL_USER}),
        PrincipalKind.SYSTEM_USER: frozenset({PartyKind.SYSTEM_USER}),
        PrincipalKind.ORGANISATION: _ORGANISATIONS,
        PrincipalKind.DIALOG_HOLDER: frozenset(PartyKind),
    }
)
"""What the register must say of a caller of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What claims alone say: the caller as far as they tell, and under which URN the register knows it."""

    principal: Principal
    urn: PartyUrn | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A caller together with the claims of its token; None for anonymous callers."""

    principal: Principal
    claims: Claims | None = None


def _principal(claims: Claims, kind: PrincipalKind, urn: str, level: int) -> Principal:
    return Principal(
        kind=kind,
        urn=urn,
        level=level,
        scopes=claims.scopes,
        expires_at=claims.expires_at,
        token_id=claims.token_id,
    )


def _level(claims: Claims) -> int:
    """Level of a person: what our own exchange found, else what `acr` says."""
    own = claims.number(LEVEL)
    return own if own is not None else LEVELS.get(claims.text("acr") or "", 0)


def _with(claims: Claims, kind: PrincipalKind, urn: PartyUrn, level: int) -> Identity:
    return Identity(principal=_principal(claims, kind, str(urn), level), urn=urn)


def _person(claims: Claims) -> Identity | None:
    pid, user = claims.text("pid"), claims.number(USER_ID)
    if pid is not None:
        return _with(claims, PrincipalKind.PERSON, PartyUrn(urns.PERSON, pid), _level(claims))
    if user is None or claims.profile.name == "idporten":
        return None
    return _with(claims, PrincipalKind.PERSON, PartyUrn(urns.PARTY_ID, str(user)), _level(claims))


def _system_user(claims: Claims) -> Identity | None:
    entry = system_user_entry(claims.values)
    number = None if entry is None else organisation_number(entry.get("systemuser_org"))
    identifier = None if entry is None else system_user_id(entry)
    if identifier is None:
        return None
    found = _with(claims, PrincipalKind.SYSTEM_USER, PartyUrn(urns.SYSTEM_USER, identifier), ORGANISATION_LEVEL)
    return replace(found, principal=replace(found.principal, organisation_number=number))


def _service_owner(claims: Claims) -> Identity | None:
    org = claims.text(ORG)
    if org is None or not urns.is_org(org):
        return None
    principal = _principal(claims, PrincipalKind.SERVICE_OWNER, f"{ORG_URN}{org}", ORGANISATION_LEVEL)
    return Identity(principal=replace(principal, org=org), urn=None)


def _email_user(claims: Claims) -> Identity | None:
    if not is_email_user(claims.values):
        return None
    address = (claims.text("email") or "").lower()
    return _with(claims, PrincipalKind.EMAIL_USER, PartyUrn(urns.EMAIL_USER, address), 0)


def _organisation(claims: Claims) -> Identity | None:
    number = claims.text(ORG_NUMBER)
    if number is None:
        return None
    urn = PartyUrn(urns.ORGANISATION, number)
    found = _with(claims, PrincipalKind.ORGANISATION, urn, ORGANISATION_LEVEL)
    return replace(found, principal=replace(found.principal, organisation_number=number))


def _dialog_holder(claims: Claims) -> Identity | None:
    urn = PartyUrn.parse(claims.text("y") or claims.text("c") or "")
    if not isinstance(urn, PartyUrn):
        return None
    found = _with(claims, PrincipalKind.DIALOG_HOLDER, urn, claims.number("l") or 0)
    return replace(found, principal=replace(found.principal, dialog_id=UUID(claims.text("i"))))


ORDER = (_person, _system_user, _service_owner, _email_user, _organisation)
"""Classification of a user token: the first that recognises it decides, so no mixed principal exists."""


def classify(claims: Claims) -> Identity | None:
    """Kind of caller and its URN in the register; None when the claims name nobody."""
    kinds = (_dialog_holder,) if claims.profile.name == "dialog" else ORDER
    return next((identity for kind in kinds if (identity := kind(claims)) is not None), None)


async def _known_org(tx: Snapshot, principal: Principal) -> Principal | None:
    """A registered service owner. It acts by its code alone: what its organisation is to parties gives it nothing."""
    owner = await parties.service_owner(tx, principal.org or "")
    return None if owner is None else replace(principal, organisation_number=owner.organisation_number)


def _known_party(principal: Principal, party: Party | None) -> Principal | None:
    if party is None or party.kind not in PARTY_KINDS[principal.kind]:
        return None
    return replace(principal, subject_id=party.party_id, name=party.name)


async def look_up(database: Database, identity: Identity) -> Principal | None:
    """The caller with its surrogate id; None when the register does not know it."""
    async with database.snapshot(ANONYMOUS) as tx:
        if identity.urn is None:
            return await _known_org(tx, identity.principal)
        return _known_party(identity.principal, await parties.find(tx, identity.urn))


async def _found(database: Database, keys: Keys, raw: str, claims: Claims, now: int) -> Principal:
    """The caller of verified claims, remembered for a minute per token."""
    generation = keys.generation(now)
    known = keys.principals.find(raw, generation, now)
    if known is not None:
        return known
    identity = classify(claims)
    principal = None if identity is None else await look_up(database, identity)
    if principal is None:
        keys.on_refused(TokenRefusal.of("unknown_subject"))
        raise Refused(UNAUTHENTICATED)
    keys.principals.keep(raw, principal, generation, min(claims.expires_at, now + LIFE))
    return principal


async def identified(
    database: Database, keys: Keys, authorization: str | TokenRefusal | None, profiles: Accepted, now: int
) -> Identified:
    """As `identify`, with the claims: for what a principal does not carry, such as the actions of a dialog token."""
    if authorization is None:
        return Identified(principal=ANONYMOUS)
    raw = bearer.token(authorization) if isinstance(authorization, str) else authorization
    if isinstance(raw, TokenRefusal):
        keys.on_refused(raw)
        raise Refused(UNAUTHENTICATED)
    claims = await keys.verified(raw, profiles, now)
    if isinstance(claims, TokenRefusal):
        raise Refused(UNAUTHENTICATED)
    return Identified(principal=await _found(database, keys, raw, claims, now), claims=claims)


async def identify(
    database: Database, keys: Keys, authorization: str | TokenRefusal | None, profiles: Accepted, now: int
) -> Principal:
    """The caller of a request: anonymous without the header, else whom the token stands for.

    `authorization`: value of the header, as `bearer.authorization` gives it. `profiles`: what the endpoint accepts.
    `now`: Unix seconds. Raises `Refused(UNAUTHENTICATED)`; the reason goes to the log only.
    """
    return (await identified(database, keys, authorization, profiles, now)).principal
