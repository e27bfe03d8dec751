-- The canonical bytes of a history row in the log: a version byte, then each argument in order as its length (4 bytes,
-- -1 for NULL) and its value in Postgres's binary format (integers big-endian, timestamps in microseconds since
-- 2000-01-01 UTC, text in UTF-8). The last three are the text of the plain details, the digest of file_name, and the
-- digest of the whole details if they contain personal values.
-- example: select sha256('\x00' || entry) = leaf from fax.log_leaves where position = 1;
create function fax.log_entry(
    at_position bigint, session_id uuid, server text, epoch_id uuid, session_number bigint, started_at timestamptz,
    observed_at timestamptz, collector_id text, event text, operation text, state text, session_type text,
    error_correction_mode boolean, data_rate integer, x_resolution integer, y_resolution integer, page_number integer,
    pages_transmitted integer, pages_received integer, total_bad_lines integer, plain_details jsonb, file_name_digest bytea,
    details_digest bytea
) returns bytea
language sql immutable parallel safe
as $$
    select '\x01' || string_agg(coalesce(int4send(length(f.value)) || f.value, '\xffffffff'), '' order by f.place)
    from unnest(array[
        int8send(at_position), uuid_send(session_id), convert_to(server, 'UTF8'), uuid_send(epoch_id),
        int8send(session_number), timestamptz_send(started_at), timestamptz_send(observed_at),
        convert_to(collector_id, 'UTF8'), convert_to(event, 'UTF8'), convert_to(operation, 'UTF8'),
        convert_to(state, 'UTF8'), convert_to(session_type, 'UTF8'), boolsend(error_correction_mode),
        int4send(data_rate), int4send(x_resolution), int4send(y_resolution), int4send(page_number),
        int4send(pages_transmitted), int4send(pages_received), int4send(total_bad_lines),
        convert_to(plain_details::text, 'UTF8'), file_name_digest, details_digest
    ]) with ordinality f (value, place)
$$;
