-- One step of an instance, as one statement: all of it is stored or nothing is.
-- $1 instance, $2 tasks, $3 written elements, $4-$6 their ids, documents and XML, $7 touched elements,
-- $8 confirmations, $9 events (in order), $10 dialog, $11 dialog detail, $12 dialog parts, $13 idempotency; JSON arrays
-- of records with column names. The parts of one statement do not see each other: foreign keys and triggers run after.
-- is_read and downloads of an element that exists belong to whoever downloads it, beside the steps and without their lock.
with the_instance as (
    insert into instance
    select * from json_populate_recordset(null::instance, $1::json)
    on conflict (instance_id) do update set
        version_id = excluded.version_id, revision = excluded.revision, event_seq = excluded.event_seq,
        status = excluded.status, process_state = excluded.process_state, substatus = excluded.substatus,
        presentation_texts = excluded.presentation_texts, data_values = excluded.data_values,
        updated_at = excluded.updated_at, due_at = excluded.due_at, visible_from = excluded.visible_from,
        started_at = excluded.started_at, start_event = excluded.start_event, ended_at = excluded.ended_at,
        end_event = excluded.end_event, archived_at = excluded.archived_at, deleted_at = excluded.deleted_at,
        is_hard_deleted = excluded.is_hard_deleted, current_task = excluded.current_task,
        task_type = excluded.task_type, waiting_for = excluded.waiting_for, has_incident = excluded.has_incident
), the_tasks as (
    insert into process_task
    select * from json_populate_recordset(null::process_task, $2::json)
    on conflict (entry_id) do update set
        status = excluded.status, ended_at = excluded.ended_at, ended_by = excluded.ended_by,
        action = excluded.action, note = excluded.note, due_at = excluded.due_at
), the_written as (
    insert into data_element (
        element_id, instance_id, org, party_id, resource_id, data_type, task_id, content_type, filename, size, sha256,
        document, xml, blob_key, lock, is_read, revision, tags, metadata, file_scan, generated_from, downloads,
        created_by, created_at, updated_at, deleted_at
    )
    select r.element_id, r.instance_id, r.org, r.party_id, r.resource_id, r.data_type, r.task_id, r.content_type,
        r.filename, r.size, r.sha256, b.document, b.xml, r.blob_key, r.lock, r.is_read, r.revision, r.tags, r.metadata,
        r.file_scan, r.generated_from, r.downloads, r.created_by, r.created_at, r.updated_at, r.deleted_at
      from json_populate_recordset(null::data_element, $3::json) r
      join unnest($4::uuid[], $5::bytea[], $6::bytea[]) as b (element_id, document, xml) using (element_id)
    on conflict (element_id) do update set
        content_type = excluded.content_type, filename = excluded.filename, size = excluded.size,
        sha256 = excluded.sha256, document = excluded.document, xml = excluded.xml, blob_key = excluded.blob_key,
        lock = excluded.lock, revision = excluded.revision, tags = excluded.tags, metadata = excluded.metadata,
        file_scan = excluded.file_scan, updated_at = excluded.updated_at, deleted_at = excluded.deleted_at
), the_touched as (
    update data_element d set
        lock = r.lock, revision = r.revision, tags = r.tags, metadata = r.metadata, file_scan = r.file_scan,
        updated_at = r.updated_at, deleted_at = r.deleted_at
      from json_populate_recordset(null::data_element, $7::json) r
     where d.element_id = r.element_id
), the_confirmations as (
    insert into confirmation
    select * from json_populate_recordset(null::confirmation, $8::json)
), the_events as (
    insert into event (
        event_id, stream_id, stream_seq, instance_id, dialog_id, org, party_id, resource_id, type, history_type, time,
        actor, audience, data, element_id, entry_id, command_id, traceparent
    )
    select event_id, stream_id, stream_seq, instance_id, dialog_id, org, party_id, resource_id, type, history_type,
        time, actor, audience, data, element_id, entry_id, command_id, traceparent
      from json_populate_recordset(null::event, $9::json)
), the_dialog as (
    insert into dialog
    select * from json_populate_recordset(null::dialog, $10::json)
    on conflict (dialog_id) do update set
        revision = excluded.revision, status = excluded.status, progress = excluded.progress,
        extended_status = excluded.extended_status, due_at = excluded.due_at, expires_at = excluded.expires_at,
        visible_from = excluded.visible_from, updated_at = excluded.updated_at,
        content_updated_at = excluded.content_updated_at, deleted_at = excluded.deleted_at,
        is_api_only = excluded.is_api_only, folder = excluded.folder, is_sent = excluded.is_sent,
        seen = excluded.seen, has_unopened_content = excluded.has_unopened_content,
        from_service_owner_transmissions = excluded.from_service_owner_transmissions,
        from_party_transmissions = excluded.from_party_transmissions,
        gui_attachment_count = excluded.gui_attachment_count, context_revision = excluded.context_revision,
        last_update_seq = excluded.last_update_seq, content = excluded.content,
        latest_activity = excluded.latest_activity
), the_detail as (
    insert into dialog_detail
    select * from json_populate_recordset(null::dialog_detail, $11::json)
    on conflict (dialog_id) do update set
        content = excluded.content, gui_actions = excluded.gui_actions, api_actions = excluded.api_actions,
        attachments = excluded.attachments
), the_activities as (
    insert into dialog_activity
    select * from json_populate_recordset(null::dialog_activity, ($12::json) -> 'activities')
    on conflict (dialog_id, activity_id) do update set created_at = excluded.created_at
), the_transmissions as (
    insert into dialog_transmission
    select * from json_populate_recordset(null::dialog_transmission, ($12::json) -> 'transmissions')
), the_labels as (
    insert into dialog_label_log
    select * from json_populate_recordset(null::dialog_label_log, ($12::json) -> 'labels')
), the_so_labels as (
    insert into dialog_so_label
    select * from json_populate_recordset(null::dialog_so_label, ($12::json) -> 'so_labels')
)
-- waits: what step_waits.sql says, in steps that change what is waited for
insert into idempotency
select * from json_populate_recordset(null::idempotency, $13::json)
