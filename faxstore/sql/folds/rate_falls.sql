-- How often the measured rate of a session fell: of each fall its page, the rate before it and the rate after it, bit/s,
-- in their order. NULL if it never fell. Of observers that watched at the same time, the one that saw the most falls
-- counts, because their clocks may differ; observers that took over from each other are one.
-- Arrays as in fax.session_snapshots: one element per snapshot, the latest first. Most sessions have one observer: then
-- one pass over the arrays finds the same falls in a fraction of the time.
-- example: select fax.rate_falls('{a,a,a}', '{2026-11-02 08:02+00,2026-11-02 08:01+00,2026-11-02 08:00+00}', '{2,1,1}', '{9600,9600,14400}');
create function fax.rate_falls(observers text[], moments timestamptz[], page_numbers integer[], data_rates integer[])
returns integer[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    falls integer[];
    rate_before integer;
begin
    if array_remove(observers, observers[1]) <> '{}' then
        return (
            with snapshot as (
                select u.observer, u.seen_at, u.page_number, u.data_rate
                from unnest($1, $2, $3, $4) u (observer, seen_at, page_number, data_rate)
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
            select array_agg(array[c.page_number, c.rate_before, c.data_rate] order by c.seen_at)
            from (
                select
                    w.name, s.seen_at, s.page_number, s.data_rate,
                    lag(s.data_rate) over (partition by w.name order by s.seen_at) as rate_before
                from stream w
                join snapshot s on s.observer = w.observer
                where s.data_rate is not null
            ) c
            where c.data_rate < c.rate_before
            group by c.name
            order by count(*) desc, c.name
            limit 1
        );
    end if;
    for i in reverse cardinality(data_rates)..1 loop
        continue when data_rates[i] is null;
        if data_rates[i] < rate_before then
            falls := falls || array[array[page_numbers[i], rate_before, data_rates[i]]];
        end if;
        rate_before := data_rates[i];
    end loop;
    return falls;
end
$$;
