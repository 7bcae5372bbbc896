"""The dialog token: a signed capability of ten minutes for one caller and one dialog (inbox rules §7).

The browser sends it to action URLs, embeds and `dialogEvents`. It is never a user token: whoever takes one decides
again what its holder may do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID, uuid4

from dialog_graph import urns
from dialog_graph.access.issuers import DIALOG_LIFE
from dialog_graph.access.key_files import DIALOG
from dialog_graph.access.keys import Keys
from dialog_graph.access.tokens import Claims, mint
from dialog_graph.model.json_value import Json
from dialog_graph.model.principal import Principal, PrincipalKind

Action: TypeAlias = tuple[str, str | None]
"""Action name, and the sub-resource or task attribute; None = the main resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a dialog token says. `party`: the dialog's party URN; `position`: stream position of the dialog at issue."""

    dialog_id: UUID
    party: str
    service_resource: str
    actions: tuple[Action, ...]
    position: int = 0
    supplier: str | None = None


def write_actions(actions: Iterable[Action]) -> str:
    """Claim `a`: `read;write;sign,urn:altinn:task:Task_2`."""
    return ";".join(name if attribute is None else f"{name},{attribute}" for name, attribute in actions)


def actions(claims: Claims) -> frozenset[Action]:
    """The permitted actions of claim `a`."""
    entries = [entry.partition(",") for entry in (claims.text("a") or "").split(";") if entry]
    return frozenset((name, attribute or None) for name, _, attribute in entries)


def position(claims: Claims) -> int:
    """Claim `v`: events of the dialog up to this stream position are known to the holder."""
    return claims.number("v") or 0


def holder_claims(principal: Principal) -> dict[str, Json]:
    """Who holds the token: `c`, and for a system user also `y` and `o`; then `c` is its organisation."""
    if principal.kind is not PrincipalKind.SYSTEM_USER or principal.organisation_number is None:
        return {"c": principal.urn}
    organisation = urns.ORGANISATION + principal.organisation_number
    return {"c": organisation, "y": principal.urn, "o": organisation}


def issue(keys: Keys, issuer: str, principal: Principal, content: Content, now: int) -> str:
    """A dialog token for the caller. `issuer`: `issuers.dialog_issuer(public_url)`; `now`: Unix seconds."""
    claims: dict[str, Json] = {
        "jti": str(uuid4()),
        "iss": issuer,
        "iat": now,
        "nbf": now,
        "exp": now + DIALOG_LIFE,
        "l": principal.level,
        **holder_claims(principal),
        "p": content.party,
        "s": content.service_resource,
        "i": str(content.dialog_id),
        "a": write_actions(content.actions),
        "v": content.position,
    }
    supplier = {} if content.supplier is None else {"u": content.supplier}
    return mint(claims | supplier, keys.signing(DIALOG, now), "JWT")
