"""Open incidents as rows (process engine §9). What went wrong inside is the owning org's: the database says so too."""

from uuid import UUID

from dialog_graph.model.waits import Incident
from dialog_graph.storage.database import Row, Snapshot

_COLUMNS = """
incident_id, instance_id, token, element_id, entry_no, entry_id, code, attempts, is_retryable, opened_at
"""
_OF = f"select {_COLUMNS} from incident where instance_id = any($1::uuid[]) order by opened_at, token"
_WHOLE = "select * from incident where instance_id = any($1::uuid[]) order by opened_at, token"


async def of_instances(tx: Snapshot, ids: list[UUID]) -> list[tuple[UUID, Incident]]:
    """The open incidents of instances, the oldest first; an org's caller also reads what went wrong."""
    rows = await tx.fetch(_WHOLE if tx.principal.is_org else _OF, ids)
    return [(row["instance_id"], decode(row)) for row in rows]


def decode(row: Row) -> Incident:
    """An incident from its row; without message and details unless they were read."""
    known = set(row.keys())
    return Incident(
        incident_id=row["incident_id"],
        token=row["token"],
        element_id=row["element_id"],
        entry_no=row["entry_no"],
        code=row["code"],
        message=row["message"] if "message" in known else "",
        opened_at=row["opened_at"],
        entry_id=row["entry_id"],
        details=row["details"] if "details" in known else None,
        attempts=row["attempts"],
        is_retryable=row["is_retryable"],
    )
