-- Fills the history with sessions of 50 rows, inserted by the owner of the tables instead of fax.append(), with the same
-- result: gapless positions in order of time, one partition per session, every session registered.
-- Four faxes start together on four servers, and their rows interleave as if an ingestor had appended them.
-- Parameters: $1 first and $2 last group of four, $3 number of groups, $4 start of the year.
with four as (
    select
        g, s, g * 4 + s as i,
        ($4::timestamptz + g * (interval '365 days' / $3::float8)) as started_at
    from generate_series($1::bigint, $2::bigint) g
    cross join generate_series(0, 3) s
),
made as (
    select
        f.*,
        md5('session ' || f.i)::uuid as session_id,
        md5(format('epoch %s %s', f.s, date_trunc('month', f.started_at at time zone 'UTC')))::uuid as epoch_id,
        date_trunc('month', f.started_at at time zone 'UTC') at time zone 'UTC' as epoch_started_at,
        'pbx' || f.s + 1 as server,
        case when (f.g + f.s) % 2 = 0 then 'receive' else 'send' end as operation,
        format('PJSIP/trunk-%s', lpad(to_hex(f.i), 8, '0')) as channel,
        format('%s.%s', extract(epoch from f.started_at)::bigint, f.i) as uniqueid,
        format('/var/spool/asterisk/fax/%s.tif', f.i) as file_name,
        1 + f.i * 7 % 5 as pages,
        f.i % 3 <> 0 as ecm
    from four f
),
epochs as (
    insert into fax.epoch (epoch_id, server, started_at, first_seen_at, last_seen_at)
    select distinct on (epoch_id) epoch_id, server, epoch_started_at, started_at, started_at + interval '1 month'
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
    insert into fax.append_batch (last_position, rows, collector)
    select g * 200 + 200, 200, 1
    from generate_series($1::bigint, $2::bigint) g
),
collectors as (
    insert into fax.collector values (1, 'benchmark') on conflict do nothing
)
insert into fax.observation (
    session_id, started_at, observed_at, position, data_rate, x_resolution, y_resolution, page_number,
    pages_transmitted, pages_received, total_bad_lines, collector, words, error_correction_mode, event, operation,
    file_name, details)
select
    m.session_id,
    m.started_at,
    m.started_at + k * interval '1 second' + m.s * interval '1 millisecond',
    m.g * 200 + k * 4 + m.s + 1,
    case when e.snapshot then 14400 - 2400 * (n / 20 * (m.i % 5 / 4)) when e.completion then 14400 end,
    case when e.snapshot and n < 4 then 0 when e.snapshot or e.completion then 8031 end,
    case when e.snapshot and n < 4 then 0 when e.snapshot or e.completion then 3850 end,
    case when e.snapshot then p.page end,
    case when e.snapshot and m.operation = 'send' then p.page - 1
         when e.completion and m.operation = 'send' then m.pages when e.snapshot then 0 end,
    case when e.snapshot and m.operation = 'receive' then p.page - 1
         when e.completion and m.operation = 'receive' then m.pages when e.snapshot then 0 end,
    case when e.snapshot and m.operation = 'receive' and not m.ecm then n % (34 / m.pages + 1) * (m.i % 4)
         when e.snapshot then 0 end,
    1,
    fax.snapshot_words(e.event, m.operation, 'Active', 'G.711'),
    case when e.snapshot then m.ecm and n >= 4 end,
    case when not e.snapshot then e.event end,
    case when e.completion or e.event = 'FAXStatus' then m.operation end,
    case when e.snapshot or e.completion or e.event = 'FAXStatus' then m.file_name end,
    case when not e.snapshot and e.event <> 'Gone' then jsonb_build_object(
        'Privilege', 'call,all', 'ChannelState', '6', 'ChannelStateDesc', 'Up', 'CallerIDNum', '555' || m.i,
        'CallerIDName', 'Benchmark', 'ConnectedLineNum', '555' || m.i + 1, 'ConnectedLineName', 'Benchmark',
        'Language', 'en', 'AccountCode', 'account' || m.i % 20, 'Context', 'fax', 'Exten', '5550199', 'Priority', '3',
        'Linkedid', m.uniqueid) || e.own end
from made m
cross join generate_series(0, 49) k
cross join lateral (values (k - 7)) place (n)
cross join lateral (values (least(m.pages + 1, 1 + n * (m.pages + 1) / 35))) p (page)
cross join lateral (
    select
        k between 7 and 41 as snapshot,
        k = 48 as completion,
        case
            when k in (0, 6) then 'FAXStatus'
            when k between 7 and 41 then 'FAXSession'
            when k = 48 then case m.operation when 'send' then 'SendFAX' else 'ReceiveFAX' end
            when k = 49 then 'Gone'
            else 'VarSet'
        end as event,
        case
            when k in (0, 6) then '{"Status": "FAX Transmission In Progress", "LocalStationID": "+1 555 0199"}'::jsonb
            when k between 1 and 5 then '{"Variable": "FAXSTATUS", "Value": ""}'
            when k = 42 then jsonb_build_object('Variable', 'FAXSTATUS', 'Value', case when m.i % 11 = 0 then 'FAILED' else 'SUCCESS' end)
            when k = 43 then '{"Variable": "FAXERROR", "Value": "HANGUP"}'
            when k = 44 then '{"Variable": "FAXSTATUSSTRING", "Value": "OK"}'
            when k = 45 then '{"Variable": "REMOTESTATIONID", "Value": "+1 555 0100"}'
            when k = 46 then '{"Variable": "FAXMODE", "Value": "audio"}'
            when k = 47 then '{"Variable": "FAXPAGES", "Value": "1"}'
            when k = 48 then '{"LocalStationID": "+1 555 0199", "RemoteStationID": "+1 555 0100"}'
            else '{}'
        end as own
) e
order by m.g, k, m.s
