-- Inserts one observation of a server; a repeat is a no-op.
-- example: select fax.add_server_row('pbx1', '2026-11-23 14:00+00', 'Polled', 'host1', null);
create function fax.add_server_row(
    of_server text, observed_at timestamptz, event text, collector_id text, details jsonb
) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into fax.server_history (server, observed_at, event, collector_id, details)
    values (of_server, add_server_row.observed_at, add_server_row.event, add_server_row.collector_id, add_server_row.details)
    on conflict do nothing;
end
$$;
