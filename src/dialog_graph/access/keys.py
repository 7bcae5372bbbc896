"""Everything a token is verified and signed with, in one object: own key files, foreign keys, recent tokens."""

import logging
from collections.abc import Callable

from dialog_graph.access.issuers import Accepted, from_settings
from dialog_graph.access.jwk import KeySet, SigningKey
from dialog_graph.access.jwks import Fetch, ForeignKeys
from dialog_graph.access.key_files import Document, KeyFiles
from dialog_graph.access.recent import LIFE, Recent
from dialog_graph.access.refusals import TokenRefusal
from dialog_graph.access.tokens import Claims, named_issuer, verify
from dialog_graph.model.principal import Principal
from dialog_graph.settings import Settings

_log = logging.getLogger(__name__)


def log_refusal(refusal: TokenRefusal) -> None:
    """Writes why a token was refused to the log; nothing of the token itself."""
    _log.info("token refused", extra={"reason": refusal.reason, "detail": refusal.detail})


async def _no_fetch(_address: str) -> bytes | None:
    return None


class Keys:
    """`files`: our own keys. `foreign`: keys of configured issuers. `on_refused` is told of every refused token."""

    def __init__(
        self,
        files: KeyFiles,
        foreign: ForeignKeys | None = None,
        on_refused: Callable[[TokenRefusal], None] = log_refusal,
    ) -> None:
        self.files = files
        self.foreign = foreign or ForeignKeys(_no_fetch, {})
        self.on_refused = on_refused
        self._tokens: Recent[Claims] = Recent()
        self.principals: Recent[Principal] = Recent()
        """Whom recent tokens were found to stand for."""

    def signing(self, kind: str, now: int) -> SigningKey:
        """The pair to sign tokens of a kind with."""
        return self.files.signing(kind, now)

    def jwks(self, kind: str, now: int) -> Document:
        """The public JWKS document of a kind."""
        return self.files.jwks(kind, now)

    def secret(self, name: str) -> bytes:
        """A named secret of 32 bytes."""
        return self.files.secret(name)

    def mac(self, name: str, message: bytes) -> bytes:
        """HMAC-SHA256 under a named secret."""
        return self.files.mac(name, message)

    async def verified(self, raw: str, profiles: Accepted, now: int) -> Claims | TokenRefusal:
        """Verifies a token: from the cache, with the keys at hand, or after one throttled fetch for its key id."""
        known = self._tokens.find(raw, self.generation(now), now)
        if known is not None and profiles.get(known.profile.issuer) is known.profile:
            return known
        claims = await self._verify(raw, profiles, now)
        if isinstance(claims, TokenRefusal):
            self.on_refused(claims)
        elif not claims.profile.is_single_use:
            self._tokens.keep(raw, claims, self.generation(now), min(claims.expires_at, now + LIFE))
        return claims

    async def _verify(self, raw: str, profiles: Accepted, now: int) -> Claims | TokenRefusal:
        """Only keys of the issuer that the token names are looked up; what it names proves nothing yet."""
        profile = profiles.get(named_issuer(raw) or "")
        name = "" if profile is None else profile.key_set
        await self.foreign.settle(name, now)
        claims = verify(raw, profiles, self._key_set(name, now), now)
        if isinstance(claims, TokenRefusal) and claims.unknown_kid and await self.foreign.seek(name, now):
            claims = verify(raw, profiles, self._key_set(name, now), now)
        return claims

    def generation(self, now: int) -> int:
        """Changes with every change of keys; what was concluded from older ones no longer counts."""
        self.files.reread(now)
        return self.files.generation + self.foreign.generation

    def _key_set(self, name: str, now: int) -> KeySet:
        if not name:
            return {}
        is_foreign = self.foreign.knows(name)
        return {name: self.foreign.of(name, now) if is_foreign else self.files.published(name, now)}


def open_keys(settings: Settings, fetch: Fetch) -> Keys:
    """The keys of a server: files of `DIALOG_GRAPH_KEYS`, made when missing in development only, and the documents of
    the configured issuers. `fetch`: `Egress.fetch_jwks`."""
    configured = from_settings(settings)
    addresses = {each.issuer: each.jwks_uri for each in (*configured.idporten, *configured.maskinporten)}
    return Keys(KeyFiles(settings.keys, create=settings.is_development), ForeignKeys(fetch, addresses))
