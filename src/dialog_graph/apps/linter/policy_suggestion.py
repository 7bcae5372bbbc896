"""A policy made from an app's process: what `dialog-graph policy suggest` prints (app folder §14).

It grants what the process cannot do without and no more: each task's action and its declared ones to the given roles
while the task is current, `instantiate` and `read` to them, `read` and `complete` to the service owner. A task that
waits for the service owner is the service owner's: the parties must not pass it. What begins by itself is started by
the service owner.
"""

from collections.abc import Iterator, Sequence

from dialog_graph.apps.contents.metadata import PartyType
from dialog_graph.apps.diagnostics import POLICY
from dialog_graph.apps.files import Files
from dialog_graph.apps.linter.policy_draft import DELEGATED, OWNER, DraftRule, policy_xml, role
from dialog_graph.apps.loader import load
from dialog_graph.apps.version import AppVersion
from dialog_graph.bpmn import Element, TaskKind
from dialog_graph.model.diagnostic import Diags
from dialog_graph.tasks import Awaits, type_of

LEVEL = 3
"""Authentication level that a suggested policy asks for."""

_ROLE_OF_PARTY = {
    PartyType.PERSON: "PRIV",
    PartyType.ORGANISATION: "DAGL",
    PartyType.SUB_UNIT: "DAGL",
    PartyType.BANKRUPTCY_ESTATE: "BOBE",
}
"""Who usually acts for a kind of party."""

_EVERYBODY = (PartyType.PERSON, PartyType.ORGANISATION)
"""The kinds of parties of an app that names none."""


def suggest_policy(files: Files, environment: str, roles: Sequence[str] = ()) -> str | Diags:
    """The text of a policy for the app; its findings when there is no process to make one from.

    A policy that the folder has already does not count. `roles`: role codes of those who use the app; without any,
    the usual ones of the parties that it allows.
    """
    others = {path: content for path, content in files.contents.items() if path != POLICY}
    version, diagnostics = load(Files(contents=others, place=files.place), environment)
    if version is None:
        return tuple(item for item in diagnostics if item.is_error)
    codes = tuple(dict.fromkeys(code.strip().upper() for code in roles)) or _usual_roles(version)
    return policy_xml(tuple(_rules(version, tuple(role(code) for code in codes))), LEVEL)


def _usual_roles(version: AppVersion) -> tuple[str, ...]:
    allowed = version.metadata.party_types_allowed or _EVERYBODY
    return tuple(dict.fromkeys(code for kind, code in _ROLE_OF_PARTY.items() if kind in allowed))


def _rules(version: AppVersion, users: tuple[tuple[str, str], ...]) -> Iterator[DraftRule]:
    yield from _starting_rules(version, users)
    for element in version.definition.tasks:
        if element.task is not None and element.task.kind is TaskKind.USER:
            yield from _task_rules(element, users)
    if any(_is_delegated(element) for element in version.definition.tasks):
        description = "Those who are asked to sign read and sign."
        yield DraftRule(description=description, subjects=(DELEGATED,), actions=("read", "sign"))
    description = "The service owner fetches the data and confirms that it has it."
    yield DraftRule(description=description, subjects=(OWNER,), actions=("read", "complete", *_guards(version)))


def _starting_rules(version: AppVersion, users: tuple[tuple[str, str], ...]) -> Iterator[DraftRule]:
    starts = [element.event is None for element in version.definition.start_events]
    if any(starts):
        yield DraftRule(description="Starts and reads, at any time.", subjects=users, actions=("instantiate", "read"))
    else:
        yield DraftRule(description="Reads, at any time.", subjects=users, actions=("read",))
    if not all(starts):
        description = "A message, a signal or a timer begins the process."
        yield DraftRule(description=description, subjects=(OWNER,), actions=("instantiate",))


def _task_rules(element: Element, users: tuple[tuple[str, str], ...]) -> Iterator[DraftRule]:
    task = element.task
    if task is None:
        return
    kind = type_of(task.type)
    actions = (*kind.required[:1], *(action.name for action in task.actions))
    if actions:
        name = f"{element.id} ({element.name})" if element.name else element.id
        yield DraftRule(
            description=f"While {name} is current.",
            subjects=(OWNER,) if kind.awaits is Awaits.FEEDBACK else users,
            actions=tuple(dict.fromkeys(actions)),
            task=element.id,
        )


def _is_delegated(element: Element) -> bool:
    signature = element.task.config.signature if element.task else None
    return signature is not None and signature.signee_provider_id is not None


def _guards(version: AppVersion) -> tuple[str, ...]:
    """Actions that data types ask for on top of read and write; the service owner says who else may have them."""
    found = (
        action
        for data_type in version.data_types.values()
        for action in (data_type.action_required_to_read, data_type.action_required_to_write)
        if action
    )
    return tuple(dict.fromkeys(found))
