-- The jobs that attempts form: those of one server with equal job_key in the order of their starts, divided into runs.
-- It needs all attempts of each key that it gets. The views call it with those of many keys at once, because each call
-- costs as much as dozens of attempts, but not with all of them, which would exceed the memory of a sort.
-- An attempt belongs to the job of the one before it if it starts at most window_hours after the start of that one, and
-- that one did not succeed. Received faxes of one caller may be different documents, so that one must have failed: an
-- unknown result does not suffice. And if other faxes may have the same key (not names_fax), that one must have ended:
-- faxes in progress at once are different ones.
-- example: select j.* from (select array_agg(a) as attempts from fax.job_attempts a where a.server = 'pbx1' and a.started_at >= '2026-11-01') k, fax.jobs_of(k.attempts, 24) j;
create function fax.jobs_of(attempts fax.job_attempts[], window_hours numeric)
returns table (
    job_id uuid, server text, account_code text, direction text, caller_number text, called_number text,
    remote_station_id text, file_names text[], first_attempt_at timestamptz, last_attempt_at timestamptz,
    ended_at timestamptz, in_progress boolean, joinable_until timestamptz, attempts bigint, succeeded boolean,
    result text, result_class text, result_text text, transport text, pages integer, seconds numeric,
    attempts_without_seconds bigint, last_session_id uuid, session_ids uuid[], source text
)
language sql stable parallel safe
begin atomic
    select
        j.session_ids[1], j.server, j.account_code, j.direction, j.caller_number, j.called_number, j.remote_station_id,
        j.file_names, j.first_attempt_at, j.last_attempt_at, case when not j.in_progress then j.ended_at end, j.in_progress,
        case when j.may_go_on then j.last_attempt_at + window_hours * interval '1 hour' end,
        j.attempts,
        case when j.result = 'success' then true when not j.any_unknown then false end,
        j.result, j.result_class, j.result_text, j.transport,
        case when j.result = 'success' then j.last_pages else j.most_pages end,
        j.seconds, j.attempts_without_seconds, j.session_ids[j.attempts], j.session_ids,
        j.source
    from (
        select
            r.server,
            -- of the last attempt; one value, so its maximum
            max(r.account_code) filter (where r.is_last) as account_code,
            max(r.direction) filter (where r.is_last) as direction,
            max(r.caller_number) filter (where r.is_last) as caller_number,
            max(r.called_number) filter (where r.is_last) as called_number,
            max(r.remote_station_id) filter (where r.is_last) as remote_station_id,
            max(r.file_names) filter (where r.is_last) as file_names,
            max(r.result) filter (where r.is_last) as result,
            max(r.result_class) filter (where r.is_last) as result_class,
            max(r.result_text) filter (where r.is_last) as result_text,
            max(r.transport) filter (where r.is_last) as transport,
            max(r.pages) filter (where r.is_last) as last_pages,
            max(r.source) as source,
            bool_or(r.may_be_followed and r.job_key is not null) filter (where r.is_last) as may_go_on,
            array_agg(r.session_id order by r.started_at, r.session_number, r.session_id) as session_ids,
            min(r.started_at) as first_attempt_at,
            max(r.started_at) as last_attempt_at,
            max(r.ended_at) as ended_at,
            bool_or(r.ended_at is null) as in_progress,
            count(*) as attempts,
            bool_or(r.result = 'unknown') as any_unknown,
            max(r.pages) as most_pages,
            sum(r.duration_seconds) as seconds,
            count(*) filter (where r.duration_seconds is null) as attempts_without_seconds
        from (
            select
                o.*,
                count(*) filter (where not o.joins) over in_order as job,
                lead(o.joins) over in_order is not true as is_last
            from (
                select
                    a.*,
                    n.key,
                    n.digest,
                    n.may_be_followed,
                    coalesce(
                        lag(n.may_be_followed) over in_order
                        and (a.names_fax or a.started_at >= lag(a.ended_not_before) over in_order)
                        and a.started_at - lag(a.started_at) over in_order <= window_hours * interval '1 hour',
                        false) as joins
                from unnest(attempts) a
                cross join lateral (
                    select
                        k.key,
                        hashtextextended(k.key, 0) as digest,
                        a.result = 'failed' or (a.result = 'unknown' and a.direction is distinct from 'received') as may_be_followed
                    from (select coalesce(a.job_key, a.session_id::text) as key) k
                ) n
                -- by the digest first, because texts take longer to compare
                window in_order as (partition by n.digest, n.key, a.server order by a.started_at, a.session_number, a.session_id)
            ) o
            window in_order as (partition by o.digest, o.key, o.server order by o.started_at, o.session_number, o.session_id)
        ) r
        group by r.digest, r.key, r.server, r.job
    ) j;
end;
