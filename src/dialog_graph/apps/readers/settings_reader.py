"""Reads `appsettings*.json`, the environment over them, and `dialog-graph.toml` (app folder §13)."""

import re
import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from dialog_graph.apps.contents.app_settings import AppSettings
from dialog_graph.apps.diagnostics import SETTINGS, SWITCHES, At
from dialog_graph.apps.files import Files
from dialog_graph.apps.readers.reading import Findings, Json_, JsonObject, kind, read_json
from dialog_graph.model.json_value import Json
from dialog_graph.model.tolerant_json import MAX_BYTES

_NAMES = {"development": "Development", "staging": "Staging", "production": "Production"}
_SECRETS = (("NetsPaymentSettings", "SecretApiKey"), ("MaskinportenSettings", "JwkBase64"))
_SECONDS = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s)?")
_TOML_PLACE = re.compile(r"at line (\d{1,9}), column (\d{1,9})\)\Z")
MAX_HOOK_TIMEOUT = 5.0


def read_settings(
    files: Files, environment: str, findings: Findings, variables: Mapping[str, str] = MappingProxyType({})
) -> AppSettings:
    """The settings that hold in an environment. `variables`: environment variables of the form `Section__Key`."""
    overlay = f"appsettings.{_NAMES.get(environment.lower(), environment)}.json"
    documents = [read_json(files, path, findings) for path in (SETTINGS, overlay)]
    tops = [top for document in documents if document and (top := document.object())]
    for top in tops:
        _refuse_secrets(top)
    merged = _Merged(tops, {name.lower(): value for name, value in variables.items()}, findings)
    switches = _Switches(_toml(files, findings), findings)
    return AppSettings(
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
        time_zone=switches.text("timezone") or merged.text("TimeZone") or "Europe/Oslo",
        external=MappingProxyType(switches.texts("external")),
        check_ignore=switches.names("check", "ignore"),
    )


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


def _toml(files: Files, findings: Findings) -> dict[str, object]:
    data = files.contents.get(SWITCHES)
    if data is None:
        return {}
    if len(data) > MAX_BYTES:
        findings.add("DG1003", At(file=SWITCHES), what="file size", n=len(data), m=MAX_BYTES)
        return {}
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        findings.add("DG1002", At(file=SWITCHES), n=error.start)
    except (ValueError, RecursionError) as error:
        findings.add("DG1004", _toml_place(str(error)), reason=str(error) or "the file is nested too deeply")
    return {}


def _toml_place(message: str) -> At:
    """The place that the parser's text ends with."""
    found = _TOML_PLACE.search(message)
    return At(file=SWITCHES, line=int(found.group(1)), column=int(found.group(2))) if found else At(file=SWITCHES)


class _Switches:
    """Typed reading of the TOML file; a wrong type is reported and the default holds."""

    def __init__(self, values: dict[str, object], findings: Findings) -> None:
        self.values = values
        self.findings = findings

    def _get(self, *path: str) -> object:
        value: object = self.values
        for step in path:
            value = _members(value).get(step)
        return value

    def _wrong(self, expected: str, path: tuple[str, ...], value: object) -> None:
        found = kind(cast(Json, value)) if isinstance(value, (bool, int, float, str, list, dict)) else "a date"
        self.findings.add("DG3004", At(file=SWITCHES), expected=expected, key=".".join(path), found=found)

    def flag(self, *path: str) -> bool:
        value = self._get(*path)
        if value is not None and not isinstance(value, bool):
            self._wrong("a boolean", path, value)
        return value is True

    def text(self, *path: str) -> str | None:
        value = self._get(*path)
        if value is not None and not isinstance(value, str):
            self._wrong("a text", path, value)
        return value if isinstance(value, str) else None

    def count(self, section: str, name: str, default: int) -> int:
        value = self._get(section, name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        if value is not None:
            self._wrong("a whole number above 0", (section, name), value)
        return default

    def seconds(self, section: str, name: str, default: float) -> float:
        value = self._get(section, name)
        match = _SECONDS.fullmatch(value) if isinstance(value, str) else None
        if match is not None:
            return min(float(match.group(1)) / (1000 if match.group(2) == "ms" else 1), MAX_HOOK_TIMEOUT)
        if value is not None:
            self._wrong('a duration such as "2s"', (section, name), value)
        return default

    def texts(self, section: str) -> dict[str, str]:
        value = self._get(section)
        return {name: text for name in _members(value) if (text := self.text(section, name)) is not None}

    def names(self, section: str, name: str) -> tuple[str, ...]:
        value = self._get(section, name)
        items = cast("list[object]", value) if isinstance(value, list) else [value]
        texts = tuple(item for item in items if isinstance(item, str))
        if value is not None and (len(texts) != len(items) or isinstance(value, str)):
            self._wrong("a list of texts", (section, name), cast(object, value))
        return texts if isinstance(value, list) else ()


def _members(value: object) -> "dict[str, object]":
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
