"""The profile table: which issuers exist in which environment, and what stops a start in production."""

import pytest

from dialog_graph.access import dev_issuer
from dialog_graph.access.issuers import (
    COMMAND_ISSUER,
    ExternalIssuer,
    IssuerSettings,
    build,
    from_settings,
    problem,
)
from dialog_graph.access.tokens import backend_problem, verify
from dialog_graph.settings import Settings
from tests.unit.access.workshop import KEY_SET, KINDS, NOW, SETTINGS, URL

PRODUCTION = IssuerSettings(public_url=URL, environment="production")


def external(issuer: str, jwks: str = "https://keys.example.test") -> tuple[ExternalIssuer, ...]:
    return (ExternalIssuer(issuer=issuer, jwks_uri=jwks, audiences=frozenset({URL})),)


@pytest.mark.parametrize("name", [name for name in KINDS if name.startswith(("dev", "grant"))])
def test_the_development_issuer_exists_in_development_only(name: str) -> None:
    for environment in ("staging", "production"):
        profiles = build(IssuerSettings(public_url=URL, environment=environment), ("ttd",))
        every = (profiles.user, profiles.capability, profiles.exchange_idporten, profiles.exchange_maskinporten)
        for accepted in (*every, profiles.assertion, profiles.code):
            refusal = verify(KINDS[name].token(), accepted, KEY_SET, NOW)
            assert getattr(refusal, "reason", "accepted") == "issuer"


def test_no_two_kinds_of_endpoint_accept_the_same_token() -> None:
    profiles = build(SETTINGS, ("ttd",))
    tables = {
        "user": profiles.user,
        "dialog": profiles.dialog,
        "maskinporten": profiles.exchange_maskinporten,
        "assertion": profiles.assertion,
        "code": profiles.code,
    }
    for kind in KINDS.values():
        accepting = [
            name for name, table in tables.items() if hasattr(verify(kind.token(), table, KEY_SET, NOW), "values")
        ]
        assert len(accepting) == 1, (kind.name, accepting)


def test_the_capability_endpoints_take_user_and_dialog_tokens() -> None:
    profiles = build(SETTINGS)
    for name, taken in (("platform", True), ("dialog", True), ("maskinporten", False), ("dev-person", True)):
        found = verify(KINDS[name].token(), profiles.capability, KEY_SET, NOW)
        assert hasattr(found, "values") is taken


def test_production_refuses_test_issuers_and_plain_http() -> None:
    assert problem(PRODUCTION) is None
    for wrong in (
        IssuerSettings(public_url=URL, environment="production", idporten=external("https://test.idporten.no")),
        IssuerSettings(
            public_url=URL, environment="production", maskinporten=external("https://test.maskinporten.no/")
        ),
        IssuerSettings(public_url="http://dialog.example.test", environment="production"),
        IssuerSettings(public_url=URL, environment="production", idporten=external("http://idporten.no")),
        IssuerSettings(public_url=URL, environment="production", idporten=external("https://a.example", "http://b")),
    ):
        assert problem(wrong) is not None
    assert problem(IssuerSettings(public_url="http://127.0.0.1:8000")) is None


def test_settings_choose_the_external_issuers() -> None:
    development = from_settings(Settings(environment="development"))
    assert (development.idporten, development.maskinporten) == ((), ())
    staging = from_settings(Settings(environment="staging", idporten_audience="https://us.example"))
    assert [each.issuer for each in (*staging.idporten, *staging.maskinporten)] == [
        "https://test.idporten.no",
        "https://test.maskinporten.no/",
    ]
    production = from_settings(
        Settings(environment="production", public_url=URL, idporten_audience="https://us.example")
    )
    assert [each.issuer for each in (*production.idporten, *production.maskinporten)] == [
        "https://idporten.no",
        "https://maskinporten.no/",
    ]
    assert production.idporten[0].audiences == {"https://us.example"}
    assert production.maskinporten[0].audiences == {URL, "unspecified"}
    assert problem(production) is None


def test_an_audience_that_means_everybody_is_a_choice() -> None:
    chosen = Settings(
        environment="staging",
        idporten_audience="x",
        idporten_accept_unspecified=True,
        maskinporten_accept_unspecified=False,
    )
    found = from_settings(chosen)
    assert found.idporten[0].audiences == {"x", "unspecified"}
    assert "unspecified" not in found.maskinporten[0].audiences


def test_the_signatures_are_checked_by_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"python-jose": ""}
    monkeypatch.setattr("dialog_graph.access.tokens.version", installed.get)
    for text, is_good in (("3.4.0", False), ("3.5.0", True), ("3.10.1", True), ("4.0", True), ("2.99.1", False)):
        installed["python-jose"] = text
        assert (backend_problem() is None) is is_good, text
    monkeypatch.setattr("jose.backends.ECKey", object)
    assert backend_problem() is not None


def test_a_server_with_the_development_issuer_starts_in_development_only() -> None:
    assert dev_issuer.problem("development", is_mounted=True) is None
    for environment in ("staging", "production"):
        assert dev_issuer.problem(environment, is_mounted=False) is None
        assert dev_issuer.problem(environment, is_mounted=True) is not None
    assert COMMAND_ISSUER in build(SETTINGS).user
