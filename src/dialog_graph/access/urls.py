"""Signed download URLs: a caller's right to one version of one data element, for a minute (events rules §4).

The query holds who may download, as kind and surrogate id (never a national number), the element's hash and the
expiry, under an HMAC. Whoever opens it decides again, as the principal that the query names.
"""

import hmac
import json
from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

from dialog_graph import urns
from dialog_graph.access import jwk
from dialog_graph.access.claim_rules import ORG_URN
from dialog_graph.access.key_files import URL_SECRET
from dialog_graph.access.keys import Keys
from dialog_graph.errors import NOT_FOUND, Refused
from dialog_graph.model.instance import DataElement
from dialog_graph.model.principal import ORG_KINDS, Principal, PrincipalKind

LIFE = 60
_NAMES = ("kind", "subject", "system", "org", "app", "number", "level", "scope", "dialog", "version", "expires")
_SIGNATURE = "signature"
_NOBODY = frozenset({PrincipalKind.SYSTEM, PrincipalKind.ANONYMOUS})


def _mac(keys: Keys, element_id: UUID, values: Mapping[str, str]) -> str:
    message = json.dumps([str(element_id), *(values[name] for name in _NAMES)])
    return jwk.encode(keys.mac(URL_SECRET, message.encode()))


def sign(keys: Keys, element: DataElement, principal: Principal, now: int) -> str:
    """The query of `/data/{elementId}` for this caller; good for 60 seconds. The decision was made before."""
    if principal.kind in _NOBODY:
        raise ValueError(f"expected a caller who can be named in a URL, but got {principal.kind}")
    values = {
        "kind": principal.kind.value,
        "subject": "" if principal.subject_id is None else str(principal.subject_id),
        # A system user's own identifier is an attribute that policies ask for, and no national number.
        "system": principal.urn if principal.kind is PrincipalKind.SYSTEM_USER else "",
        "org": principal.org or "",
        "app": principal.app or "",
        "number": principal.organisation_number or "",
        "level": str(principal.level),
        # An organisation's scopes are part of every decision about it; a person's were asked for at the door.
        "scope": " ".join(sorted(principal.scopes)) if principal.kind in ORG_KINDS else "",
        "dialog": "" if principal.dialog_id is None else str(principal.dialog_id),
        "version": element.sha256,
        "expires": str(now + LIFE),
    }
    signature = _mac(keys, element.element_id, values)
    return urlencode({name: value for name, value in values.items() if value} | {_SIGNATURE: signature})


def _urn(values: Mapping[str, str]) -> str:
    if values["system"]:
        return values["system"]
    return f"{ORG_URN}{values['org']}" if values["org"] else f"{urns.PARTY_ID}{values['subject']}"


def _principal(values: Mapping[str, str]) -> Principal:
    return Principal(
        kind=PrincipalKind(values["kind"]),
        urn=_urn(values),
        level=int(values["level"]),
        subject_id=int(values["subject"]) if values["subject"] else None,
        org=values["org"] or None,
        app=values["app"] or None,
        organisation_number=values["number"] or None,
        scopes=frozenset(values["scope"].split()),
        expires_at=int(values["expires"]),
        dialog_id=UUID(values["dialog"]) if values["dialog"] else None,
    )


def check(keys: Keys, element_id: UUID, query: Mapping[str, str], now: int) -> Principal:
    """The caller that a URL was signed for. Altered, foreign, late or incomplete: `Refused(NOT_FOUND)`, all alike.

    The caller of this compares `version(query)` with the element's hash and decides again.
    """
    values = {name: query.get(name, "") for name in _NAMES}
    given = query.get(_SIGNATURE, "").encode("utf-8", "replace")
    if not hmac.compare_digest(given, _mac(keys, element_id, values).encode()) or now >= int(values["expires"]):
        raise Refused(NOT_FOUND)
    return _principal(values)


def version(query: Mapping[str, str]) -> str:
    """Hash of the element's bytes that a URL was signed for; meaningful after `check`."""
    return query.get("version", "")
