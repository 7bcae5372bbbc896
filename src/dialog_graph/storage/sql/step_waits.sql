-- The part of a step that changes what the process waits for; stands in step.sql where its mark is.
-- $14: closed [{owner, element_id or null}], timers, subscriptions, jobs, finished (ids), incidents, resolved (tokens),
-- links, is_over; $15: instance. What is closed and opened again is opened: the parts do not see each other.
, closed as (
    select * from json_to_recordset(($14::json) -> 'closed') as c (owner integer, element_id text)
), opened as (
    select * from json_to_recordset(($14::json) -> 'opened') as c (owner integer, element_id text)
), closed_timers as (
    delete from timer w using closed c
     where w.instance_id = $15::uuid and w.owner = c.owner and (c.element_id is null or c.element_id = w.element_id)
       and (w.owner, w.element_id) not in (select owner, element_id from opened)
), the_timers as (
    insert into timer
    select * from json_populate_recordset(null::timer, ($14::json) -> 'timers')
    on conflict (instance_id, owner, element_id) do update set
        timer_id = excluded.timer_id, entry_id = excluded.entry_id, anchor = excluded.anchor, k = excluded.k,
        duration = excluded.duration, remaining = excluded.remaining, due_at = excluded.due_at,
        opened_at = excluded.opened_at, lease_until = null
), closed_subscriptions as (
    delete from message_subscription w
     where w.instance_id = $15 and (
           w.kind = 'start' and (($14::json) ->> 'is_over')::boolean
           or exists (select from closed c where c.owner = w.owner
                         and (c.element_id is null or c.element_id = w.element_id)))
       and (w.owner, w.element_id) not in (select owner, element_id from opened)
), the_subscriptions as (
    insert into message_subscription
    select * from json_populate_recordset(null::message_subscription, ($14::json) -> 'subscriptions')
    on conflict (instance_id, owner, element_id) do update set
        subscription_id = excluded.subscription_id, entry_id = excluded.entry_id, kind = excluded.kind,
        name = excluded.name, key = excluded.key, position = excluded.position, opened_at = excluded.opened_at
), closed_jobs as (
    delete from job w
     where w.instance_id = $15 and (
           w.job_id in (select value::uuid from json_array_elements_text(($14::json) -> 'finished'))
           or w.owner > 0 and exists (select from closed c where c.owner = w.owner
                                         and (c.element_id is null or c.element_id = w.element_id)))
), the_jobs as (
    insert into job (
        job_id, instance_id, org, party_id, resource_id, app_id, kind, key, element_id, owner, entry_no, entry_id,
        task_type, stage, is_ordered, data, created_at, next_at, is_held
    )
    select job_id, instance_id, org, party_id, resource_id, app_id, kind, key, element_id, owner, entry_no, entry_id,
        task_type, stage, is_ordered, data, created_at, next_at, is_held
      from json_populate_recordset(null::job, ($14::json) -> 'jobs')
), resolved_incidents as (
    delete from incident w
     where w.instance_id = $15
       and w.token in (select value::integer from json_array_elements_text(($14::json) -> 'resolved'))
    returning w.token
), the_incidents as (
    -- Counted, so that a token's old incident is gone before its new one comes.
    insert into incident
    select * from json_populate_recordset(null::incident, ($14::json) -> 'incidents')
     where (select count(*) from resolved_incidents) >= 0
), closed_links as (
    update link w set state = 'UNLINKED'
     where w.instance_id = $15 and w.relation = 'child' and w.state in ('CALLING', 'LINKED')
       and exists (select from closed c where c.owner = w.owner
                      and (c.element_id is null or c.element_id = w.element_id))
       and w.link_id not in (select n.link_id from json_populate_recordset(null::link, ($14::json) -> 'links') n)
), the_links as (
    insert into link
    select * from json_populate_recordset(null::link, ($14::json) -> 'links')
    on conflict (link_id) do update set
        other_id = excluded.other_id, state = excluded.state, ended_at = excluded.ended_at
)
