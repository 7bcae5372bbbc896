"""Nothing on the attack list is accepted, for any kind of token, and the log says why."""

from collections.abc import Callable
from typing import Any

import pytest
from jose import jwt

from dialog_graph.access.refusals import UNAUTHENTICATED, TokenRefusal
from dialog_graph.access.tokens import Claims
from tests.unit.access.attacks import all_attacks
from tests.unit.access.workshop import KEYS, KINDS, NOW, Kind

Verify = Callable[[Kind, str], bool]
FEWEST = 200


def accepted(kind: Kind, raw: str) -> bool:
    return isinstance(kind.verify(raw), Claims)


def breaches(kind: Kind, verify: Verify) -> list[str]:
    """Names of the attacks that a verifier lets pass."""
    return [name for name, raw, _ in all_attacks(kind) if verify(kind, raw)]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_valid_token_is_accepted(kind: Kind) -> None:
    verified = kind.verify(kind.token())
    assert isinstance(verified, Claims)
    assert verified.values == kind.payload


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_no_attack_succeeds(kind: Kind) -> None:
    names = [name for name, _, _ in all_attacks(kind)]
    assert len(names) >= FEWEST
    assert breaches(kind, accepted) == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_refusal_has_its_reason_and_shows_none(kind: Kind) -> None:
    wrong: list[tuple[str, str, str]] = []
    for name, raw, expected in all_attacks(kind):
        refusal = kind.verify(raw)
        assert isinstance(refusal, TokenRefusal), name
        assert refusal.shown == UNAUTHENTICATED
        if refusal.reason != expected:
            wrong.append((name, expected, refusal.reason))
    assert wrong == []


def by_the_library_alone(kind: Kind, raw: str) -> bool:
    """The twin: what the JOSE library accepts when it is simply asked, with an audience and an algorithm list."""
    options: dict[str, Any] = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    key = KEYS[kind.key].public.to_jwk()
    try:
        jwt.decode(raw, key, algorithms=[kind.alg], audience=kind.payload.get("aud"), options=options)
    except Exception:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_list_catches_a_verifier_that_trusts_the_library(kind: Kind) -> None:
    caught = set(breaches(kind, by_the_library_alone))
    assert {"header crit", "kid absent", "payload: a claim twice"} <= caught


def test_the_leeway_is_ten_seconds_and_no_more() -> None:
    kind = KINDS["platform"]
    assert accepted(kind, kind.token(iat=NOW - 100, exp=NOW - 9))
    assert not accepted(kind, kind.token(iat=NOW - 100, exp=NOW - 10))
    assert accepted(kind, kind.token(iat=NOW + 10, nbf=NOW + 10))
    assert not accepted(kind, kind.token(iat=NOW + 11))


def test_the_type_is_compared_without_case_and_prefix() -> None:
    kind = KINDS["platform"]
    for typ in ("at+jwt", "AT+JWT", "application/at+jwt"):
        assert accepted(kind, kind.forged(kind.header(typ=typ)))
    external = KINDS["idporten"]
    for typ in ("jwt", "at+jwt", ...):
        assert accepted(external, external.forged(external.header(typ=typ)))
