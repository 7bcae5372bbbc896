"""Logging in at the development issuer: authorization code with PKCE, client assertions, and the picker's own grant.

Codes are signed texts of a minute, so that any worker can redeem what another gave; each counts once.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit
from uuid import uuid4

from dialog_graph.access import dev_issuer, jwk, single_use
from dialog_graph.access.dev_issuer import TokenRequest
from dialog_graph.access.issuers import CODE_LIFE, HOUR, Accepted, Profiles, client_id, development_issuer
from dialog_graph.access.key_files import DEVELOPMENT
from dialog_graph.access.keys import Keys
from dialog_graph.access.refusals import TokenRefusal
from dialog_graph.access.tokens import Claims, mint
from dialog_graph.errors import Refusal
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import ANONYMOUS
from dialog_graph.storage.database import Database
from dialog_graph.storage.seed import Seed

CODE_GRANT = "authorization_code"
ASSERTION_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
DEVELOPMENT_GRANT = "urn:dialog-graph:dev"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")

Form: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthError:
    """A refused login or token request, in the words of RFC 6749."""

    error: str
    description: str

    def to_json(self) -> dict[str, Json]:
        """Body of the answer."""
        return {"error": self.error, "error_description": self.description}


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A well-formed request to the login page."""

    client: str
    redirect_uri: str
    challenge: str
    scope: str
    state: str
    nonce: str


def is_own_redirect(redirect_uri: str, public_url: str) -> bool:
    """True for addresses on this machine and below our own address: tokens go nowhere else."""
    try:
        parts, own = urlsplit(redirect_uri), urlsplit(public_url)
        same_host = (parts.hostname, parts.port) == (own.hostname, own.port)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or parts.username is not None or parts.fragment:
        return False
    return parts.hostname in LOOPBACK or (same_host and parts.scheme == own.scheme)


def read_login(query: Form) -> Login | OAuthError:
    """The parameters of a login. The redirect address is checked before, by `is_own_redirect`."""
    if query.get("response_type") != "code" or not query.get("client_id"):
        return OAuthError(error="invalid_request", description="expected response_type=code and a client_id")
    challenge = query.get("code_challenge", "")
    if query.get("code_challenge_method") != "S256" or not _CHALLENGE.match(challenge):
        return OAuthError(error="invalid_request", description="expected a code_challenge with method S256")
    return Login(
        client=query["client_id"],
        redirect_uri=query.get("redirect_uri", ""),
        challenge=challenge,
        scope=query.get("scope", ""),
        state=query.get("state", ""),
        nonce=query.get("nonce", ""),
    )


class Issuer:
    """The development issuer of a running server."""

    def __init__(self, database: Database, keys: Keys, seed: Seed, profiles: Profiles, public_url: str) -> None:
        self._database = database
        self._keys = keys
        self._profiles = profiles
        self.seed = seed
        self.public_url = public_url
        self.names = dev_issuer.names(public_url)

    def code(self, login: Login, key: str, level: int, now: int) -> str:
        """A login code for the chosen test user."""
        claims: dict[str, Json] = {
            "iss": development_issuer(self.public_url),
            "aud": f"{development_issuer(self.public_url)}/token",
            "iat": now,
            "exp": now + CODE_LIFE,
            "jti": str(uuid4()),
            "sub": key,
            "key": key,
            "level": level,
            "client_id": login.client,
            "redirect_uri": login.redirect_uri,
            "challenge": login.challenge,
            "wanted": login.scope,
            "once": login.nonce,
        }
        return mint(claims, self._keys.signing(DEVELOPMENT, now), "code+jwt")

    def jwks(self, now: int) -> dict[str, Json]:
        """The issuer's public keys."""
        return self._keys.jwks(DEVELOPMENT, now)

    async def token(self, form: Form, now: int) -> dict[str, Json] | OAuthError:
        """The token endpoint: body of the answer, or what was wrong."""
        grants = {CODE_GRANT: self._redeemed, ASSERTION_GRANT: self._asserted, DEVELOPMENT_GRANT: self._picked}
        grant = grants.get(form.get("grant_type", ""))
        if grant is None:
            return OAuthError(error="unsupported_grant_type", description=f"expected one of {', '.join(grants)}")
        return await grant(form, now)

    async def _once(self, raw: str, accepted: Accepted, now: int) -> Claims | None:
        """Claims of a token that is verified and was not used before."""
        claims = await self._keys.verified(raw, accepted, now)
        if isinstance(claims, TokenRefusal):
            return None
        async with self._database.transaction(ANONYMOUS) as tx:
            is_first = await single_use.use(tx, claims)
        if not is_first:
            self._keys.on_refused(TokenRefusal.of("replay"))
        return claims if is_first else None

    async def _redeemed(self, form: Form, now: int) -> dict[str, Json] | OAuthError:
        claims = await self._once(form.get("code", ""), self._profiles.code, now)
        if claims is None or not _fits(claims, form):
            return OAuthError(error="invalid_grant", description="expected a fresh code and its verifier")
        scope = claims.text("wanted") or dev_issuer.PERSON_SCOPE
        level = claims.number("level")
        answer = self._answer(TokenRequest(key=claims.text("key") or "", level=level, scope=scope), now)
        if isinstance(answer, OAuthError) or "openid" not in scope.split():
            return answer
        return answer | {"id_token": self._id_token(claims, str(answer["access_token"]), now)}

    async def _asserted(self, form: Form, now: int) -> dict[str, Json] | OAuthError:
        claims = await self._once(form.get("assertion", ""), self._profiles.assertion, now)
        orgs = {client_id(owner.org): owner.org for owner in self.seed.service_owners}
        org = None if claims is None else orgs.get(claims.profile.issuer)
        if claims is None or org is None:
            return OAuthError(error="invalid_grant", description="expected a fresh assertion of a known client")
        return self._answer(TokenRequest(key=org, scope=claims.text("scope"), is_source=True), now)

    async def _picked(self, form: Form, now: int) -> dict[str, Json] | OAuthError:
        level = form.get("level", "")
        if level not in ("", *map(str, dev_issuer.LEVELS)):
            return OAuthError(error="invalid_request", description="expected a level of 0, 3 or 4")
        wanted = TokenRequest(
            key=form.get("key", ""), level=int(level) if level else None, scope=form.get("scope") or None
        )
        return self._answer(wanted, now)

    def _answer(self, request: TokenRequest, now: int) -> dict[str, Json] | OAuthError:
        token = dev_issuer.issue(self._keys, self.seed, request, now, self.names)
        if isinstance(token, Refusal):
            return OAuthError(error="invalid_request", description=token.message)
        return {"access_token": token, "token_type": "Bearer", "expires_in": HOUR}

    def _id_token(self, claims: Claims, access_token: str, now: int) -> str:
        party = self.seed.named(claims.text("key") or "")
        assert party is not None  # `_answer` has issued a token for it
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        extra: dict[str, Json] = {"aud": claims.text("client_id"), "at_hash": jwk.encode(half)}
        nonce = claims.text("once")
        return dev_issuer.id_token(self._keys, party, self.names, extra | ({"nonce": nonce} if nonce else {}), now)


def _fits(claims: Claims, form: Form) -> bool:
    """True when the code is redeemed by whoever asked for it: same client and address, and the verifier is known."""
    verifier = form.get("code_verifier", "")
    if not _VERIFIER.match(verifier):
        return False
    challenge = jwk.encode(hashlib.sha256(verifier.encode()).digest())
    same = all(form.get(name, "") == claims.text(name) for name in ("client_id", "redirect_uri"))
    return same and hmac.compare_digest(challenge, claims.text("challenge") or "")


def metadata(public_url: str) -> dict[str, Json]:
    """The discovery document."""
    issuer = development_issuer(public_url)
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks",
        "response_types_supported": ["code"],
        "grant_types_supported": [CODE_GRANT, ASSERTION_GRANT, DEVELOPMENT_GRANT],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "scopes_supported": ["openid", "digdir:dialogporten", "altinn:instances.read", "altinn:instances.write"],
    }
