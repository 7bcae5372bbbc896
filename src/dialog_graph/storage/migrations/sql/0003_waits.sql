-- What processes wait for: timers, subscriptions and buffered messages, jobs, incidents, and the links between
-- instances. Runs as dg_owner with search_path = dg. Process engine 9, 11, 12, 13, 14.2.

-- An instance may wait for several things at once.
alter table instance alter column waiting_for type text[] using null;

-- owner: local id in the process state of what the wait belongs to (a token or a scope), so (instance, owner, element)
-- names it. entry_id: the task entry that it belongs to, if any. position: number of the element in the file, which
-- decides between timers that are due at the same moment. is_held: the instance is deleted, everything of it waits.
-- due_at = anchor + k * duration by calendar arithmetic; remaining: firings after this one, null = for ever.
create table timer (
    timer_id uuid primary key,
    instance_id uuid not null,
    org text not null,
    party_id integer not null,
    resource_id integer not null,
    app_id text not null,
    element_id text not null,
    owner integer not null,
    entry_id uuid,
    position integer not null,
    anchor timestamptz not null,
    k integer not null,
    duration text,
    remaining integer,
    due_at timestamptz not null,
    opened_at timestamptz not null,
    is_held boolean not null default false,
    lease_until timestamptz,
    unique (instance_id, owner, element_id),
    foreign key (instance_id, org, party_id) references instance (instance_id, org, party_id)
);
create index timer_due on timer (due_at, position) where not is_held;

-- Timers that begin the process of an app: of its active version, one for each start event. written: what the file says,
-- so that a new version with the same timer goes on counting. due_at null: it fires no more. Otherwise as in timer.
create table start_timer (
    app_id text not null,
    element_id text not null,
    org text not null,
    written text not null,
    anchor timestamptz not null,
    k integer not null,
    duration text,
    remaining integer,
    due_at timestamptz,
    lease_until timestamptz,
    primary key (app_id, element_id)
);
create index start_timer_due on start_timer (due_at);

-- kind start: the instance was started by this message; owner 0, gone when its process ends. Without a key: ''. The
-- oldest goes first; of those that were opened in one step the one that stands first in the file.
create table message_subscription (
    subscription_id uuid primary key,
    instance_id uuid not null,
    org text not null,
    party_id integer not null,
    resource_id integer not null,
    app_id text not null,
    element_id text not null,
    owner integer not null,
    entry_id uuid,
    kind text not null check (kind in ('message', 'signal', 'start')),
    name text not null,
    key text not null,
    position integer not null,
    opened_at timestamptz not null,
    is_held boolean not null default false,
    unique (instance_id, owner, element_id),
    foreign key (instance_id, org, party_id) references instance (instance_id, org, party_id)
);
create index message_subscription_name on message_subscription (org, name, key, opened_at);
-- One running instance per app, message and key.
create unique index message_subscription_start on message_subscription (app_id, name, key)
    where kind = 'start' and key <> '';

-- A message, kept until it cannot correlate any more and its id may be used again. sender: "org:{code}" or
-- "subject:{party id}", each with message ids of its own. instance_id: the only instance that it is for. apps: those
-- that have had it, each once; start_apps: those that it could start. result: what its sender was told.
create table message_buffer (
    message_id uuid primary key,
    org text not null,
    sender text not null,
    external_id text,
    name text not null,
    key text not null,
    instance_id uuid,
    party_id integer,
    payload bytea,
    apps text[] not null default '{}',
    start_apps text[] not null default '{}',
    result jsonb not null,
    sent_at timestamptz not null,
    expires_at timestamptz not null,
    kept_until timestamptz not null,
    unique (org, sender, external_id)
);
create index message_buffer_name on message_buffer (org, name, key, sent_at);
create index message_buffer_open on message_buffer (expires_at);
create index message_buffer_age on message_buffer (kept_until);

-- key: unique per effect, goes with every outside call. is_ordered: jobs of one instance that run one at a time, in
-- order of job_seq. attempt: raised by every claim, and the fence of its outcome; failures, crashes, deferrals: what
-- became of them. data: what the job needs; last_error: for the owning org. reason, done, total: a deferral's own words.
create table job (
    job_id uuid primary key,
    job_seq bigint generated always as identity,
    instance_id uuid not null,
    org text not null,
    party_id integer not null,
    resource_id integer not null,
    app_id text not null,
    kind text not null,
    key text not null,
    element_id text not null,
    owner integer not null,
    entry_no integer not null,
    entry_id uuid,
    task_type text,
    stage integer not null default 0,
    is_ordered boolean not null,
    data jsonb not null default '{}',
    attempt integer not null default 0,
    failures integer not null default 0,
    crashes integer not null default 0,
    deferrals integer not null default 0,
    created_at timestamptz not null,
    next_at timestamptz not null,
    lease_until timestamptz,
    lease_owner text,
    last_code text,
    last_error text,
    reason jsonb,
    done integer,
    total integer,
    is_held boolean not null default false,
    unique (org, key),
    foreign key (instance_id, org, party_id) references instance (instance_id, org, party_id)
);
create index job_due on job (next_at, job_seq) where not is_held;
create index job_instance on job (instance_id, job_seq);

-- Open incidents only. token: the token that stopped. details: for the owning org.
create table incident (
    incident_id uuid primary key,
    instance_id uuid not null,
    org text not null,
    party_id integer not null,
    resource_id integer not null,
    token integer not null,
    element_id text not null,
    entry_no integer not null,
    entry_id uuid,
    code text not null,
    message text not null,
    details text,
    attempts integer not null,
    is_retryable boolean not null,
    opened_at timestamptz not null,
    unique (instance_id, token),
    foreign key (instance_id, org, party_id) references instance (instance_id, org, party_id)
);

-- A call of another app, told on both sides, each in its own tenant. relation: what the other instance is. key: of the
-- call, so that it makes one child only, whatever is repeated. owner, element_id, entry_no, entry_id: of the caller.
-- depth: how many callers stand above the child. settings: what the call says of attachments and values to return.
create table link (
    link_id uuid primary key,
    instance_id uuid not null,
    org text not null,
    party_id integer not null,
    resource_id integer not null,
    relation text not null check (relation in ('child', 'parent')),
    other_id uuid,
    other_app text not null,
    key text not null,
    element_id text not null,
    owner integer not null,
    entry_no integer not null,
    entry_id uuid,
    loop_index integer,
    completion text not null check (completion in ('wait', 'detach')),
    state text not null check (state in ('CALLING', 'LINKED', 'ENDED', 'UNLINKED')),
    depth integer not null,
    settings jsonb not null default '{}',
    created_at timestamptz not null,
    ended_at timestamptz,
    unique (org, relation, key),
    foreign key (instance_id, org, party_id) references instance (instance_id, org, party_id)
);
create index link_instance on link (instance_id, created_at);

-- Rights -------------------------------------------------------------------------------------------------------------

grant select, insert, update, delete on timer, message_subscription to dg_user, dg_org;
grant select, insert, update, delete on start_timer to dg_org;
grant select, insert, update, delete on job, incident, link to dg_org;
grant insert, update, delete on job, incident, link to dg_user;
-- What went wrong inside, and what a job carries, is the owning org's.
grant select (
    job_id, job_seq, instance_id, org, party_id, resource_id, app_id, kind, key, element_id, owner, entry_no, entry_id,
    task_type, stage, is_ordered, attempt, failures, crashes, deferrals, created_at, next_at, lease_until, last_code,
    reason, done, total, is_held
) on job to dg_user;
grant select (
    incident_id, instance_id, org, party_id, resource_id, token, element_id, entry_no, entry_id, code, attempts,
    is_retryable, opened_at
) on incident to dg_user;
grant select (
    link_id, instance_id, org, party_id, resource_id, relation, other_id, other_app, key, element_id, owner, entry_no,
    entry_id, loop_index, completion, state, depth, created_at, ended_at
) on link to dg_user;
grant select, insert, update on message_buffer to dg_user, dg_org;
-- An id may be used again when its time is over.
grant delete on message_buffer to dg_user, dg_org;

-- Stored outcomes are kept for two days (process engine 6.1).
grant select (created_at), delete on idempotency to dg_dispatch;
create policy idempotency_dispatch on idempotency for all to dg_dispatch using (true);

-- Claims, across all orgs. What a message or a job carries is read by the worker that acts for its org.
grant select, update (lease_until) on timer to dg_dispatch;
grant select, update (lease_until) on start_timer to dg_dispatch;
grant select on message_subscription to dg_dispatch;
grant select (
    message_id, org, sender, external_id, name, key, instance_id, party_id, apps, start_apps, sent_at, expires_at,
    kept_until
) on message_buffer to dg_dispatch;
grant delete on message_buffer to dg_dispatch;
grant select (
    job_id, job_seq, instance_id, org, party_id, resource_id, app_id, kind, is_ordered, attempt, crashes, next_at,
    lease_until, lease_owner, is_held
) on job to dg_dispatch;
grant update (attempt, crashes, lease_until, lease_owner) on job to dg_dispatch;

call protect('timer');
call protect('message_subscription');
call protect('job');
call protect('incident');
call protect('link');

alter table start_timer enable row level security;
alter table start_timer force row level security;
create policy start_timer_org on start_timer for all to dg_org using (org = (select current_setting('dg.org')));

alter table message_buffer enable row level security;
alter table message_buffer force row level security;
-- A sender sees its own messages; the org that they are for sees all of them.
create policy message_buffer_user on message_buffer for all to dg_user
    using (sender = 'subject:' || (select current_setting('dg.subject')::int));
create policy message_buffer_org on message_buffer for all to dg_org
    using (org = (select current_setting('dg.org')));

do $$
declare
    claimed text;
begin
    foreach claimed in array array['timer', 'start_timer', 'message_subscription', 'message_buffer', 'job'] loop
        execute format('create policy %1$s_dispatch on %1$s for all to dg_dispatch using (true)', claimed);
    end loop;
end $$;
