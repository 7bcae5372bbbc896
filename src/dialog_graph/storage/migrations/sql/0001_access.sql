-- Who may do what in the database: rights per role, forced row level security, the context of a transaction, and the
-- one function that writes grants. Runs as dg_owner with search_path = dg. Security rules 6.

grant usage on schema dg to dg_app, dg_user, dg_org, dg_anon, dg_dispatch, dg_audit;

-- Rights of the roles ------------------------------------------------------------------------------------------------

-- The catalogue and the register of parties: everybody reads, apps are registered as the workers of their org. Parties
-- and their roles are written by the owner alone.
grant select on service_owner, app_version, resource, policy_right, party, party_role, key_role,
    catalogue_generation, feed_meta
    to dg_user, dg_org, dg_anon, dg_dispatch;
grant insert, update on app_version, resource to dg_org;
grant insert, delete on policy_right to dg_org;
grant update on catalogue_generation to dg_org;
insert into catalogue_generation (generation) values (1);

-- One-time tokens are spent while the caller is still nobody.
grant select, insert on used_jti to dg_anon;

grant select, insert on delegation to dg_user, dg_org;
grant update (revoked_at) on delegation to dg_user, dg_org;
grant select, insert (subject_id, epoch), update (epoch) on subject_epoch to dg_user, dg_org;
grant select on access_grant, instance_grant to dg_user;

grant select, insert, update on instance, process_task, data_element, dialog, dialog_detail to dg_user, dg_org;
grant select, insert, update, delete
    on dialog_transmission, dialog_activity, dialog_seen, dialog_so_label to dg_user, dg_org;
grant select, insert on confirmation, dialog_label_log, idempotency, event to dg_user, dg_org;
grant select on event to dg_dispatch;

-- Row level security -------------------------------------------------------------------------------------------------

-- Makes a table a tenant table: forced row security, and the policies of the two roads. It must have the columns org,
-- party_id, resource_id and instance_id. Later revisions call it for their tables.
-- One role per road and one policy per role: of two policies that are OR-ed for one role the planner makes a scan of
-- all grants. FOR ALL uses the expression for what is read and for what is written; which commands a role may use at
-- all is said above. The inner selects make Postgres evaluate each setting once per statement instead of once per row;
-- a setting never set is an error, an emptied one no number: both show nothing.
create procedure protect(tenant text) language plpgsql as $$
begin
    execute format('alter table %I enable row level security', tenant);
    execute format('alter table %I force row level security', tenant);
    execute format($policy$
        create policy %1$s_user on %1$s for all to dg_user using (
            exists (select 1 from access_grant g
                     where g.subject_id = (select current_setting('dg.subject')::int)
                       and g.party_id = %1$s.party_id
                       and g.resource_id = %1$s.resource_id)
            or instance_id = any ((select array(select g.instance_id from instance_grant g
                     where g.subject_id = (select current_setting('dg.subject')::int)))::uuid[]))
    $policy$, tenant);
    execute format(
        'create policy %1$s_org on %1$s for all to dg_org using (org = (select current_setting(''dg.org'')))', tenant
    );
end $$;

call protect('instance');
call protect('process_task');
call protect('data_element');
call protect('confirmation');
call protect('dialog');
call protect('dialog_detail');
call protect('dialog_transmission');
call protect('dialog_activity');
call protect('dialog_seen');
call protect('dialog_label_log');
call protect('dialog_so_label');
call protect('event');

create policy event_dispatch on event for select to dg_dispatch using (true);

alter table idempotency enable row level security;
alter table idempotency force row level security;
create policy idempotency_user on idempotency for all to dg_user
    using (actor = 'subject:' || (select current_setting('dg.subject')::int));
create policy idempotency_org on idempotency for all to dg_org
    using (actor = 'org:' || (select current_setting('dg.org')));

-- Callers see their own grants; dg_owner is the grant builder below.
alter table access_grant enable row level security;
alter table access_grant force row level security;
create policy access_grant_user on access_grant for select to dg_user
    using (subject_id = (select current_setting('dg.subject')::int));
create policy access_grant_builder on access_grant for all to dg_owner using (true);

alter table instance_grant enable row level security;
alter table instance_grant force row level security;
create policy instance_grant_user on instance_grant for select to dg_user
    using (subject_id = (select current_setting('dg.subject')::int));
create policy instance_grant_builder on instance_grant for all to dg_owner using (true);

-- The context of a transaction ---------------------------------------------------------------------------------------

-- Takes on the role and says whether the subject's grants must be built first. The tables are read after the role is
-- taken, because the role of the session itself may read none.
create function enter(
    given_role text, given_subject integer, given_org text,
    out at timestamptz, out is_stale boolean, out generation bigint
) language plpgsql as $$
begin
    perform set_config('role', given_role, true),
        set_config('dg.subject', given_subject::text, true),
        set_config('dg.org', given_org, true);
    at := clock_timestamp();
    generation := (select c.generation from dg.catalogue_generation c);
    is_stale := false;
    if given_subject <> 0 then
        is_stale := not exists (
            select from dg.subject_epoch s
             where s.subject_id = given_subject and s.built_epoch >= s.epoch and s.fresh_until > at
        );
    end if;
end $$;

-- Grants -------------------------------------------------------------------------------------------------------------

create function action_bit(action text) returns integer language sql immutable parallel safe
return case action
    when 'read' then 1 when 'write' then 2 when 'instantiate' then 4 when 'delete' then 8 when 'confirm' then 16
    when 'sign' then 32 when 'pay' then 64 when 'complete' then 128 when 'reject' then 256
    when '*' then 1023 else 512 end;

-- What a subject is to parties, one row per party and role or package: its own roles; what others delegated to an
-- organisation whose key role it holds; and each of these again for the sub-units of the party. valid_to null: for ever.
create function relation_of(subject integer)
returns table (party_id integer, role_kind text, role_code text, valid_to timestamptz)
language sql stable as $$
    with held as (
        select r.party_id, r.role_kind, r.role_code, r.valid_to
          from dg.party_role r
         where r.subject_id = subject and (r.valid_to is null or r.valid_to > clock_timestamp())
        union all
        select r.party_id, r.role_kind, r.role_code, least(r.valid_to, k.valid_to)
          from dg.party_role k
          join dg.key_role on key_role.role_code = k.role_code
          join dg.party_role r on r.subject_id = k.party_id and r.source in ('delegation', 'seed:delegation')
         where k.subject_id = subject and k.role_kind = 'rolecode'
           and (k.valid_to is null or k.valid_to > clock_timestamp())
           and (r.valid_to is null or r.valid_to > clock_timestamp())
    )
    select * from held
    union all
    select unit.party_id, held.role_kind, held.role_code, held.valid_to
      from held join dg.party unit on unit.parent_id = held.party_id and unit.kind = 'SUBUNIT'
$$;

-- Delegations that work for a subject: to itself or to an organisation whose key role it holds.
create function delegation_of(subject integer)
returns table (party_id integer, resource_id integer, instance_id uuid, actions text[], valid_to timestamptz)
language sql stable as $$
    select d.from_party, d.resource_id, d.instance_id, d.actions, d.valid_to
      from dg.delegation d
     where d.revoked_at is null and (d.valid_to is null or d.valid_to > clock_timestamp())
       and (d.to_subject = subject or d.to_subject in (
            select k.party_id from dg.party_role k join dg.key_role on key_role.role_code = k.role_code
             where k.subject_id = subject and k.role_kind = 'rolecode'
               and (k.valid_to is null or k.valid_to > clock_timestamp())))
$$;

-- The grants that a subject should have, optionally for one resource only (security rules 3.5). Subject keys have the
-- form of policy/request.py. A permit limited to a task counts, a deny only when it holds everywhere: a grant says "may
-- be relevant", the decision table decides. A resource without a policy (dialogs made by a service owner) is readable
-- for those who stand for the whole party.
create function wanted_grant(subject integer, only_resource integer)
returns table (party_id integer, resource_id integer, actions integer, min_level smallint, expires_at timestamptz)
language sql stable as $$
    with relation as materialized (select * from dg.relation_of(subject)),
    delegated as materialized (select * from dg.delegation_of(subject)),
    self as (
        select p.kind in ('PERSON', 'EMAIL_USER', 'SELF_IDENTIFIED') as is_person,
               array['relation', 'urn:altinn:partyid=' || p.party_id, 'urn:altinn:userid=' || p.party_id]
               || case p.kind when 'SYSTEM_USER' then array['urn:altinn:systemuser:uuid=' || p.identifier]
                              when 'ORGANISATION' then array['urn:altinn:organization:identifier-no=' || p.identifier]
                              else '{}' end as keys
          from dg.party p where p.party_id = subject
    ),
    known as (
        select r.party_id, min(r.valid_to) as valid_to, array_agg(
                   case r.role_kind when 'accesspackage' then 'urn:altinn:accesspackage='
                                    else 'urn:altinn:rolecode=' end || lower(r.role_code)) as keys
          from relation r group by r.party_id
        union all
        select d.party_id, min(d.valid_to), '{}' from delegated d
         where d.instance_id is null and d.party_id not in (select r.party_id from relation r) group by d.party_id
    ),
    ruled as (
        select k.party_id, p.resource_id, p.action, p.effect, p.scope, k.valid_to,
               case when self.is_person then p.min_level else p.min_level_org end as min_level
          from dg.policy_right p cross join self join known k on p.subject_all <@ (k.keys || self.keys)
         where only_resource is null or p.resource_id = only_resource
    ),
    permitted as (
        select r.party_id, r.resource_id, dg.action_bit(r.action) as bits, r.min_level, r.valid_to
          from ruled r
         where r.effect = 'Permit' and not exists (
               select from ruled d
                where d.effect = 'Deny' and d.scope = 'any' and d.party_id = r.party_id
                  and d.resource_id = r.resource_id and d.action in (r.action, '*'))
        union all
        select d.party_id, d.resource_id, dg.action_bit(a.action), s.min_level, d.valid_to
          from delegated d join dg.resource s using (resource_id) cross join unnest(d.actions) as a (action)
         where d.instance_id is null and (only_resource is null or d.resource_id = only_resource)
        union all
        select r.party_id, s.resource_id, 1, 3::smallint, r.valid_to
          from relation r join dg.resource s on s.kind <> 'AltinnApp'
         where r.role_kind = 'rolecode' and r.role_code in ('PRIV', 'SELN', 'DAGL', 'LEDE', 'INNH')
           and (only_resource is null or s.resource_id = only_resource)
           and not exists (select from dg.policy_right p where p.resource_id = s.resource_id)
    )
    select p.party_id, p.resource_id, bit_or(p.bits), min(p.min_level)::smallint, min(p.valid_to)
      from permitted p group by p.party_id, p.resource_id
$$;

-- Brings the grants of one subject up to date, written as a difference. Locks: the shared advisory lock waits for a
-- registration that is changing a policy right now; the epoch row keeps two builds of one subject apart.
create function build_subject(subject integer) returns void language plpgsql as $$
declare
    current_epoch bigint;
    earliest timestamptz;
begin
    perform pg_advisory_xact_lock_shared(hashtext('dg.policy'));
    insert into dg.subject_epoch (subject_id) values (subject) on conflict do nothing;
    select epoch into current_epoch from dg.subject_epoch where subject_id = subject for update;

    perform dg.write_grants(subject, null, current_epoch);

    merge into dg.instance_grant g
    using (select d.instance_id, bit_or(dg.action_bit(a.action)) as actions, min(d.valid_to) as expires_at
             from dg.delegation_of(subject) d cross join unnest(d.actions) as a (action)
            where d.instance_id is not null group by d.instance_id) w
       on g.subject_id = subject and g.instance_id = w.instance_id
     when matched then update set actions = w.actions, expires_at = w.expires_at
     when not matched then insert values (subject, w.instance_id, w.actions, w.expires_at);
    delete from dg.instance_grant g
     where g.subject_id = subject
       and g.instance_id not in (
           select d.instance_id from dg.delegation_of(subject) d where d.instance_id is not null);

    select min(t.valid_to) into earliest from (
        select valid_to from dg.relation_of(subject) union all select valid_to from dg.delegation_of(subject)) t;
    update dg.subject_epoch
       set built_epoch = current_epoch, fresh_until = least(earliest, clock_timestamp() + interval '5 minutes')
     where subject_id = subject;
end $$;

create function write_grants(subject integer, only_resource integer, current_epoch bigint) returns void
language sql as $$
    with wanted as materialized (select * from dg.wanted_grant(subject, only_resource)),
    gone as (
        delete from dg.access_grant g
         where g.subject_id = subject and (only_resource is null or g.resource_id = only_resource)
           and not exists (
               select from wanted w where w.party_id = g.party_id and w.resource_id = g.resource_id))
    insert into dg.access_grant as g (subject_id, party_id, resource_id, actions, min_level, epoch, expires_at)
    select subject, w.party_id, w.resource_id, w.actions, w.min_level, current_epoch, w.expires_at from wanted w
    on conflict (subject_id, party_id, resource_id) do update
       set actions = excluded.actions, min_level = excluded.min_level, epoch = excluded.epoch,
           expires_at = excluded.expires_at
     where (g.actions, g.min_level, g.expires_at)
           is distinct from (excluded.actions, excluded.min_level, excluded.expires_at)
$$;

-- The grant builder: for one subject, or for one resource and every subject that has grants at all (after its policy
-- changed, in the same transaction). The only writer of access_grant and instance_grant.
create function build_grants(subject integer, only_resource integer) returns void
language plpgsql security definer set search_path = pg_catalog, dg as $$
begin
    if subject is not null then
        perform dg.build_subject(subject);
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('dg.policy'));
    perform dg.write_grants(s.subject_id, only_resource, s.built_epoch)
       from (select e.subject_id, e.built_epoch from dg.subject_epoch e
              where e.built_epoch > 0 order by e.subject_id for update) s;
end $$;

revoke execute on all routines in schema dg from public;
grant execute on function enter(text, integer, text) to dg_app, dg_dispatch;
grant execute on function build_grants(integer, integer) to dg_app, dg_org;
grant execute on function relation_of(integer), delegation_of(integer) to dg_user, dg_org;

-- The feed -----------------------------------------------------------------------------------------------------------

insert into feed_meta (epoch, floor_xid, floor_seq)
values ((extract(epoch from clock_timestamp()) * 1000000)::bigint, '0', 0);
