-- Makes packed sessions of 100 rows, written by the owner of the tables instead of by fax.append() and
-- fax.pack_sessions(), with the same result: gapless positions in order of time, every session registered.
-- Four faxes start together on four servers, and their rows interleave as if an ingestor had appended them.
-- An epoch is added before its first group, when no session of the epoch before it is open.
-- A session has the total of its model, with its own identity, numbers and times; none while models have no totals.
-- Parameters: $1 first and $2 last group of four, $3 number of groups, $4 start of the year. The collector is number 1.
with made as materialized (
    select
        n.*,
        md5('session ' || n.i)::uuid as session_id,
        md5(format('epoch %s %s', n.s, n.month))::uuid as epoch_id,
        n.month at time zone 'UTC' as epoch_started_at,
        'pbx' || n.s + 1 as server,
        m.model,
        m.listed_as as operation,
        m.completes,
        format('PJSIP/trunk-%s', lpad(to_hex(n.i), 8, '0')) as channel,
        format('%s.%s', extract(epoch from n.started_at)::bigint, n.i) as uniqueid,
        format('/var/spool/asterisk/fax/%s.tif', n.i) as file_name,
        'account' || n.i % 20 as account_code,
        case when m.listed_as = 'receive' then '4930' || n.peer else '4989' || n.i % 200 end as caller_number,
        case when m.listed_as = 'receive' then '4989' || n.i % 200 else '4930' || n.peer end as called_number,
        case when n.peer % 5 > 0 then '+49 30 ' || n.peer end as station
    from (
        select
            g, s, g * 4 + s as i, t.started_at,
            5550000 + (g * 4 + s) * 7919 % 3000 as peer,
            date_trunc('month', t.started_at at time zone 'UTC') as month
        from generate_series($1::bigint, $2::bigint) g
        cross join generate_series(0, 3) s
        cross join lateral (select $4::timestamptz + g * (interval '365 days' / $3::float8) as started_at) t
    ) n
    join benchmark.model_row m on m.model = n.i % 1000 and m.k = 0
),
epochs as (
    insert into fax.epoch (epoch_id, server, started_at, first_seen_at, last_seen_at, known_after)
    select distinct on (epoch_id) epoch_id, server, epoch_started_at, started_at, started_at + interval '1 month', g * 400
    from made
    order by epoch_id, started_at
    on conflict do nothing
),
sessions as (
    insert into fax.session (
        session_id, started_at, session_number, epoch_id, is_open, server, operation, channel, uniqueid, technology)
    select session_id, started_at, i, epoch_id, false, server, operation, channel, uniqueid, 'Spandsp'
    from made
),
batches as (
    insert into fax.append_batch (last_position, rows, appended_at, collector)
    select g * 400 + 400, 400, started_at + interval '100 seconds', 1
    from made where s = 0 order by g
),
totals as (
    insert into fax.session_total
    select
        f.session_id,
        f.epoch_id,
        f.started_at,
        f.i as session_number,
        t.first_snapshot_at + d.later as first_snapshot_at,
        t.last_snapshot_at + d.later as last_snapshot_at,
        t.completed_at + d.later as completed_at,
        t.gone_at + d.later as gone_at,
        t.last_row_at + d.later as last_row_at,
        t.last_shown_at + d.later as last_shown_at,
        t.first_position + d.behind as first_position,
        t.last_position + d.behind as last_position,
        t.bad_lines,
        t.bad_lines_discarded,
        t.lines_estimated,
        t.snapshots,
        t.pages,
        t.pages_observed,
        t.worst_page_bad_lines,
        t.measurable_pages,
        t.error_free_pages,
        t.resent_pages,
        t.timed_pages,
        t.first_data_rate,
        t.last_data_rate,
        t.lowest_data_rate,
        t.x_resolution,
        t.y_resolution,
        t.is_fax,
        t.error_correction_mode,
        t.bad_lines_measurable,
        t.bad_lines_lower_bound,
        t.counts_by_session,
        t.start_observed,
        t.server,
        f.channel,
        t.technology,
        t.operation,
        f.uniqueid,
        t.state,
        t.transport,
        f.uniqueid as linkedid,
        f.account_code,
        f.caller_number,
        f.called_number,
        t.status,
        t.error,
        t.status_text,
        t.local_station_id,
        f.station as remote_station_id,
        t.poll_gap_seconds,
        t.page_seconds,
        case when t.file_names is not null then array[f.file_name] end as file_names,
        t.observed_falls,
        (select array_agg(array[t.page_moments[n][1] + d.later, t.page_moments[n][2] + d.later, t.page_moments[n][3] + d.later] order by n)
         from generate_subscripts(t.page_moments, 1) n) as page_moments,
        t.page_numbers,
        t.page_attempts,
        t.page_bad_lines,
        t.page_discarded,
        t.page_data_rates,
        t.page_y_resolutions
    from made f
    join benchmark.model_total t on t.model = f.model
    cross join lateral (
        select f.started_at - t.started_at as later, f.g * 400 + f.s + 1 - t.first_position as behind
    ) d
)
insert into fax.session_pack (
    session_id, started_at, first_observed_at, last_observed_at, first_position, last_position, completed_at, rows)
select
    f.session_id,
    f.started_at,
    b.began_at,
    b.began_at + interval '99 seconds',
    b.position,
    b.position + 396,
    case when f.completes then b.began_at + interval '98 seconds' end,
    r.rows
from made f
cross join lateral (
    select
        f.started_at + f.s * interval '1 millisecond' as began_at,
        f.g * 400 + f.s + 1 as position,
        jsonb_build_object(
            'CallerIDNum', f.caller_number, 'ConnectedLineNum', f.called_number, 'AccountCode', f.account_code,
            'Exten', f.called_number, 'Linkedid', f.uniqueid) as call
    offset 0
) b
cross join lateral (
    select array_agg(row(
        f.session_id,
        f.started_at,
        b.began_at + m.k * interval '1 second',
        b.position + m.k * 4,
        m.data_rate,
        m.x_resolution,
        m.y_resolution,
        m.page_number,
        m.pages_transmitted,
        m.pages_received,
        m.total_bad_lines,
        1,
        w.words,
        m.error_correction_mode,
        case when w.words is null then m.event end,
        case when w.words is null then m.operation end,
        case when w.words is null then m.state end,
        case when w.words is null then m.session_type end,
        case when m.names_file then f.file_name end,
        m.headers || b.call || case m.k
            when 95 then jsonb_build_object('Value', coalesce(f.station, ''))
            when 98 then case when f.completes then jsonb_build_object('RemoteStationID', coalesce(f.station, '')) else '{}' end
            else '{}' end
    )::fax.observation) as rows
    from (select * from benchmark.model_row o where o.model = f.model order by o.headers is null, o.k) m
    cross join lateral (select fax.snapshot_words(m.event, m.operation, m.state, m.session_type) as words) w
) r
