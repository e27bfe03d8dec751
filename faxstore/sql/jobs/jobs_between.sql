-- The rows of fax.jobs whose first attempt started between two moments, the second one excluded. NULL is unbounded.
-- Their later attempts count even if they started after the period. Reads the sessions of the period, those of one
-- fax.job_window before it, and after it only while an unsuccessful job of the period may continue.
-- servers: the names of the servers; NULL selects all.
-- example: select * from fax.jobs_between('2026-10-01', '2026-11-01', array['pbx1']) where not succeeded;
create function fax.jobs_between(from_at timestamptz default null, to_at timestamptz default null, servers text[] default null)
returns setof fax.jobs
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    hours constant numeric := (select w.hours from fax.job_window w);
    reach constant interval := hours * interval '1 hour';
    since constant timestamptz := coalesce(from_at, '-infinity');
    until constant timestamptz := coalesce(to_at, 'infinity');
    later_from timestamptz := until;
    later fax.job_attempts[] := '{}';
    found fax.job_attempts[];
    keys text[];
begin
    -- one window after the other, as long as there are keys whose jobs may continue
    keys := array(
        select distinct a.job_key
        from fax.job_attempts a
        where a.started_at >= until - reach and a.started_at < until
          and a.result <> 'success' and a.job_key is not null
          and (servers is null or a.server = any (servers)));
    while cardinality(keys) > 0 loop
        select array_agg(distinct a.job_key) filter (where a.result <> 'success'), array_agg(a)
        into keys, found
        from fax.job_attempts a
        where a.started_at >= later_from and a.started_at < later_from + reach
          and a.job_key = any (keys)
          and (servers is null or a.server = any (servers));
        later := later || found;
        later_from := later_from + reach;
    end loop;
    return query
    select j.*
    from (
        select array_agg(e.attempt) as attempts
        from (
            select a as attempt, coalesce(a.job_key, a.session_id::text) as key
            from fax.job_attempts a
            where a.started_at >= since - reach and a.started_at < until
              and (servers is null or a.server = any (servers))
            union all
            select a as attempt, a.job_key as key
            from unnest(later) a
        ) e
        -- some keys at a time (fax.jobs_of)
        group by hashtext(e.key) & 127
    ) k
    cross join lateral fax.jobs_of(k.attempts, hours) j
    where j.first_attempt_at >= since and j.first_attempt_at < until;
end
$$;
