-- The population of the benchmarks: copies of the template instances with new ids, parties, times and titles.
-- Input: bench.setting (one row), bench.template (kind, weight band), bench.size (party, number of dialogs, pool).
-- Everything follows from the seed: bench.share gives a number in [0, 1) for a row and a purpose.

create or replace function bench.share(n bigint, purpose text) returns float8 language sql immutable parallel safe
return (hashtextextended(purpose || ':' || n, (select seed from bench.setting)) & 1073741823) / 1073741824.0;

-- A UUIDv7 of a time and a text.
create or replace function bench.id(at timestamptz, name text) returns uuid language sql immutable parallel safe
return overlay(overlay(overlay(md5(name)
    placing lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') from 1 for 12)
    placing '7' from 13 for 1) placing 'b' from 17 for 1)::uuid;

-- One row per dialog. shift: from the template's times to the copy's. Pools (instances to advance) are all of kind
-- 'draft' and have numbers from 0 per pool.
create table bench.plan as
select p.*, t.instance_id as template_id, t.dialog_id as template_dialog_id,
       p.at - i.created_at as shift,
       bench.id(p.at, s.seed || ' instance ' || p.n) as instance_id,
       bench.id(p.at, s.seed || ' dialog ' || p.n) as dialog_id
  from bench.setting s
 cross join lateral (
    select row_number() over (order by z.party_id, g) as n, z.party_id, z.pool, g - 1 as place,
           s.newest - make_interval(secs => 63072000 * bench.share(z.party_id * 10000000::bigint + g, 'at')) as at,
           bench.share(z.party_id * 10000000::bigint + g, 'kind') as band
      from bench.size z cross join generate_series(1, z.dialogs) g) p
  join bench.template t on case when p.pool is not null then t.kind = 'draft'
                                else p.band >= t.band_from and p.band < t.band_to end
  join dg.instance i on i.instance_id = t.instance_id;
create unique index on bench.plan (n);
create unique index on bench.plan (pool, place) where pool is not null;
analyze bench.plan;

insert into dg.instance
select r.*
  from bench.plan p
  join dg.instance i on i.instance_id = p.template_id
 cross join lateral jsonb_populate_record(i, jsonb_build_object(
    'instance_id', p.instance_id, 'party_id', p.party_id, 'created_at', i.created_at + p.shift,
    'updated_at', i.updated_at + p.shift, 'started_at', i.started_at + p.shift, 'ended_at', i.ended_at + p.shift,
    'archived_at', i.archived_at + p.shift)) r;

insert into dg.process_task
select r.*
  from bench.plan p
  join dg.process_task t on t.instance_id = p.template_id
 cross join lateral jsonb_populate_record(t, jsonb_build_object(
    'entry_id', bench.id(t.started_at + p.shift, p.instance_id || t.element_id || t.entry_no),
    'instance_id', p.instance_id, 'party_id', p.party_id, 'started_at', t.started_at + p.shift,
    'ended_at', t.ended_at + p.shift)) r;

insert into dg.data_element
select r.*
  from bench.plan p
  join dg.data_element e on e.instance_id = p.template_id
 cross join lateral jsonb_populate_record(e, jsonb_build_object(
    'element_id', bench.id(e.created_at + p.shift, p.instance_id || e.element_id::text),
    'instance_id', p.instance_id, 'party_id', p.party_id, 'created_at', e.created_at + p.shift,
    'updated_at', e.updated_at + p.shift)) r;

insert into dg.confirmation
select r.*
  from bench.plan p
  join dg.confirmation c on c.instance_id = p.template_id
 cross join lateral jsonb_populate_record(c, jsonb_build_object(
    'instance_id', p.instance_id, 'party_id', p.party_id, 'confirmed_at', c.confirmed_at + p.shift)) r;

-- Folder: 8 % archive, 2 % bin. Sixty of a hundred dialogs have been looked at, eight have been marked as unopened.
insert into dg.dialog
select r.*
  from bench.plan p
  join dg.dialog d on d.dialog_id = p.template_dialog_id
 cross join lateral jsonb_populate_record(d, jsonb_build_object(
    'dialog_id', p.dialog_id, 'instance_id', p.instance_id, 'party_id', p.party_id,
    'revision', md5(p.n || ' revision')::uuid, 'context_revision', md5(p.n || ' context')::uuid,
    'created_at', d.created_at + p.shift, 'updated_at', d.updated_at + p.shift,
    'content_updated_at', d.content_updated_at + p.shift,
    'due_at', case when bench.share(p.n, 'due') < 0.3 then d.created_at + p.shift + interval '900 days' end,
    'folder', case when bench.share(p.n, 'folder') < 0.02 then 2 when bench.share(p.n, 'folder') < 0.1 then 1 else 0 end,
    'seen', bench.share(p.n, 'seen') < 0.6, 'marked_unopened', bench.share(p.n, 'unopened') < 0.08,
    'content', jsonb_set(d.content, '{title,t}', (
        select jsonb_object_agg(key, value || ' ' || (array['Bryggen', 'Lia', 'Havna', 'Torget', 'Myra', 'Haugen',
                    'Sletta', 'Elva'])[1 + (8 * bench.share(p.n, 'place'))::int % 8] || ' ' || p.n)
          from jsonb_each_text(d.content #> '{title,t}'))))) r;

insert into dg.dialog_detail
select r.*
  from bench.plan p
  join dg.dialog_detail d on d.dialog_id = p.template_dialog_id
 cross join lateral jsonb_populate_record(d, jsonb_build_object(
    'dialog_id', p.dialog_id, 'instance_id', p.instance_id, 'party_id', p.party_id)) r;

insert into dg.dialog_activity
select r.*
  from bench.plan p
  join dg.dialog_activity a on a.dialog_id = p.template_dialog_id
 cross join lateral jsonb_populate_record(a, jsonb_build_object(
    'dialog_id', p.dialog_id, 'instance_id', p.instance_id, 'party_id', p.party_id,
    'created_at', a.created_at + p.shift)) r;

insert into dg.dialog_transmission
select r.*
  from bench.plan p
  join dg.dialog_transmission t on t.dialog_id = p.template_dialog_id
 cross join lateral jsonb_populate_record(t, jsonb_build_object(
    'dialog_id', p.dialog_id, 'instance_id', p.instance_id, 'party_id', p.party_id,
    'created_at', t.created_at + p.shift)) r;

-- One or two people have looked at those that were seen, one of them before the last change.
insert into dg.dialog_seen (
    seen_id, dialog_id, org, party_id, resource_id, instance_id, actor, seen_by, seen_at, is_via_service_owner
)
select bench.id(v.at, p.dialog_id || v.actor || v.at), d.dialog_id, d.org, d.party_id, d.resource_id, d.instance_id,
       v.actor, jsonb_build_object('kind', 'PERSON', 'level', 4, 'party', v.person), v.at, false
  from bench.plan p
  join dg.dialog d on d.dialog_id = p.dialog_id and d.seen
 cross join lateral (values
    ('PERSON:' || (select reader from bench.setting), (select reader from bench.setting),
     d.content_updated_at + interval '1 hour'),
    ('PERSON:' || (select other_reader from bench.setting), (select other_reader from bench.setting),
     d.content_updated_at + interval '2 hours' * (bench.share(p.n, 'when') - 0.5))
 ) v (actor, person, at)
 where v.person = (select reader from bench.setting) or bench.share(p.n, 'second') < 0.5;
