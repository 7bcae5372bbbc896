"""The settings of a running server: one frozen value, read from the environment (architecture §8.2).

`Settings()` reads the environment; keyword arguments override it (flags of the command line, tests). A list is written
with commas. A secret, and every address that may hold a password, may be given as the name of a file in `NAME_FILE`.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from dialog_graph.model.party import KEY_ROLES

PREFIX = "DIALOG_GRAPH_"
MIB = 1 << 20

APP_SECTIONS = ("AppSettings", "FrontEndSettings")
"""Sections of `appsettings.json` that variables may overlay (app folder §13)."""

SECRET_SECTIONS = ("NetsPaymentSettings", "MaskinportenSettings")
"""Sections that hold secrets: these are for whoever pays or sends, and never for what reads an app."""

_TEST_ONLY = ("fault", "test_no_app_authz", "test_no_rls")


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Words: TypeAlias = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""A list in one variable, separated by commas."""

Switch: TypeAlias = bool
"""0 or 1, also true/false, yes/no, on/off."""


def _plain(name: str) -> Any:
    """A field whose variable has no prefix."""
    return AliasChoices(name)


class _SecretFiles(PydanticBaseSettingsSource):
    """Reads `NAME_FILE` of the secret fields; `NAME` itself wins when both are set."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Text of the file named by the field's variable, without white space at its ends."""
        if not _is_secret(field):
            return None, field_name, False
        path = os.environ.get(f"{_variable(field, field_name)}_FILE")
        return (Path(path).read_text(encoding="utf-8").strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        """All secrets given by file, by the names under which other sources give them."""
        found: dict[str, Any] = {}
        for name, field in self.settings_cls.model_fields.items():
            text = self.get_field_value(field, name)[0]
            if text is not None:
                found[name if field.validation_alias is None else _variable(field, name)] = text
        return found


class _AppVariables(PydanticBaseSettingsSource):
    """Reads `Section__Key` of the sections that apps know, and `Section__Key_FILE`; the variable itself wins."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """All of them, by the section's own spelling, for the one field that has them."""
        found = _sections(os.environ.items()) if field_name == _APP_VARIABLES else {}
        files = {name.removesuffix("_FILE"): path for name, path in found.items() if name.endswith("_FILE")}
        read = {name: Path(path).read_text(encoding="utf-8").strip() for name, path in files.items() if path}
        return read | {name: text for name, text in found.items() if not name.endswith("_FILE")}, field_name, True

    def __call__(self) -> dict[str, Any]:
        """The field, where there is any such variable."""
        found = self.get_field_value(self.settings_cls.model_fields[_APP_VARIABLES], _APP_VARIABLES)[0]
        return {_APP_VARIABLES: found} if found else {}


_APP_VARIABLES = "app_variables"


def _sections(variables: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Those that begin with the name of a section, in any case, two underscores, and go on."""
    known = {section.lower(): section for section in (*APP_SECTIONS, *SECRET_SECTIONS)}
    found: dict[str, str] = {}
    for name, text in variables:
        section, _, key = name.partition("__")
        if key and section.lower() in known:
            found[f"{known[section.lower()]}__{key}"] = text
    return found


def _is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)


def _variable(field: FieldInfo, name: str) -> str:
    alias = field.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"{PREFIX}{name.upper()}"


def _url_here(given: Mapping[str, Any]) -> str:
    return f"http://127.0.0.1:{given['port']}"


def _in_production(given: Mapping[str, Any]) -> bool:
    return given["environment"] == "production"


def _operators(given: Mapping[str, Any]) -> tuple[str, ...]:
    return ("ttd",) if given["environment"] == "development" else ()


class Settings(BaseSettings):
    """All settings. Paths are as given, relative to the working folder; times are seconds, sizes bytes.

    `app_variables`: `Section__Key` -> text, over the `appsettings.json` of every app.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, populate_by_name=True, extra="forbid", hide_input_in_errors=True
    )

    environment: Literal["development", "staging", "production"] = "development"
    port: int = Field(default=8000, ge=0, le=65535, validation_alias=_plain("PORT"))
    public_url: str = Field(default_factory=_url_here, validation_alias=_plain("PUBLIC_URL"))
    database_url: SecretStr | None = Field(default=None, validation_alias=_plain("DATABASE_URL"))
    database_owner_url: SecretStr | None = Field(default=None, validation_alias=_plain("DATABASE_OWNER_URL"))
    database_dispatch_url: SecretStr | None = Field(default=None, validation_alias=_plain("DATABASE_DISPATCH_URL"))
    nats_url: SecretStr | None = Field(default=None, validation_alias=_plain("NATS_URL"))

    data: Path = Path(".dialog-graph")
    blobs: str = Field(default_factory=lambda given: f"{given['data']}/blobs")
    keys: Path = Field(default_factory=lambda given: given["data"] / "keys")
    apps: Path = Path("apps")
    parties: Path | None = None
    org: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9-]{1,29}$")
    reload: Switch = False
    rate_limits: Switch = Field(default_factory=_in_production)
    origins: Words = ()
    proxies: Words = ()
    persisted_documents: Literal["off", "web", "all"] = "off"
    audit_reads: Literal["async", "sync", "off"] = "async"
    stream_drain: int = Field(default=20, ge=0)
    allow_embedded: Switch = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    operators: Words = Field(default_factory=_operators)
    key_roles: Words = tuple(sorted(KEY_ROLES))
    idporten_audience: str | None = None
    idporten_accept_unspecified: Switch = False
    maskinporten_accept_unspecified: Switch = True
    max_upload: int = Field(default=100 * MIB, gt=0, le=2000 * MIB)
    webhook_ports: Annotated[tuple[int, ...], NoDecode, BeforeValidator(_split)] = (443, 8443)
    pool_min: int = Field(default=2, ge=0)
    pool_max: int = Field(default=10, ge=1)

    app_variables: Mapping[str, SecretStr] = Field(default_factory=dict[str, SecretStr])

    fault: str | None = None
    test_no_app_authz: Switch = False
    test_no_rls: Switch = False

    @model_validator(mode="after")
    def _no_test_switches_in_production(self) -> "Settings":
        """Switches that weaken the server for tests must not even start in production."""
        used = [f"{PREFIX}{name.upper()}" for name in _TEST_ONLY if getattr(self, name)]
        if used and self.environment == "production":
            raise ValueError(f"expected no test switches in production, but {', '.join(used)} is set")
        return self

    @property
    def app_settings(self) -> Mapping[str, str]:
        """The variables that an app's settings are read from; secrets are not among them."""
        open_ = tuple(f"{section}__" for section in APP_SECTIONS)
        return {name: text.get_secret_value() for name, text in self.app_variables.items() if name.startswith(open_)}

    @property
    def is_development(self) -> bool:
        """True where the development issuer and its conveniences are on."""
        return self.environment == "development"

    @property
    def is_production(self) -> bool:
        """True where every finding of the start-up checks refuses the start."""
        return self.environment == "production"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Keywords win over variables, variables over files; `.env` files are not read."""
        return init_settings, env_settings, _SecretFiles(settings_cls), _AppVariables(settings_cls)
