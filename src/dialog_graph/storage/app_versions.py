"""The rows of an app's versions, and what an active one writes beside them: its resource, policy and grants.

All of it in the transaction of `Catalogue.register`, under the lock of the app. Rules: app folder §1.6, security
rules §3.1, §4.5.
"""

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from dialog_graph.apps.files import Files
from dialog_graph.apps.version import AppVersion
from dialog_graph.model import ids
from dialog_graph.model.diagnostic import Diagnostic, Diags
from dialog_graph.model.json_value import Json
from dialog_graph.policy import Combining, DecisionTable, Effect, Row
from dialog_graph.storage import grants
from dialog_graph.storage.database import Transaction
from dialog_graph.urns import AppId


async def store(tx: Transaction, app_id: AppId, files: Files, diagnostics: Diags) -> tuple[UUID, int]:
    """Id and ordinal of the version with these files, stored now unless it is there already.

    Its findings are those of the last registration: newer programs find more, and other apps have come or gone.
    """
    told = [_diagnostic_json(diagnostic) for diagnostic in diagnostics]
    known = await tx.fetchrow(
        "select version_id, ordinal, diagnostics from app_version where app_id = $1 and sha256 = $2",
        str(app_id),
        files.sha256,
    )
    if known is not None:
        if known["diagnostics"] != told:
            await tx.execute("update app_version set diagnostics = $2 where version_id = $1", known["version_id"], told)
        return known["version_id"], known["ordinal"]
    version_id = ids.from_random(tx.now, os.urandom(16))
    ordinal: int = await tx.fetchval(
        """
        insert into app_version (
            version_id, app_id, org, ordinal, sha256, files, diagnostics, is_active, registered_at)
        select $1, $2, $3, coalesce(max(ordinal), 0) + 1, $4, $5, $6, false, $7 from app_version where app_id = $2
        returning ordinal
        """,
        version_id,
        str(app_id),
        app_id.org,
        files.sha256,
        files.to_archive(),
        told,
        tx.now,
    )
    return version_id, ordinal


def _diagnostic_json(diagnostic: Diagnostic) -> Json:
    # As the driver gives it back, so that what is stored can be compared with what is found.
    members: dict[str, Any] = asdict(diagnostic) | {"related": [asdict(place) for place in diagnostic.related]}
    return {name: value for name, value in members.items() if value}


def stored_diagnostics(rows: Sequence[Any]) -> Diags:
    """Findings as they were stored with a version; members that are empty are left out there."""
    return tuple(_DIAGNOSTIC.validate_python(row) for row in rows)


_DIAGNOSTIC = TypeAdapter(Diagnostic)


async def activate(tx: Transaction, app_id: AppId, version_id: UUID) -> bool:
    """Makes the version the active one of its app; False when it is that already."""
    if await tx.fetchval("select is_active from app_version where version_id = $1", version_id):
        return False
    await tx.execute("update app_version set is_active = false where app_id = $1 and is_active", str(app_id))
    await tx.execute("update app_version set is_active = true where version_id = $1", version_id)
    return True


async def write_resource(tx: Transaction, version: AppVersion) -> int:
    """Writes the resource of an app as its version describes it; its id."""
    access = version.metadata.resource_description.get("access")
    is_delegable = not (isinstance(access, dict) and access.get("delegable") is False)
    levels = [row.min_level or 0 for row in version.policy.rows if row.effect is Effect.PERMIT]
    return await tx.fetchval(
        """
        insert into resource (identifier, org, kind, title, min_level, is_delegable)
        values ($1, $2, 'AltinnApp', $3, $4, $5)
        on conflict (identifier) do update
           set title = excluded.title, min_level = excluded.min_level, is_delegable = excluded.is_delegable
        returning resource_id
        """,
        version.app_id.resource,
        version.app_id.org,
        dict(version.title),
        min(levels, default=0),
        is_delegable,
    )


async def write_policy(tx: Transaction, resource_id: int, table: DecisionTable) -> None:
    """Replaces the policy rows of a resource and, when they differ, the grants of everybody on it."""
    written = await tx.fetchval("select policy_version from policy_right where resource_id = $1 limit 1", resource_id)
    if written == table.policy_version:
        return
    await tx.execute("delete from policy_right where resource_id = $1", resource_id)
    rows = [row for row in table.rows if row.effect is Effect.PERMIT or table.combining is Combining.DENY_OVERRIDES]
    await tx.executemany(
        """
        insert into policy_right (
            resource_id, action, scope, subject_kind, subject_value, subject_all, effect, min_level, min_level_org,
            policy_version, rule_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        [(resource_id, *_right(row), table.policy_version, row.rule_id) for row in rows],
    )
    await grants.rebuild_resource(tx, resource_id)


def _right(row: Row) -> tuple[object, ...]:
    return (
        row.action,
        row.scope,
        row.subject_kind,
        row.subject_value,
        list(row.subject_all),
        row.effect.value,
        row.min_level or 0,
        (row.min_level if row.min_level_org is None else row.min_level_org) or 0,
    )
