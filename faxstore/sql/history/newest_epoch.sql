-- The newest epoch of a start of a server by the moment at which an observer first saw that start: the one that its life
-- belongs to, unless res_fax.so was reloaded since. NULL if there is none.
-- example: select fax.newest_epoch('pbx1', '2026-11-23 08:00+00', null, '2026-11-23 09:00+00');
create function fax.newest_epoch(of_server text, started timestamptz, startup text, first_seen timestamptz) returns uuid
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select e.epoch_id
    from fax.epoch e
    where e.server = of_server
      and (e.started_at between started - interval '2 seconds' and started + interval '2 seconds'
           or (e.startup_text = startup and (e.started_at is null or started is null)))
      and coalesce(e.reloaded_at <= first_seen, true)
    order by e.reload_ordinal desc
    limit 1
$$;
