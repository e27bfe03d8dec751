-- Inserts one rejected message; a repeat is a no-op.
insert into fax.rejected_message (server, observed_at, digest, collector_id, reason, raw)
values (%s, %s, %s, %s, %s, %s)
on conflict do nothing
