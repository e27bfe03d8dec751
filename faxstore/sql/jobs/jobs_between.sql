-- The rows of fax.jobs whose first attempt started between two moments, the second one excluded. NULL is unbounded.
-- Their later attempts count even if they started after the period. Reads the sessions of the period, those of one
-- fax.job_window before it, and after it only while an unsuccessful job of the period may continue.
-- servers: the names of the servers; NULL selects all.
-- example: select * from fax.jobs_between('2026-10-01', '2026-11-01', array['pbx1']) where not succeeded;
create function fax.jobs_between(from_at timestamptz default null, to_at timestamptz default null, servers text[] default null)
returns setof fax.jobs
language sql stable parallel safe
begin atomic
    with recursive period as (
        select
            w.hours,
            w.hours * interval '1 hour' as reach,
            coalesce(from_at, '-infinity') as from_at,
            coalesce(to_at, 'infinity') as to_at
        from fax.job_window w
    ),
    -- one window after the other, as long as there are keys whose jobs may continue
    later (until_at, keys, attempts) as (
        select
            p.to_at,
            array(
                select distinct a.job_key
                from fax.job_attempts a
                where a.started_at >= p.to_at - p.reach and a.started_at < p.to_at
                  and a.result <> 'success' and a.job_key is not null
                  and (servers is null or a.server = any (servers))),
            null::fax.job_attempts[]
        from period p
        union all
        select l.until_at + p.reach, n.keys, n.attempts
        from later l
        cross join period p
        cross join lateral (
            select
                array_agg(distinct a.job_key) filter (where a.result <> 'success') as keys,
                array_agg(a) as attempts
            from fax.job_attempts a
            where a.started_at >= l.until_at and a.started_at < l.until_at + p.reach
              and a.job_key = any (l.keys)
              and (servers is null or a.server = any (servers))
        ) n
        where cardinality(l.keys) > 0
    )
    select j.*
    from (
        select array_agg(e.attempt) as attempts
        from (
            select a as attempt, coalesce(a.job_key, a.session_id::text) as key
            from fax.job_attempts a
            where a.started_at >= (select p.from_at - p.reach from period p)
              and a.started_at < (select p.to_at from period p)
              and (servers is null or a.server = any (servers))
            union all
            select a as attempt, a.job_key as key
            from later l
            cross join lateral unnest(l.attempts) a
        ) e
        -- some keys at a time (fax.jobs_of)
        group by hashtext(e.key) & 127
    ) k
    cross join period p
    cross join lateral fax.jobs_of(k.attempts, p.hours) j
    where j.first_attempt_at >= p.from_at and j.first_attempt_at < p.to_at;
end;
