-- The rows of 1,000 model sessions, 100 each, from which fill_sessions.sql makes any number of sessions.
-- A model has what sessions share: times since the start, pages, rates, bad lines, results. Identities and numbers are
-- those of each session.
-- Two in three sessions use ECM, one in eleven fails, one in fifty ends without a completion event, one in forty is a
-- tone detector. Odd models are sent, even ones received, so that servers send and receive alternately.
create unlogged table benchmark.model_row as
with model as (
    select
        m,
        case when m % 40 = 13 then 'V.21' when m / 4 % 2 = 0 then 'receive' else 'send' end as operation,
        1 + m * 7 % 11 % 5 as pages,
        m % 3 <> 0 as ecm,
        case when m % 10 < 3 then 'T.38' else 'G.711' end as transport,
        m % 11 = 0 as failed,
        m % 50 <> 7 and m % 40 <> 13 as completes
    from generate_series(0, 999) m
)
select
    m.m as model,
    k,
    case when e.snapshot then case when m.m % 7 = 3 and n > 50 then 9600 else 14400 end when e.completion then 14400 end as data_rate,
    case when e.snapshot and n < 8 then 0 when e.snapshot or e.completion then 8031 end as x_resolution,
    case when e.snapshot and n < 8 then 0 when e.snapshot or e.completion then 3850 end as y_resolution,
    case when e.snapshot then p.page end as page_number,
    case when e.snapshot and m.operation = 'send' then p.page - 1 when e.completion and m.operation = 'send' then m.pages
         when e.snapshot then 0 end as pages_transmitted,
    case when e.snapshot and m.operation = 'receive' then p.page - 1 when e.completion and m.operation = 'receive' then m.pages
         when e.snapshot then 0 end as pages_received,
    case when e.snapshot and m.operation = 'receive' and not m.ecm then n % (84 / m.pages + 1) * (m.m % 4) / 8
         when e.snapshot then 0 end as total_bad_lines,
    case when e.snapshot then m.ecm and n >= 8 end as error_correction_mode,
    e.event,
    case when e.snapshot or e.completion or e.event = 'FAXStatus' then m.operation end as operation,
    case when e.snapshot then 'Active' end as state,
    case when e.snapshot then m.transport end as session_type,
    (e.snapshot or e.completion or e.event = 'FAXStatus') and m.operation <> 'V.21' as names_file,
    -- null for rows without headers
    case when not e.snapshot and e.event <> 'Gone' then jsonb_build_object(
        'Privilege', 'call,all', 'ChannelState', '6', 'ChannelStateDesc', 'Up', 'CallerIDName', '<unknown>',
        'ConnectedLineName', '<unknown>', 'Language', 'en', 'Context', 'fax', 'Priority', '3') || e.own end as headers,
    m.operation as listed_as,
    m.completes
from model m
cross join generate_series(0, 99) k
cross join lateral (values (k - 7)) place (n)
cross join lateral (values (least(m.pages + 1, 1 + n * (m.pages + 1) / 85))) p (page)
cross join lateral (
    select
        k between 7 and 91 as snapshot,
        k = 98 and m.completes as completion,
        case
            when k in (0, 6) then 'FAXStatus'
            when k between 7 and 91 then 'FAXSession'
            when k = 98 and m.completes then case m.operation when 'send' then 'SendFAX' else 'ReceiveFAX' end
            when k = 99 then 'Gone'
            else 'VarSet'
        end as event,
        case
            when k in (0, 6) then '{"Status": "FAX Transmission In Progress", "LocalStationID": "+1 555 0199"}'::jsonb
            when k between 1 and 5 then '{"Variable": "FAXSTATUS", "Value": ""}'
            when k = 92 then jsonb_build_object('Variable', 'FAXSTATUS', 'Value', case when m.failed then 'FAILED' else 'SUCCESS' end)
            when k = 93 then jsonb_build_object('Variable', 'FAXERROR', 'Value', case when m.failed and m.m % 2 = 0 then 'T38_NEG_ERROR' else 'HANGUP' end)
            when k = 94 then jsonb_build_object('Variable', 'FAXSTATUSSTRING', 'Value', case when m.failed then 'The call dropped prematurely' else 'OK' end)
            when k = 95 then '{"Variable": "REMOTESTATIONID"}'
            when k = 96 then '{"Variable": "FAXMODE", "Value": "audio"}'
            when k = 98 and m.completes then '{"LocalStationID": "+1 555 0199"}'
            when k in (97, 98) then jsonb_build_object('Variable', 'FAXPAGES', 'Value', m.pages::text)
            else '{}'
        end as own
) e
order by 1, 2;

create unique index on benchmark.model_row (model, k);
analyze benchmark.model_row;

-- The totals of the models, once fax.write_totals() has written those of the first 1,000 sessions.
create unlogged table benchmark.model_total (like fax.session_total, model integer primary key);
