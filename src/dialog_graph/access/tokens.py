"""Signed tokens: the one place that verifies and makes them, and the only module that imports the JOSE library.

`verify` is pure and decides everything about a token but its single use (check 15, which needs a transaction). The
checks and their order are those of security rules §1.2; none is left to the library, which by itself would accept
tokens without expiry, with repeated claims, with any type, and more.
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import TypeAlias

from jose import backends, jws
from jose.backends.base import Key
from jose.backends.cryptography_backend import CryptographyECKey, CryptographyRSAKey

from dialog_graph.access import jwk, scopes
from dialog_graph.access.bearer import MAX_TOKEN
from dialog_graph.access.issuers import Accepted, Profile
from dialog_graph.access.jwk import KeySet, PublicKey, SigningKey
from dialog_graph.access.refusals import TokenRefusal
from dialog_graph.errors import Refusal
from dialog_graph.model import strict_json
from dialog_graph.model.json_value import Json

LEEWAY = 10
MAX_CLAIMS = 64
MAX_DEPTH = 16
MAX_AUDIENCES = 20
LARGEST_TIME = 2**53
IGNORED_MEMBERS = frozenset({"x5t", "x5t#S256"})
HEADER_MEMBERS = frozenset({"alg", "typ", "kid"}) | IGNORED_MEMBERS
FOREIGN_KINDS = frozenset({"nonce", "at_hash", "events"})
"""Claims of id tokens and logout tokens, which are never access tokens."""

_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")
_TIMES = ("exp", "iat", "nbf")
_TEXTS = ("iss", "sub", "jti", "client_id", "acr", "pid", "scope")
_JOSE_KEYS: Mapping[str, type[CryptographyECKey | CryptographyRSAKey]] = {
    "EC": CryptographyECKey,
    "RSA": CryptographyRSAKey,
}
_OLDEST_LIBRARY = (3, 5, 0)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The content of a verified token and the profile it was verified by."""

    profile: Profile
    values: Mapping[str, Json]

    @property
    def expires_at(self) -> int:
        """`exp`, Unix seconds."""
        return int(str(self.values["exp"]))

    @property
    def token_id(self) -> str | None:
        """`jti`."""
        return self.text("jti")

    @property
    def scopes(self) -> frozenset[str]:
        """The words of `scope`, old spellings also as the new ones."""
        return scopes.words(self.text("scope") or "")

    def text(self, name: str) -> str | None:
        """A claim that is text, else None."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> int | None:
        """A claim that is an integer, else None."""
        value = self.values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


@lru_cache(maxsize=1000)
def _verifying_key(key: PublicKey, alg: str) -> Key:
    """The library's key object, made of the JWK dict; texts such as PEM or DER never reach the library."""
    return _JOSE_KEYS[key.kty](key.to_jwk(), alg)


@lru_cache(maxsize=32)
def _signing_key(private: str, alg: str) -> Key:
    stored: dict[str, str] = json.loads(private)
    return _JOSE_KEYS[stored["kty"]](stored, alg)


def _object(part: str) -> "dict[str, Json] | TokenRefusal":
    data = jwk.decode(part)
    if data is None:
        return TokenRefusal.of("malformed", "base64url")
    parsed = strict_json.parse(data, max_bytes=MAX_TOKEN, max_depth=MAX_DEPTH)
    if isinstance(parsed, Refusal) or not isinstance(parsed, dict):
        return TokenRefusal.of("malformed", "not a strict JSON object")
    return parsed


def _header(part: str) -> "dict[str, Json] | TokenRefusal":
    header = _object(part)
    if isinstance(header, TokenRefusal):
        is_text = jwk.decode(part) is not None
        return TokenRefusal.of("header", header.detail) if is_text else header
    if not header.keys() <= HEADER_MEMBERS:
        return TokenRefusal.of("header", "a member that is not allowed")
    is_text = all(isinstance(header.get(name, ""), str) for name in IGNORED_MEMBERS)
    return header if is_text else TokenRefusal.of("header", "a member that is not text")


def _payload(part: str) -> "dict[str, Json] | TokenRefusal":
    payload = _object(part)
    if isinstance(payload, dict) and len(payload) > MAX_CLAIMS:
        return TokenRefusal.of("malformed", "too many claims")
    return payload


def _type(header: Mapping[str, Json]) -> str | None:
    """Token type in lower case without `application/`; empty when absent, None when it is not text."""
    if "typ" not in header:
        return ""
    typ = header["typ"]
    return (typ.lower().removeprefix("application/") or None) if isinstance(typ, str) else None


def _key(header: Mapping[str, Json], profile: Profile, keys: KeySet, alg: str) -> "PublicKey | TokenRefusal":
    kid = header.get("kid")
    if not isinstance(kid, str) or not jwk.KID.match(kid):
        return TokenRefusal.of("key", "no proper key id")
    key = keys.get(profile.key_set, {}).get(kid)
    if key is None:
        return TokenRefusal.of("key", "unknown key id", unknown_kid=profile.key_set)
    return key if key.fits(alg) else TokenRefusal.of("key", "the key does not fit")


def _is_signed(raw: str, key: PublicKey, alg: str) -> bool:
    try:
        jws.verify(raw, _verifying_key(key, alg), algorithms=[alg])
    except Exception:  # the library lets errors of many kinds escape; each of them means: not verified
        return False
    return True


def _is_time(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < LARGEST_TIME


def _is_audience(value: Json) -> bool:
    listed = [value] if isinstance(value, str) else value
    return isinstance(listed, list) and 1 <= len(listed) <= MAX_AUDIENCES and all(isinstance(x, str) for x in listed)


Check: TypeAlias = Callable[[Mapping[str, Json], Profile, int], "str | None"]


def _claim_types(claims: Mapping[str, Json], _profile: Profile, _now: int) -> str | None:
    wrong = [name for name in _TIMES if name in claims and not _is_time(claims[name])]
    wrong += [name for name in _TEXTS if not isinstance(claims.get(name, ""), str)]
    wrong += ["aud"] if "aud" in claims and not _is_audience(claims["aud"]) else []
    return wrong[0] if wrong else None


def _presence(claims: Mapping[str, Json], profile: Profile, _now: int) -> str | None:
    missing = (profile.required | {"iss", "exp", "iat"}) - claims.keys()
    return min(missing) if missing else None


def _expiry(claims: Mapping[str, Json], _profile: Profile, now: int) -> str | None:
    return None if int(str(claims["exp"])) > now - LEEWAY else "exp"


def _window(claims: Mapping[str, Json], profile: Profile, now: int) -> str | None:
    exp, iat, nbf = (int(str(claims.get(name, 0))) for name in _TIMES)
    if iat > now + LEEWAY or nbf > now + LEEWAY:
        return "not valid yet"
    return None if exp - iat <= profile.lifetime else "lives too long"


def _audience(claims: Mapping[str, Json], profile: Profile, _now: int) -> str | None:
    value = claims.get("aud", [])
    named = {text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)}
    if not profile.audiences:
        return "aud where there is none" if "aud" in claims else None
    return None if named & profile.audiences else "not for us"


def _meaning(claims: Mapping[str, Json], profile: Profile, _now: int) -> str | None:
    foreign = FOREIGN_KINDS & claims.keys()
    return f"has {min(foreign)}" if foreign else profile.rule(claims)


CLAIM_CHECKS: tuple[tuple[str, Check], ...] = (
    ("claim_type", _claim_types),
    ("claim_missing", _presence),
    ("expired", _expiry),
    ("time", _window),
    ("audience", _audience),
    ("profile", _meaning),
)
"""Checks 10–14 in their order: reason code, and what finds the fault."""


def _fault(claims: Mapping[str, Json], profile: Profile, now: int) -> TokenRefusal | None:
    for reason, check in CLAIM_CHECKS:
        detail = check(claims, profile, now)
        if detail is not None:
            return TokenRefusal.of(reason, detail)
    return None


def _unsigned(raw: str, profiles: Accepted, keys: KeySet) -> "tuple[Claims, PublicKey, str] | TokenRefusal":
    """Checks 1–8: form, header, issuer, algorithm, type, key; what remains is the signature and the claims."""
    if len(raw) > MAX_TOKEN or not _FORM.match(raw) or jwk.decode(raw.rsplit(".", 1)[1]) is None:
        return TokenRefusal.of("malformed", "not three parts of base64url")
    header, payload = _header(raw.split(".")[0]), _payload(raw.split(".")[1])
    if isinstance(header, TokenRefusal):
        return header
    if isinstance(payload, TokenRefusal):
        return payload
    issuer, alg = payload.get("iss"), header.get("alg")
    profile = profiles.get(issuer) if isinstance(issuer, str) else None
    if profile is None:
        return TokenRefusal.of("issuer", "not accepted here")
    if not isinstance(alg, str) or alg not in profile.algorithms:
        return TokenRefusal.of("alg", "not of the profile")
    if _type(header) not in profile.types:
        return TokenRefusal.of("typ", "not of the profile")
    key = _key(header, profile, keys, alg)
    return key if isinstance(key, TokenRefusal) else (Claims(profile=profile, values=payload), key, alg)


def _verified(raw: str, profiles: Accepted, keys: KeySet, now: int) -> "Claims | TokenRefusal":
    unsigned = _unsigned(raw, profiles, keys)
    if isinstance(unsigned, TokenRefusal):
        return unsigned
    claims, key, alg = unsigned
    if not _is_signed(raw, key, alg):
        return TokenRefusal.of("signature")
    return _fault(claims.values, claims.profile, now) or claims


def verify(raw: str, profiles: Accepted, keys: KeySet, now: int) -> "Claims | TokenRefusal":
    """Claims of a token that one of the profiles accepts at `now` (Unix seconds), else why not. Never raises."""
    try:
        return _verified(raw, profiles, keys, now)
    except Exception:  # whatever a hostile token provokes is a refusal, and a bug of ours that the log must show
        _log.exception("a token made the verifier fail")
        return TokenRefusal.of("malformed", "the verifier failed")


def named_issuer(raw: str) -> str | None:
    """The issuer that an unverified token names: good for choosing keys to look up, and for nothing else."""
    if len(raw) > MAX_TOKEN or not _FORM.match(raw):
        return None
    payload = _payload(raw.split(".")[1])
    issuer = None if isinstance(payload, TokenRefusal) else payload.get("iss")
    return issuer if isinstance(issuer, str) else None


def mint(claims: Mapping[str, Json], key: SigningKey, typ: str) -> str:
    """Signs claims with one of our keys. `typ`: token type of the header."""
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    alg, headers = key.public.alg, {"typ": typ, "kid": key.public.kid}
    return jws.sign(payload, _signing_key(json.dumps(dict(key.private)), alg), headers=headers, algorithm=alg)


def backend_problem() -> Refusal | None:
    """Start-up check: a library without known holes, and `cryptography` behind it instead of a pure Python package."""
    expected = f"python-jose[cryptography] {'.'.join(map(str, _OLDEST_LIBRARY))} or later"
    installed = version("python-jose")
    if tuple(int(part) for part in re.findall(r"\d+", installed)[:3]) < _OLDEST_LIBRARY:
        return Refusal(code="INTERNAL", expected=expected, actual=f"{installed} is installed")
    if (backends.ECKey, backends.RSAKey) != (CryptographyECKey, CryptographyRSAKey):
        return Refusal(code="INTERNAL", expected=expected, actual="another backend is in use")
    return None
