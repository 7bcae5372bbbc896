"""Checks of the policy against the process and the data types (app folder §14, `DG91xx`)."""

from collections.abc import Iterator

from dialog_graph.apps.checks.places import at_data_type, at_element
from dialog_graph.apps.diagnostics import POLICY, PROCESS, At
from dialog_graph.apps.readers.reading import Findings
from dialog_graph.apps.version import AppVersion
from dialog_graph.bpmn import OWN_ACTIONS, TaskDefinition, TaskKind
from dialog_graph.bpmn.actions import type_actions
from dialog_graph.model.diagnostic import DiagnosticPlace
from dialog_graph.policy import (
    ANY,
    ANY_ACTION,
    RELATION,
    Effect,
    Row,
    Scope,
    delegation_key,
    end_scope,
    org_key,
    task_scope,
)
from dialog_graph.tasks import type_of


def check_policy(version: AppVersion, findings: Findings) -> None:
    """All checks, in the order of the codes. Only for apps that have a policy file."""
    permits = tuple(row for row in version.policy.rows if row.effect is Effect.PERMIT)
    if not any(_grants(row, "instantiate", row.scope) for row in permits):
        findings.add("DG9101", At(file=POLICY))
    _check_tasks(version, permits, findings)
    _check_delegation(version, permits, findings)
    _check_scopes(version, findings)
    _check_owner(version, permits, findings)
    for data_type in version.data_types.values():
        for action in (data_type.action_required_to_read, data_type.action_required_to_write):
            if action and not any(_grants(row, action, row.scope) for row in permits):
                findings.add("DG9107", at_data_type(data_type), action=action)


def _grants(row: Row, action: str, scope: Scope) -> bool:
    """True when the row speaks of this action in this scope."""
    wanted = action.casefold() if row.folds_action else action
    place = scope.casefold() if row.folds_scope else scope
    return row.action in (ANY_ACTION, wanted) and row.scope in (ANY, place)


def _check_tasks(version: AppVersion, permits: tuple[Row, ...], findings: Findings) -> None:
    for element in version.definition.tasks:
        task = element.task
        if task is None or task.kind is not TaskKind.USER:
            continue
        scope, at = task_scope(element.id), at_element(element)
        needed = _completing(version, task)
        if needed and not any(_grants(row, action, scope) for row in permits for action in needed):
            findings.add("DG9102", at, task=element.id, action=needed[0])
        for action in task.actions:
            if not any(_grants(row, action.name, scope) for row in permits):
                findings.add("DG9103", at, action=action.name, task=element.id)


def _completing(version: AppVersion, task: TaskDefinition) -> tuple[str, ...]:
    """The actions of which any completes the task; none where nothing can (that is `DG9202`)."""
    if task.has_handler:
        rule = type_of(task.type)
        return (*rule.required, *rule.owner_required)
    is_known = task.type in OWN_ACTIONS or version.logic.may_handle_type(task.type)
    return type_actions(task.type).own if is_known else ()


def _check_delegation(version: AppVersion, permits: tuple[Row, ...], findings: Findings) -> None:
    """Signees that the app names get their rights by a delegation, which the policy must know."""
    delegated = [row for row in permits if row.subject_all == (delegation_key(version.app_id),)]
    for element in version.definition.tasks:
        signature = element.task.config.signature if element.task else None
        if signature is None or signature.signee_provider_id is None:
            continue
        scope = task_scope(element.id)
        missing = [name for name in ("read", "sign") if not any(_grants(row, name, scope) for row in delegated)]
        if missing:
            place = DiagnosticPlace(file=PROCESS, line=element.line, message="the task")
            at = At(file=POLICY, element_id=element.id, related=(place,))
            findings.add("DG9109", at, task=element.id, actions=" and ".join(missing))


def _check_scopes(version: AppVersion, findings: Findings) -> None:
    known = {*_scopes(version)}
    folded = {scope.casefold() for scope in known}
    for row in version.policy.rows:
        is_place = row.scope.startswith(("task:", "end:"))
        if is_place and row.scope not in (folded if row.folds_scope else known):
            findings.add("DG9104", At(file=POLICY, line=row.line), id=row.scope.partition(":")[2])


def _scopes(version: AppVersion) -> Iterator[str]:
    yield from (task_scope(element.id) for element in version.definition.tasks)
    yield from (end_scope(element.id) for element in version.definition.end_events)


def _check_owner(version: AppVersion, permits: tuple[Row, ...], findings: Findings) -> None:
    """What the parties see after the end, and what the service owner needs to fetch the data and say so."""
    owner = org_key(version.app_id.org)
    ends = [end_scope(element.id) for element in version.definition.end_events]
    of_parties = [row for row in permits if row.subject_all != (owner,)]
    of_owner = [row for row in permits if row.subject_all in ((owner,), (RELATION,))]
    if ends and not any(_grants(row, "read", end) for row in of_parties for end in ends):
        findings.add("DG9105", At(file=POLICY))
    for code, action in (("DG9106", "complete"), ("DG9108", "read")):
        if not any(_grants(row, action, row.scope) for row in of_owner):
            findings.add(code, At(file=POLICY))
