-- Roles, schema and extensions. Run by the owner's login, with a setting dg.login that names the runtime login or is
-- empty. Makes only what is missing, so that an administrator may have made it before. No superuser is needed: a login
-- with CREATEROLE that owns the database will do.

do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('dg_owner', 'nologin'),
            ('dg_user', 'nologin'),
            ('dg_org', 'nologin'),
            ('dg_anon', 'nologin'),
            ('dg_audit', 'nologin'),
            ('dg_app', 'login noinherit'),
            ('dg_dispatch', 'login noinherit')
        ) as role (name, attributes)
    loop
        if not exists (select from pg_roles where rolname = wanted.name) then
            begin
                execute format('create role %I %s', wanted.name, wanted.attributes);
            exception
                -- another database of this cluster is set up at the same time
                when duplicate_object or unique_violation then null;
            end;
        end if;
    end loop;
end $$;

-- Without INHERIT a session that forgot its context has the rights of none of its roles. From 16 on that is an option
-- of the membership; before, an attribute of the member.
do $$
declare
    has_options constant boolean := current_setting('server_version_num')::int >= 160000;
    may_become constant text := case when has_options then 'set' else 'member' end;
    granted record;
begin
    for granted in
        select * from (values
            ('dg_user', 'dg_app', 'with inherit false, set true'),
            ('dg_org', 'dg_app', 'with inherit false, set true'),
            ('dg_anon', 'dg_app', 'with inherit false, set true'),
            ('dg_audit', 'dg_user', 'with inherit true, set false'),
            ('dg_audit', 'dg_org', 'with inherit true, set false'),
            ('dg_owner', current_user::text, 'with inherit false, set true'),
            ('dg_app', nullif(current_setting('dg.login'), 'dg_app'), 'with inherit false, set true'),
            ('dg_dispatch', nullif(current_setting('dg.login'), 'dg_app'), 'with inherit false, set true')
        ) as membership (role, member, options)
        where coalesce(member, '') not in ('', role)
    loop
        if not pg_has_role(granted.member, granted.role, may_become)
            and not (granted.role = 'dg_audit' and pg_has_role(granted.member, granted.role, 'usage'))
        then
            execute format(
                'grant %I to %I %s', granted.role, granted.member,
                case when has_options then granted.options else '' end
            );
        end if;
    end loop;
end $$;

-- The same values are start-up parameters of our sessions; here they also bind whoever logs in by hand.
do $$
declare
    limited record;
begin
    for limited in
        select rolname, setting from pg_roles, unnest(array[
            'jit = off', 'statement_timeout = ''15s''', 'lock_timeout = ''2s''',
            'idle_in_transaction_session_timeout = ''10s'''
        ]) as setting
        where rolname in ('dg_app', 'dg_dispatch') and rolconfig is null
    loop
        execute format('alter role %I set %s', limited.rolname, limited.setting);
    end loop;
end $$;

create schema if not exists dg authorization dg_owner;
create extension if not exists pg_trgm with schema public;
create extension if not exists btree_gin with schema public;
