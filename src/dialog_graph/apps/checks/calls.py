"""Checks of calls of other apps, as far as these are known (app folder §14, `DG9401`–`DG9403`; process engine §13)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dialog_graph.apps.checks.places import at_element
from dialog_graph.apps.contents import paths
from dialog_graph.apps.diagnostics import WARNING
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.apps.version import AppVersion
from dialog_graph.bpmn import Element
from dialog_graph.bpmn.task_config import CallAppConfig
from dialog_graph.policy import ANY_ACTION, RELATION, Effect, org_key

OF_CALLS = frozenset({"DG9401", "DG9402", "DG9403"})
"""What depends on the other apps: said anew when they are known."""

_INSTANTIATE = "instantiate"
_ORG = "org"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherApps:
    """The apps of the same server or folder: their ids (`org/app`), and the versions of those that could be read."""

    ids: frozenset[str] = frozenset()
    versions: Mapping[str, AppVersion] = field(default_factory=dict[str, AppVersion])


def calls_of(version: AppVersion) -> Iterator[tuple[Element, CallAppConfig]]:
    """The elements that call another app, and how."""
    for element in version.definition.elements:
        call = element.task.config.call_app if element.task else None
        if call is not None:
            yield element, call


def check_calls(version: AppVersion, others: OtherApps | None, findings: Findings) -> None:
    """Every call; without knowledge of other apps only whether it leads out of this one."""
    for element, call in calls_of(version):
        app, at = call.app, at_element(element)
        called = version if app == str(version.app_id) else others.versions.get(app) if others else None
        if called is not None:
            _check_call(version, element, call, called, findings)
        elif others is None:
            findings.add("DG9401", at, WARNING, app=app, task=element.id, where="here, where the app is alone")
        elif app not in others.ids:
            findings.add("DG9401", at, app=app, task=element.id, where="on this server")


def _check_call(
    version: AppVersion, element: Element, call: CallAppConfig, called: AppVersion, findings: Findings
) -> None:
    at, app = at_element(element), call.app
    targets = [(target, _field_problem(target, called)) for target in (each.target for each in call.maps)]
    targets += [(each.target, _type_problem(each.target, called)) for each in call.attachments]
    targets += [(each.target, _field_problem(each.target, version)) for each in call.returns]
    for target, reason in targets:
        if reason is not None:
            findings.add("DG9402", at, app=app, task=element.id, target=target, reason=reason)
    if call.credentials == _ORG and not lets_in(called, version.app_id.org):
        findings.add("DG9403", at, app=app, task=element.id, org=version.app_id.org)


def _type_problem(data_type: str, app: AppVersion) -> str | None:
    return None if data_type in app.data_types else f"which is no data type of {app.app_id}"


def _field_problem(target: str, app: AppVersion) -> str | None:
    """What is wrong with `dataType:path` in an app."""
    data_type, colon, path = target.partition(":")
    if not colon or not path:
        return "which is not dataType:path"
    if data_type not in app.data_types or not app.data_types[data_type].is_form:
        return f"whose data type is no form of {app.app_id}"
    steps, model = paths.parse(path), app.models.get(data_type)
    known = steps is not None and (model is None or model.shape.at(steps) is not None)
    return None if known else f"whose path is not in the model of {app.app_id}"


def lets_in(app: AppVersion, org: str) -> bool:
    """True when some rule may permit it: for the org, alone or with more, or for whoever has to do with the party."""
    permits = (row for row in app.policy.rows if row.effect is Effect.PERMIT)
    asked = (row for row in permits if row.action in (ANY_ACTION, _INSTANTIATE))
    return any(org_key(org) in row.subject_all or row.subject_all == (RELATION,) for row in asked)
