"""Who acts: the result of identification, and the short form that is stored with facts.

Kinds and their attributes: security rules §2. A `Principal` is made by `access.principals` from a verified token, or
by the server itself for its own duties; there is no other way to get one.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from dialog_graph.model.json_value import Json


class PrincipalKind(StrEnum):
    """The kinds of callers; a caller has exactly one."""

    PERSON = "PERSON"
    EMAIL_USER = "EMAIL_USER"
    SYSTEM_USER = "SYSTEM_USER"
    SERVICE_OWNER = "SERVICE_OWNER"
    ORGANISATION = "ORGANISATION"
    DIALOG_HOLDER = "DIALOG_HOLDER"
    APP_WORKER = "APP_WORKER"
    SYSTEM = "SYSTEM"
    ANONYMOUS = "ANONYMOUS"


class Road(StrEnum):
    """Database role that a principal's transactions run under; one connection pool per road."""

    USER = "dg_user"
    ORG = "dg_org"
    ANONYMOUS = "dg_anon"
    DISPATCH = "dg_dispatch"


ROADS = MappingProxyType(
    {
        PrincipalKind.PERSON: Road.USER,
        PrincipalKind.EMAIL_USER: Road.USER,
        PrincipalKind.SYSTEM_USER: Road.USER,
        PrincipalKind.SERVICE_OWNER: Road.ORG,
        PrincipalKind.ORGANISATION: Road.USER,
        PrincipalKind.DIALOG_HOLDER: Road.USER,
        PrincipalKind.APP_WORKER: Road.ORG,
        PrincipalKind.SYSTEM: Road.DISPATCH,
        PrincipalKind.ANONYMOUS: Road.ANONYMOUS,
    }
)

ORG_KINDS = frozenset({PrincipalKind.SERVICE_OWNER, PrincipalKind.APP_WORKER})
"""Kinds that act as a service owner."""

ORGANISATION_LEVEL_KINDS = ORG_KINDS | {PrincipalKind.ORGANISATION, PrincipalKind.SYSTEM_USER}
"""Kinds that the organisation's minimum authentication level applies to (security rules §4.5)."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, as stored in events and rows: kind and surrogate id, never a national number.

    `party_id` is the acting person, e-mail user, system user or organisation in the party register; `org` the code of
    a service owner. `name` is filled in only when the actor is read for display.
    """

    kind: PrincipalKind
    party_id: int | None = None
    org: str | None = None
    level: int = 0
    name: str | None = None
    urn: str | None = None

    def to_json(self) -> dict[str, Json]:
        """Stored form: only what is set, without name and URN."""
        stored: dict[str, Json] = {"kind": self.kind.value, "level": self.level}
        if self.party_id is not None:
            stored["party"] = self.party_id
        if self.org is not None:
            stored["org"] = self.org
        return stored

    @staticmethod
    def from_json(stored: dict[str, Json]) -> "Actor":
        """Reads the stored form; trusts it, because only `to_json` writes it."""
        party, org, level = stored.get("party"), stored.get("org"), stored.get("level")
        return Actor(
            kind=PrincipalKind(str(stored["kind"])),
            party_id=party if isinstance(party, int) else None,
            org=org if isinstance(org, str) else None,
            level=level if isinstance(level, int) else 0,
        )

    @property
    def key(self) -> str:
        """Text that tells actors apart (idempotency keys, seen log)."""
        return f"{self.kind.value}:{self.org or self.party_id or ''}"


SYSTEM_ACTOR = Actor(PrincipalKind.SYSTEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A caller whose identity is proven.

    `urn`: the caller's own URN, or "anonymous". `subject_id`: party id of the acting person, e-mail user, system user
    or organisation. `org`: code of the service owner (also for app workers). `level`: 0, 3 or 4. `expires_at`: Unix
    seconds, None for the server's own principals. `dialog_id`: only for holders of a dialog token.
    """

    kind: PrincipalKind
    urn: str
    level: int = 0
    name: str | None = None
    subject_id: int | None = None
    org: str | None = None
    app: str | None = None
    organisation_number: str | None = None
    scopes: frozenset[str] = field(default_factory=frozenset[str])
    expires_at: int | None = None
    dialog_id: UUID | None = None
    token_id: str | None = None

    @property
    def road(self) -> Road:
        """Database role of this principal's transactions."""
        return ROADS[self.kind]

    @property
    def is_org(self) -> bool:
        """True for service owners and the workers of their apps."""
        return self.kind in ORG_KINDS

    @property
    def actor(self) -> Actor:
        """The form that is stored with what this principal does."""
        return Actor(self.kind, self.subject_id, self.org, self.level, self.name, self.urn)


ANONYMOUS = Principal(kind=PrincipalKind.ANONYMOUS, urn="anonymous")


def app_worker(org: str, app: str) -> Principal:
    """The server acting for an app in work that the process itself started."""
    return Principal(kind=PrincipalKind.APP_WORKER, urn=f"urn:altinn:org:{org}", level=3, org=org, app=app)


def system(duty: str) -> Principal:
    """The server carrying out one named duty (dispatch, retention …)."""
    return Principal(kind=PrincipalKind.SYSTEM, urn=f"urn:dialog-graph:duty:{duty}", name=duty)
