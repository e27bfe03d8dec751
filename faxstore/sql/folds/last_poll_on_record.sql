-- The last moment in an interval, without its start, at which a row of the history proves that a collector polled a
-- server: a FAXSession answer, which a collector requests after a complete list, or Gone, which is the time of a
-- complete list. Of sessions that started up to two hours before. NULL if there is no such row.
-- Runs with the rights of the owner, because fax_masked reads gaps but not the history; it returns only a time.
-- example: select fax.last_poll_on_record('pbx1', 'host-a/5f3c9a1b', '2026-11-02 08:00+00', '2026-11-02 08:01+00');
create function fax.last_poll_on_record(of_server text, of_collector text, since timestamptz, until timestamptz)
returns timestamptz
language plpgsql stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- else each call plans all partitions
as $$
begin
    return (
        select max(h.observed_at)
        from fax.session s
        join fax.session_history h on h.session_id = s.session_id and h.started_at = s.started_at
        where s.server = of_server
          and s.started_at >= since - interval '2 hours' and s.started_at <= until
          and h.collector_id = of_collector
          and h.event in ('FAXSession', 'Gone')
          and h.observed_at > since and h.observed_at <= until
    );
end
$$;
