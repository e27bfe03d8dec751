-- Inserts one rejected message; a repeat is a no-op. One that was erased is recognised by its time and reason.
insert into fax.rejected_message (server, observed_at, digest, collector_id, reason, raw)
select m.*
from (values (%s, %s::timestamptz, %s::bytea, %s, %s, %s::bytea)) m (server, observed_at, digest, collector_id, reason, raw)
where not exists (
    select from fax.rejected_message r
    where r.server = m.server and r.observed_at = m.observed_at and r.reason = m.reason and length(r.digest) = 16)
on conflict do nothing
