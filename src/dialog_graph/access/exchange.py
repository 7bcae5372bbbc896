"""Token exchange: a token of Maskinporten or ID-porten for one of ours (security rules §1.5, events rules §2).

The source token has passed its profile; here is decided what the new one says. What only we may say (`urn:altinn:…`)
comes from the registers, never from the source.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID, uuid4

from dialog_graph import urns
from dialog_graph.access import bearer, scopes
from dialog_graph.access.claim_rules import (
    LEVEL,
    LEVELS,
    METHOD,
    ORG,
    ORG_NUMBER,
    ORGANISATION_LEVEL,
    PARTY_ID,
    PARTY_UUID,
    USER_ID,
    USER_NAME,
    organisation_number,
)
from dialog_graph.access.issuers import EXCHANGED_LIFE, Accepted, Profiles, platform_issuer
from dialog_graph.access.key_files import PLATFORM
from dialog_graph.access.keys import Keys
from dialog_graph.access.refusals import UNAUTHENTICATED, TokenRefusal
from dialog_graph.access.tokens import Claims, mint
from dialog_graph.errors import Refused, refuse
from dialog_graph.model.json_value import Json
from dialog_graph.model.party import Party, PartyKind
from dialog_graph.model.principal import ANONYMOUS
from dialog_graph.storage import parties
from dialog_graph.storage.database import Database
from dialog_graph.urns import PartyUrn

MASKINPORTEN = "maskinporten"
IDPORTEN = "id-porten"
DROPPED = MappingProxyType(
    {
        MASKINPORTEN: frozenset({"aud", "iss", "sid", "jti", "client_amr", "iat", "exp", "nbf"}),
        IDPORTEN: frozenset({"aud", "iss", "sid", "jti", "at_hash", "sub", "iat", "exp", "nbf"}),
    }
)
"""Claims of the source that the new token does not keep, or has its own of."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What a new token gets from outside: our public URL, the time in Unix seconds, fresh ids."""

    public_url: str
    now: int
    token_id: UUID
    session_id: UUID

    def stamp(self) -> dict[str, Json]:
        """The claims every exchanged token has."""
        return {
            "iss": platform_issuer(self.public_url),
            "aud": self.public_url,
            "iat": self.now,
            "nbf": self.now,
            "exp": self.now + EXCHANGED_LIFE,
            "jti": str(self.token_id),
            "sid": str(self.session_id),
        }


def _kept(source: Claims, provider: str) -> dict[str, Json]:
    return {name: value for name, value in source.values.items() if name not in DROPPED[provider]}


def organisation_claims(source: Claims, org: str | None, issue: Issue) -> dict[str, Json]:
    """The new token of an organisation. `org`: the service owner that its number is registered as.

    Rights as a service owner also take a scope that asks for them.
    """
    number = organisation_number(source.values.get("consumer"))
    own: dict[str, Json] = {ORG_NUMBER: number, METHOD: "maskinporten", LEVEL: ORGANISATION_LEVEL}
    acts = {ORG: org} if org is not None and scopes.is_service_owner(source.scopes) else dict[str, Json]()
    return _kept(source, MASKINPORTEN) | own | acts | issue.stamp()


def _method(source: Claims) -> str:
    listed = source.values.get("amr")
    first = listed[0] if isinstance(listed, list) and listed else None
    return first if isinstance(first, str) else "NotDefined"


def person_claims(source: Claims, person: Party, issue: Issue) -> dict[str, Json]:
    """The new token of a person whom the register knows. Users and parties share their numbers with us."""
    own: dict[str, Json] = {
        USER_ID: person.party_id,
        USER_NAME: "",
        PARTY_ID: person.party_id,
        PARTY_UUID: str(person.uuid),
        METHOD: _method(source),
        LEVEL: LEVELS[source.text("acr") or ""],
    }
    return _kept(source, IDPORTEN) | own | issue.stamp()


def has_person_scope(source: Claims, partner_scopes: frozenset[str]) -> bool:
    """True when the token has a scope that the exchange serves: the platform's, the dialogs', or a configured one."""
    families = (scopes.PLATFORM_FAMILY, scopes.DIALOG_FAMILY)
    return bool(source.scopes & partner_scopes) or any(scopes.in_family(source.scopes, each) for each in families)


async def _organisation(database: Database, source: Claims, issue: Issue) -> Mapping[str, Json]:
    number = organisation_number(source.values.get("consumer")) or ""
    async with database.snapshot(ANONYMOUS) as tx:
        owner = await parties.service_owner_by_number(tx, number)
    return organisation_claims(source, None if owner is None else owner.org, issue)


async def _person(database: Database, source: Claims, issue: Issue) -> Mapping[str, Json]:
    number = source.text("pid")
    if number is None:
        raise Refused(UNAUTHENTICATED)
    async with database.snapshot(ANONYMOUS) as tx:
        person = await parties.find(tx, PartyUrn(urns.PERSON, number))
    if person is None or person.kind is not PartyKind.PERSON:
        raise Refused(UNAUTHENTICATED)
    return person_claims(source, person, issue)


def _accepted(profiles: Profiles, provider: str) -> Accepted:
    known = {MASKINPORTEN: profiles.exchange_maskinporten, IDPORTEN: profiles.exchange_idporten}
    if provider not in known:
        raise refuse("INVALID_INPUT", f"{MASKINPORTEN} or {IDPORTEN}", "this is another provider")
    return known[provider]


class Exchange:
    """The exchange of one server. `partner_scopes`: further scopes of persons that are served."""

    def __init__(
        self, database: Database, keys: Keys, profiles: Profiles, public_url: str, partner_scopes: frozenset[str]
    ) -> None:
        self._database = database
        self._keys = keys
        self._profiles = profiles
        self._public_url = public_url
        self._partner_scopes = partner_scopes

    async def exchange(self, provider: str, authorization: str | TokenRefusal | None, now: int) -> str:
        """The new token. Raises `Refused`: INVALID_INPUT for another provider, UNAUTHENTICATED, FORBIDDEN."""
        accepted = _accepted(self._profiles, provider)
        source = await self._source(authorization, accepted, now)
        issue = Issue(public_url=self._public_url, now=now, token_id=uuid4(), session_id=uuid4())
        if provider == IDPORTEN and not has_person_scope(source, self._partner_scopes):
            raise refuse("FORBIDDEN")
        make = _organisation if provider == MASKINPORTEN else _person
        claims = await make(self._database, source, issue)
        _log.info("token exchanged", extra={"provider": provider, "sid": str(issue.session_id)})
        return mint(claims, self._keys.signing(PLATFORM, now), "at+jwt")

    async def _source(self, authorization: str | TokenRefusal | None, accepted: Accepted, now: int) -> Claims:
        raw = bearer.token(authorization) if isinstance(authorization, str) else authorization
        if raw is None or isinstance(raw, TokenRefusal):
            raise Refused(UNAUTHENTICATED)
        claims = await self._keys.verified(raw, accepted, now)
        if isinstance(claims, TokenRefusal):
            raise Refused(UNAUTHENTICATED)
        return claims
