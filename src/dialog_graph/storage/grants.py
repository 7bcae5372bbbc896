"""Grants: the rows that row level security asks, one per subject, party and resource (security rules §3.5).

They are built by the SQL function `build_grants`, their only writer: for a subject when a transaction finds them
missing or old (`storage.database`), for a resource when its policy changes. A grant answers "may be relevant here", the
decision table answers exactly.
"""

from collections.abc import Iterable
from types import MappingProxyType

from dialog_graph.storage.database import Transaction

READ = 1
OTHER = 512
"""Every action that has no bit of its own; the exact name is decided by the table."""

BITS = MappingProxyType(
    {
        "read": READ,
        "write": 2,
        "instantiate": 4,
        "delete": 8,
        "confirm": 16,
        "sign": 32,
        "pay": 64,
        "complete": 128,
        "reject": 256,
    }
)
"""Bit of each action in `access_grant.actions`; the SQL function `action_bit` says the same."""


def bit(action: str) -> int:
    """Bit of an action."""
    return BITS.get(action, OTHER)


async def rebuild_resource(tx: Transaction, resource_id: int) -> None:
    """Brings the grants on one resource up to date for everybody, after its policy was written in this transaction.

    From here to the commit nobody else's grants are built, so that none is built from the policy of before.
    """
    await tx.execute("select dg.build_grants(null, $1)", resource_id)


async def raise_epoch(tx: Transaction, subject_ids: Iterable[int]) -> None:
    """Makes the next transaction of each subject build its grants anew: after every change that could remove a right.

    For a right given or taken from an organisation, name those who hold its key roles too (`key_role_holders`).
    """
    await tx.execute(
        """
        insert into subject_epoch as e (subject_id) select distinct unnest($1::int[]) order by 1
        on conflict (subject_id) do update set epoch = e.epoch + 1
        """,
        list(subject_ids),
    )


async def key_role_holders(tx: Transaction, party_id: int) -> list[int]:
    """Subjects that hold a key role at a party, and so inherit what is delegated to it."""
    rows = await tx.fetch(
        """
        select distinct r.subject_id from party_role r join key_role using (role_code)
         where r.party_id = $1 and r.role_kind = 'rolecode' and (r.valid_to is null or r.valid_to > clock_timestamp())
        """,
        party_id,
    )
    return [row["subject_id"] for row in rows]
