-- Deletes the stored coverage that new rows of the history may change: a snapshot or an absence proves polls of the 150 s
-- before it (fax.last_poll_on_record).
create function fax.forget_coverage_of_rows(rows fax.appended_row[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from fax.coverage_day d
    using (
        select r.session_id, min(r.observed_at) - interval '150 seconds' as since, max(r.observed_at) as until
        from unnest(rows) r
        where r.event in ('FAXSession', 'Gone')
        group by r.session_id
    ) n, fax.session s
    where s.session_id = n.session_id
      and d.server = s.server
      and d.day >= (n.since at time zone 'UTC')::date
      and d.day <= (n.until at time zone 'UTC')::date
      and d.until >= n.since
      and not fax.has_dropped_evidence(d.day);
end
$$;
