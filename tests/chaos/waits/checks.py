"""What must hold when all is over: asked of the witnesses, the journal and the rows, and of the publishers' ledger.

Each statement gives the (instance, detail) of what breaks it.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from tests.chaos.waits.ledger import Ledger
from tests.chaos.waits.working import CALLS

TIMERS: Mapping[str, str] = {
    "a timer fires once per round": """
        select instance_id, element_id || ' ' || owner || ' k=' || k || ': ' || count(*) from chaos.fired
         group by instance_id, owner, element_id, k having count(*) > 1
    """,
    "only what was waited for fires": """
        select f.instance_id, f.element_id || ' k=' || f.k from chaos.fired f
         where not exists (select from chaos.round r where r.instance_id = f.instance_id and r.owner = f.owner
                              and r.element_id = f.element_id and r.k = f.k and r.closed_in = f.xid)
    """,
    "a timer never fires early": """
        select f.instance_id, f.element_id || ' k=' || f.k || ' due ' || r.due_at || ' step ' || f.time || ' shown '
               || g.shown
          from chaos.fired f
          join chaos.round r using (instance_id, owner, element_id, k)
          join chaos.firing g on g.instance_id = f.instance_id and g.xid = f.xid
         where f.time < r.due_at or g.shown < r.due_at
    """,
    "no step is ahead of the database's clock": """
        select f.instance_id, f.element_id || ' step ' || f.time || ' shown ' || g.shown
          from chaos.fired f join chaos.firing g on g.instance_id = f.instance_id and g.xid = f.xid
         where f.time > g.shown
    """,
    "a round is due so many durations after its anchor": """
        select instance_id, element_id || ' k=' || k || ' due ' || due_at from chaos.round
         where duration is not null and due_at <> anchor + k * duration::interval
    """,
    "the first round comes first": """
        select instance_id, element_id || ' k=' || min(k) from chaos.round where duration is not null
         group by instance_id, owner, element_id having min(k) <> 1
    """,
    "a round is left out only when it is over already": """
        select f.instance_id, f.element_id || ' k=' || f.k || ', then ' || n.k
          from chaos.fired f
          join chaos.round r using (instance_id, owner, element_id, k)
          join chaos.round n on n.instance_id = f.instance_id and n.owner = f.owner and n.element_id = f.element_id
                            and n.opened_in = f.xid
         where n.k > f.k + 1 and (f.element_id = 'Echo' or n.anchor + (n.k - 1) * n.duration::interval > f.time)
    """,
    "a cycle ends after its last round": """
        select r.instance_id, r.element_id || ' k=' || max(r.k) from chaos.round r
         where r.element_id in ('Echo', 'Nag')
         group by r.instance_id, r.owner, r.element_id
        having max(r.k) > case r.element_id when 'Echo' then 3 else 2 end
    """,
    "a round is over by a step of its instance": """
        select r.instance_id, r.element_id || ' k=' || r.k from chaos.round r
         where r.closed_in is not null and not exists (
            select from dg.event e
             where e.instance_id = r.instance_id and e.xid = r.closed_in and e.type = 'process.step')
    """,
    "nothing comes to a case while it is deleted": """
        select e.instance_id, c.number || ' ' || (e.data -> 'command' ->> 'type')
          from chaos.came c join dg.event e on e.stream_id = c.instance_id and e.stream_seq = c.number
         where 'app.instance.deleted' = (
            select d.type from dg.event d
             where d.stream_id = c.instance_id and d.stream_seq < c.number
               and d.type in ('app.instance.deleted', 'app.instance.undeleted')
             order by d.stream_seq desc limit 1)
    """,
    "every firing is told once": """
        select coalesce(f.instance_id, g.instance_id), coalesce(f.element_id, g.element_id)
          from chaos.fired f full join chaos.firing g on g.instance_id = f.instance_id and g.xid = f.xid
         where f.element_id is distinct from g.element_id
    """,
}

LEFTOVERS: Mapping[str, str] = {
    "every case comes to its end": """
        select instance_id, coalesce(current_task, status) || coalesce(' ' || waiting_for::text, '')
          from dg.instance where ended_at is null
    """,
    "nobody waits for a timer after the end": "select instance_id, element_id from dg.timer",
    "nobody waits for a message after the end": "select instance_id, element_id from dg.message_subscription",
    "no job is left": "select instance_id, kind || ' ' || element_id from dg.job",
    "no incident is left": "select instance_id, code || ' ' || element_id from dg.incident",
}

JOBS: Mapping[str, str] = {
    "a job is settled once": """
        select instance_id, element_id || '#' || entry_no || ': ' || count(*) from chaos.settled
         group by instance_id, element_id, entry_no having count(*) > 1
    """,
    "a service task is completed by its job": """
        select t.instance_id, t.element_id || '#' || t.entry_no from dg.process_task t
         where t.element_id in ('Send', 'Post') and t.status = 'COMPLETED' and not exists (
            select from chaos.settled s where s.instance_id = t.instance_id and s.element_id = t.element_id
                and s.entry_no = t.entry_no)
    """,
    "what the handler wants written is written once": """
        select s.instance_id, count(*)::text || ' settled, written ' || (
            select count(*) from dg.event e where e.instance_id = s.instance_id and e.type like 'app.instance.data.%'
               and e.data ->> 'dataType' = 'answer')
          from chaos.settled s group by s.instance_id
        having count(*) <> (
            select count(*) from dg.event e where e.instance_id = s.instance_id and e.type like 'app.instance.data.%'
               and e.data ->> 'dataType' = 'answer')
    """,
    "a message that is thrown is had once": """
        select t.instance_id, t.thrown || ' thrown, ' || t.had || ' had, ' || t.kept || ' kept' from (
            select i.instance_id,
                (select count(*) from dg.event e where e.instance_id = i.instance_id
                    and e.type = 'app.instance.process.message' and (e.data ->> 'sent')::boolean) as thrown,
                (select count(*) from chaos.received r where r.instance_id = i.instance_id and r.name = 'Told') as had,
                (select count(*) from dg.message_buffer m join chaos.named n on n.name = m.key
                  where n.instance_id = i.instance_id and m.name = 'Told' and cardinality(m.apps) = 1) as kept
              from dg.instance i join dg.app_version v using (version_id) where v.app_id = 'ttd/office') t
         where (t.thrown, t.had, t.kept) <> (1, 1, 1)
    """,
}

CALLED: Mapping[str, str] = {
    "a call makes one child": """
        select i.instance_id, 'called by ' || count(l.key)::text
          from dg.instance i join dg.app_version v using (version_id)
          left join dg.link l on l.instance_id = i.instance_id and l.relation = 'parent'
         where v.app_id = 'ttd/called' group by i.instance_id having count(l.key) <> 1
    """,
    "a caller hears of an end once": """
        select t.instance_id, t.element_id || ' ' || t.status || ': heard ' || (
            select count(*) from chaos.heard h where h.instance_id = t.instance_id)
          from dg.process_task t
         where t.element_id = 'Ask' and (t.status = 'COMPLETED')::int <> (
            select count(*) from chaos.heard h where h.instance_id = t.instance_id)
    """,
    "a caller waits until its child has ended": """
        select l.instance_id, l.state || ' at ' || coalesce(c.status, 'nobody')
          from dg.link l left join dg.instance c on c.instance_id = l.other_id
         where l.relation = 'child' and (
            l.state = 'ENDED' and c.archived_at is null or l.state in ('CALLING', 'LINKED'))
    """,
}

STATEMENTS: Mapping[str, str] = {**TIMERS, **LEFTOVERS, **JOBS, **CALLED}


async def broken(connection: asyncpg.Connection) -> list[str]:
    """Every statement that does not hold, on one picture of the data."""
    found: list[str] = []
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        for name, statement in STATEMENTS.items():
            rows = await connection.fetch(statement)
            found.extend(f"{name}: instance {row[0]}: {row[1]}" for row in rows)
    return found


DUE = """
select instance_id, element_id, k, due_at from dg.timer where due_at <= $1 and not is_held
"""


async def left(connection: asyncpg.Connection, shown: datetime) -> list[str]:
    """Timers that were due, and that a worker left although it said that there was nothing to do any more."""
    rows = await connection.fetch(DUE, shown)
    return [f"left undone: instance {row[0]}: {row[1]} k={row[2]} due {row[3]}" for row in rows]


# Messages -----------------------------------------------------------------------------------------------------------

RECEIVED = """
select r.name, n.name as key, count(*) as number from chaos.received r join chaos.named n using (instance_id)
 where r.name in ('Answer', 'Reply', 'Note') group by 1, 2
union all
select 'Begin', n.name, count(*) from chaos.named n join dg.instance i using (instance_id)
  join dg.app_version v using (version_id) where v.app_id = 'ttd/begun' group by 2
"""
KEPT = """
select m.name, case m.name when 'Begin' then convert_from(m.payload, 'UTF8')::jsonb ->> 'name' else m.key end as key,
       convert_from(m.payload, 'UTF8')::jsonb ->> 'mark' as mark, m.external_id, m.apps, m.expires_at,
       (m.result ->> 'buffered')::boolean as was_kept
  from dg.message_buffer m where m.name in ('Answer', 'Reply', 'Note', 'Begin')
"""
STORED = """
select data ->> 'sha256' as sha256, count(*) as number, max(time) as at from dg.event
 where type in ('app.instance.data.created', 'app.instance.data.updated')
   and data ->> 'dataType' in ('answer', 'further') group by 1
"""

WHILE_TAKEN = timedelta(minutes=3)
"""A message is in time when it is taken; what it brings is stored after a wait for locks, and a step of the clock."""

Place = tuple[str, str]
"""Name and key of a message."""


async def of_messages(connection: asyncpg.Connection, ledger: Ledger) -> list[str]:
    """Everything about messages that the ledger does not explain: lost, doubled, or never sent."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        received = {(row["name"], row["key"]): int(row["number"]) for row in await connection.fetch(RECEIVED)}
        kept = await connection.fetch(KEPT)
        stored = {row["sha256"]: (int(row["number"]), row["at"]) for row in await connection.fetch(STORED)}
    waiting = [row for row in kept if not row["apps"]]
    found = [problem for sent in ledger.messages for problem in sent.problems()]
    found.extend(_by_place(ledger, received, Counter((row["name"], row["key"]) for row in waiting)))
    found.extend(_by_mark(ledger, stored, {row["mark"] for row in waiting}))
    ends = {stored_sha256(row["mark"]): row["expires_at"] for row in kept if row["was_kept"]}
    late = [sha256 for sha256, (_, at) in stored.items() if at > ends.get(sha256, at) + WHILE_TAKEN]
    found.extend(f"a message was had after its time: {sha256}" for sha256 in late)
    found.extend(f"{row['external_id']}: two apps had it: {row['apps']}" for row in kept if len(row["apps"]) > 1)
    return found


def _by_place(ledger: Ledger, received: Mapping[Place, int], waiting: Mapping[Place, int]) -> Iterator[str]:
    """Of each name and key as many were had, or wait, as were accepted."""
    bounds: dict[Place, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for sent in ledger.messages:
        least, most = bounds[sent.name, sent.key]
        more, at_most = sent.bounds()
        bounds[sent.name, sent.key] = least + more, most + at_most
    for place in bounds.keys() | received.keys():
        least, most = bounds.get(place, (0, 0))
        had, kept = received.get(place, 0), waiting.get(place, 0)
        if not least <= had + kept <= most:
            yield f"{' '.join(place)}: {least} to {most} were accepted, but {had} were had and {kept} wait"


def stored_sha256(mark: str) -> str:
    """Of the form that a message with this mark becomes."""
    return hashlib.sha256(json.dumps({"mark": mark}, separators=(",", ":")).encode()).hexdigest()


def _by_mark(ledger: Ledger, stored: Mapping[str, tuple[int, datetime]], waiting: set[str]) -> Iterator[str]:
    """Of the replies, whose payload is stored: each one that was accepted is stored once or waits."""
    for sent in ledger.messages:
        if sent.name == "Reply":
            had = stored[sha256][0] if (sha256 := stored_sha256(sent.mark)) in stored else 0
            least, most = sent.bounds()
            number = had + (sent.mark in waiting)
            if not least <= number <= most:
                yield f"{sent.mark} of {sent.key}: {least} to {most} were accepted, but it was had {had} times"


# Calls of the handler -----------------------------------------------------------------------------------------------

SETTLED = """
select instance_id || ':' || element_id || '#' || entry_no || ':0' as key from chaos.settled
"""


def calls(folder: Path) -> tuple[Counter[tuple[str, int]], Counter[tuple[str, int]]]:
    """How often each attempt of each job was begun, and ended, by whoever called the handler."""
    begun, ended = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    file = folder / CALLS
    for line in file.read_text().splitlines() if file.is_file() else ():
        word, key, attempt = line.split(" ")
        (begun if word == "begun" else ended)[key, int(attempt)] += 1
    return begun, ended


async def of_calls(connection: asyncpg.Connection, folder: Path) -> list[str]:
    """At least one call for each job that is settled, and no attempt twice."""
    begun, ended = calls(folder)
    found = [
        f"{key}: attempt {attempt} was made {number} times" for (key, attempt), number in begun.items() if number > 1
    ]
    done = {key for key, _ in ended}
    rows: Sequence[Any] = await connection.fetch(SETTLED)
    return [*found, *(f"{row['key']}: settled without a call" for row in rows if row["key"] not in done)]
