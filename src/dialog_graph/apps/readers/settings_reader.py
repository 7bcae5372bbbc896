"""Reads `appsettings*.json`, the environment over them, and `dialog-graph.toml` (app folder §13)."""

from collections.abc import Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dialog_graph.apps.contents.app_settings import AppSettings
from dialog_graph.apps.diagnostics import SETTINGS, At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.reading import Findings, Json_, JsonObject, kind, read_json
from dialog_graph.apps.readers.switches_reader import Switches, read_switches
from dialog_graph.model.json_value import Json

_NAMES = {"development": "Development", "staging": "Staging", "production": "Production"}
_SECRETS = (("NetsPaymentSettings", "SecretApiKey"), ("MaskinportenSettings", "JwkBase64"))
_WITHOUT_EFFECT = ("AppBasePath", "ConfigurationFolder", "OptionsFolder", "HostName", "RuntimeCookieName")
"""Of other products: where they look for files, and how they are reached."""

OSLO = "Europe/Oslo"


def read_settings(
    files: Files, environment: str, findings: Findings, variables: Mapping[str, str] = MappingProxyType({})
) -> AppSettings:
    """The settings that hold in an environment. `variables`: environment variables of the form `Section__Key`."""
    # Those of other environments are looked through too: a secret must not wait for its environment to be found.
    paths = {SETTINGS: True, **{f"appsettings.{name}.json": key == environment.lower() for key, name in _NAMES.items()}}
    tops: list[JsonObject] = []
    for path, counts in paths.items():
        document = read_json(files, path, findings)
        top = document.object() if document else None
        if top is not None:
            _refuse_secrets(top)
            tops += [top] if counts else []
    merged = _Merged(tops, {name.lower(): value for name, value in variables.items()}, findings)
    switches = read_switches(files, findings)
    zone = _zone(switches, merged, findings)
    settings = AppSettings(
        environment=environment,
        required_validation=merged.flag("RequiredValidation", True),
        expression_validation=merged.flag("ExpressionValidation", True),
        xsd_validation=merged.flag("XsdValidation", False),
        remove_hidden_data=merged.flag("RemoveHiddenData", False),
        enforce_data_type_task_id=merged.flag("EnforceDataTypeTaskId", True),
        publish_events=merged.flag("RegisterEventsWithEventsComponent", True),
        enable_e_formidling=merged.flag("EnableEFormidling", False),
        e_formidling_sender=merged.text("EFormidlingSender"),
        cache_seconds=merged.count("CacheResourceLifeTimeInSeconds", 3600),
        oidc_provider=_provider(merged, findings),
        front_end=MappingProxyType(_front_end(tops, variables)),
        strict_gateways=switches.flag("strict_gateways"),
        max_transitions=switches.count("process", "max_transitions", 1_000),
        hook_timeout=switches.seconds("hooks", "timeout", 2.0),
        prefill_required=switches.flag("prefill", "required"),
        time_zone=zone,
        external=MappingProxyType(switches.texts("external")),
        check_ignore=switches.names("check", "ignore"),
    )
    switches.report_unknown()
    for section in merged.sections:
        section.report_unknown(*_WITHOUT_EFFECT)
    return settings


def _zone(switches: Switches, merged: "_Merged", findings: Findings) -> str:
    """A time zone that there is: dates are made with it."""
    own = switches.text("timezone")
    name = own or merged.text("TimeZone") or OSLO
    if _is_zone(name):
        return name
    at, key = (switches.at(("timezone",)), "timezone") if own else (merged.at("TimeZone"), "AppSettings.TimeZone")
    findings.add("DG3004", at, expected='a time zone such as "Europe/Oslo"', key=key, found=kind(name))
    return OSLO


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _provider(merged: "_Merged", findings: Findings) -> str | None:
    provider = merged.text("AppOidcProvider")
    if provider is not None:
        instead = "the server's own log-in is used"
        findings.add("DG3020", merged.at("AppOidcProvider"), key="AppOidcProvider", instead=instead)
    return provider


class _Merged:
    """`AppSettings` of all files and the environment; what is written last counts."""

    def __init__(self, tops: list[JsonObject], variables: Mapping[str, str], findings: Findings) -> None:
        self.sections = [top.part("AppSettings") for top in tops]
        self.variables = variables
        self.findings = findings

    def _last(self, name: str) -> Json_ | None:
        found = [node for section in self.sections if (node := section.get(name))]
        return found[-1] if found else None

    def at(self, name: str) -> At:
        """Where a setting is written last; the file where a variable gives it."""
        node = self._last(name)
        return node.at if node else At(file=SETTINGS)

    def _written(self, name: str) -> str | None:
        return self.variables.get(f"appsettings__{name.lower()}")

    def _misspelt(self, name: str, expected: str) -> None:
        """Of a variable: the files are not to blame, and its text is not told."""
        key = f"the environment variable AppSettings__{name}"
        self.findings.add("DG3004", At(file=SETTINGS), expected=expected, key=key, found="another text")

    def flag(self, name: str, default: bool) -> bool:
        node, written = self._last(name), self._written(name)
        value = written.strip() if written is not None else node.value if node else None
        text = str(value).lower()
        if text in ("true", "false"):
            return text == "true"
        if written is not None:
            self._misspelt(name, "true or false")
        elif value is not None and node is not None:
            node.wrong("a boolean")
        return default

    def text(self, name: str) -> str | None:
        node, written = self._last(name), self._written(name)
        if written is not None:
            return written or None
        if node is not None and not isinstance(node.value, str):
            node.wrong("a text")
        return str(node.value) if node and node.value else None

    def count(self, name: str, default: int) -> int:
        node, written = self._last(name), self._written(name)
        if written is not None and written.isascii() and written.isdigit():
            return int(written[:9])
        if written is not None:
            self._misspelt(name, "a whole number")
        found = node.whole() if node else None
        return default if found is None else found


def _front_end(tops: list[JsonObject], variables: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for top in tops:
        section = top.part("FrontEndSettings")
        found |= {name: text for name in section.names() if (text := _plain(section.get(name))) is not None}
    spellings = {name.lower(): name for name in found}
    for name, text in variables.items():
        section, _, key = name.partition("__")
        if section.lower() == "frontendsettings" and key:
            found[spellings.get(key.lower(), key)] = text
    return found


def _plain(node: Json_ | None) -> str | None:
    value: Json = node.value if node else None
    if node is not None and isinstance(value, (list, dict)):
        node.wrong("a text")
    if value is None or isinstance(value, (list, dict)):
        return None
    return value if isinstance(value, str) else str(value).lower()


def _refuse_secrets(top: JsonObject) -> None:
    for section, key in _SECRETS:
        holder = top.part(section)
        node = holder.get(key)
        if node is not None and node.value != "":
            top.node.findings.add("DG3030", node.at, key=f"{section}.{key}")
