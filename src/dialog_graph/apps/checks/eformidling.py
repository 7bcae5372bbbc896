"""Checks of eFormidling tasks: what must be known in each environment (app folder §3, §14, `DG9313`)."""

from collections.abc import Callable, Iterator, Mapping

from dialog_graph.apps.checks.environments import NAMES
from dialog_graph.apps.checks.places import at_element
from dialog_graph.apps.diagnostics import ERROR, WARNING
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.apps.version import AppVersion
from dialog_graph.bpmn.task_config import EFormidlingConfig, PerEnvironment, environment_of

E_FORMIDLING = "eformidling"
_REQUIRED: Mapping[str, Callable[[EFormidlingConfig], PerEnvironment]] = {
    "process": lambda config: config.process,
    "standard": lambda config: config.standard,
    "typeVersion": lambda config: config.type_version,
    "type": lambda config: config.type,
    "securityLevel": lambda config: config.security_level,
}
_WHOLE = frozenset({"securityLevel"})


def check_e_formidling(version: AppVersion, findings: Findings) -> None:
    """Every eFormidling task. What another environment than this one lacks is a warning here and an error there."""
    here = environment_of(version.settings.environment)
    for element in version.definition.tasks:
        task = element.task
        if task is None or task.type.lower() != E_FORMIDLING:
            continue
        for keys, names in _by_keys(task.config.e_formidling or EFormidlingConfig()).items():
            severity = ERROR if here in names else WARNING
            what, env = ", ".join(keys), ", ".join(names)
            findings.add("DG9313", at_element(element), severity, task=element.id, keys=what, env=env)


def _by_keys(config: EFormidlingConfig) -> dict[tuple[str, ...], list[str]]:
    """What is missing -> the environments that miss exactly this."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name in NAMES:
        missing = tuple(_missing(config, name))
        if missing:
            found.setdefault(missing, []).append(name)
    return found


def _missing(config: EFormidlingConfig, environment: str) -> Iterator[str]:
    if (config.disabled.get(environment) or "").strip().lower() == "true":
        return
    for key, of in _REQUIRED.items():
        value = of(config).get(environment) or ""
        if not value or (key in _WHOLE and not (value.isascii() and value.isdigit())):
            yield key
