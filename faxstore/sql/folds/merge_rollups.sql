-- Adds up rows of fax.usage_rollup of the same span, server, account, direction and result, so that one row of each is
-- left: of up to `most` rows that were not added up yet, those of the oldest spans first. Returns their number; NULL if
-- another call is adding up rows. No figure changes.
-- The settings as of fax.append(): plans must not depend on statistics.
-- example: select fax.merge_rollups(1000);
create function fax.merge_rollups(most integer) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    found_rows bigint;
begin
    if not pg_try_advisory_xact_lock(4702394921427289933) then
        return null;
    end if;
    with unmerged as materialized (
        select r.hours, r.span_start, r.server, r.account_code, r.direction, r.result, r.result_class
        from fax.usage_rollup r
        where not r.merged
        order by r.span_start
        limit most
    ),
    -- all rows of a group: if no session is left, nothing is
    removed as (
        delete from fax.usage_rollup r
        using (select distinct * from unmerged) u
        where r.hours = u.hours and r.span_start = u.span_start and r.server = u.server and r.result = u.result
          and r.account_code is not distinct from u.account_code
          and r.direction is not distinct from u.direction
          and r.result_class is not distinct from u.result_class
        returning r.*
    ),
    added as (
        insert into fax.usage_rollup (
            hours, span_start, server, account_code, direction, result, result_class, merged,
            sessions, pages, page_reports, bad_lines, measurements, seconds, durations, after_a_page)
        select
            r.hours, r.span_start, r.server, r.account_code, r.direction, r.result, r.result_class, true,
            sum(r.sessions), sum(r.pages), sum(r.page_reports), sum(r.bad_lines), sum(r.measurements),
            sum(r.seconds), sum(r.durations), sum(r.after_a_page)
        from removed r
        group by r.hours, r.span_start, r.server, r.account_code, r.direction, r.result, r.result_class
        having sum(r.sessions) <> 0
    )
    select count(*) into found_rows from unmerged;
    return found_rows;
end
$$;
