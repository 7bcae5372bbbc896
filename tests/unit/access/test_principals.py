"""What kind of caller claims stand for, and the header they come in."""

from typing import Any

import pytest

from dialog_graph.access import bearer, scopes
from dialog_graph.access.principals import classify
from dialog_graph.access.refusals import TokenRefusal
from dialog_graph.access.tokens import Claims
from dialog_graph.model.principal import PrincipalKind
from tests.unit.access.workshop import KINDS, ORGANISATION, PERSON, SYSTEM_USER, authority

SYSTEM = {
    "type": "urn:altinn:systemuser",
    "systemuser_id": [SYSTEM_USER.upper()],
    "systemuser_org": authority("310001015"),
}
OTHER = {"type": "other"}
EMAIL = {"email": "Post@Example.Test", "amr": ["Selfregistered-email"]}
USER = {"scope": "digdir:dialogporten"}


def classified(kind: str, **changes: Any) -> Any:
    verified = KINDS[kind].verify(KINDS[kind].token(**changes))
    assert isinstance(verified, Claims), verified
    identity = classify(verified)
    return None if identity is None else identity.principal


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("idporten", {}, PrincipalKind.PERSON),
        ("idporten", {"pid": ..., "acr": "selfregistered-email", **EMAIL}, PrincipalKind.EMAIL_USER),
        ("idporten", {**EMAIL}, PrincipalKind.PERSON),
        ("platform", {}, PrincipalKind.SERVICE_OWNER),
        ("platform", {"pid": PERSON, **USER}, PrincipalKind.PERSON),
        ("platform", {"urn:altinn:userid": 50001, **USER}, PrincipalKind.PERSON),
        ("platform", {"authorization_details": SYSTEM, **USER}, PrincipalKind.SYSTEM_USER),
        ("platform", {"authorization_details": [OTHER, SYSTEM], **USER}, PrincipalKind.SYSTEM_USER),
        ("platform", {"authorization_details": [SYSTEM], "pid": PERSON, **USER}, PrincipalKind.PERSON),
        ("platform", {"authorization_details": [OTHER]}, PrincipalKind.SERVICE_OWNER),
        ("platform", {"urn:altinn:org": ..., **EMAIL}, PrincipalKind.EMAIL_USER),
        ("platform", {**EMAIL}, PrincipalKind.SERVICE_OWNER),
        ("platform", {"urn:altinn:org": ...}, PrincipalKind.ORGANISATION),
        ("platform", {"urn:altinn:org": "NOT A CODE"}, PrincipalKind.ORGANISATION),
        ("platform", {"urn:altinn:org": ..., "urn:altinn:orgNumber": ...}, None),
        ("dialog", {}, PrincipalKind.DIALOG_HOLDER),
        ("dialog", {"c": "urn:altinn:org:ttd"}, None),
        ("dev-person", {}, PrincipalKind.PERSON),
        ("dev-org", {}, PrincipalKind.SERVICE_OWNER),
    ],
)
def test_the_first_kind_that_recognises_a_token_decides(
    kind: str, changes: dict[str, Any], expected: PrincipalKind | None
) -> None:
    principal = classified(kind, **changes)
    assert (None if principal is None else principal.kind) is expected


def test_no_mixed_principal_exists() -> None:
    person = classified("platform", pid=PERSON, **USER)
    assert (person.org, person.organisation_number) == (None, None)
    system = classified("platform", authorization_details=SYSTEM, **USER)
    assert (system.org, system.organisation_number) == (None, "310001015")
    assert system.urn == f"urn:altinn:systemuser:uuid:{SYSTEM_USER}"
    organisation = classified("platform", **{"urn:altinn:org": ...})
    assert (organisation.org, organisation.organisation_number) == (None, ORGANISATION)


@pytest.mark.parametrize(
    ("acr", "level"),
    [
        ("idporten-loa-high", 4),
        ("idporten-loa-substantial", 3),
        ("idporten-loa-low", 0),
        ("selfregistered-email", 0),
        ("Level0", 0),
        ("Level3", 3),
        ("Level4", 4),
    ],
)
def test_the_level_follows_the_login(acr: str, level: int) -> None:
    assert classified("idporten", acr=acr).level == level


def test_levels_of_the_other_kinds() -> None:
    assert classified("platform").level == 3
    assert classified("platform", pid=PERSON, **USER, **{"urn:altinn:authlevel": 4}).level == 4
    assert classified("dialog").level == 4


def test_an_email_address_is_compared_in_lower_case() -> None:
    guest = classified("idporten", pid=..., acr="selfregistered-email", **EMAIL)
    assert guest.urn == "urn:altinn:person:idporten-email:post@example.test"


def test_a_system_users_organisation_must_be_well_formed() -> None:
    kind = KINDS["platform"]
    wrong: list[dict[str, Any]] = [{"systemuser_org": None}, {"systemuser_id": []}, {"systemuser_id": ["x"]}]
    for changes in wrong:
        raw = kind.token(authorization_details=[{**SYSTEM, **changes}], **USER)
        assert isinstance(kind.verify(raw), TokenRefusal)


# The header -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["Bearer abc", "bearer abc", "BEARER abc"])
def test_a_header_that_holds_a_token(value: str) -> None:
    assert bearer.token(value) == "abc"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer  abc",
        " Bearer abc",
        "Bearer abc ",
        "Bearer abc\n",
        "Bearer abc\r\nX: y",
        "Bearer a b",
        "Bearer\tabc",
        "Basic abc",
        "abc",
        "Bearer å",
        "Bearer " + "x" * 8193,
    ],
)
def test_a_header_that_holds_none(value: str) -> None:
    refusal = bearer.token(value)
    assert isinstance(refusal, TokenRefusal)
    assert refusal.reason == "malformed"


def test_exactly_one_header() -> None:
    one = (b"authorization", b"Bearer abc")
    assert bearer.authorization([]) is None
    assert bearer.authorization([(b"host", b"x"), one]) == "Bearer abc"
    assert isinstance(bearer.authorization([one, one]), TokenRefusal)
    assert isinstance(bearer.authorization([(b"authorization", b"Bearer \xff")]), TokenRefusal)


# Scopes ---------------------------------------------------------------------------------------------------------------


def test_scopes_are_whole_words() -> None:
    assert scopes.words("a  b a") == {"a", "b"}
    assert scopes.words("altinn.serviceowner.read") == {"altinn.serviceowner.read", scopes.INSTANCES_READ}
    assert scopes.words("") == frozenset()


@pytest.mark.parametrize(
    ("scope", "family", "expected"),
    [
        ("altinn:instances.read", "altinn:", True),
        ("altinn:", "altinn:", False),
        ("xaltinn:a", "altinn:", False),
        ("altinn", "altinn:", False),
        ("altinn:serviceowner", "altinn:serviceowner", True),
        ("altinn:serviceowner/instances.read", "altinn:serviceowner", True),
        ("altinn:serviceowner.x", "altinn:serviceowner", True),
        ("altinn:serviceownerx", "altinn:serviceowner", False),
        ("digdir:dialogporten.noconsent", "digdir:dialogporten", True),
        ("digdir:dialogportenx", "digdir:dialogporten", False),
    ],
)
def test_families_of_scopes(scope: str, family: str, expected: bool) -> None:
    assert scopes.in_family({scope}, family) is expected
