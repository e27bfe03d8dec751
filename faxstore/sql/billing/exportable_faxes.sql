-- grain: one fax as the ledger would record it now
-- example: select pages, result from fax.exportable_faxes where started_at >= '2026-11-02';
-- It has the columns of fax.export_line in their order. The values of a fax are columns of fax.sessions, with their types
-- and comments; previous_… are those that a correction supersedes, and NULL here, as are the columns of the ledger. To
-- record another value, add it here and to fax.export_line_digest(), and to fax.export_changes() if it makes a correction.
create view fax.exportable_faxes as
select
    f.session_id,
    f.server,
    f.session_number,
    f.direction,
    f.account_code,
    f.caller_number,
    f.called_number,
    f.local_station_id,
    f.remote_station_id,
    f.uniqueid,
    f.linkedid,
    f.started_at,
    f.ended_at,
    f.end_observed_by,
    f.duration_seconds,
    f.pages,
    f.bad_lines,
    f.transport,
    f.last_data_rate,
    f.result,
    f.result_class,
    f.bad_lines_lower_bound,
    f.overlaps_gap,
    f.snapshots,
    f.first_position,
    f.last_position,
    null::text as previous_direction,
    null::text as previous_account_code,
    null::timestamptz as previous_ended_at,
    null::numeric as previous_duration_seconds,
    null::integer as previous_pages,
    null::bigint as previous_bad_lines,
    null::text as previous_transport,
    null::text as previous_result,
    null::text as consumer,  -- The consumer.
    null::bigint as batch,  -- The batch.
    null::bigint as line,  -- Line number in the batch, from 1, in the order of started_at.
    null::integer as revision,  -- 1 when the fax is first exported, one more with each correction.
    null::integer as supersedes,  -- Revision that this one replaces. NULL if it is the first.
    null::bigint as supersedes_batch,  -- Batch of the replaced revision. NULL if it is the first.
    null::bigint as supersedes_line,  -- Line number of the replaced revision in its batch. NULL if it is the first.
    '{}'::text[] as changed,  -- Names of the columns that differ from the replaced revision (fax.export_changes); empty in the first.
    null::bytea as salt,  -- 16 random bytes that prevent guessing erased values from their digest. NULL if erased.
    null::bytea as personal_digest,  -- SHA-256 of the salt and the personal values as exported (fax.export_personal_digest).
    null::bytea as digest,  -- SHA-256 of the other values and personal_digest (fax.export_line_digest).
    null::timestamptz as erased_at  -- When the personal values were erased, by the database's clock. NULL if they were not.
from fax.sessions f;

comment on view fax.exportable_faxes is 'One fax as the billing ledger would record it now: values of fax.sessions, with the columns of fax.export_line. Those of the ledger and of a correction are NULL.';

select fax.copy_comments('sessions', 'exportable_faxes');

do $$
declare
    name text;
begin
    for name in
        select a.attname from pg_attribute a where a.attrelid = 'fax.exportable_faxes'::regclass and a.attname ~ '^previous_'
    loop
        execute format(
            'comment on column fax.exportable_faxes.%I is %L', name,
            format('%s in the revision before. NULL if unknown there, or if this is no correction.', substr(name, 10)));
    end loop;
end
$$;
