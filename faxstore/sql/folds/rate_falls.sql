-- How often the measured rate of a session fell. Of observers that watched at the same time, the one with the most
-- falls counts, because their clocks may differ; observers that took over from each other are one. NULL if no rate.
-- Arrays as in fax.session_snapshots: one element per snapshot, the latest first.
-- example: select fax.rate_falls('{a,a,a}', '{2026-11-02 08:02+00,2026-11-02 08:01+00,2026-11-02 08:00+00}', '{9600,9600,14400}');
create function fax.rate_falls(observers text[], moments timestamptz[], data_rates integer[]) returns bigint
language sql immutable parallel safe
begin atomic
    with snapshot as (
        select u.observer, u.seen_at, u.data_rate
        from unnest(observers, moments, data_rates) u (observer, seen_at, data_rate)
    ),
    observed as (
        select s.observer, min(s.seen_at) as began_at, max(s.seen_at) as ended_at
        from snapshot s
        group by s.observer
    ),
    stream as (
        select
            i.observer,
            case when exists (
                select 1
                from observed j
                join observed k on k.observer > j.observer and k.began_at <= j.ended_at and j.began_at <= k.ended_at
            ) then i.observer else '' end as name
        from observed i
    )
    select max(p.falls)
    from (
        select count(*) filter (where n.data_rate < n.data_rate_before) as falls
        from (
            select w.name, s.data_rate, lag(s.data_rate) over (partition by w.name order by s.seen_at) as data_rate_before
            from stream w
            join snapshot s on s.observer = w.observer
            where s.data_rate is not null
        ) n
        group by n.name
    ) p;
end;
