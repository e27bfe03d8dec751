-- Inserts one observation of a server; a repeat is a no-op.
insert into fax.server_history (server, observed_at, event, collector_id, details)
values (%s, %s, %s, %s, %s)
on conflict do nothing
