"""What the database itself saw: triggers that note every round of every timer, and every firing, with its own time.

They are independent of the product: of its clock, of its journal, and of what it thinks it has written. Each note
stands in the transaction of what it tells, so `xid` leads from a note to the step.
"""

from datetime import timedelta

import asyncpg

STEP = "insert into chaos.step (ahead) values ($1)"
STEPS = "select at, ahead from chaos.step order by at, ahead"

INSTALL = """
create schema chaos;

-- How far the shared clock is ahead since when.
create table chaos.step (at timestamptz primary key default clock_timestamp(), ahead interval not null);
insert into chaos.step (ahead) values ('0');

-- One row per round of a timer that was waited for: when that began, and when and how it was over.
create table chaos.round (
    round_id bigint generated always as identity primary key,
    instance_id uuid, owner integer, element_id text, k integer, anchor timestamptz, duration text, due_at timestamptz,
    opened_at timestamptz, opened_in xid8, closed_at timestamptz, closed_in xid8
);
create index on chaos.round (instance_id, owner, element_id);

-- One row per firing: `at` is the time of the machine, `shown` what the shared clock says then.
create table chaos.firing (instance_id uuid, element_id text, xid xid8, at timestamptz, shown timestamptz);

create function chaos.close_round(gone dg.timer) returns void language sql as $$
    update chaos.round set closed_at = clock_timestamp(), closed_in = pg_current_xact_id()
     where instance_id = gone.instance_id and owner = gone.owner and element_id = gone.element_id
       and closed_at is null
$$;

create function chaos.note_round() returns trigger language plpgsql security definer as $$
begin
    if tg_op <> 'INSERT' then
        perform chaos.close_round(old);
    end if;
    if tg_op <> 'DELETE' then
        insert into chaos.round
            (instance_id, owner, element_id, k, anchor, duration, due_at, opened_at, opened_in)
        values (new.instance_id, new.owner, new.element_id, new.k, new.anchor, new.duration, new.due_at,
                clock_timestamp(), pg_current_xact_id());
    end if;
    return null;
end $$;

create function chaos.note_firing() returns trigger language plpgsql security definer as $$
begin
    insert into chaos.firing select new.instance_id, new.element_id, pg_current_xact_id(), t.at, t.at + s.ahead
      from (select clock_timestamp() as at) t, (select ahead from chaos.step order by at desc limit 1) s;
    return null;
end $$;

create trigger note_opened after insert or delete on dg.timer for each row execute function chaos.note_round();
create trigger note_replaced after update on dg.timer for each row
    when ((old.k, old.anchor, old.due_at, old.opened_at)
          is distinct from (new.k, new.anchor, new.due_at, new.opened_at))
    execute function chaos.note_round();
create trigger note_firing after insert on dg.event for each row
    when (new.type = 'app.instance.process.timer') execute function chaos.note_firing();

-- What the journal says.
create view chaos.fired as
select e.instance_id, e.xid, e.time, c ->> 'elementId' as element_id, (c ->> 'owner')::int as owner,
       (c ->> 'k')::int as k
  from dg.event e, lateral (select e.data -> 'command' as c) found
 where e.type = 'process.step' and c ->> 'type' = 'timerFired';

create view chaos.received as
select e.instance_id, e.xid, c ->> 'name' as name, c ->> 'elementId' as element_id
  from dg.event e, lateral (select e.data -> 'command' as c) found
 where e.type = 'process.step' and c ->> 'type' = 'messageReceived';

create view chaos.settled as
select e.instance_id, e.xid, c ->> 'elementId' as element_id, (c ->> 'entryNo')::int as entry_no
  from dg.event e, lateral (select e.data -> 'command' as c) found
 where e.type = 'process.step' and c ->> 'type' in ('jobFinished', 'jobFailed');

create view chaos.heard as
select e.instance_id, e.xid from dg.event e
 where e.type = 'process.step' and e.data -> 'command' ->> 'type' = 'childEnded';

create view chaos.came as
select e.instance_id, e.stream_seq as number from dg.event e
 where e.type = 'process.step' and e.data -> 'command' ->> 'type'
       in ('timerFired', 'messageReceived', 'jobFinished', 'jobFailed', 'childEnded');

-- The name that stands in the form of a case.
create view chaos.named as
select instance_id, convert_from(document, 'UTF8')::jsonb ->> 'name' as name
  from dg.data_element where data_type = 'form' and document is not null;
"""
"""Once, in the database that the others are copies of."""


async def install(connection: asyncpg.Connection) -> None:
    """Sets the witnesses up. The session is past row level security."""
    await connection.execute(INSTALL)


async def step(connection: asyncpg.Connection, ahead: timedelta) -> None:
    """Lets the database know that the shared clock is to be so far ahead; the workers are told after it."""
    await connection.execute(STEP, ahead)
