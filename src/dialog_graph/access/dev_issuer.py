"""The development issuer: tokens for the people and organisations of the seed, without passwords (security rules §1.8).

`issue` serves both `dialog-graph token`, which needs no running server, and the login page with its token endpoint. It
exists in development only: `problem` refuses to start a server that has it anywhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from dialog_graph import urns
from dialog_graph.access import dialog_token, scopes
from dialog_graph.access.claim_rules import (
    EMAIL_AMR,
    LEVEL,
    METHOD,
    ORG,
    ORG_NUMBER,
    ORGANISATION_LEVEL,
    SYSTEM_USER_TYPE,
)
from dialog_graph.access.issuers import (
    COMMAND_AUDIENCE,
    COMMAND_DIALOG_ISSUER,
    COMMAND_ISSUER,
    DEVELOPMENT_ENVIRONMENT,
    HOUR,
    client_id,
    development_issuer,
)
from dialog_graph.access.key_files import DEVELOPMENT
from dialog_graph.access.keys import Keys
from dialog_graph.access.tokens import mint
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from dialog_graph.model.party import PartyKind
from dialog_graph.model.principal import Principal, PrincipalKind
from dialog_graph.storage.seed import Seed, SeedOwner, SeedParty

LEVELS = (0, 3, 4)
ACR = {0: "idporten-loa-low", 3: "idporten-loa-substantial", 4: "idporten-loa-high"}
HIGHEST_LEVEL = 4
CLIENT = "dialog-graph-development"
PERSON_SCOPE = "openid digdir:dialogporten altinn:instances.read altinn:instances.write"
ORGANISATION_SCOPE = " ".join(
    (
        scopes.INSTANCES_READ,
        scopes.INSTANCES_WRITE,
        scopes.EVENTS_SUBSCRIBE,
        scopes.DIALOG_OWNER,
        scopes.DIALOG_OWNER_SEARCH,
    )
)
OPERATOR_SCOPE = f"{ORGANISATION_SCOPE} {scopes.OPERATOR}"
SYSTEM_USER_SCOPE = "digdir:dialogporten altinn:instances.read altinn:instances.write"
"""Default scopes: what each kind of caller needs for its ordinary work."""

_PERSONS = frozenset({PartyKind.PERSON, PartyKind.EMAIL_USER})
_ORGANISATIONS = frozenset({PartyKind.ORGANISATION, PartyKind.SUBUNIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """What to issue. `key`: number, alias, organisation number or code of a service owner. None = the default.

    `is_source`: a Maskinporten token to try the exchange with. `dialog_id`: a dialog token for a person instead.
    """

    key: str
    level: int | None = None
    scope: str | None = None
    is_source: bool = False
    dialog_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Issuer and audience of what is issued: fixed for the command line, those of the server for the login page."""

    issuer: str = COMMAND_ISSUER
    audience: str = COMMAND_AUDIENCE


def names(public_url: str) -> Names:
    """Names of a running server."""
    return Names(issuer=development_issuer(public_url), audience=public_url)


COMMAND = Names()


def problem(environment: str, *, is_mounted: bool) -> Refusal | None:
    """Start-up check: the development issuer is mounted in development and nowhere else."""
    if not is_mounted or environment == DEVELOPMENT_ENVIRONMENT:
        return None
    return Refusal(code="INTERNAL", expected="no development issuer outside development", actual="it is mounted")


def _authority(number: str) -> dict[str, Json]:
    return {"authority": "iso6523-actorid-upis", "ID": f"0192:{number}"}


def _stamp(names: Names, scope: str, client: str, now: int) -> dict[str, Json]:
    return {
        "iss": names.issuer,
        "aud": names.audience,
        "iat": now,
        "exp": now + HOUR,
        "jti": str(uuid4()),
        "scope": scope,
        "client_id": client,
    }


def _person(party: SeedParty, level: int) -> dict[str, Json]:
    if party.kind is PartyKind.EMAIL_USER:
        claims: dict[str, Json] = {"email": party.identifier, "amr": EMAIL_AMR, "acr": "selfregistered-email"}
        return claims | {"sub": str(party.uuid)}
    return {"pid": party.identifier, "acr": ACR[level], "amr": ["TestID"], "sub": str(party.uuid)}


def _exchanged(number: str) -> dict[str, Json]:
    """What the exchange adds to a token of an organisation."""
    return {"sid": str(uuid4()), ORG_NUMBER: number, METHOD: "maskinporten", LEVEL: ORGANISATION_LEVEL}


def _organisation(number: str, org: str | None, *, is_source: bool) -> dict[str, Json]:
    consumer: dict[str, Json] = {"consumer": _authority(number)}
    if is_source:
        return consumer
    return consumer | _exchanged(number) | ({} if org is None else {ORG: org})


def _system_user(party: SeedParty, *, is_source: bool) -> dict[str, Json]:
    number = party.parent or ""
    entry: dict[str, Json] = {
        "type": SYSTEM_USER_TYPE,
        "systemuser_id": [party.identifier],
        "systemuser_org": _authority(number),
        "system_id": f"{number}_{party.alias or 'system'}",
    }
    return {**_organisation(number, None, is_source=is_source), "authorization_details": [entry]}


def _owner(seed: Seed, key: str) -> SeedOwner | None:
    return next((owner for owner in seed.service_owners if key in (owner.org, owner.organisation_number)), None)


def operator_scope(org: str) -> str:
    """Default scope of a service owner; the test department is also an operator (security rules §2)."""
    return OPERATOR_SCOPE if org == "ttd" else ORGANISATION_SCOPE


def _claims(seed: Seed, request: TokenRequest, names: Names, now: int) -> dict[str, Json] | None:
    """Claims of the token for whoever `key` names; None when nobody of the seed has that name."""
    owner, party = _owner(seed, request.key), seed.named(request.key)
    if owner is not None:
        own = _organisation(owner.organisation_number, owner.org, is_source=request.is_source)
        return own | _stamp(names, request.scope or operator_scope(owner.org), client_id(owner.org), now)
    if party is None:
        return None
    if party.kind in _PERSONS:
        level = HIGHEST_LEVEL if request.level is None else request.level
        return _person(party, level) | _stamp(names, request.scope or PERSON_SCOPE, CLIENT, now)
    if party.kind is PartyKind.SYSTEM_USER:
        own = _system_user(party, is_source=request.is_source)
        return own | _stamp(names, request.scope or SYSTEM_USER_SCOPE, CLIENT, now)
    own = _organisation(party.identifier, None, is_source=request.is_source)
    return own | _stamp(names, request.scope or SYSTEM_USER_SCOPE, CLIENT, now)


def _dialog(keys: Keys, seed: Seed, request: TokenRequest, now: int) -> str | None:
    """A dialog token for a person about its own dialog; which actions it may do is decided again on use."""
    party = seed.named(request.key)
    if party is None or request.dialog_id is None or party.kind not in _PERSONS:
        return None
    prefix = urns.PERSON if party.kind is PartyKind.PERSON else urns.EMAIL_USER
    level = HIGHEST_LEVEL if request.level is None else request.level
    holder = Principal(kind=PrincipalKind.PERSON, urn=prefix + party.identifier, level=level)
    content = dialog_token.Content(
        dialog_id=request.dialog_id,
        party=holder.urn,
        service_resource=f"{urns.RESOURCE}development",
        actions=(("read", None), ("write", None), ("delete", None)),
    )
    return dialog_token.issue(keys, COMMAND_DIALOG_ISSUER, holder, content, now)


def _wrong(seed: Seed, request: TokenRequest) -> Refusal | None:
    if request.level is not None and request.level not in LEVELS:
        return Refusal(code="INVALID_INPUT", expected=f"a level of {', '.join(map(str, LEVELS))}", path=("level",))
    if _owner(seed, request.key) is None and seed.named(request.key) is None:
        expected = "a name, number or code of the seed (dialog-graph token --list shows them)"
        return Refusal(code="INVALID_INPUT", expected=expected, actual=f"{request.key!r} is none", path=("key",))
    return None


def issue(keys: Keys, seed: Seed, request: TokenRequest, now: int, names: Names = COMMAND) -> str | Refusal:
    """A signed token for someone of the seed. `now`: Unix seconds; `names`: the command line's unless given."""
    wrong = _wrong(seed, request)
    if wrong is not None:
        return wrong
    if request.dialog_id is not None:
        token = _dialog(keys, seed, request, now)
        return token or Refusal(code="INVALID_INPUT", expected="a person for a dialog token", path=("key",))
    claims = _claims(seed, request, names, now)
    assert claims is not None  # `_wrong` has found the name
    if request.is_source and "consumer" not in claims:
        return Refusal(code="INVALID_INPUT", expected="an organisation for a Maskinporten token", path=("key",))
    return mint(claims, keys.signing(DEVELOPMENT, now), "JWT")


def id_token(keys: Keys, party: SeedParty, names: Names, extra: Mapping[str, Json], now: int) -> str:
    """The id token of a login; `extra`: audience, nonce, hash of the access token. Never an access token."""
    claims: dict[str, Json] = {"iss": names.issuer, "iat": now, "exp": now + HOUR, "sub": str(party.uuid)}
    return mint({**claims, "name": party.name, **extra}, keys.signing(DEVELOPMENT, now), "JWT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of the list of test users. `roles`: what it is to other parties, "party name: codes"."""

    key: str
    name: str
    kind: str
    number: str
    roles: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """As `/dev-issuer/parties` shows it."""
        roles: list[Json] = list(self.roles)
        return {"key": self.key, "name": self.name, "kind": self.kind, "number": self.number, "roles": roles}


def _roles(seed: Seed, identifier: str) -> tuple[str, ...]:
    named = {party.identifier: party.name for party in seed.parties}
    held = [roles for roles in seed.roles if roles.subject == identifier]
    return tuple(f"{named.get(roles.party, roles.party)}: {' '.join(roles.codes)}" for roles in held)


def persons(seed: Seed) -> tuple[Listed, ...]:
    """Persons and e-mail users one can log in as."""
    return tuple(_listed(seed, party) for party in seed.parties if party.kind in _PERSONS)


def organisations(seed: Seed) -> tuple[Listed, ...]:
    """Service owners, then other organisations and system users."""
    owners = [
        Listed(
            key=owner.org, name=owner.name.get("nb", owner.org), kind="SERVICE_OWNER", number=owner.organisation_number
        )
        for owner in seed.service_owners
    ]
    owning = {owner.organisation_number for owner in seed.service_owners}
    kinds = _ORGANISATIONS | {PartyKind.SYSTEM_USER}
    others = [party for party in seed.parties if party.kind in kinds and party.identifier not in owning]
    return (*owners, *(_listed(seed, party) for party in others))


def _listed(seed: Seed, party: SeedParty) -> Listed:
    return Listed(
        key=party.alias or party.identifier,
        name=party.name,
        kind=party.kind.value,
        number=party.identifier,
        roles=_roles(seed, party.identifier),
    )
