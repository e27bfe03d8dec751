-- Appends the rows of a batch.
select appended, repeats
from fax.append(%(collector)s, %(epochs)s::uuid[], %(last_seen)s::timestamptz[], %(sessions)s, %(rows)s,
                %(spool)s::uuid, %(before)s::bigint, %(after)s::bigint, %(keys)s::bigint[])
