"""The catalogue: service owners, app versions, resources and the rows of compiled policies."""

from datetime import datetime
from typing import Any
from uuid import UUID

from dialog_graph.storage.tables import columns as c


class ServiceOwner(c.Table, table=True):
    """An organisation that owns apps."""

    __table_args__ = (c.holds("service_owner_org_check", "org ~ '^[a-z][a-z0-9-]{1,29}$'::text"),)

    org: str = c.text(primary_key=True)
    organisation_number: str = c.text(unique=True)
    name: Any = c.json()


class AppVersion(c.Table, table=True):
    """One version of an app, with the files it is compiled from."""

    __table_args__ = (
        c.unique("app_id", "ordinal"),
        c.unique("app_id", "sha256"),
        c.index("app_version_active", "app_id", where="is_active", unique=True),
    )

    version_id: UUID = c.uuid(primary_key=True)
    app_id: str = c.text()
    org: str = c.text()
    ordinal: int = c.integer()
    sha256: str = c.text()
    files: bytes = c.binary()
    diagnostics: Any = c.json()
    is_active: bool = c.flag()
    registered_at: datetime = c.at()


class Resource(c.Table, table=True):
    """What dialogs and policies are about: an app, or a service of a service owner."""

    __table_args__ = (
        c.one_of("resource", "kind", "AltinnApp", "GenericAccessResource", "MigratedApp", "CorrespondenceService"),
    )

    resource_id: int = c.integer(primary_key=True, identity="always")
    identifier: str = c.text(unique=True)
    org: str = c.text()
    kind: str = c.text()
    title: Any = c.json()
    min_level: int = c.smallint(default_sql="0")
    is_delegable: bool = c.flag(default_sql="true")


class PolicyRight(c.Table, table=True):
    """One row of a compiled policy."""

    __table_args__ = (
        c.one_of("policy_right", "effect", "Permit", "Deny"),
        c.index("policy_right_resource", "resource_id"),
    )

    right_id: int = c.bigint(primary_key=True, identity="always")
    resource_id: int = c.integer(foreign_key="dg.resource.resource_id")
    action: str = c.text()
    scope: str = c.text()
    subject_kind: str = c.text()
    subject_value: str = c.text()
    subject_all: list[str] = c.texts()
    effect: str = c.text()
    min_level: int = c.smallint()
    min_level_org: int = c.smallint()
    policy_version: str = c.text()
    rule_id: str = c.text()


class CatalogueGeneration(c.Table, table=True):
    """The one row that grows with every registration."""

    __table_args__ = (c.holds("catalogue_generation_is_only_check", "is_only"),)

    is_only: bool = c.flag(primary_key=True, default_sql="true")
    generation: int = c.bigint()
