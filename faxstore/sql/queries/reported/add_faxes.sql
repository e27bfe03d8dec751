-- Stores reported faxes, each a JSON object, that are not stored yet. A start without a time zone is one of time_zone.
insert into fax.reported_fax (
    session_id, started_at, pages, duration_seconds, server, source, direction, job, account_code, caller_number,
    called_number, local_station_id, remote_station_id, result, result_text, raw
)
select
    r.session_id, coalesce(r.started_at, r.started_local at time zone %(time_zone)s), r.pages, r.duration_seconds,
    %(server)s, %(source)s, r.direction, r.job, r.account_code, r.caller_number,
    r.called_number, r.local_station_id, r.remote_station_id, r.result, r.result_text, r.raw
from jsonb_to_recordset(%(faxes)s::jsonb) as r (
    session_id uuid, started_at timestamptz, started_local timestamp, pages integer, duration_seconds numeric,
    direction text, job text, account_code text, caller_number text, called_number text, local_station_id text,
    remote_station_id text, result text, result_text text, raw text
)
on conflict do nothing
