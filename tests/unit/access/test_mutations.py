"""Valid tokens with one thing changed, and two other libraries asked about the same texts.

The harness counts what it tried; its twins are verifiers with one check left out, which it must catch.
"""

import base64
import json
import os
from collections.abc import Callable
from typing import Any

import jwt as pyjwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws as joserfc_jws
from joserfc.jwk import import_key

from dialog_graph.access import jwk, tokens
from dialog_graph.access.issuers import Accepted
from dialog_graph.access.jwk import KeySet
from dialog_graph.access.tokens import Claims, verify
from tests.unit.access.workshop import KEY_SET, KINDS, NOW, Kind, part

EXAMPLES = int(os.environ.get("DIALOG_GRAPH_TEST_EXAMPLES", "300"))
"""More for the long run."""
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0å"
VALID = {name: kind.token() for name, kind in KINDS.items()}

kinds = st.sampled_from(sorted(KINDS))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def changed_texts(draw: st.DrawFn) -> tuple[Kind, str]:
    """A valid token with one sign replaced, added or taken away."""
    name = draw(kinds)
    raw = VALID[name]
    at = draw(st.integers(0, len(raw) - 1))
    sign, tail = draw(st.sampled_from(SIGNS)), draw(st.sampled_from((at, at + 1)))
    changed = raw[:at] + draw(st.sampled_from(("", sign))) + raw[tail:]
    return KINDS[name], changed


@st.composite
def changed_claims(draw: st.DrawFn) -> tuple[Kind, str]:
    """A token with one claim changed, under the signature of the unchanged one."""
    kind = KINDS[draw(kinds)]
    name = draw(st.sampled_from(sorted(kind.payload)))
    head, _, signature = VALID[kind.name].split(".")
    return kind, f"{head}.{part(kind.claims(**{name: draw(json_values)}))}.{signature}"


def accepts(kind: Kind, raw: str) -> bool:
    return isinstance(kind.verify(raw), Claims)


@settings(max_examples=EXAMPLES, deadline=None)
@given(changed_texts() | changed_claims())
def test_no_changed_token_is_accepted(case: tuple[Kind, str]) -> None:
    kind, raw = case
    if raw != VALID[kind.name]:
        assert not accepts(kind, raw)


def by_pyjwt(kind: Kind, raw: str) -> bool:
    key = pyjwt.PyJWK(kind.signer.public.to_jwk(), algorithm=kind.alg).key
    audience = kind.accepted[str(kind.payload["iss"])].audiences
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["iss", "exp", "iat"]}
    try:
        pyjwt.decode(raw, key, algorithms=[kind.alg], audience=list(audience) or None, options=options)
    except Exception:  # whatever it raises is a refusal
        return False
    return True


def by_joserfc(kind: Kind, raw: str) -> bool:
    key: Any = import_key(dict[str, Any](kind.signer.public.to_jwk()))
    try:
        found = joserfc_jws.deserialize_compact(raw, key, algorithms=[kind.alg])
        return isinstance(json.loads(found.payload), dict)
    except Exception:  # whatever it raises is a refusal
        return False


@st.composite
def signed_tokens(draw: st.DrawFn) -> tuple[Kind, str]:
    """Properly signed tokens with an odd header or claim: here libraries differ, and we must be the strictest."""
    kind = KINDS[draw(kinds)]
    header, claims = kind.header(), kind.claims()
    if draw(st.booleans()):
        names = st.sampled_from(("alg", "typ", "kid", "crit", "b64", "zip", "jku", "x5t", "cty"))
        header[draw(names)] = draw(json_values | st.sampled_from(("none", "HS256", "ES256", "RS256", "JWT", "at+jwt")))
    if draw(st.booleans()):
        claims[draw(st.sampled_from(sorted(claims)) | st.text(max_size=4))] = draw(json_values)
    return kind, kind.forged(header, claims)


@settings(max_examples=EXAMPLES, deadline=None)
@given(signed_tokens() | changed_texts() | changed_claims())
def test_nothing_is_accepted_that_two_other_libraries_refuse(case: tuple[Kind, str]) -> None:
    kind, raw = case
    if accepts(kind, raw):
        assert by_pyjwt(kind, raw)
        assert by_joserfc(kind, raw)


def test_the_other_libraries_accept_the_valid_tokens() -> None:
    for name, kind in KINDS.items():
        assert by_pyjwt(kind, VALID[name]), name
        assert by_joserfc(kind, VALID[name]), name


def _without_signature(raw: str, profiles: Accepted, keys: KeySet, now: int) -> Any:
    unsigned = tokens._unsigned(raw, profiles, keys)  # pyright: ignore[reportPrivateUsage] - the twin is the verifier itself, less one check
    return unsigned[0] if isinstance(unsigned, tuple) else unsigned


def _with_loose_base64(raw: str, profiles: Accepted, keys: KeySet, now: int) -> Any:
    signature = raw.rsplit(".", 1)[1]
    return verify(raw[: -len(signature)] + jwk.encode(_lenient(signature)), profiles, keys, now)


def _lenient(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "==")


@pytest.mark.parametrize("twin", [_without_signature, _with_loose_base64])
def test_a_verifier_with_one_check_left_out_is_caught(twin: Callable[..., Any]) -> None:
    caught = 0
    for name, kind in KINDS.items():
        raw = VALID[name]
        head, _, signature = raw.split(".")
        texts = [f"{head}.{part(kind.claims(jti='other'))}.{signature}", raw + "="]
        caught += sum(isinstance(twin(text, kind.accepted, KEY_SET, NOW), Claims) for text in texts)
    assert caught > 0


def test_one_byte_of_every_token_at_every_place() -> None:
    """All places of all kinds with two other signs each: the small exhaustive part of the property above."""
    tried = 0
    for name, kind in KINDS.items():
        raw = VALID[name]
        for at in range(len(raw)):
            for sign in ("A", "_"):
                if raw[at] != sign:
                    tried += 1
                    assert not accepts(kind, raw[:at] + sign + raw[at + 1 :]), (name, at, sign)
    assert tried > 5000
