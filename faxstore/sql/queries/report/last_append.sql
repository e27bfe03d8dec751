-- The ingestor that appended last from its spool, and the seconds since. No row if none has appended yet.
select p.collector_id, extract(epoch from now() - p.appended_at)::bigint as seconds
from fax.spool_progress p
order by p.appended_at desc
limit 1
