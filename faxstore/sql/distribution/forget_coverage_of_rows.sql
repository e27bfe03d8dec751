-- As in faxstore/sql/history/forget_coverage_of_rows.sql.
create or replace function fax.forget_coverage_of_rows(rows fax.appended_row[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    of_rows uuid[] := array(select distinct n.session_id from unnest(rows) n);
    known fax.session[] := fax.sessions_of(of_rows);
begin
    perform fax.forget_coverage(array_agg(s.server), array_agg(n.since), array_agg(n.until))
    from (
        select r.session_id, min(r.observed_at) - interval '150 seconds' as since, max(r.observed_at) as until
        from unnest(rows) r
        where r.event in ('FAXSession', 'Gone')
        group by r.session_id
    ) n
    join unnest(known) s on s.session_id = n.session_id;
end
$$;
