"""Parties: persons, organisations and the other owners of dialogs, and what a caller is to them."""

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from dialog_graph import urns


class PartyKind(StrEnum):
    """Kinds of rows in the party register. System users can act, but own no dialogs."""

    PERSON = "PERSON"
    ORGANISATION = "ORGANISATION"
    SUBUNIT = "SUBUNIT"
    EMAIL_USER = "EMAIL_USER"
    SELF_IDENTIFIED = "SELF_IDENTIFIED"
    SYSTEM_USER = "SYSTEM_USER"


URN_PREFIXES = MappingProxyType(
    {
        PartyKind.PERSON: urns.PERSON,
        PartyKind.ORGANISATION: urns.ORGANISATION,
        PartyKind.SUBUNIT: urns.ORGANISATION,
        PartyKind.EMAIL_USER: urns.EMAIL_USER,
        PartyKind.SELF_IDENTIFIED: urns.SELF_IDENTIFIED,
        PartyKind.SYSTEM_USER: urns.SYSTEM_USER,
    }
)

KEY_ROLES = frozenset({"DAGL", "LEDE", "INNH", "DTPR", "DTSO", "BEST"})
"""Register roles whose holders act for the whole organisation (security rules §3.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One row of the register. `identifier`: national, organisation or user number, or e-mail address."""

    party_id: int
    uuid: UUID
    kind: PartyKind
    identifier: str
    name: str
    parent_id: int | None = None
    is_deleted: bool = False

    @property
    def urn(self) -> str:
        """The party as clients write it."""
        return URN_PREFIXES[self.kind] + self.identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """What one caller is to one party: role codes in upper case, access packages, delegated resources.

    All empty means: no relation, so for this caller the party does not exist. `delegations` maps a resource id (or
    `{resource}/{instance id}`) to the delegated actions.
    """

    roles: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()
    delegations: MappingProxyType[str, frozenset[str]] = field(
        default_factory=lambda: MappingProxyType[str, frozenset[str]]({})
    )

    @property
    def exists(self) -> bool:
        """True when the caller may know of the party."""
        return bool(self.roles or self.packages or self.delegations)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepresentedParty:
    """A party together with what the caller is to it, as the party lists show it."""

    party: Party
    relations: Relations
    is_self: bool = False
    only_sub_parties: bool = False
    sub_parties: tuple["RepresentedParty", ...] = ()
