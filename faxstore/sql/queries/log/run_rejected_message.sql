-- A run of at most 65,536 rejected messages after one ordinal and up to another: its last ordinal, its rows and their
-- SHA-256, without the messages and their digests.
select max(r.place), count(*), encode(sha256(convert_to(string_agg(r.content, e'\n' order by r.place), 'UTF8')), 'hex')
from (
    select
        m.ordinal as place,
        jsonb_build_array(m.ordinal, m.server, m.observed_at, m.collector_id, m.reason)::text as content
    from fax.rejected_message m
    where m.ordinal > %(after)s and m.ordinal <= %(until)s
    order by m.ordinal
    limit 65536
) r
