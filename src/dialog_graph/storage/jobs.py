"""Jobs as rows: claimed with a lease, worked on outside of any transaction, settled under a fence (process engine §9).

The fence is the attempt: every claim raises it, and an outcome under an older one is dropped. Of the ordered jobs of an
instance one runs at a time, the oldest of those that are due. Claims run on the dispatch road, the rest as the worker.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dialog_graph.model.waits import Job
from dialog_graph.storage.database import Row, Snapshot, Transaction
from dialog_graph.storage.timers import app_of
from dialog_graph.urns import AppId

LEASE = timedelta(seconds=60)
MAX_CRASHES = 5
"""Attempts that may end without a word before the job is given up."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that this worker holds. `attempt`: the fence; `crashes`: attempts that ended without a word."""

    job_id: UUID
    attempt: int
    crashes: int
    instance_id: UUID
    app_id: AppId
    kind: str


# Another ordered job of the instance goes first when it runs now, or is due now and older.
_CLAIM = """
with due as (
    select j.job_id from job j
     where j.next_at <= $1 and not j.is_held and (j.lease_until is null or j.lease_until < $1)
       and not (j.is_ordered and exists (
           select from job o
            where o.instance_id = j.instance_id and o.is_ordered and o.job_id <> j.job_id
              and (o.lease_until >= $1 or (o.next_at <= $1 and o.job_seq < j.job_seq))))
     order by j.next_at, j.job_seq limit $4 for update skip locked
)
update job j
   set attempt = attempt + 1, crashes = crashes + (lease_until is not null)::int, lease_until = $2, lease_owner = $3
  from due where j.job_id = due.job_id
returning j.job_id, j.attempt, j.crashes, j.instance_id, j.app_id, j.kind, j.job_seq
"""
_NEXT = """
select next_at from job where not is_held and (lease_until is null or lease_until < $1) order by next_at limit 1
"""
_RENEW = "update job set lease_until = $3 where job_id = $1 and attempt = $2 returning true"
_RELEASE = "update job set lease_until = null, lease_owner = null where job_id = $1 and attempt = $2"


async def claim(tx: Transaction, holder: str, limit: int) -> list[Claimed]:
    """Jobs that are due, leased to `holder`, in their order; commit before work begins."""
    rows = await tx.fetch(_CLAIM, tx.now, tx.now + LEASE, holder, limit)
    return [
        Claimed(row["job_id"], row["attempt"], row["crashes"], row["instance_id"], app_of(row["app_id"]), row["kind"])
        for row in sorted(rows, key=lambda row: row["job_seq"])
    ]


async def next_due(tx: Transaction) -> datetime | None:
    """When the next job comes due, None when there is none; one that another goes before may be due already."""
    return await tx.fetchval(_NEXT, tx.now)


async def renew(tx: Transaction, claimed: Claimed) -> bool:
    """Begins the lease anew; False when the job is gone or another worker's."""
    return bool(await tx.fetchval(_RENEW, claimed.job_id, claimed.attempt, tx.now + LEASE))


async def release(tx: Transaction, claimed: Claimed) -> None:
    """Gives a job back that was not worked on to its end: the next claim is no sign of a crash."""
    await tx.execute(_RELEASE, claimed.job_id, claimed.attempt)


_ONE = "select * from job where job_id = $1 and attempt = $2"
_POSTPONE = """
update job set
    stage = $3, failures = $4, deferrals = $5, next_at = $6, last_code = $7, last_error = $8, reason = $9, done = $10,
    total = $11, lease_until = null, lease_owner = null
 where job_id = $1 and attempt = $2
"""
_DELETE = "delete from job where job_id = $1 and attempt = $2"


async def held(tx: Snapshot, claimed: Claimed) -> Job | None:
    """The job with all it carries, None when it is gone or another worker's."""
    row = await tx.fetchrow(_ONE, claimed.job_id, claimed.attempt)
    return None if row is None else decode(row)


async def postpone(tx: Transaction, job: Job) -> None:
    """Stores what became of an attempt, and gives the job back until its next one."""
    await tx.execute(
        _POSTPONE, job.job_id, job.attempt, job.stage, job.failures, job.deferrals, job.next_at, job.last_code,
        job.last_error, job.reason, job.done, job.total,
    )  # fmt: skip


async def delete(tx: Transaction, claimed: Claimed) -> None:
    """Removes a job that the process does not wait for."""
    await tx.execute(_DELETE, claimed.job_id, claimed.attempt)


_COLUMNS = """
instance_id, job_id, kind, key, created_at, next_at, element_id, owner, entry_no, entry_id, task_type, stage,
is_ordered, attempt, failures, crashes, deferrals, last_code, reason, done, total
"""
_OF = f"select {_COLUMNS} from job where instance_id = any($1::uuid[]) order by job_seq"
_WHOLE = f"select {_COLUMNS}, last_error from job where instance_id = any($1::uuid[]) order by job_seq"


async def of_instances(tx: Snapshot, ids: list[UUID]) -> list[tuple[UUID, Job]]:
    """The jobs of instances, the oldest first; an org's caller also reads what went wrong."""
    rows = await tx.fetch(_WHOLE if tx.principal.is_org else _OF, ids)
    return [(row["instance_id"], decode(row)) for row in rows]


def decode(row: Row) -> Job:
    """A job from its row; what the caller did not read stays empty."""
    known = set(row.keys())
    return Job(
        job_id=row["job_id"],
        kind=row["kind"],
        key=row["key"],
        created_at=row["created_at"],
        next_at=row["next_at"],
        element_id=row["element_id"],
        owner=row["owner"],
        entry_no=row["entry_no"],
        entry_id=row["entry_id"],
        task_type=row["task_type"],
        stage=row["stage"],
        is_ordered=row["is_ordered"],
        data=row["data"] if "data" in known else {},
        attempt=row["attempt"],
        failures=row["failures"],
        crashes=row["crashes"],
        deferrals=row["deferrals"],
        last_code=row["last_code"],
        last_error=row["last_error"] if "last_error" in known else None,
        reason=row["reason"],
        done=row["done"],
        total=row["total"],
    )
