-- No log, no erasure. What was erased stays so; a log that was published could not be proven any more.
do $$
begin
    if exists (select from fax.checkpoint) or exists (select from fax.erasure) then
        raise exception 'downgrade refused: it would drop a log that is not empty';
    end if;
end
$$;

revoke select on fax.session_history, fax.session, fax.epoch, fax.append_batch from fax_sealer;
revoke select on
    fax.session_pages, fax.session_timeline, fax.usage_daily, fax.failures,
    fax.epoch, fax.append_batch, fax.server_history, fax.technology, fax.quality_class
from fax_masked;
revoke execute on function
    fax.resolution_name(integer),
    fax.page_lines(integer),
    fax.page_quality(integer, integer),
    fax.result_class(text, text, text),
    fax.channel_variable(jsonb, text),
    fax.unescaped(text),
    fax.told_moment(jsonb, text),
    fax.counter(jsonb, text),
    fax.gap_reason(text, text),
    fax.gaps(text, timestamptz, timestamptz),
    fax.is_attempt(text, text),
    fax.usage(timestamp, timestamp, text, text)
from fax_masked;
revoke usage on schema fax from fax_sealer, fax_masked;

drop trigger only_erased on fax.session_history;
drop trigger only_erased on fax.rejected_message;
drop view fax.sessions_masked;
drop view fax.log_leaves;
drop function fax.masked;
drop function fax.erase_rejected;
drop function fax.erase_session;
drop function fax.only_emptied;
drop function fax.only_erased;
drop function fax.erasing;
drop function fax.lock_log;
drop function fax.log_entry;
drop function fax.personal_digest;
drop function fax.plain_details;
drop function fax.personal_details;
drop function fax.plain_variables;
drop function fax.plain_headers;

-- Trigger of every append-only table: whoever asks, nothing that was appended is changed.
create or replace function fax.refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'fax.% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege';
end
$$;

comment on function fax.refuse_change() is 'Trigger: refuses UPDATE, DELETE and TRUNCATE of an append-only table.';

-- Usage between two moments of a time zone, by bucket of that zone, server, account and direction. A session counts as a
-- whole in the bucket in which it began. Tone detectors (V.21) are no faxes and are left out.
-- bucket: hour, day, week (from Monday), month, quarter or year.
-- example: select * from fax.usage('2026-10-01', '2026-11-01', 'Europe/Berlin', 'day');
create or replace function fax.usage(from_local timestamp, to_local timestamp, time_zone text default 'UTC', bucket text default 'day')
returns table (
    bucket_start timestamptz, bucket_end timestamptz, server text, account_code text, direction text,
    sessions bigint, pages bigint, bad_lines bigint, seconds numeric,
    successes bigint, failures bigint, unknown_ends bigint
)
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    width interval;
begin
    if bucket is null or bucket not in ('hour', 'day', 'week', 'month', 'quarter', 'year') then
        raise exception 'bucket is %, expected hour, day, week, month, quarter or year', coalesce(quote_literal(bucket), 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    width := case bucket when 'quarter' then interval '3 months' else ('1 ' || bucket)::interval end;
    return query
    select
        b.bucket_start,
        -- an hour is an hour; a day of a zone may have 23 or 25, and begin at one o'clock
        case when bucket = 'hour' then b.bucket_start + width
             else date_trunc(bucket, b.bucket_start at time zone time_zone + width) at time zone time_zone end,
        b.server, b.account_code, b.direction,
        count(*), sum(b.pages)::bigint, sum(b.bad_lines)::bigint, sum(b.duration_seconds),
        count(*) filter (where b.result = 'success'),
        count(*) filter (where b.result = 'failed'),
        count(*) filter (where b.result = 'unknown')
    from (
        select
            date_trunc(bucket, s.started_at, time_zone) as bucket_start,
            s.server, s.account_code, s.direction, s.pages, s.bad_lines, s.duration_seconds, s.result
        from fax.sessions s
        where s.started_at >= from_local at time zone time_zone
          and s.started_at < to_local at time zone time_zone
          and s.direction is distinct from 'detector'
    ) b
    group by b.bucket_start, b.server, b.account_code, b.direction
    order by b.bucket_start, b.server, b.account_code, b.direction;
end
$$;

comment on function fax.usage(timestamp, timestamp, text, text) is 'Sessions, pages, bad lines, seconds and results between two moments of a time zone, by bucket (hour, day, week, month, quarter, year) of that zone, server, account and direction.';

comment on column fax.staged_row.file_name is 'As in fax.session_history.';
comment on column fax.staged_row.details is 'As in fax.session_history.';

drop table fax.log_run;
drop table fax.log_subtree;
drop table fax.checkpoint;
drop table fax.erasure;
drop table fax.erased_digest;
drop table fax.session_salt;
