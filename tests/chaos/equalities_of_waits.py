"""What must be equal in the rows of waits whatever has happened: timers, messages, jobs, incidents, links.

They stand beside the state, which the replay holds them against; here they are held against the rows and events that
were written in the same steps. As in `equalities`: each statement gives the rows which break it, `$1` is a list of
instances or null. A message that is kept belongs to no instance: what is wrong with it is told under its own id.
"""

from collections.abc import Mapping

OF = "($1::uuid[] is null or i.instance_id = any($1))"
"""The instances that are asked about."""

# What the process itself waits for: no marks of started processes, and nothing that is done beside it.
_OPEN = """(
    select 'timer' as sort, instance_id, element_id, entry_id, resource_id, app_id, is_held from dg.timer
    union all select 'subscription', instance_id, element_id, entry_id, resource_id, app_id, is_held
      from dg.message_subscription where kind <> 'start'
    union all select case kind when 'callApp' then 'call' else 'job' end, instance_id, element_id, entry_id,
           resource_id, app_id, is_held from dg.job where owner > 0
    union all select 'incident', instance_id, element_id, entry_id, resource_id, null, null from dg.incident
    union all select 'call', instance_id, element_id, entry_id, resource_id, null, null
      from dg.link where relation = 'child' and state in ('CALLING', 'LINKED')) w"""

_HELD = """(
    select 'timer' as sort, instance_id, is_held from dg.timer
    union all select 'subscription', instance_id, is_held from dg.message_subscription
    union all select 'job', instance_id, is_held from dg.job) w"""


def _told(type: str, commands: str) -> str:
    """In each commit as many events as steps, one at most; a process that it has begun is told of too."""
    told = f"count(*) filter (where e.type = '{type}' and not e.data ? 'sent')"
    command = "e.type = 'process.step' and e.data -> 'command' ->> 'type'"
    steps = f"count(*) filter (where {command} in ({commands}))"
    begun = f"count(*) filter (where {command} = 'start')"
    return f"""
        select i.instance_id, {told} || ' told, ' || {steps} || ' stepped'
          from dg.instance i join dg.event e on e.stream_id = i.instance_id
         where {OF} group by i.instance_id, e.xid
        having {steps} > 1 or {told} not between {steps} and {steps} + {begun}
    """


OF_WAITS: Mapping[str, str] = {
    "a wait is its instance's": f"""
        select i.instance_id, w.sort || ' at ' || w.element_id
          from {_OPEN} join dg.instance i using (instance_id) join dg.app_version v using (version_id)
         where {OF} and (w.resource_id, coalesce(w.app_id, v.app_id)) <> (i.resource_id, v.app_id)
    """,
    "a wait is at an open task": f"""
        select i.instance_id, w.sort || ' at ' || w.element_id from {_OPEN} join dg.instance i using (instance_id)
         where {OF} and w.entry_id is not null and not exists (
            select from dg.process_task t where t.instance_id = i.instance_id and t.entry_id = w.entry_id
               and t.status = any (case w.sort
                   when 'job' then '{{WAITING}}' when 'incident' then '{{FAILED}}'
                   else '{{ACTIVE, WAITING, FAILED}}' end::text[]))
    """,
    "nothing is waited for after the end": f"""
        select i.instance_id, w.sort || ' at ' || w.element_id from {_OPEN} join dg.instance i using (instance_id)
         where {OF} and i.ended_at is not null
        union all
        select i.instance_id, s.name from dg.message_subscription s join dg.instance i using (instance_id)
         where {OF} and s.kind = 'start' and i.ended_at is not null
    """,
    "the waits of a deleted instance are held, and no others": f"""
        select i.instance_id, w.sort from {_HELD} join dg.instance i using (instance_id)
         where {OF} and w.is_held <> (i.deleted_at is not null and not i.is_hard_deleted)
    """,
    "an instance tells what it waits for": f"""
        select i.instance_id, coalesce(i.waiting_for::text, '-') || ' <> ' || coalesce(found.kinds::text, '-')
          from dg.instance i cross join lateral (
            select array_agg(distinct said.kind order by said.kind desc) as kinds
              from {_OPEN} join dg.process_task t using (entry_id)
              join (values ('timer', 'TIMER'), ('subscription', 'MESSAGE'), ('job', 'JOB'), ('call', 'CHILD'))
                as said (sort, kind) using (sort)
             where w.instance_id = i.instance_id and t.status in ('WAITING', 'FAILED')) found
         where {OF} and coalesce(i.waiting_for, '{{}}') <> coalesce(found.kinds, '{{}}')
    """,
    "an instance tells of its incidents": f"""
        select i.instance_id, 'has_incident ' || i.has_incident::text from dg.instance i
         where {OF} and i.has_incident <> exists (select from dg.incident c where c.instance_id = i.instance_id)
        union all
        select i.instance_id, t.element_id from dg.instance i join dg.process_task t using (instance_id)
         where {OF} and t.status = 'FAILED' and not exists (
            select from dg.incident c where c.instance_id = i.instance_id and c.entry_id = t.entry_id)
    """,
    "a firing is told of where it is stepped": _told("app.instance.process.timer", "'timerFired'"),
    "a message is told of where it is stepped": _told(
        "app.instance.process.message", "'messageReceived', 'signalReceived'"
    ),
    "a message is kept, or somebody had it": """
        select m.message_id, m.name || ' ' || m.key || ' ' || m.result::text || ' ' || m.apps::text
          from dg.message_buffer m
         where ($1::uuid[] is null or m.instance_id = any($1)) and (
            (m.result ->> 'buffered')::boolean <> (m.result ->> 'instanceId' is null)
            or not (m.result ->> 'buffered')::boolean and cardinality(m.apps) = 0
            or cardinality(m.apps) <> (select count(distinct app) from unnest(m.apps) as a (app)))
    """,
    "a message is known as long as it may be sent again": """
        select m.message_id, m.kept_until::text from dg.message_buffer m
         where ($1::uuid[] is null or m.instance_id = any($1))
           and m.kept_until <> greatest(m.expires_at, m.sent_at + interval '24 hours')
    """,
    "the attempts of a job add up": f"""
        select i.instance_id, j.kind || ' ' || j.element_id || ' attempt ' || j.attempt
          from dg.instance i join dg.job j using (instance_id)
         where {OF} and (
            j.attempt < j.failures + j.crashes + j.deferrals
            or (j.lease_until is null) <> (j.lease_owner is null)
            or j.lease_until is not null and j.attempt = 0
            or j.kind = 'service' and j.failures + j.deferrals <> (
                select count(*) from dg.event e
                 where e.stream_id = i.instance_id and e.type = 'process.job.retrying'
                   and e.data ->> 'jobId' = j.job_id::text))
    """,
    "a call is made by its job": f"""
        select i.instance_id, l.element_id || ' ' || l.state from dg.instance i join dg.link l using (instance_id)
         where {OF} and l.relation = 'child' and (l.state = 'CALLING') <> exists (
            select from dg.job j where j.instance_id = i.instance_id and j.kind = 'callApp' and j.key = l.key)
    """,
    "a link has two sides": f"""
        select i.instance_id, l.relation || ' ' || l.key from dg.instance i join dg.link l using (instance_id)
         where {OF} and (l.relation = 'parent' or l.other_id is not null) and not exists (
            select from dg.link o where o.key = l.key and o.relation <> l.relation and o.instance_id = l.other_id
               and coalesce(o.other_id, l.instance_id) = l.instance_id)
    """,
    "a link says how far the call is": f"""
        select i.instance_id, l.relation || ' ' || l.state from dg.instance i join dg.link l using (instance_id)
         where {OF} and (
            (l.state = 'ENDED') <> (l.ended_at is not null)
            or l.state = 'CALLING' and l.other_id is not null or l.state = 'LINKED' and l.other_id is null)
    """,
    "a child that has ended tells whoever waits": f"""
        select i.instance_id, l.key || ' is ' || o.state from dg.instance i join dg.link l using (instance_id)
          join dg.link o on o.key = l.key and o.relation = 'child' join dg.instance c on c.instance_id = o.instance_id
         where {OF} and l.relation = 'parent' and l.completion = 'wait' and i.ended_at is not null
           and o.state in ('CALLING', 'LINKED') and c.deleted_at is null and not exists (
            select from dg.job j
             where j.instance_id = i.instance_id and j.kind = 'tellParent'
                or j.instance_id = c.instance_id and j.kind in ('askChild', 'callApp')
               and position(l.key in j.key) > 0)
    """,
}
"""Name -> statement that gives (instance, detail) of each row that breaks it."""
