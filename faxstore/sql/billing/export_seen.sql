-- A fax as the views tell it now, as a line that nobody was handed out yet; no row: the views have no such fax.
-- Asked for one fax at a time, by session and start: that is how the views are quick. Columns as in fax.export_line.
-- example: select pages, result from fax.export_seen('…', '2026-11-02 08:00+00');
create function fax.export_seen(of_session uuid, of_start timestamptz) returns setof fax.export_line
language sql stable parallel safe
as $$
    select
        null::text, null::bigint, null::bigint, f.session_id, null::integer, null::integer, null::bigint, null::bigint, '{}'::text[],
        f.server, f.session_number, f.direction, f.account_code, f.caller_number, f.called_number,
        f.local_station_id, f.remote_station_id, f.uniqueid, f.linkedid,
        f.started_at, f.ended_at, f.end_observed_by, f.duration_seconds, f.pages, f.bad_lines, f.transport, f.last_data_rate,
        f.result, f.result_class, f.bad_lines_lower_bound, f.overlaps_gap, f.snapshots, f.first_position, f.last_position,
        null::text, null::text, null::timestamptz, null::numeric, null::integer, null::bigint, null::text, null::text,
        null::bytea, null::bytea, null::bytea, null::timestamptz
    from fax.sessions f
    where f.session_id = of_session and f.started_at = of_start
$$;

comment on function fax.export_seen(uuid, timestamptz) is 'A fax as the views tell it now, as a line of the billing ledger that was not handed out yet.';
