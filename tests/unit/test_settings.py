"""Settings: from the environment, overridden by keywords, secrets also from files, and never shown."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from dialog_graph.settings import Settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "PUBLIC_URL", "DATABASE_URL", "DATABASE_OWNER_URL", "NATS_URL"):
        monkeypatch.delenv(name, raising=False)


def test_a_newcomer_needs_no_setting() -> None:
    settings = Settings()
    assert settings.is_development
    assert (settings.port, settings.public_url) == (8000, "http://127.0.0.1:8000")
    assert settings.database_url is None
    assert (settings.blobs, settings.keys) == (".dialog-graph/blobs", Path(".dialog-graph/keys"))
    assert settings.operators == ("ttd",)
    assert not settings.rate_limits
    assert {"DAGL", "LEDE"} <= set(settings.key_roles)


def test_defaults_follow_the_settings_they_are_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9001")
    monkeypatch.setenv("DIALOG_GRAPH_DATA", "/srv/data")
    monkeypatch.setenv("DIALOG_GRAPH_ENVIRONMENT", "production")
    settings = Settings()
    assert settings.public_url == "http://127.0.0.1:9001"
    assert (settings.blobs, settings.keys) == ("/srv/data/blobs", Path("/srv/data/keys"))
    assert settings.rate_limits
    assert settings.operators == ()


def test_keywords_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9001")
    monkeypatch.setenv("DIALOG_GRAPH_ORG", "ttd")
    assert Settings(port=9002).port == 9002
    assert Settings(org="nabo").org == "nabo"


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALOG_GRAPH_ORIGINS", "https://a.test, https://b.test,")
    monkeypatch.setenv("DIALOG_GRAPH_WEBHOOK_PORTS", "443,9443")
    settings = Settings()
    assert settings.origins == ("https://a.test", "https://b.test")
    assert settings.webhook_ports == (443, 9443)


def test_a_secret_comes_from_a_file_and_the_variable_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://from:file@h/d\n", encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL_FILE", str(secret))
    settings = Settings()
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://from:file@h/d"
    monkeypatch.setenv("DATABASE_URL", "postgresql://from:variable@h/d")
    settings = Settings()
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://from:variable@h/d"
    assert "from:" not in repr(settings)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1


@pytest.mark.parametrize("name", ["FAULT", "TEST_NO_APP_AUTHZ", "TEST_NO_RLS"])
def test_switches_of_tests_are_refused_in_production(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"DIALOG_GRAPH_{name}", "1")
    Settings()
    with pytest.raises(ValidationError, match=f"expected no test switches in production, but DIALOG_GRAPH_{name}"):
        Settings(environment="production")


@pytest.mark.parametrize(
    ("name", "value"),
    [("DIALOG_GRAPH_ENVIRONMENT", "prod"), ("PORT", "70000"), ("DIALOG_GRAPH_ORG", "T T D"), ("PORT", "x")],
)
def test_a_wrong_value_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()


def test_variables_of_apps_are_taken_by_their_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AppSettings__RemoveHiddenData", "true")
    monkeypatch.setenv("FRONTENDSETTINGS__Phone", "800")
    monkeypatch.setenv("AppSettings__", "nothing")
    monkeypatch.setenv("Other__Key", "x")
    assert Settings().app_settings == {"AppSettings__RemoveHiddenData": "true", "FrontEndSettings__Phone": "800"}


def test_secrets_of_apps_come_from_variables_and_files_and_are_not_for_what_reads_an_app(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("from-file\n", encoding="utf-8")
    monkeypatch.setenv("NetsPaymentSettings__SecretApiKey", "from-variable")
    monkeypatch.setenv("NetsPaymentSettings__SecretApiKey_FILE", str(key))
    monkeypatch.setenv("MaskinportenSettings__JwkBase64_FILE", str(key))

    settings = Settings()

    found = {name: secret.get_secret_value() for name, secret in settings.app_variables.items()}
    assert found == {
        "NetsPaymentSettings__SecretApiKey": "from-variable",
        "MaskinportenSettings__JwkBase64": "from-file",
    }
    assert settings.app_settings == {}
    assert "from-" not in repr(settings) + settings.model_dump_json()
