"""The attack list on tokens as code: for any kind of token, every damaged form of it that must be refused.

An attack is a name, the text that is sent, and the reason that the log must show. Source: security rules §1.9.
"""

import json
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding
from cryptography.hazmat.primitives.hashes import SHA256

from dialog_graph.access import jwk
from tests.unit.access.workshop import (
    DIALOG_ID,
    KEYS,
    KINDS,
    MASKINPORTEN,
    NOW,
    ORGANISATION,
    SYSTEM_USER,
    Kind,
    authority,
    damaged,
    hs256,
    part,
    private_key,
    sign_text,
)

Attack = tuple[str, str, str]
"""Name, token, reason."""

OTHER_EC = jwk.new_ec_key(0)
OTHER_RSA = jwk.new_rsa_key(0)


def all_attacks(kind: Kind) -> Iterator[Attack]:
    for family in FAMILIES:
        yield from family(kind)


def algorithms(kind: Kind) -> Iterator[Attack]:
    for alg in ("none", "None", "nOnE", "", None, 5, ["RS256"]):
        yield f"alg {alg!r}", kind.forged(kind.header(alg=alg)), "alg"
        yield f"alg {alg!r} unsigned", f"{part(kind.header(alg=alg))}.{part(kind.claims())}.", "malformed"
    yield "alg absent", kind.forged(kind.header(alg=...)), "alg"
    header = kind.header(alg="HS256")
    for name, secret in public_key_texts(kind):
        yield f"HS256 with the public key as {name}", hs256(header, kind.claims(), secret), "alg"
    swapped = {"RS256": "ES256", "ES256": "RS256"}[kind.alg]
    yield "the other algorithm", kind.forged(kind.header(alg=swapped)), "key" if kind.name == "grant" else "alg"
    for alg in ("PS256", "RS384", "RS512", "ES384", "ES512", "EdDSA", "HS512"):
        yield alg, kind.forged(kind.header(alg=alg)), "alg"
    yield "EdDSA with its own key", eddsa(kind), "alg"
    yield "PS256 signed as such", ps256(kind), "alg"


def public_key_texts(kind: Kind) -> Iterator[tuple[str, bytes]]:
    public: Any = private_key(kind.signer).public_key().prepared_key
    forms = serialization.PublicFormat.SubjectPublicKeyInfo
    yield "PEM", public.public_bytes(serialization.Encoding.PEM, forms)
    yield "DER", public.public_bytes(serialization.Encoding.DER, forms)
    yield "SSH", public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    yield "JWK", json.dumps(kind.signer.public.to_jwk()).encode()
    yield "nothing", b""


def eddsa(kind: Kind) -> str:
    text = f"{part(kind.header(alg='EdDSA'))}.{part(kind.claims())}"
    return f"{text}.{jwk.encode(ed25519.Ed25519PrivateKey.generate().sign(text.encode()))}"


def ps256(kind: Kind) -> str:
    signer = private_key(OTHER_RSA if kind.alg == "ES256" else kind.signer).prepared_key
    text = f"{part(kind.header(alg='PS256'))}.{part(kind.claims())}"
    signature = signer.sign(text.encode(), padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
    return f"{text}.{jwk.encode(signature)}"


def signatures(kind: Kind) -> Iterator[Attack]:
    raw = kind.token()
    head, body, signature = raw.split(".")
    yield "no signature", f"{head}.{body}.", "malformed"
    yield "no signature, no dot", f"{head}.{body}", "malformed"
    yield "truncated", f"{head}.{body}.{jwk.encode((jwk.decode(signature) or b'')[:-3])}", "signature"
    yield "zeros", f"{head}.{body}.{jwk.encode(bytes(64 if kind.alg == 'ES256' else 256))}", "signature"
    other = kind.token(jti="another", aud=kind.payload.get("aud", ...))
    yield "of another token", f"{head}.{body}.{other.rsplit('.', 1)[1]}", "signature"
    yield (
        "of another key",
        sign_text(kind.header(), kind.claims(), OTHER_EC if kind.alg == "ES256" else OTHER_RSA),
        ("signature"),
    )
    yield "trailing bits", f"{head}.{body}.{with_other_trailing_bits(signature)}", "malformed"
    empty = with_other_trailing_bits(part(b"{}"))
    yield "trailing bits of the header", f"{empty}.{body}.{signature}", "malformed"
    claims = part(kind.claims(jti="changed"))
    yield "claims changed", f"{head}.{claims}.{signature}", "signature"


def with_other_trailing_bits(text: str) -> str:
    """Base64url of the same bytes with an unused bit set; needs a length that is not a multiple of four."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) | 1]


def key_ids(kind: Kind) -> Iterator[Attack]:
    own = kind.signer.public.kid
    for kid in ("../../../dev/null", "' or 1=1 --", "https://evil.example/keys", "", "x" * 129, "a b", "å", "unknown"):
        yield f"kid {kid[:30]!r}", kind.forged(kind.header(kid=kid)), "key"
    for value in (None, 7, ["a"], {"kid": own}, True):
        yield f"kid {value!r}", kind.forged(kind.header(kid=value)), "key"
    yield "kid absent", kind.forged(kind.header(kid=...)), "key"
    repeated = f'{{"alg":"{kind.alg}","typ":"{kind.typ}","kid":"x","kid":"{own}"}}'.encode()
    yield "kid twice", kind.forged(repeated), "header"
    for name, key in KEYS.items():
        if name != kind.key:
            yield f"key of {name}", sign_text({**kind.header(), "kid": key.public.kid}, kind.claims(), key), "key"


def headers(kind: Kind) -> Iterator[Attack]:
    jwk_dict = OTHER_EC.public.to_jwk() if kind.alg == "ES256" else OTHER_RSA.public.to_jwk()
    injected: dict[str, Any] = {
        "jku": "https://evil.example/jwks",
        "x5u": "https://evil.example/cert",
        "jwk": jwk_dict,
        "x5c": ["MIIB"],
        "crit": ["exp"],
        "b64": False,
        "zip": "DEF",
        "enc": "A256GCM",
        "cty": "JWT",
        "epk": {},
    }
    for name, value in injected.items():
        yield f"header {name}", kind.forged(kind.header(**{name: value})), "header"
    yield "x5t that is no text", kind.forged(kind.header(x5t=1)), "header"
    own_key = OTHER_EC if kind.alg == "ES256" else OTHER_RSA
    carried = {**kind.header(), "jwk": jwk_dict, "kid": own_key.public.kid}
    yield "signed with the key it carries", sign_text(carried, kind.claims(), own_key), "header"
    yield "alg twice", kind.forged(f'{{"alg":"none","alg":"{kind.alg}"}}'.encode()), "header"
    yield "header is a list", kind.forged(b"[]"), "header"
    yield "header is empty", kind.forged(b"{}"), "alg"
    yield "header is not JSON", kind.forged(b"alg"), "header"
    yield "header with a mark", kind.forged(b"\xef\xbb\xbf" + json.dumps(kind.header()).encode()), "header"
    yield "header not UTF-8", kind.forged(b'{"alg":"\xff"}'), "header"
    yield "deep header", kind.forged(b'{"kid":' + b"[" * 20 + b"]" * 20 + b"}"), "header"


def types(kind: Kind) -> Iterator[Attack]:
    for typ in ("logout+jwt", "secevent+jwt", "dpop+jwt", "JOSE", "code+jwt", "", None, 1, "application/", "JWT "):
        yield f"typ {typ!r}", kind.forged(kind.header(typ=typ)), "typ"
    if kind.typ == "at+jwt":
        yield "typ absent", kind.forged(kind.header(typ=...)), "typ"
        yield "typ JWT", kind.forged(kind.header(typ="JWT")), "typ"
    for name in ("nonce", "at_hash", "events"):
        yield f"an id or logout token with {name}", kind.token(**{name: "x"}), "profile"


def audiences(kind: Kind) -> Iterator[Attack]:
    own = kind.payload.get("aud")
    if own is None:
        yield "an audience where there is none", kind.token(aud="https://dialog.example.test"), "audience"
        return
    yield "aud missing", kind.token(aud=...), "claim_missing"
    forms: list[Any] = [[], "", {}, None, 5, [1], ["x"] * 21, [own, 1]]
    for value in forms:
        reason = "audience" if value == "" else "claim_type"
        yield f"aud {str(value)[:20]}", kind.token(aud=value), reason
    for value in ("https://other.example", own[:-1], own + "/", own.swapcase(), " " + own, own + "\x1f", [own + "x"]):
        yield f"aud {value!r}", kind.token(aud=value), "audience"


def issuers(kind: Kind) -> Iterator[Attack]:
    own = str(kind.payload["iss"])
    no_slash = own.removesuffix("/")
    changed = own + "/" if own == no_slash else no_slash
    values = (changed, own.upper(), "https://test.idporten.no", own + "?x", " " + own, "", None, 5, [own], {"iss": own})
    for value in values:
        yield f"iss {value!r}", kind.token(iss=value), "issuer"
    yield "iss absent", kind.token(iss=...), "issuer"
    for other in KINDS.values():
        if other.payload["iss"] not in kind.accepted:
            yield f"a whole {other.name} token", other.token(), "issuer"


def times(kind: Kind) -> Iterator[Attack]:
    cap = kind.accepted[str(kind.payload["iss"])].lifetime
    yield "exp missing", kind.token(exp=...), "claim_missing"
    yield "iat missing", kind.token(iat=...), "claim_missing"
    for name in ("exp", "iat", "nbf"):
        for value in (str(NOW), float(NOW), -1, 0, 2**63, 2**53, True, None, [NOW]):
            yield f"{name} {value!r}", kind.token(**{name: value}), "claim_type"
        for text in ("NaN", "1e400", "Infinity", "1e9"):
            claims = json.dumps(kind.claims(**{name: "@"})).replace('"@"', text)
            reason = "claim_type" if text == "1e9" else "malformed"
            yield f"{name} {text}", kind.forged(kind.header(), claims.encode()), reason
    yield "expired", kind.token(iat=NOW - 100, exp=NOW - 10), "expired"
    yield "not yet", kind.token(nbf=NOW + 11), "time"
    yield "made in the future", kind.token(iat=NOW + 11), "time"
    yield "lives too long", kind.token(iat=NOW, exp=NOW + cap + 1), "time"


def texts(kind: Kind) -> Iterator[Attack]:
    raw = kind.token()
    head, body, signature = raw.split(".")
    yield "five parts", f"{head}.{body}.{signature}.{body}.{signature}", "malformed"
    yield "four parts", f"{raw}.{signature}", "malformed"
    yield "a megabyte", f"{head}.{'A' * 1_000_000}.{signature}", "malformed"
    yield "a long claim", kind.token(jti="x" * 7000), "malformed"
    yield "nothing", "", "malformed"
    yield "dots", "..", "malformed"
    for name, text in {
        "space": " ",
        "line end": "\n",
        "carriage return": "\r\n",
        "U+0000": "\0",
        "padding": "=",
        "plus": "+",
        "å": "å",
        "full-width": "．",
        "lone surrogate": "\ud800",
    }.items():
        yield f"{name} at the end", raw + text, "malformed"
        yield f"{name} at the start", text + raw, "malformed"
        yield f"{name} inside", damaged(raw, len(raw) // 2, text), "malformed"
    yield from payloads(kind)


def payloads(kind: Kind) -> Iterator[Attack]:
    good = json.dumps(kind.claims()).encode()
    bad = {
        "not UTF-8": good[:-1] + b',"x":"\xff"}',
        "U+0000": good[:-1] + b',"x":"\\u0000"}',
        "a claim twice": good[:-1] + b',"exp":1}',
        "nested arrays": good[:-1] + b',"x":' + b"[" * 17 + b"]" * 17 + b"}",
        "deep enough to crash": b"[" * 3000,
        "not an object": b"[]",
        "text after it": good + b"{}",
        "a mark before it": b"\xef\xbb\xbf" + good,
        "too many claims": json.dumps({**kind.claims(), **{f"c{n}": 1 for n in range(64)}}).encode(),
        "a huge number": good[:-1] + b',"x":' + b"9" * 4301 + b"}",
        "lone surrogate": good[:-1] + b',"x":"\\ud800"}',
    }
    for name, payload in bad.items():
        yield f"payload: {name}", kind.forged(kind.header(), payload), "malformed"


def claim_forms(kind: Kind) -> Iterator[Attack]:
    for name in ("sub", "jti", "client_id", "acr", "pid", "scope"):
        for value in (5, ["digdir:dialogporten"], {"a": 1}, None, True):
            yield f"{name} {value!r}", kind.token(**{name: value}), "claim_type"
    for name in kind.accepted[str(kind.payload["iss"])].required:
        if name != "aud":
            yield f"{name} missing", kind.token(**{name: ...}), "claim_missing"


def persons(kind: Kind) -> Iterator[Attack]:
    if kind.name not in ("idporten", "dev-person"):
        return
    for acr in ("Level5", "level4", "idporten-loa-High", "idporten-loa-high ", "", "4"):
        yield f"acr {acr!r}", kind.token(acr=acr), "profile"
    for pid in ("01817510121", "1817510120", "０１８１７５１０１２０", "", "01817510120 ", ORGANISATION):
        yield f"pid {pid!r}", kind.token(pid=pid), "profile"
    email: dict[str, Any] = {"pid": ..., "email": "a@b.test", "acr": "selfregistered-email"}
    for amr in (..., [], "Selfregistered-email", ["Selfregistered-email", "BankID"], ["selfregistered-email"]):
        yield f"no pid, amr {amr!r}", kind.token(**email, amr=amr), "profile"
    high = {**email, "acr": "idporten-loa-high"}
    yield "an e-mail user with a high level", kind.token(**high, amr=["Selfregistered-email"]), "profile"
    for scope in ("digdir:dialogportenx", "xdigdir:dialogporten", "digdir", "openid", "", "digdir:dialogporten,openid"):
        yield f"scope {scope!r}", kind.token(scope=scope), "profile"
    for name in ("urn:altinn:org", "urn:altinn:userid", "urn:altinn:authlevel"):
        yield f"an own claim {name}", kind.token(**{name: "ttd"}), "profile"


def consumers(kind: Kind) -> Iterator[Attack]:
    if kind.name not in ("maskinporten", "dev-source"):
        return
    good = authority()
    bad: dict[str, Any] = {
        "another authority": {**good, "authority": "other"},
        "no country code": {**good, "ID": ORGANISATION},
        "another code": {**good, "ID": f"9908:{ORGANISATION}"},
        "space before": {**good, "ID": f" 0192:{ORGANISATION}"},
        "space after": {**good, "ID": f"0192:{ORGANISATION} "},
        "two colons": {**good, "ID": f"0192::{ORGANISATION}"},
        "wrong digit": {**good, "ID": "0192:310005907"},
        "full-width": {**good, "ID": "0192:３１０００５９０８"},
        "a text": f"0192:{ORGANISATION}",
        "a list": [good],
        "more members": {**good, "x": 1},
        "a number": {**good, "ID": 1},
        "empty": {},
    }
    for name, value in bad.items():
        yield f"consumer: {name}", kind.token(consumer=value), "profile"
        yield f"supplier: {name}", kind.token(supplier=value, delegation_source="https://x"), "profile"
    yield "supplier without delegation", kind.token(supplier=good), "profile"
    yield "a person inside", kind.token(pid="01817510120"), "profile"
    yield "an own claim", kind.token(**{"urn:altinn:org": "ttd"}), "profile"
    entry = {"type": "urn:altinn:systemuser", "systemuser_id": [SYSTEM_USER], "systemuser_org": good}
    for name, value in {
        "no id": {**entry, "systemuser_id": []},
        "id as text": {**entry, "systemuser_id": SYSTEM_USER},
        "no uuid": {**entry, "systemuser_id": ["x"]},
        "no organisation": {**entry, "systemuser_org": None},
    }.items():
        yield f"system user: {name}", kind.token(authorization_details=[value]), "profile"


def platforms(kind: Kind) -> Iterator[Attack]:
    if kind.name not in ("platform", "dev-org"):
        return
    for level in ("4", 5, -1, True, 3.0, None):
        yield f"level {level!r}", kind.token(**{"urn:altinn:authlevel": level}), "profile"
    for number in ("310005907", "", 310005908, [ORGANISATION]):
        yield f"number {number!r}", kind.token(**{"urn:altinn:orgNumber": number}), "profile"
    yield "org is a list", kind.token(**{"urn:altinn:org": ["ttd"]}), "profile"
    yield "user id is text", kind.token(**{"urn:altinn:userid": "1"}), "profile"
    yield (
        "a person without a scope of persons",
        kind.token(**{"urn:altinn:userid": 50001, "scope": "openid"}),
        "profile",
    )


def dialogs(kind: Kind) -> Iterator[Attack]:
    if kind.name != "dialog":
        return
    wrong: dict[str, Any] = {"l": "4", "i": "x", "c": 1, "p": [], "a": None, "s": {}, "v": "7", "u": 1}
    for name, value in wrong.items():
        yield f"{name} {value!r}", kind.token(**{name: value}), "profile"
    yield "dialog id in capitals", kind.token(i=DIALOG_ID.upper()), "profile"
    yield "level too high", kind.token(l=5), "profile"


def strangers(kind: Kind) -> Iterator[Attack]:
    """Tokens of every other kind, and this kind's claims signed by the others' keys under its own key id."""
    for other in KINDS.values():
        if other.key != kind.key:
            forged = sign_text(kind.header(alg=other.alg), kind.claims(), other.signer)
            unlike = "key" if kind.name == "grant" else "alg"
            yield f"signed by {other.name}", forged, "signature" if other.alg == kind.alg else unlike
    if kind.name == "maskinporten":
        yield "the slash belongs to the issuer", kind.token(iss=MASKINPORTEN.removesuffix("/")), "issuer"


FAMILIES = (
    algorithms,
    signatures,
    key_ids,
    headers,
    types,
    audiences,
    issuers,
    times,
    texts,
    claim_forms,
    persons,
    consumers,
    platforms,
    dialogs,
    strangers,
)
