"""The party register, delegations, and the grants that are built of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from dialog_graph.storage.tables import columns as c


class Party(c.Table, table=True):
    """A person, organisation or other owner of dialogs, or a system user."""

    __table_args__ = (
        c.one_of("party", "kind", "PERSON", "ORGANISATION", "SUBUNIT", "EMAIL_USER", "SELF_IDENTIFIED", "SYSTEM_USER"),
        c.index("party_parent", "parent_id", where="parent_id IS NOT NULL"),
    )

    party_id: int = c.integer(primary_key=True, identity="default")
    uuid: UUID = c.uuid(unique=True)
    kind: str = c.text()
    identifier: str = c.text(unique=True)
    name: str = c.text()
    parent_id: int | None = c.integer(foreign_key="dg.party.party_id")
    is_deleted: bool = c.flag(default_sql="false")


class PartyRole(c.Table, table=True):
    """What a subject is to a party."""

    __table_args__ = (
        c.one_of("party_role", "role_kind", "rolecode", "accesspackage", "external-role"),
        c.index("party_role_party", "party_id"),
    )

    subject_id: int = c.integer(primary_key=True, foreign_key="dg.party.party_id")
    party_id: int = c.integer(primary_key=True, foreign_key="dg.party.party_id")
    role_kind: str = c.text(primary_key=True)
    role_code: str = c.text(primary_key=True)
    source: str = c.text()
    valid_to: datetime | None = c.at()


class KeyRole(c.Table, table=True):
    """A role whose holders act for the whole organisation."""

    role_code: str = c.text(primary_key=True)


class Delegation(c.Table, table=True):
    """A right given by a party; never deleted, but revoked."""

    __table_args__ = (
        c.one_of("delegation", "via", "rule", "user", "app"),
        c.index("delegation_subject", "to_subject", where="revoked_at IS NULL"),
    )

    delegation_id: UUID = c.uuid(primary_key=True)
    from_party: int = c.integer(foreign_key="dg.party.party_id")
    to_subject: int = c.integer(foreign_key="dg.party.party_id")
    resource_id: int | None = c.integer(foreign_key="dg.resource.resource_id")
    instance_id: UUID | None = c.uuid()
    actions: list[str] = c.texts()
    via: str = c.text()
    created_by: Any = c.json()
    created_at: datetime = c.at()
    valid_to: datetime | None = c.at()
    revoked_at: datetime | None = c.at()


class SubjectEpoch(c.Table, table=True):
    """How new a subject's grants must be, and how new they are."""

    subject_id: int = c.integer(primary_key=True, foreign_key="dg.party.party_id")
    epoch: int = c.bigint(default_sql="1")
    built_epoch: int = c.bigint(default_sql="0")
    fresh_until: datetime | None = c.at()


class AccessGrant(c.Table, table=True):
    """What a subject may do for a party with a resource, as bits."""

    __table_args__ = (c.key("subject_id", "party_id", "resource_id", include=("actions", "min_level")),)

    subject_id: int = c.integer(primary_key=True)
    party_id: int = c.integer(primary_key=True)
    resource_id: int = c.integer(primary_key=True)
    actions: int = c.integer()
    min_level: int = c.smallint()
    epoch: int = c.bigint()
    expires_at: datetime | None = c.at()


class InstanceGrant(c.Table, table=True):
    """What a subject may do with one instance, as bits."""

    subject_id: int = c.integer(primary_key=True)
    instance_id: UUID = c.uuid(primary_key=True)
    actions: int = c.integer()
    expires_at: datetime | None = c.at()


class UsedJti(c.Table, table=True):
    """A token that may be used once, and was."""

    issuer: str = c.text(primary_key=True)
    jti: str = c.text(primary_key=True)
    expires_at: datetime = c.at()
