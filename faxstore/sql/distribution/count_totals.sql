-- Adds the counts of totals to fax.usage_rollup, times 1 or -1: what the trigger fax.count_totals() does where totals are
-- on one node.
-- example: select fax.count_totals(array[…]::fax.session_total[], 1);
create or replace function fax.count_totals(totals fax.session_total[], times integer) returns void
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
    from (select t.started_at, o.* from unnest(totals) t cross join lateral fax.usage_of(t) o offset 0) u
    cross join unnest('{1,6,24}'::smallint[]) h (hours)
    group by h.hours, span_start, u.server, u.account_code, u.direction, u.result, u.result_class;
end
$$;
