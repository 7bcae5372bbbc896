"""Check 14 of the verifier: what the claims of each profile must mean (security rules §1.4).

Every rule is a pure function of the claims: None when they are as demanded, else a few words for the log that hold no
value of the token.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias
from uuid import UUID

from dialog_graph import urns
from dialog_graph.access import scopes
from dialog_graph.model.json_value import Json

LEVEL = "urn:altinn:authlevel"
METHOD = "urn:altinn:authenticatemethod"
ORG = "urn:altinn:org"
ORG_NUMBER = "urn:altinn:orgNumber"
USER_ID = "urn:altinn:userid"
USER_NAME = "urn:altinn:username"
PARTY_ID = "urn:altinn:partyid"
PARTY_UUID = "urn:altinn:party:uuid"
OWN_PREFIX = "urn:altinn:"
"""Claims that only we may make; a token of an external issuer that has one is refused."""

LEVELS: Mapping[str, int] = {
    "idporten-loa-high": 4,
    "idporten-loa-substantial": 3,
    "idporten-loa-low": 0,
    "selfregistered-email": 0,
    "Level0": 0,
    "Level3": 3,
    "Level4": 4,
}
"""`acr` -> authentication level. Any other value refuses the token."""
ORGANISATION_LEVEL = 3
"""Level of Maskinporten tokens and of system users."""
ORG_URN = "urn:altinn:org:"
"""Prefix of a service owner's own URN."""
EMAIL_AMR: list[Json] = ["Selfregistered-email"]
SYSTEM_USER_TYPE = "urn:altinn:systemuser"
_AUTHORITY = "iso6523-actorid-upis"
_COUNTRY_CODE = "0192"
_EMAIL = re.compile(r"[^\s@\x00-\x1f]{1,64}@[^\s@\x00-\x1f]{1,190}\Z")
_PERSON_CLAIMS = ("sub", "acr", "client_id")

Claims: TypeAlias = Mapping[str, Json]
Rule: TypeAlias = Callable[[Claims], str | None]


def is_email_user(claims: Claims) -> bool:
    """True for a self-registered e-mail user: no national number, and exactly that one method."""
    email = claims.get("email")
    return (
        "pid" not in claims and claims.get("amr") == EMAIL_AMR and isinstance(email, str) and bool(_EMAIL.match(email))
    )


def organisation_number(value: Json) -> str | None:
    """The number in an organisation claim `{"authority": …, "ID": "0192:…"}`; None unless form and digits are right."""
    if not isinstance(value, dict) or value.keys() != {"authority", "ID"}:
        return None
    authority, identifier = value["authority"], value["ID"]
    if not isinstance(authority, str) or not isinstance(identifier, str) or authority.lower() != _AUTHORITY:
        return None
    code, colon, number = identifier.partition(":")
    return number if code == _COUNTRY_CODE and colon and urns.is_organisation_number(number) else None


def system_user_entry(claims: Claims) -> dict[str, Json] | None:
    """The entry of `authorization_details` (one object, or a list) that names a system user; None without one."""
    details = claims.get("authorization_details")
    entries = details if isinstance(details, list) else [details]
    named = [entry for entry in entries if isinstance(entry, dict) and entry.get("type") == SYSTEM_USER_TYPE]
    return named[0] if named else None


def system_user_id(entry: dict[str, Json]) -> str | None:
    """The system user's uuid in lower case; None unless it is the first of a list and well formed."""
    listed = entry.get("systemuser_id")
    first = listed[0] if isinstance(listed, list) and listed else None
    if not isinstance(first, str):
        return None
    try:
        return first.lower() if str(UUID(first)) == first.lower() else None
    except ValueError:
        return None


def _foreign_claims(claims: Claims) -> str | None:
    return "a claim that only we may make" if any(name.startswith(OWN_PREFIX) for name in claims) else None


def _acr(claims: Claims) -> str | None:
    acr = claims.get("acr")
    return None if isinstance(acr, str) and acr in LEVELS else "unknown acr"


def _number(claims: Claims) -> str | None:
    pid = claims.get("pid")
    if pid is None and "pid" not in claims:
        return None if is_email_user(claims) and LEVELS.get(str(claims.get("acr"))) == 0 else "neither pid nor e-mail"
    return None if isinstance(pid, str) and urns.is_person_number(pid) else "pid is not a valid number"


def _user_scope(claims: Claims) -> str | None:
    granted = scopes.words(str(claims.get("scope", "")))
    return None if scopes.opens_user_endpoints(granted, is_platform=False) else "no scope of an end user"


def _consumer(claims: Claims) -> str | None:
    return None if organisation_number(claims.get("consumer")) else "consumer"


def _no_person(claims: Claims) -> str | None:
    return "a person in an organisation's token" if claims.keys() & {"pid", "email", "amr"} else None


def _supplier(claims: Claims) -> str | None:
    if "supplier" not in claims:
        return None
    if not isinstance(claims.get("delegation_source"), str):
        return "supplier without delegation"
    return None if organisation_number(claims["supplier"]) else "supplier"


def _system_user(claims: Claims) -> str | None:
    entry = system_user_entry(claims)
    if entry is None:
        return None
    if system_user_id(entry) is None:
        return "system user id"
    return None if organisation_number(entry.get("systemuser_org")) else "system user's organisation"


def _level(claims: Claims) -> str | None:
    level = claims.get(LEVEL)
    return None if isinstance(level, int) and not isinstance(level, bool) and 0 <= level <= 4 else "level"


def _platform_kind(claims: Claims) -> str | None:
    """Own claims have the types that we give them; a number is a number."""
    integers, strings = (USER_ID, PARTY_ID), (ORG, ORG_NUMBER, METHOD, "sid")
    if any(name in claims and (not isinstance(claims[name], int) or claims[name] is True) for name in integers):
        return "user or party id"
    return "a claim of ours" if any(not isinstance(claims.get(name, ""), str) for name in strings) else None


def _platform_person(claims: Claims) -> str | None:
    if "pid" not in claims and USER_ID not in claims and system_user_entry(claims) is None:
        return None
    granted = scopes.words(str(claims.get("scope", "")))
    if not scopes.opens_user_endpoints(granted, is_platform=True):
        return "no scope of an end user"
    pid = claims.get("pid", "")
    return None if pid == "" or (isinstance(pid, str) and urns.is_person_number(pid)) else "pid is not a valid number"


def _organisation(claims: Claims) -> str | None:
    number = claims.get(ORG_NUMBER)
    return None if number is None or urns.is_organisation_number(str(number)) else "organisation number"


def _dialog_types(claims: Claims) -> str | None:
    level = claims.get("l")
    if not isinstance(level, int) or isinstance(level, bool) or not 0 <= level <= 4:
        return "level"
    texts = [claims.get(name, "") for name in ("c", "p", "s", "a", "u", "y", "o")]
    if not all(isinstance(text, str) for text in texts):
        return "a claim that is not text"
    version = claims.get("v", 0)
    return None if isinstance(version, int) and not isinstance(version, bool) and version >= 0 else "position"


def _dialog_id(claims: Claims) -> str | None:
    try:
        return None if str(UUID(str(claims.get("i")))) == claims.get("i") else "dialog id"
    except ValueError:
        return "dialog id"


def _all(*rules: Rule) -> Rule:
    def rule(claims: Claims) -> str | None:
        return next((words for each in rules if (words := each(claims)) is not None), None)

    return rule


person_source = _all(_foreign_claims, _acr, _number)
"""A person's token of ID-porten as the exchange takes it; which scopes do is the exchange's own question."""
person = _all(person_source, _user_scope)
"""A person's token of ID-porten used directly."""
machine = _all(_foreign_claims, _no_person, _consumer, _supplier, _system_user)
"""A Maskinporten token. It never names a person, and rights of a system user need a well-formed entry."""
platform = _all(_level, _platform_kind, _platform_person, _organisation, _supplier, _system_user)
"""A token of our own exchange."""
dialog = _all(_dialog_types, _dialog_id)
"""A dialog token."""


def _demands(*names: str) -> Rule:
    return lambda claims: next((f"{name} is missing" for name in names if name not in claims), None)


_development_person = _all(_demands(*_PERSON_CLAIMS), person)
_development_organisation = _all(_demands("sid", LEVEL), platform)


def development(claims: Claims) -> str | None:
    """A token of the development issuer used directly: a person's as from ID-porten, others as after the exchange."""
    is_person = "pid" in claims or is_email_user(claims)
    return (_development_person if is_person else _development_organisation)(claims)


def assertion(claims: Claims) -> str | None:
    """A client's signed request for a token: it may ask for scopes, nothing else is believed."""
    return _foreign_claims(claims)


def code(claims: Claims) -> str | None:
    """A login code: who was chosen, at which level, and the challenge that the client must answer."""
    level, texts = claims.get("level"), [claims.get(name) for name in ("key", "redirect_uri", "challenge")]
    is_level = isinstance(level, int) and not isinstance(level, bool)
    return None if is_level and all(isinstance(text, str) for text in texts) else "code"
