"""Public keys of other issuers: fetched by the guarded client, kept, renewed in the background (security rules §1.3).

One address per issuer, from configuration only. Times are Unix seconds and given. A verifier never waits for a fetch
unless nothing usable is at hand or a key id is unknown; unknown ids can cause at most one fetch per issuer and minute.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from dialog_graph.access.jwk import PublicKey, read_public_keys, repeated_ids
from dialog_graph.errors import Refusal

RENEW_AFTER = 8 * 60
FRESH_FOR = 10 * 60
USABLE_FOR = 24 * 3600
BETWEEN_FETCHES = 60

Fetch: TypeAlias = Callable[[str], Awaitable[bytes | None]]
"""Gets the document at an address; None when that failed. In the server: `egress.fetch_jwks`."""

_NONE: Mapping[str, PublicKey] = MappingProxyType({})
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Issuer:
    """What is known of one issuer. `succeeded` and `tried`: Unix seconds, None = never."""

    address: str
    keys: Mapping[str, PublicKey] = field(default_factory=lambda: _NONE)
    succeeded: int | None = None
    tried: int | None = None
    fetching: "asyncio.Task[None] | None" = None

    def age(self, now: int) -> float:
        return float("inf") if self.succeeded is None else now - self.succeeded


class ForeignKeys:
    """Key documents of the configured issuers. `addresses`: issuer -> address of its JWKS."""

    def __init__(self, fetch: Fetch, addresses: Mapping[str, str]) -> None:
        self._fetch = fetch
        self._issuers = {issuer: _Issuer(address) for issuer, address in addresses.items()}
        self.generation = 0
        """Grows whenever the keys of an issuer changed, so that caches can tell."""

    def of(self, issuer: str, now: int) -> Mapping[str, PublicKey]:
        """Keys of an issuer; none when they are older than a day."""
        known = self._issuers.get(issuer)
        return known.keys if known is not None and known.age(now) < USABLE_FOR else _NONE

    def knows(self, issuer: str) -> bool:
        """True when this issuer is configured."""
        return issuer in self._issuers

    def outdated(self, now: int) -> tuple[str, ...]:
        """Issuers whose keys are refused because no fetch succeeded for a day; readiness reports them."""
        return tuple(name for name, issuer in self._issuers.items() if issuer.age(now) >= USABLE_FOR)

    async def settle(self, issuer: str, now: int) -> None:
        """Before a verification: renews old keys, in the background while the present ones are still fresh."""
        known = self._issuers.get(issuer)
        if known is None or known.age(now) < RENEW_AFTER:
            return
        task = self._started(issuer, known, now)
        if task is not None and known.age(now) >= FRESH_FOR:
            await asyncio.shield(task)

    async def seek(self, issuer: str, now: int) -> bool:
        """After an unknown key id: fetches once more if the last try is a minute old. True when keys came."""
        known = self._issuers.get(issuer)
        task = None if known is None else self._started(issuer, known, now)
        if known is None or task is None:
            return False
        await asyncio.shield(task)
        return known.succeeded is not None and known.succeeded >= now

    def _started(self, name: str, issuer: _Issuer, now: int) -> "asyncio.Task[None] | None":
        """The running fetch, which all waiters share; a new one unless the last try is too recent."""
        if issuer.fetching is not None and not issuer.fetching.done():
            return issuer.fetching
        if issuer.tried is not None and now - issuer.tried < BETWEEN_FETCHES:
            return None
        issuer.tried = now
        issuer.fetching = asyncio.create_task(self._renew(name, issuer, now))
        return issuer.fetching

    async def _renew(self, name: str, issuer: _Issuer, now: int) -> None:
        document = await self._fetch(issuer.address)
        keys = None if document is None else read_public_keys(document)
        if document is None or keys is None or isinstance(keys, Refusal):
            _log.warning("keys of an issuer could not be fetched", extra={"issuer": name})
            return
        if repeated_ids(document):
            _log.error("an issuer uses a key id twice; both keys are left out", extra={"issuer": name})
        issuer.succeeded = now
        if keys != issuer.keys:
            issuer.keys = keys
            self.generation += 1
