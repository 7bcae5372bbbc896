"""JSON Web Keys: public keys as values, key documents of others read strictly, our own key pairs.

Nothing here verifies or signs; `tokens` does, and it is the only module that knows the JOSE library. Rules: security
§1.2 (check 8) and §1.3. Our key ids are RFC 7638 thumbprints.
"""

import base64
import binascii
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from dialog_graph.errors import Refusal
from dialog_graph.model import strict_json
from dialog_graph.model.json_value import Json

KID = re.compile(r"[A-Za-z0-9._:=+/-]{1,128}\Z")
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
NUMBERS = {"RSA": ("e", "n"), "EC": ("x", "y")}
"""Members that hold a number, per key type."""
KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}
"""Signature algorithm -> key type. No other algorithm exists for us."""
MAX_DOCUMENT = 256 * 1024
MAX_KEYS = 50
MIN_RSA_BITS = 2048
_COORDINATE = 32
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+\Z")


def encode(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes | None:
    """Bytes of base64url text; None unless encoding them again gives the very same text."""
    if not _BASE64URL.match(text) or len(text) % 4 == 1:
        return None
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return None
    return data if encode(data) == text else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """One public signing key. `numbers`: base64url members in the order of `NUMBERS`; `alg` is empty when not said."""

    kid: str
    kty: str
    numbers: tuple[str, str]
    crv: str = ""
    alg: str = ""
    is_for_verifying: bool = True

    def fits(self, alg: str) -> bool:
        """True when signatures of this algorithm may be checked with this key."""
        if not self.is_for_verifying or self.alg not in ("", alg) or KEY_TYPES.get(alg) != self.kty:
            return False
        first, second = (decode(number) or b"" for number in self.numbers)
        if self.kty == "EC":
            return self.crv == "P-256" and len(first) == len(second) == _COORDINATE
        return int.from_bytes(second, "big").bit_length() >= MIN_RSA_BITS and int.from_bytes(first, "big") >= 3

    def to_jwk(self) -> dict[str, str]:
        """The public key as a JWK dict."""
        jwk = {"kty": self.kty, "kid": self.kid, **dict(zip(NUMBERS[self.kty], self.numbers, strict=True))}
        optional = {"crv": self.crv, "alg": self.alg}
        return jwk | {name: value for name, value in optional.items() if value} | {"use": "sig"}


KeySet: TypeAlias = Mapping[str, Mapping[str, PublicKey]]
"""What a verifier may use: name of a key set (own token kind, or issuer) -> key id -> key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """One of our own key pairs. `private` is the private JWK; `since` Unix seconds of its first use."""

    public: PublicKey
    private: Mapping[str, str]
    since: int = 0

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.public.kid!r})"


def thumbprint(members: Mapping[str, str]) -> str:
    """RFC 7638 thumbprint: SHA-256 over the required members in lexical order."""
    text = json.dumps(dict(members), sort_keys=True, separators=(",", ":"))
    return encode(hashlib.sha256(text.encode()).digest())


def _number(value: int, length: int | None = None) -> str:
    return encode(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


def _pair(alg: str, members: dict[str, str], private: dict[str, str], since: int) -> SigningKey:
    kid, kty = thumbprint(members), members["kty"]
    first, second = NUMBERS[kty]
    public = PublicKey(kid=kid, kty=kty, numbers=(members[first], members[second]), crv=members.get("crv", ""), alg=alg)
    return SigningKey(public=public, private={**members, **private, "kid": kid, "alg": alg}, since=since)


def new_ec_key(since: int) -> SigningKey:
    """A fresh ES256 key pair."""
    numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    point = numbers.public_numbers
    members = {"kty": "EC", "crv": "P-256", "x": _number(point.x, _COORDINATE), "y": _number(point.y, _COORDINATE)}
    return _pair("ES256", members, {"d": _number(numbers.private_value, _COORDINATE)}, since)


def new_rsa_key(since: int) -> SigningKey:
    """A fresh RS256 key pair of 2048 bits, for clients of Maskinporten."""
    numbers = rsa.generate_private_key(public_exponent=65537, key_size=MIN_RSA_BITS).private_numbers()
    members = {"kty": "RSA", "n": _number(numbers.public_numbers.n), "e": _number(numbers.public_numbers.e)}
    private = {"d": numbers.d, "p": numbers.p, "q": numbers.q, "dp": numbers.dmp1, "dq": numbers.dmq1}
    private["qi"] = numbers.iqmp
    return _pair("RS256", members, {name: _number(value) for name, value in private.items()}, since)


def read_signing_key(stored: Mapping[str, Json]) -> SigningKey | None:
    """A key pair from its stored JWK with our member `since`; None when it is not one."""
    private = {name: value for name, value in stored.items() if isinstance(value, str)}
    public, since = _read(private | {"alg": private.get("alg", "")}), stored.get("since", 0)
    if public is None or "d" not in private or not isinstance(since, int):
        return None
    return SigningKey(public=public, private=private, since=since)


def _is_for_verifying(jwk: Mapping[str, Json]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    return jwk.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _read(jwk: Mapping[str, Json]) -> PublicKey | None:
    kid, kty = jwk.get("kid"), jwk.get("kty")
    if not isinstance(kid, str) or not KID.match(kid) or not isinstance(kty, str) or kty not in NUMBERS:
        return None
    first, second = (jwk.get(name) for name in NUMBERS[kty])
    crv, alg = jwk.get("crv", ""), jwk.get("alg", "")
    if not (isinstance(first, str) and isinstance(second, str) and isinstance(crv, str) and isinstance(alg, str)):
        return None
    usable = _is_for_verifying(jwk)
    return PublicKey(kid=kid, kty=kty, numbers=(first, second), crv=crv, alg=alg, is_for_verifying=usable)


def read_public_keys(document: bytes) -> Mapping[str, PublicKey] | Refusal:
    """Reads a fetched JWKS: key id -> key. Keys of other types or without a proper id are left out.

    Keys that share an id are all left out: nobody can say which is meant. A private member anywhere refuses the whole
    document, as do size, form and number of keys.
    """
    parsed = strict_json.parse(document, max_bytes=MAX_DOCUMENT, max_depth=8)
    if isinstance(parsed, Refusal):
        return parsed
    listed = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        return Refusal(code="BAD_JSON", expected=f'an object with at most {MAX_KEYS} "keys"')
    jwks = [jwk for jwk in listed if isinstance(jwk, dict)]
    if any(PRIVATE_MEMBERS & jwk.keys() for jwk in jwks):
        return Refusal(code="BAD_JSON", expected="public keys only", actual="a key has private members")
    times = Counter(str(jwk.get("kid")) for jwk in jwks)
    keys = [key for jwk in jwks if (key := _read(jwk)) is not None]
    return {key.kid: key for key in keys if times[key.kid] == 1}


def repeated_ids(document: bytes) -> tuple[str, ...]:
    """Key ids that a readable JWKS uses more than once: the reason for an alarm."""
    parsed = strict_json.parse(document, max_bytes=MAX_DOCUMENT, max_depth=8)
    listed = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(listed, list):
        return ()
    times = Counter(str(jwk.get("kid")) for jwk in listed if isinstance(jwk, dict))
    return tuple(kid for kid, count in times.items() if count > 1)
