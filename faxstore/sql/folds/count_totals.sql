-- Trigger of fax.session_total, for each statement: adds the counts of its totals to fax.usage_rollup, times its argument,
-- 1 or -1.
create function fax.count_totals() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into fax.usage_rollup (
        hours, span_start, server, account_code, direction, result, result_class, merged,
        sessions, pages, page_reports, bad_lines, measurements, seconds, durations, after_a_page)
    select
        h.hours, date_bin(h.hours * interval '1 hour', u.started_at, '0001-01-01 00:00:00+00') as span_start,
        u.server, u.account_code, u.direction, u.result, u.result_class, false,
        times * count(*),
        times * coalesce(sum(u.pages), 0), times * count(u.pages),
        times * coalesce(sum(u.bad_lines), 0), times * count(u.bad_lines),
        times * coalesce(sum(u.seconds), 0), times * count(u.seconds),
        times * count(*) filter (where u.pages > 0)
    -- offset 0: once per total, not for each span
    from (select t.started_at, o.* from changed t cross join lateral fax.usage_of(t) o offset 0) u
    cross join unnest('{1,6,24}'::smallint[]) h (hours)
    cross join lateral (select tg_argv[0]::integer as times) n
    group by h.hours, span_start, u.server, u.account_code, u.direction, u.result, u.result_class, times;
    return null;
end
$$;

create trigger count_new after insert on fax.session_total referencing new table as changed
    for each statement execute function fax.count_totals('1');
create trigger count_removed after delete on fax.session_total referencing old table as changed
    for each statement execute function fax.count_totals('-1');
create trigger count_changed after update on fax.session_total referencing new table as changed
    for each statement execute function fax.count_totals('1');
create trigger count_unchanged after update on fax.session_total referencing old table as changed
    for each statement execute function fax.count_totals('-1');
alter table fax.session_total enable always trigger count_new;
alter table fax.session_total enable always trigger count_removed;
alter table fax.session_total enable always trigger count_changed;
alter table fax.session_total enable always trigger count_unchanged;
