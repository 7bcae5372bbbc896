"""Why a token was refused: for the log and the metric only. The client is told `UNAUTHENTICATED` and nothing more."""

from dataclasses import dataclass

from dialog_graph.errors import Refusal

REASONS = (
    "malformed",
    "header",
    "issuer",
    "alg",
    "typ",
    "key",
    "signature",
    "claim_type",
    "claim_missing",
    "expired",
    "time",
    "audience",
    "profile",
    "replay",
    "unknown_subject",
)
"""Reason codes: those of security rules §1.2, and a token whose subject is not in the register (§2)."""

UNAUTHENTICATED = Refusal(code="UNAUTHENTICATED")
"""The one answer to every failed authentication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRefusal(Refusal):
    """A refused token. `reason`: one of `REASONS`; `detail`: words for the log without any value of the token.

    `unknown_kid`: name of the key set that has no such key id; the only refusal that a fetch of keys may cure.
    """

    reason: str = ""
    detail: str = ""
    unknown_kid: str | None = None

    @staticmethod
    def of(reason: str, detail: str = "", unknown_kid: str | None = None) -> "TokenRefusal":
        """A refusal with its reason."""
        return TokenRefusal(code="UNAUTHENTICATED", reason=reason, detail=detail, unknown_kid=unknown_kid)

    @property
    def shown(self) -> Refusal:
        """What the client may see."""
        return UNAUTHENTICATED
