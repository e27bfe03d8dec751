-- Whether an ingestor was polling a server at a moment, in a known epoch: then the epoch of a recording that begins at
-- that moment is known, whatever its first lines show.
-- example: select fax.is_watched('pbx1', '2026-11-23 14:00+00');
create function fax.is_watched(of_server text, at timestamptz) returns boolean
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select from fax.epoch e
        where e.server = of_server and e.first_seen_at <= at and e.last_seen_at >= at
    ) and exists (
        select from fax.server_history h
        where h.server = of_server and h.event = 'Polled' and h.collector_id <> 'import'
          and h.observed_at between at - interval '150 seconds' and at
    )
$$;
