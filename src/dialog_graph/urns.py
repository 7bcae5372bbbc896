"""Identifiers with a grammar: parsed once, printed once.

Party URNs, application ids, resource URNs and instance references as defined in the inbox rules §1.5 and the app
folder rules §1.2. Every `parse` function returns a value or a `Refusal` (INVALID_INPUT) that tells the expected form.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import UUID

from dialog_graph.errors import Refusal

PERSON = "urn:altinn:person:identifier-no:"
ORGANISATION = "urn:altinn:organization:identifier-no:"
SYSTEM_USER = "urn:altinn:systemuser:uuid:"
SELF_IDENTIFIED = "urn:altinn:person:legacy-selfidentified:"
EMAIL_USER = "urn:altinn:person:idporten-email:"
FEIDE_SUBJECT = "urn:altinn:feide-subject:"
PARTY_ID = "urn:altinn:party:id:"
RESOURCE = "urn:altinn:resource:"
INSTANCE = "urn:altinn:instance-id:"
MAX_LENGTH = 255

_ORG = re.compile(r"[a-z][a-z0-9-]{1,29}\Z")
_APP = re.compile(r"[A-Za-z][A-Za-z0-9-]*\Z")
_PARTY_NUMBER = re.compile(r"[1-9][0-9]{0,9}\Z")
_MAX_PARTY_NUMBER = 2**31 - 1
_FEIDE_LENGTH = 64
_PERSON_WEIGHTS = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
_ORGANISATION_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2, 1)


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def is_person_number(text: str) -> bool:
    """True for 11 ASCII digits with both control digits right (modulus 11, also of synthetic numbers)."""
    if len(text) != 11 or not text.isascii() or not text.isdigit():
        return False
    return all(_weighted(text, weights) % 11 == 0 for weights in _PERSON_WEIGHTS)


def is_organisation_number(text: str) -> bool:
    """True for 9 ASCII digits with the right control digit (modulus 11)."""
    return len(text) == 9 and text.isascii() and text.isdigit() and _weighted(text, _ORGANISATION_WEIGHTS) % 11 == 0


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _is_plain(text: str) -> bool:
    """One printable word: no white space, control characters or lone surrogates, which no register could hold."""
    return bool(text) and text.isprintable() and " " not in text


def _is_feide_subject(text: str) -> bool:
    return _is_plain(text) and len(unquote(text)) == _FEIDE_LENGTH


def is_party_id(text: str) -> bool:
    """True for a positive 32-bit number as we print it."""
    return bool(_PARTY_NUMBER.match(text)) and int(text) <= _MAX_PARTY_NUMBER


_PARTY_FORMS = {
    PERSON: is_person_number,
    ORGANISATION: is_organisation_number,
    SYSTEM_USER: _is_uuid,
    SELF_IDENTIFIED: _is_plain,
    EMAIL_USER: _is_plain,
    FEIDE_SUBJECT: _is_feide_subject,
    PARTY_ID: is_party_id,
}


@dataclass(frozen=True, slots=True)
class PartyUrn:
    """A party as clients write it: prefix (one of the constants above) and identifier, both lower-case."""

    prefix: str
    identifier: str

    def __str__(self) -> str:
        return self.prefix + self.identifier

    @staticmethod
    def parse(text: str) -> "PartyUrn | Refusal":
        """Reads a party URN; digits and check digits are verified."""
        lowered = text.strip().lower()
        for prefix, is_valid in _PARTY_FORMS.items():
            if lowered.startswith(prefix) and len(lowered) <= MAX_LENGTH:
                identifier = lowered.removeprefix(prefix)
                if is_valid(identifier):
                    return PartyUrn(prefix, identifier)
        forms = ", ".join(f"{prefix}…" for prefix in _PARTY_FORMS)
        return Refusal(code="INVALID_INPUT", expected=f"a party URN ({forms}) with valid digits", path=("party",))


@dataclass(frozen=True, slots=True)
class AppId:
    """An application: owning org and app name, written `org/app`."""

    org: str
    app: str

    def __str__(self) -> str:
        return f"{self.org}/{self.app}"

    @property
    def resource(self) -> str:
        """Resource id in policies: `app_{org}_{app}`."""
        return f"app_{self.org}_{self.app}"

    @property
    def resource_urn(self) -> str:
        """Service resource of the app's dialogs."""
        return f"{RESOURCE}{self.resource}"

    @staticmethod
    def parse(text: str) -> "AppId | Refusal":
        """Reads `org/app`; org in lower case, the app name is kept and compared as written."""
        org, slash, app = text.partition("/")
        if slash and _ORG.match(org) and _APP.match(app):
            return AppId(org, app)
        return Refusal(code="INVALID_INPUT", expected="an application id of the form org/app", path=("application",))


def is_org(text: str) -> bool:
    """True when the text has the form of a service owner code."""
    return bool(_ORG.match(text))


@dataclass(frozen=True, slots=True)
class InstanceRef:
    """A reference to an instance: `urn:altinn:instance-id:{partyId}/{uuid}`."""

    party_id: int
    instance_id: UUID

    def __str__(self) -> str:
        return f"{INSTANCE}{self.party_id}/{self.instance_id}"

    @staticmethod
    def parse(text: str) -> "InstanceRef | Refusal":
        """Reads an instance reference (trimmed, any case); the party id is a positive 32-bit number."""
        lowered = text.strip().lower()
        party, slash, guid = lowered.removeprefix(INSTANCE).partition("/")
        if lowered.startswith(INSTANCE) and slash and is_party_id(party) and _is_uuid(guid):
            return InstanceRef(int(party), UUID(guid))
        return Refusal(code="INVALID_INPUT", expected=f"{INSTANCE}{{partyId}}/{{uuid}}", path=("instanceRef",))
