"""Whose tokens are accepted where: the profile table of security rules §1.4.

A profile says everything a token of one issuer must be. `Profiles` holds, per kind of endpoint, issuer -> profile; the
verifier is handed one of these and knows no others. Issuers are compared as exact text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from dialog_graph.access import claim_rules
from dialog_graph.access.key_files import CLIENT_PREFIX, DEVELOPMENT, DIALOG, PLATFORM
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from dialog_graph.settings import Settings

DEVELOPMENT_ENVIRONMENT = "development"
PRODUCTION_ENVIRONMENT = "production"
COMMAND_ISSUER = "urn:dialog-graph:dev-issuer"
COMMAND_AUDIENCE = "urn:dialog-graph:dev"
COMMAND_DIALOG_ISSUER = "urn:dialog-graph:dev-issuer:dialog"
"""Fixed names of tokens printed by `dialog-graph token`, so that they fit a server on any port."""
TEST_ISSUERS = frozenset({"https://test.idporten.no", "https://test.maskinporten.no/"})
UNSPECIFIED = "unspecified"

HOUR = 3600
EXCHANGED_LIFE = 30 * 60
DIALOG_LIFE = 600
ASSERTION_LIFE = 120
CODE_LIFE = 60

EXTERNAL_TYPES = frozenset({"jwt", "at+jwt", ""})
"""Token types of external issuers, in lower case; empty = the header may lack it."""

Rule: TypeAlias = Callable[[Mapping[str, Json]], str | None]
"""Check 14: what is wrong with the claims beyond form, None when nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a token of one issuer must be. `audiences` empty: the token must have no `aud`. `lifetime`: seconds.

    `key_set`: name of the keys that verify it: a kind of our own, or the issuer itself.
    """

    name: str
    issuer: str
    key_set: str
    algorithms: frozenset[str]
    types: frozenset[str]
    audiences: frozenset[str]
    required: frozenset[str]
    lifetime: int
    rule: Rule
    is_single_use: bool = False


Accepted: TypeAlias = Mapping[str, Profile]
"""Issuer -> profile: what one endpoint accepts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalIssuer:
    """One configured issuer: its exact name, the fixed address of its keys, the audiences that mean us."""

    issuer: str
    jwks_uri: str
    audiences: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerSettings:
    """What the table is made of. Several external issuers of one kind serve a roll-over."""

    public_url: str
    environment: str = DEVELOPMENT_ENVIRONMENT
    idporten: tuple[ExternalIssuer, ...] = ()
    maskinporten: tuple[ExternalIssuer, ...] = ()

    @property
    def is_development(self) -> bool:
        """True where the development issuer exists."""
        return self.environment == DEVELOPMENT_ENVIRONMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """What each kind of endpoint accepts. `user`: GraphQL, streams, REST. `capability`: those and dialog tokens."""

    user: Accepted
    dialog: Accepted
    capability: Accepted
    exchange_idporten: Accepted
    exchange_maskinporten: Accepted
    assertion: Accepted
    code: Accepted


def platform_issuer(public_url: str) -> str:
    """`iss` of our own access tokens."""
    return f"{public_url}/authentication"


def dialog_issuer(public_url: str) -> str:
    """`iss` of dialog tokens."""
    return f"{public_url}/api/v1"


def development_issuer(public_url: str) -> str:
    """`iss` of tokens that the login page gives."""
    return f"{public_url}/dev-issuer"


def client_id(org: str) -> str:
    """Client id of a test organisation at the development issuer."""
    return f"dialog-graph-{org}"


_ES256 = frozenset({"ES256"})
_RS256 = frozenset({"RS256"})
_BOTH = _ES256 | _RS256
_JWT = frozenset({"jwt"})
_PERSON = frozenset({"sub", "aud", "acr", "jti", "scope", "client_id"})
_MACHINE = frozenset({"aud", "jti", "scope", "client_id", "consumer"})
_DIALOG = frozenset({"jti", "nbf", "l", "c", "p", "s", "i", "a"})


def _from_outside(name: str, external: ExternalIssuer, required: frozenset[str], rule: Rule) -> Profile:
    return Profile(
        name=name,
        issuer=external.issuer,
        key_set=external.issuer,
        algorithms=_RS256,
        types=EXTERNAL_TYPES,
        audiences=external.audiences,
        required=required,
        lifetime=HOUR,
        rule=rule,
    )


def _platform(public_url: str) -> Profile:
    return Profile(
        name="platform",
        issuer=platform_issuer(public_url),
        key_set=PLATFORM,
        algorithms=_ES256,
        types=frozenset({"at+jwt"}),
        audiences=frozenset({public_url}),
        required=frozenset({"aud", "jti", "sid", "scope", claim_rules.LEVEL}),
        lifetime=HOUR,
        rule=claim_rules.platform,
    )


def _dialog(issuer: str) -> Profile:
    return Profile(
        name="dialog",
        issuer=issuer,
        key_set=DIALOG,
        algorithms=_ES256,
        types=_JWT,
        audiences=frozenset(),
        required=_DIALOG,
        lifetime=DIALOG_LIFE,
        rule=claim_rules.dialog,
    )


def _development(issuer: str, audience: str, required: frozenset[str], rule: Rule) -> Profile:
    return Profile(
        name="dev",
        issuer=issuer,
        key_set=DEVELOPMENT,
        algorithms=_ES256,
        types=_JWT,
        audiences=frozenset({audience}),
        required=required,
        lifetime=HOUR,
        rule=rule,
    )


def _assertion(org: str, issuer: str) -> Profile:
    return Profile(
        name="grant",
        issuer=client_id(org),
        key_set=CLIENT_PREFIX + org,
        algorithms=_BOTH,
        types=frozenset({"jwt", ""}),
        audiences=frozenset({issuer}),
        required=frozenset({"aud", "jti", "scope"}),
        lifetime=ASSERTION_LIFE,
        rule=claim_rules.assertion,
        is_single_use=True,
    )


def _code(issuer: str) -> Profile:
    return Profile(
        name="code",
        issuer=issuer,
        key_set=DEVELOPMENT,
        algorithms=_ES256,
        types=frozenset({"code+jwt"}),
        audiences=frozenset({f"{issuer}/token"}),
        required=frozenset({"aud", "jti", "sub", "client_id"}),
        lifetime=CODE_LIFE,
        rule=claim_rules.code,
        is_single_use=True,
    )


def _table(*profiles: Profile) -> Accepted:
    return MappingProxyType({profile.issuer: profile for profile in profiles})


def _development_tables(url: str, orgs: tuple[str, ...]) -> dict[str, Accepted]:
    pairs = ((development_issuer(url), url), (COMMAND_ISSUER, COMMAND_AUDIENCE))
    shared = frozenset({"aud", "jti", "scope"})

    def both(required: frozenset[str], rule: Rule) -> Accepted:
        return _table(*(_development(issuer, audience, required, rule) for issuer, audience in pairs))

    return {
        "user": both(shared, claim_rules.development),
        "idporten": both(_PERSON, claim_rules.person_source),
        "maskinporten": both(_MACHINE, claim_rules.machine),
        "dialog": _table(_dialog(COMMAND_DIALOG_ISSUER)),
        "assertion": _table(*(_assertion(org, development_issuer(url)) for org in orgs)),
        "code": _table(_code(development_issuer(url))),
    }


_NO_DEVELOPMENT: Mapping[str, Accepted] = {}


def build(settings: IssuerSettings, test_orgs: tuple[str, ...] = ()) -> Profiles:
    """The profiles of one server. `test_orgs`: organisations that may ask the development issuer for tokens."""
    url = settings.public_url
    development = _development_tables(url, test_orgs) if settings.is_development else _NO_DEVELOPMENT
    users = {each.issuer: _from_outside("idporten", each, _PERSON, claim_rules.person) for each in settings.idporten}
    sources = {
        each.issuer: _from_outside("idporten", each, _PERSON, claim_rules.person_source) for each in settings.idporten
    }
    machines = {
        each.issuer: _from_outside("maskinporten", each, _MACHINE, claim_rules.machine)
        for each in settings.maskinporten
    }
    user = {**users, **_table(_platform(url)), **development.get("user", {})}
    dialog = {**_table(_dialog(dialog_issuer(url))), **development.get("dialog", {})}
    return Profiles(
        user=MappingProxyType(user),
        dialog=MappingProxyType(dialog),
        capability=MappingProxyType(user | dialog),
        exchange_idporten=MappingProxyType({**sources, **development.get("idporten", {})}),
        exchange_maskinporten=MappingProxyType({**machines, **development.get("maskinporten", {})}),
        assertion=development.get("assertion", MappingProxyType({})),
        code=development.get("code", MappingProxyType({})),
    )


_JWKS = {
    "https://idporten.no": "https://idporten.no/jwks.json",
    "https://test.idporten.no": "https://test.idporten.no/jwks.json",
    "https://maskinporten.no/": "https://maskinporten.no/jwk",
    "https://test.maskinporten.no/": "https://test.maskinporten.no/jwk",
}
"""Issuer -> fixed address of its keys."""


def _external(issuer: str, audiences: set[str]) -> ExternalIssuer:
    return ExternalIssuer(issuer=issuer, jwks_uri=_JWKS[issuer], audiences=frozenset(audiences))


def from_settings(settings: Settings) -> IssuerSettings:
    """Test issuers outside production, the real ones in it. Development has Maskinporten only from its own issuer.

    ID-porten is off until the audience that means us is configured.
    """
    prefix = "https://" if settings.is_production else "https://test."
    audience = settings.idporten_audience
    persons = {audience, *({UNSPECIFIED} if settings.idporten_accept_unspecified else ())} if audience else set[str]()
    machines = {settings.public_url, *({UNSPECIFIED} if settings.maskinporten_accept_unspecified else ())}
    return IssuerSettings(
        public_url=settings.public_url,
        environment=settings.environment,
        idporten=(_external(f"{prefix}idporten.no", persons),) if persons else (),
        maskinporten=() if settings.is_development else (_external(f"{prefix}maskinporten.no/", machines),),
    )


def problem(settings: IssuerSettings) -> Refusal | None:
    """Start-up check: in production no test issuer and no plain http, neither for issuers nor for their keys."""
    external = settings.idporten + settings.maskinporten
    if settings.environment != PRODUCTION_ENVIRONMENT:
        return None
    if any(each.issuer in TEST_ISSUERS for each in external):
        return Refusal(code="INTERNAL", expected="no test issuer in production", actual="one is configured")
    addresses = [settings.public_url, *(each.issuer for each in external), *(each.jwks_uri for each in external)]
    if any(not address.startswith("https://") for address in addresses):
        return Refusal(code="INTERNAL", expected="https for issuers and the public address", actual="one is not")
    return None
