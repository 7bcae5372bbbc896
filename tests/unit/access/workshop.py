"""A world for token tests: one issuer of each kind with its keys, a valid token of each, and tools to damage them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jose.backends.cryptography_backend import CryptographyECKey, CryptographyRSAKey

from dialog_graph.access import jwk
from dialog_graph.access.issuers import (
    COMMAND_AUDIENCE,
    COMMAND_ISSUER,
    Accepted,
    ExternalIssuer,
    IssuerSettings,
    Profiles,
    build,
    client_id,
    development_issuer,
    dialog_issuer,
    platform_issuer,
)
from dialog_graph.access.jwk import KeySet, SigningKey
from dialog_graph.access.tokens import mint, verify

NOW = 1_800_000_000
URL = "https://dialog.example.test"
IDPORTEN = "https://idporten.example.test"
MASKINPORTEN = "https://maskinporten.example.test/"
RESOURCE = "https://dialog.example.test/resource"
PERSON = "01817510120"
ORGANISATION = "310005908"
DIALOG_ID = "01943da7-6f5b-7c2f-8a44-9f0d3c1b2a10"
SYSTEM_USER = "9a6f0c52-1d3e-4b7a-8f21-000000050021"

SETTINGS = IssuerSettings(
    public_url=URL,
    idporten=(ExternalIssuer(issuer=IDPORTEN, jwks_uri=f"{IDPORTEN}/jwks", audiences=frozenset({RESOURCE})),),
    maskinporten=(
        ExternalIssuer(issuer=MASKINPORTEN, jwks_uri=f"{MASKINPORTEN}jwk", audiences=frozenset({URL, "unspecified"})),
    ),
)
PROFILES: Profiles = build(SETTINGS, ("ttd",))

KEYS: dict[str, SigningKey] = {
    IDPORTEN: jwk.new_rsa_key(0),
    MASKINPORTEN: jwk.new_rsa_key(0),
    "platform": jwk.new_ec_key(0),
    "dialog": jwk.new_ec_key(0),
    "dev": jwk.new_ec_key(0),
    "client-ttd": jwk.new_rsa_key(0),
}
KEY_SET: KeySet = {name: {key.public.kid: key.public} for name, key in KEYS.items()}

Payload = dict[str, Any]


def authority(number: str = ORGANISATION) -> Payload:
    return {"authority": "iso6523-actorid-upis", "ID": f"0192:{number}"}


@dataclass(frozen=True)
class Kind:
    """One kind of token: who signs it, where it is accepted, and a valid example."""

    name: str
    key: str
    typ: str
    accepted: Accepted
    payload: Mapping[str, Any]

    @property
    def signer(self) -> SigningKey:
        return KEYS[self.key]

    @property
    def alg(self) -> str:
        return self.signer.public.alg

    def claims(self, **changes: Any) -> Payload:
        return {name: value for name, value in {**self.payload, **changes}.items() if value is not ...}

    def header(self, **changes: Any) -> Payload:
        header = {"alg": self.alg, "typ": self.typ, "kid": self.signer.public.kid}
        return {name: value for name, value in {**header, **changes}.items() if value is not ...}

    def token(self, **changes: Any) -> str:
        """A properly signed token with other claims; `...` leaves a claim out."""
        return mint(self.claims(**changes), self.signer, self.typ)

    def forged(self, header: Payload | bytes, payload: Payload | bytes | None = None) -> str:
        """A token with any header and payload, signed with the right key over exactly that text."""
        return sign_text(header, self.claims() if payload is None else payload, self.signer)

    def verify(self, raw: str, now: int = NOW) -> Any:
        return verify(raw, self.accepted, KEY_SET, now)


def part(value: Payload | bytes) -> str:
    return jwk.encode(value if isinstance(value, bytes) else json.dumps(value).encode())


def sign_text(header: Payload | bytes, payload: Payload | bytes, key: SigningKey) -> str:
    """Signs any two parts, however wrong they are."""
    text = f"{part(header)}.{part(payload)}"
    return f"{text}.{jwk.encode(raw_signature(text.encode(), key))}"


def raw_signature(message: bytes, key: SigningKey) -> bytes:
    return bytes(private_key(key).sign(message))


PRIVATE: dict[str, Any] = {}


def private_key(key: SigningKey) -> Any:
    """The library's own key object, which signs any bytes; kept, because RSA keys are slow to read."""
    if key.public.kid not in PRIVATE:
        constructor = {"EC": CryptographyECKey, "RSA": CryptographyRSAKey}[key.public.kty]
        PRIVATE[key.public.kid] = constructor(dict(key.private), key.public.alg)
    return PRIVATE[key.public.kid]


def hs256(header: Payload, payload: Payload, secret: bytes) -> str:
    text = f"{part(header)}.{part(payload)}"
    return f"{text}.{jwk.encode(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def damaged(raw: str, index: int, replacement: str) -> str:
    return raw[:index] + replacement + raw[index + 1 :]


def standard(data: bytes) -> str:
    return base64.b64encode(data).decode()


_TIMES = {"iat": NOW - 5, "exp": NOW + 600}
_PERSON = {"sub": "x-1", "acr": "idporten-loa-high", "pid": PERSON, "client_id": "app", "jti": "j-1"}
_PERSON_SCOPE = {"scope": "openid digdir:dialogporten"}
_ORG_SCOPE = {"scope": "altinn:serviceowner/instances.read"}
_EXCHANGED = {"sid": "s-1", "urn:altinn:authlevel": 3, "urn:altinn:orgNumber": ORGANISATION, "urn:altinn:org": "ttd"}
_MACHINE = {"client_id": "so", "jti": "j-2", "consumer": authority(), **_ORG_SCOPE}
_DIALOG = {
    "jti": "j-3",
    "iss": dialog_issuer(URL),
    **_TIMES,
    "nbf": NOW - 5,
    "exp": NOW + 500,
    "l": 4,
    "c": f"urn:altinn:person:identifier-no:{PERSON}",
    "p": f"urn:altinn:person:identifier-no:{PERSON}",
    "s": "urn:altinn:resource:app_ttd_demo",
    "i": DIALOG_ID,
    "a": "read;sign,urn:altinn:task:Task_2",
    "v": 7,
}
_DEV = development_issuer(URL)

KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "idporten",
            IDPORTEN,
            "JWT",
            PROFILES.user,
            {"iss": IDPORTEN, "aud": RESOURCE, **_TIMES, **_PERSON, **_PERSON_SCOPE},
        ),
        Kind(
            "maskinporten",
            MASKINPORTEN,
            "JWT",
            PROFILES.exchange_maskinporten,
            {"iss": MASKINPORTEN, "aud": "unspecified", **_TIMES, **_MACHINE},
        ),
        Kind(
            "platform",
            "platform",
            "at+jwt",
            PROFILES.user,
            {"iss": platform_issuer(URL), "aud": URL, **_TIMES, **_MACHINE, **_EXCHANGED},
        ),
        Kind("dialog", "dialog", "JWT", PROFILES.dialog, _DIALOG),
        Kind(
            "dev-person",
            "dev",
            "JWT",
            PROFILES.user,
            {"iss": COMMAND_ISSUER, "aud": COMMAND_AUDIENCE, **_TIMES, **_PERSON, **_PERSON_SCOPE},
        ),
        Kind(
            "dev-org",
            "dev",
            "JWT",
            PROFILES.user,
            {"iss": _DEV, "aud": URL, **_TIMES, **_MACHINE, **_EXCHANGED},
        ),
        Kind(
            "dev-source",
            "dev",
            "JWT",
            PROFILES.exchange_maskinporten,
            {"iss": _DEV, "aud": URL, **_TIMES, **_MACHINE},
        ),
        Kind(
            "grant",
            "client-ttd",
            "JWT",
            PROFILES.assertion,
            {
                "iss": client_id("ttd"),
                "aud": _DEV,
                "iat": NOW - 5,
                "exp": NOW + 60,
                "jti": "j-4",
                "scope": "altinn:serviceowner",
            },
        ),
    )
}
