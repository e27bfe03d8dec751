-- SHA-256 of a line: all its values, the personal ones by their digest, so that an erasure does not change it.
-- example: select fax.export_line_digest(l) = l.digest from fax.export_line l;
create function fax.export_line_digest(line fax.export_line) returns bytea
language sql stable parallel safe
as $$
    select fax.text_digest(array[
        line.consumer, line.batch::text, line.line::text, line.session_id::text, line.revision::text,
        line.supersedes_batch::text, line.supersedes_line::text, array_to_string(line.changed, ' '),
        line.server, line.session_number::text, line.direction, line.account_code, line.uniqueid, line.linkedid,
        extract(epoch from line.started_at)::text, extract(epoch from line.ended_at)::text, line.end_observed_by,
        line.duration_seconds::text, line.pages::text, line.bad_lines::text, line.transport, line.last_data_rate::text,
        line.result, line.result_class, line.bad_lines_lower_bound::text, line.overlaps_gap::text,
        line.snapshots::text, line.first_position::text, line.last_position::text,
        line.previous_direction, line.previous_account_code, extract(epoch from line.previous_ended_at)::text,
        line.previous_duration_seconds::text, line.previous_pages::text, line.previous_bad_lines::text,
        line.previous_transport, line.previous_result, encode(line.personal_digest, 'hex')])
$$;
