"""What is asked of a policy: an action, where the instance stands, and who asks, as keys the table compares.

A subject key is `{attribute id}={value}` with the value case-folded: role codes are compared without case, and the
other attributes are digits, lower-case codes or UUIDs in the register. Only the delegation key keeps the letter case
of the app's name. Attributes: security rules §4.4, app folder rules §5.
"""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from dialog_graph.urns import AppId

ROLE = "urn:altinn:rolecode"
PACKAGE = "urn:altinn:accesspackage"
ORG = "urn:altinn:org"
ORGANISATION_NUMBER = "urn:altinn:organizationnumber"
ORGANISATION = "urn:altinn:organization:identifier-no"
SYSTEM_USER = "urn:altinn:systemuser:uuid"
DELEGATION = "urn:altinn:resource:delegation"
PARTY = "urn:altinn:partyid"
USER = "urn:altinn:userid"
APP = "urn:altinn:app"
RESOURCE = "urn:altinn:resource"
TASK = "urn:altinn:task"
END_EVENT = "urn:altinn:end-event"
APP_RESOURCE = "urn:altinn:appresource"
ACTION = "urn:oasis:names:tc:xacml:1.0:action:action-id"
RELATION = "relation"
"""Subject key of a rule that names no subject: some relation to the party, or the owning org."""

Scope = NewType("Scope", str)
"""Where a right is asked or holds: `any` (rows only), `before`, `task:X`, `end:X` or `appresource:X`."""

ANY = Scope("any")
BEFORE_INSTANCE = Scope("before")
EVENTS = Scope("appresource:events")


def task_scope(task_id: str) -> Scope:
    """While this task is current; with parallel tasks each is asked for itself."""
    return Scope(f"task:{task_id}")


def end_scope(end_event_id: str | None) -> Scope:
    """After the process has ended there; None when it ended without an end event."""
    return Scope(f"end:{end_event_id or ''}")


def _key(attribute: str, value: str) -> str:
    return f"{attribute}={value.casefold()}"


def role_key(code: str) -> str:
    """Holder of a role code for the party asked about, in any letter case."""
    return _key(ROLE, code)


def package_key(code: str) -> str:
    """Holder of an access package for the party asked about."""
    return _key(PACKAGE, code)


def org_key(org: str) -> str:
    """Service owner by its code."""
    return _key(ORG, org)


def organisation_key(number: str) -> str:
    """Organisation by its nine digits; stands for both attribute ids that carry it."""
    return _key(ORGANISATION, number)


def system_user_key(system_user: UUID) -> str:
    """System user by its id."""
    return _key(SYSTEM_USER, str(system_user))


def delegation_key(app: AppId) -> str:
    """Holder of an instance delegation that the app gave for the instance asked about."""
    return f"{DELEGATION}={app.resource}"


def party_key(party_id: int) -> str:
    """A person or organisation by its own party id (not the party asked about)."""
    return _key(PARTY, str(party_id))


def user_key(user_id: int) -> str:
    """A person by user id."""
    return _key(USER, str(user_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to a policy.

    `subjects`: keys made by the functions of this module, for the party asked about. `has_relation`: some role,
    package or delegation for that party, or the owning org. `is_organisation`: an organisation or system user, for
    whom the other minimum level applies. `level`: authentication level 0-4. `party_id`, `instance_id`: what is asked
    about (None where there is none). `org`: owner of the resource.
    """

    action: str
    scope: Scope
    subjects: frozenset[str]
    has_relation: bool
    is_organisation: bool
    level: int
    org: str
    party_id: int | None = None
    instance_id: UUID | None = None

    @property
    def keys(self) -> frozenset[str]:
        """All subject keys, the one of the relation included."""
        return self.subjects | _RELATED if self.has_relation else self.subjects


_RELATED = frozenset({RELATION})
