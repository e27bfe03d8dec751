-- Stores the rows of fax.reconciliation of up to `most` days that lack them (fax.reconciliation_day), the newest first,
-- and returns their number: 0 if nothing is due. A day is due two hours after its end, when most evidence has arrived, and
-- when its sessions have totals, so that it takes some milliseconds. Takes the lock of all appenders, so that nothing is
-- appended meanwhile.
-- example: select fax.write_reconciliation(10);
create function fax.write_reconciliation(most integer default 1) returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    newest constant date := ((now() - interval '2 hours') at time zone 'UTC')::date - 1;
    due record;
    written integer := 0;
begin
    if not exists (select from fax.reconciliation_day d where d.since is null and d.day <= newest) then
        return 0;
    end if;
    perform fax.lock_append();
    for due in
        select d.server, d.day, d.began, d.ends
        from (
            select r.*, r.day::timestamp at time zone 'UTC' as began, (r.day + 1)::timestamp at time zone 'UTC' as ends
            from fax.reconciliation_day r
            where r.since is null and r.day <= newest
        ) d
        order by d.day desc, d.server
    loop
        exit when written >= most;
        perform from fax.session_untotalled u
        where u.server = due.server and u.started_at >= due.began - interval '25 hours' and u.started_at < due.ends
        limit 1;
        continue when found;
        with compared as materialized (
            select n.* from fax.compare_readings_between(due.server, due.began, due.ends) n
        ),
        stored as (
            insert into fax.compared_reading (
                to_at, from_at, series, transmit_attempts, transmit_attempts_seen, receive_attempts, receive_attempts_seen,
                attempts_missed, completed, completed_seen, failed, failed_seen, restarted, counts)
            select
                c.to_at, c.from_at, s.series,
                case when f.its then nullif(c.transmit_attempts, 0)::smallint end,
                case when f.its then nullif(c.transmit_attempts_seen, 0)::smallint end,
                case when f.its then nullif(c.receive_attempts, 0)::smallint end,
                case when f.its then nullif(c.receive_attempts_seen, 0)::smallint end,
                case when f.its then nullif(c.attempts_missed, 0)::smallint end,
                case when f.its then nullif(c.completed, 0)::smallint end,
                case when f.its then nullif(c.completed_seen, 0)::smallint end,
                case when f.its then nullif(c.failed, 0)::smallint end,
                case when f.its then nullif(c.failed_seen, 0)::smallint end,
                nullif(c.restarted, false),
                case when not f.its then n.counts end
            from compared c
            join fax.reading_series s on s.server = due.server and s.collector_id = c.collector_id
            cross join lateral (
                select array[c.transmit_attempts, c.transmit_attempts_seen, c.receive_attempts, c.receive_attempts_seen,
                             c.attempts_missed, c.completed, c.completed_seen, c.failed, c.failed_seen] as counts
            ) n
            cross join lateral (
                select bool_and(coalesce(v.count between -32768 and 32767, false)) as its from unnest(n.counts) v (count)
            ) f
            where c.from_at is not null
            order by s.series, c.to_at
        )
        update fax.reconciliation_day d
        set since = coalesce((select min(coalesce(c.from_at, '-infinity')) from compared c), '-infinity')
        where d.server = due.server and d.day = due.day;
        written := written + 1;
    end loop;
    return written;
end
$$;
