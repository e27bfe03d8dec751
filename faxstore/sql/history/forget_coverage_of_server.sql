-- Trigger of fax.server_history, after each INSERT: deletes the stored coverage that the new rows may change. A row says
-- something about the 150 s after it and, if polls failed or records were dropped, about the hour before it.
create function fax.forget_coverage_of_server() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from fax.coverage_day d
    using added a
    where d.server = a.server
      and a.event in ('Polled', 'PollFailed', 'Connected', 'Disconnected', 'ConnectFailed', 'Dropped')
      and d.day >= ((a.observed_at - interval '1 hour') at time zone 'UTC')::date
      and d.day <= ((a.observed_at + interval '150 seconds') at time zone 'UTC')::date
      and d.until >= a.observed_at - interval '1 hour'
      and not fax.has_dropped_evidence(d.day);
    return null;
end
$$;
