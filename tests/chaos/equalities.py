"""What must be equal in the database whatever has happened: all of a step is there, or nothing of it.

Each equality is one statement that gives the rows which break it. `$1` is a list of instances, or null for all.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

import asyncpg

from tests.chaos.equalities_of_waits import OF, OF_WAITS

_OF_OWNER = "'feedback', 'externalValidation', 'receiveMessage'"
"""Types of tasks that the service owner ends; the dialog speaks of them when nobody else is waited for."""

EQUALITIES: Mapping[str, str] = {
    "the revision counts the commits": f"""
        select i.instance_id, i.revision || ' <> ' || count(distinct e.xid)::text
          from dg.instance i left join dg.event e on e.stream_id = i.instance_id
         where {OF} group by i.instance_id having i.revision <> count(distinct e.xid)
    """,
    "the events of an instance have no gap": f"""
        select i.instance_id, i.event_seq || ': ' || count(e.seq)::text
          from dg.instance i left join dg.event e on e.stream_id = i.instance_id
         where {OF} group by i.instance_id
        having (i.event_seq, i.event_seq, 1) is distinct from (count(e.seq), max(e.stream_seq), min(e.stream_seq))
    """,
    "the events of a dialog have no gap": f"""
        select i.instance_id, d.last_update_seq || ': ' || count(e.seq)::text
          from dg.instance i join dg.dialog d using (instance_id) left join dg.event e on e.stream_id = d.dialog_id
         where {OF} group by i.instance_id, d.dialog_id
        having (d.last_update_seq, d.last_update_seq, 1)
               is distinct from (count(e.seq), max(e.stream_seq), min(e.stream_seq))
    """,
    "no event without its instance": """
        select e.instance_id, e.type from dg.event e
         where ($1::uuid[] is null or e.instance_id = any($1)) and e.instance_id is not null
           and not exists (select from dg.instance i where i.instance_id = e.instance_id)
    """,
    "every instance has its dialog, whole": f"""
        select i.instance_id, 'dialog ' || coalesce(d.dialog_id::text, 'none') from dg.instance i
          left join dg.dialog d using (instance_id)
         where {OF} and not (
            exists (select from dg.dialog_detail p where p.dialog_id = d.dialog_id)
            and exists (select from dg.dialog_so_label l where l.dialog_id = d.dialog_id))
    """,
    "the status of the dialog fits": f"""
        select i.instance_id, d.status || ' at ' || coalesce(i.current_task, '-') || ' ' || i.status
          from dg.instance i join dg.dialog d using (instance_id)
          left join lateral (
            select * from dg.process_task o
             where o.instance_id = i.instance_id
               and (o.status = 'ACTIVE' or o.status in ('WAITING', 'FAILED') and o.type in ({_OF_OWNER}))
             order by o.type in ({_OF_OWNER}), o.position limit 1) t on true
         where {OF} and d.status <> case
            when exists (select from dg.confirmation c where c.instance_id = i.instance_id) then 'COMPLETED'
            when i.archived_at is not null then 'AWAITING'
            when i.ended_at is not null then 'NOT_APPLICABLE'
            when t.type in ({_OF_OWNER}) then 'AWAITING'
            when t.sent_back then 'REQUIRES_ATTENTION'
            when t.type = 'confirmation' then 'IN_PROGRESS'
            when t.entry_no > 1 or i.created_by ->> 'org' is not null then 'IN_PROGRESS'
            else 'DRAFT' end
    """,
    "the dialog is as new as its last event": f"""
        select i.instance_id, d.updated_at::text from dg.instance i join dg.dialog d using (instance_id)
         where {OF} and (d.deleted_at is distinct from i.deleted_at or d.updated_at <> (
            select max(time) from dg.event e
             where e.stream_id = d.dialog_id and e.type <> 'dialogporten.dialog.seen.v1'))
    """,
    "activities and transmissions have their events": f"""
        select i.instance_id, 'parts of the dialog' from dg.instance i join dg.dialog d using (instance_id)
         where {OF} and (
            (select count(*) from dg.dialog_activity a where a.dialog_id = d.dialog_id) <>
            (select count(distinct e.data ->> 'activityId') from dg.event e where e.stream_id = d.dialog_id)
            or (select count(*) from dg.dialog_transmission a where a.dialog_id = d.dialog_id) <>
            (select count(distinct e.data ->> 'transmissionId') from dg.event e where e.stream_id = d.dialog_id))
    """,
    "every task entry has its events": f"""
        select i.instance_id, t.element_id || ' #' || t.entry_no
          from dg.instance i join dg.process_task t using (instance_id)
         where {OF} and (1, (t.status in ('COMPLETED', 'ABANDONED'))::int) <> (
            select count(*) filter (where e.type like 'app.instance.process.movedTo.%'),
                   count(*) filter (where e.type ~ '^app.instance.process.task(Ended|Abandoned).')
              from dg.event e where e.stream_id = i.instance_id and e.entry_id = t.entry_id)
    """,
    "every entry that was told of has its row": f"""
        select i.instance_id, e.type from dg.instance i join dg.event e on e.stream_id = i.instance_id
         where {OF} and e.entry_id is not null
           and not exists (select from dg.process_task t where t.entry_id = e.entry_id)
    """,
    "a data element has an event for each revision": f"""
        select i.instance_id, x.data_type || ' ' || x.element_id
          from dg.instance i join dg.data_element x using (instance_id)
         where {OF} and (x.revision::bigint, (x.deleted_at is not null)::int::bigint) <> (
            select count(*) filter (where e.type in ('app.instance.data.created', 'app.instance.data.updated')),
                   count(*) filter (where e.type = 'app.instance.data.deleted')
              from dg.event e where e.stream_id = i.instance_id and e.data ->> 'elementId' = x.element_id::text)
    """,
    "a data element has the hash that was told": f"""
        select i.instance_id, x.data_type || ' ' || x.element_id
          from dg.instance i join dg.data_element x using (instance_id)
         where {OF} and x.sha256 is distinct from (
            select e.data ->> 'sha256' from dg.event e
             where e.stream_id = i.instance_id and e.data ->> 'elementId' = x.element_id::text
             order by e.stream_seq desc limit 1)
    """,
    "no element was told of that has no row": f"""
        select i.instance_id, e.type from dg.instance i join dg.event e on e.stream_id = i.instance_id
         where {OF} and e.type like 'app.instance.data.%' and e.data ? 'elementId'
           and not exists (select from dg.data_element x where x.element_id::text = e.data ->> 'elementId')
    """,
    "stored bytes have their hash and size": f"""
        select i.instance_id, x.data_type from dg.instance i join dg.data_element x using (instance_id)
         where {OF} and x.document is not null and x.deleted_at is null
           and (encode(sha256(coalesce(x.xml, x.document)), 'hex'), octet_length(coalesce(x.xml, x.document)))
               <> (x.sha256, x.size)
    """,
    "locks fit the open tasks": f"""
        select i.instance_id, x.data_type || ' ' || x.lock from dg.instance i join dg.data_element x using (instance_id)
         where {OF} and x.task_id is not null and x.deleted_at is null and x.lock <> case
            when exists (select from dg.process_task t where t.instance_id = i.instance_id
                            and t.element_id = x.task_id and t.status in ('ACTIVE', 'WAITING', 'FAILED'))
            then 'none' else 'process' end
    """,
    "confirmations have their event": f"""
        select i.instance_id, 'confirmed' from dg.instance i
         where {OF} and (select count(*) from dg.confirmation c where c.instance_id = i.instance_id) <> (
            select count(*) from dg.event e where e.stream_id = i.instance_id and e.type = 'app.instance.confirmed')
    """,
    "the columns of the instance fit its tasks": f"""
        select i.instance_id, coalesce(i.current_task, '-') from dg.instance i
         where {OF} and i.current_task is distinct from (
            select t.element_id from dg.process_task t
             where t.instance_id = i.instance_id and t.status in ('ACTIVE', 'WAITING', 'FAILED')
             order by t.position limit 1)
    """,
    **OF_WAITS,
}
"""Name -> statement that gives (instance, detail) of each row that breaks it."""

KEYED = f"""
    select i.instance_id, i.revision || ' <> ' || count(k.key)::text from dg.instance i
      left join dg.idempotency k on k.result ->> 'instance_id' = i.instance_id::text
     where {OF} group by i.instance_id having i.revision <> count(k.key)
"""
"""Where every command has a key: each revision has exactly one stored outcome."""

_BLOBS = """
select i.instance_id, x.blob_key, x.sha256, x.size from dg.instance i join dg.data_element x using (instance_id)
 where x.blob_key is not null and x.deleted_at is null and ($1::uuid[] is null or i.instance_id = any($1))
"""


@dataclass(frozen=True, slots=True)
class Files:
    """What the blob store holds: broken rows, and files that no row names."""

    problems: list[str]
    orphans: int


INTERRUPTIBLE = MappingProxyType(
    {name: sql for name, sql in EQUALITIES.items() if name != "every task entry has its events"}
)
"""Those that hold of processes with events too: tasks that are interrupted, and events that wait, are not told of."""

ALL_KEYED = MappingProxyType({**EQUALITIES, "every revision has its key": KEYED})
"""Those that hold where every command has a key."""


async def broken(
    connection: asyncpg.Connection,
    instances: Sequence[UUID] | None = None,
    asked: Mapping[str, str] = ALL_KEYED,
) -> list[str]:
    """Every equality that does not hold, all on one picture of the data."""
    found: list[str] = []
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        for name, statement in asked.items():
            rows = await connection.fetch(statement, instances)
            found.extend(f"{name}: instance {row[0]}: {row[1]}" for row in rows)
    return found


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"


async def files(connection: asyncpg.Connection, root: Path, instances: Sequence[UUID] | None = None) -> Files:
    """A10: every live row's file is there with its bytes. What no row names is an orphan, which is allowed."""
    rows = await connection.fetch(_BLOBS, instances)
    named = {row["blob_key"] for row in rows}

    def look() -> Files:
        problems = [
            f"a live row has its file: instance {row['instance_id']}: {row['blob_key']} is {found[:12]}"
            for row in rows
            if (found := _sha256(root / row["blob_key"])) != row["sha256"]
        ]
        there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        return Files(problems, len(there - named))

    return await asyncio.to_thread(look)
