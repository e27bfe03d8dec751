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
    attempts_without_seconds bigint, last_session_id uuid, session_ids uuid[]
)
language sql stable parallel safe
begin atomic
    select
        j.session_ids[1], (j.last).server, (j.last).account_code, (j.last).direction, (j.last).caller_number,
        (j.last).called_number, (j.last).remote_station_id, (j.last).file_names, j.first_attempt_at,
        (j.last).started_at, case when not j.in_progress then j.ended_at end, j.in_progress,
        case when (j.last).job_key is not null and (j.last).result = any (j.followed)
             then (j.last).started_at + window_hours * interval '1 hour' end,
        j.attempts,
        case when (j.last).result = 'success' then true when not j.any_unknown then false end,
        (j.last).result, (j.last).result_class, (j.last).result_text, (j.last).transport,
        case when (j.last).result = 'success' then (j.last).pages else j.most_pages end,
        j.seconds, j.attempts_without_seconds, (j.last).session_id, j.session_ids
    from (
        select
            (array_agg(r.attempt) filter (where r.is_last))[1] as last,
            array_agg(r.session_id order by r.place) as session_ids,
            min(r.started_at) as first_attempt_at,
            max((r.attempt).ended_at) as ended_at,
            bool_or((r.attempt).ended_at is null) as in_progress,
            count(*) as attempts,
            bool_or((r.attempt).result = 'unknown') as any_unknown,
            max((r.attempt).pages) as most_pages,
            sum((r.attempt).duration_seconds) as seconds,
            count(*) filter (where (r.attempt).duration_seconds is null) as attempts_without_seconds,
            min(r.followed) as followed
        from (
            select
                o.*,
                count(*) filter (where not o.joins) over in_order as job,
                lead(o.joins) over in_order is not true as is_last
            from (
                select
                    a as attempt,
                    a.server,
                    n.key,
                    a.started_at,
                    a.session_number,
                    a.session_id,
                    n.followed,
                    row_number() over in_order as place,
                    coalesce(
                        lag(a.result) over in_order = any (n.followed)
                        and (a.names_fax or a.started_at >= lag(a.ended_not_before) over in_order)
                        and a.started_at - lag(a.started_at) over in_order <= window_hours * interval '1 hour',
                        false) as joins
                from unnest(attempts) a
                cross join lateral (
                    select
                        coalesce(a.job_key, a.session_id::text) as key,
                        case when a.direction = 'received' then array['failed'] else array['failed', 'unknown'] end as followed
                ) n
                window in_order as (partition by a.server, n.key order by a.started_at, a.session_number, a.session_id)
            ) o
            window in_order as (partition by o.server, o.key order by o.started_at, o.session_number, o.session_id)
        ) r
        group by r.server, r.key, r.job
    ) j;
end;
