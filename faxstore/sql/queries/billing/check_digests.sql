-- Lines that do not match their digests, and batches whose digest does not match their lines.
select format('batch %s of %s, line %s (session %s): it was changed', l.batch, l.consumer, l.line, l.session_id)
from fax.export_line l
where l.digest is distinct from fax.export_line_digest(l)
   or (l.erased_at is null and l.personal_digest is distinct from fax.export_personal_digest(l))
   or (l.erased_at is not null
       and num_nonnulls(l.salt, l.caller_number, l.called_number, l.local_station_id, l.remote_station_id) > 0)
union all
select format('batch %s of %s: its digest is not that of its lines', b.batch, b.consumer)
from fax.export_batch b
left join fax.export_sums s on s.consumer = b.consumer and s.batch = b.batch
where b.digest is distinct from s.digest
