-- A run of at most 65,536 appends after one position and up to another: its last position, its rows and their SHA-256.
select max(r.place), count(*), encode(sha256(convert_to(string_agg(r.content, e'\n' order by r.place), 'UTF8')), 'hex')
from (
    select
        b.last_position as place,
        jsonb_build_array(b.first_position, b.last_position, b.rows, b.appended_at, b.collector_id)::text as content
    from fax.append_batches b
    where b.last_position > %(after)s and b.last_position <= %(until)s
    order by b.last_position
    limit 65536
) r
