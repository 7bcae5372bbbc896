-- Webhooks: who is told of which events, what has been told, and who is at work on it. Runs as dg_owner with
-- search_path = dg. Event rules 9.1, 9.6, 10.3.

-- consumer: "org:{code}" or "subject:{party id}", whose webhook it is; kind and level: as what kind of caller it was
-- made. digest: of consumer, endpoint and filters. since: horizon of the feed when it was made; only later events count.
create table webhook (
    webhook_id uuid primary key,
    consumer text not null,
    kind text not null,
    level smallint not null,
    endpoint text not null,
    endpoint_host text not null,
    digest text not null,
    types text[] not null,
    resource_id integer references resource,
    org text,
    party_id integer references party,
    include_subunits boolean not null,
    format text not null check (format in ('CLOUDEVENTS_JSON', 'JSON', 'BINARY')),
    ordering text not null check (ordering in ('STREAM', 'NONE')),
    on_dead text not null check (on_dead in ('CONTINUE', 'BLOCK')),
    rate_per_minute integer,
    include_alternative_subject boolean not null,
    description text,
    state text not null check (state in ('PENDING', 'ACTIVE', 'PAUSED', 'FAILED', 'DISABLED')),
    state_reason text,
    secret bytea not null,
    since_xid xid8 not null,
    since_seq bigint not null,
    created_at timestamptz not null,
    last_success_at timestamptz,
    unique (consumer, digest),
    unique (webhook_id, consumer)
);

-- One event for one webhook. party_id, event_seq: key of the event; lane_id: what is sent in order, the stream or with
-- ordering NONE the event alone.
create table delivery (
    webhook_id uuid not null,
    event_seq bigint not null,
    consumer text not null,
    party_id integer not null,
    event_id uuid not null,
    lane_id uuid not null,
    stream_id uuid not null,
    stream_seq integer not null,
    state text not null check (state in ('PENDING', 'DELIVERED', 'DEAD', 'SKIPPED', 'HELD')),
    attempt integer not null default 0,
    next_at timestamptz,
    deadline_at timestamptz not null,
    last_status integer,
    last_error text,
    created_at timestamptz not null,
    primary key (webhook_id, event_seq),
    foreign key (webhook_id, consumer) references webhook (webhook_id, consumer) on delete cascade
);
create index delivery_pending on delivery (webhook_id, lane_id, stream_seq) where state = 'PENDING';
create index delivery_stream on delivery (webhook_id, stream_id, stream_seq);

-- The unit of order and of lease: exists while it has something to send.
create table delivery_lane (
    webhook_id uuid not null references webhook on delete cascade,
    lane_id uuid not null,
    next_at timestamptz not null,
    lease_until timestamptz,
    lease_owner text,
    fence bigint,
    primary key (webhook_id, lane_id)
);
create index delivery_lane_due on delivery_lane (next_at);

-- Global, so that a lane made anew never repeats a number.
create sequence lane_fence;

create table delivery_attempt (
    webhook_id uuid not null,
    event_seq bigint not null,
    attempt integer not null,
    consumer text not null,
    at timestamptz not null,
    status integer,
    error text,
    duration_ms integer not null,
    response_text text,
    primary key (webhook_id, event_seq, attempt),
    foreign key (webhook_id, event_seq) references delivery on delete cascade
);

-- One leader per duty; cursor: how far a duty that reads the feed has come.
create table lease (
    name text primary key,
    holder text,
    fence bigint not null default 0,
    expires_at timestamptz,
    cursor_xid xid8,
    cursor_seq bigint
);
insert into lease (name, cursor_xid, cursor_seq)
values ('expander', pg_snapshot_xmin(pg_current_snapshot()), 0);

-- Rights -------------------------------------------------------------------------------------------------------------

-- Consumers never read a secret again: it is shown once, when it is made.
grant select (
    webhook_id, consumer, kind, level, endpoint, endpoint_host, digest, types, resource_id, org, party_id,
    include_subunits, format, ordering, on_dead, rate_per_minute, include_alternative_subject, description, state,
    state_reason, created_at, last_success_at
) on webhook to dg_user, dg_org;
grant insert, delete on webhook to dg_user, dg_org;
grant select on delivery, delivery_attempt to dg_user, dg_org;

grant select on webhook to dg_dispatch;
grant update (state, state_reason, last_success_at) on webhook to dg_dispatch;
grant select, insert, update on delivery to dg_dispatch;
grant select, insert on delivery_attempt to dg_dispatch;
grant select, insert, update, delete on delivery_lane to dg_dispatch;
grant select, insert, update on lease to dg_dispatch;
grant usage on sequence lane_fence to dg_dispatch;

do $$
declare
    tenant text;
begin
    foreach tenant in array array['webhook', 'delivery', 'delivery_attempt', 'delivery_lane', 'lease'] loop
        execute format('alter table %I enable row level security', tenant);
        execute format('alter table %I force row level security', tenant);
        execute format('create policy %1$s_dispatch on %1$s for all to dg_dispatch using (true)', tenant);
    end loop;
    foreach tenant in array array['webhook', 'delivery', 'delivery_attempt'] loop
        execute format($policy$
            create policy %1$s_user on %1$s for all to dg_user
                using (consumer = 'subject:' || (select current_setting('dg.subject')::int))
        $policy$, tenant);
        execute format($policy$
            create policy %1$s_org on %1$s for all to dg_org
                using (consumer = 'org:' || (select current_setting('dg.org')))
        $policy$, tenant);
    end loop;
end $$;
