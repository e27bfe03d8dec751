-- The imported parts of the recordings of a server, in the order in which they began, each with how many of its last
-- lines are the first ones of a piece: the piece's first digests are found within the part, or the part ends with some.
select
    p.part_id, p.began_at, p.ended_at, p.longest_silence, n.lines, p.reader_state, p.first_list,
    coalesce(n.lines - fax.line_of(p.line_digests, %(first)s), n.at_its_end, 0)
from fax.recording_part p
cross join lateral (
    select
        octet_length(p.line_digests) / 4 as lines,
        max(count) filter (
            where substring(p.line_digests from octet_length(p.line_digests) - 4 * count + 1)
                = substring(%(first)s from 1 for 4 * count)) as at_its_end
    from generate_series(1, least(octet_length(p.line_digests), octet_length(%(first)s)) / 4) count
) n
where p.server = %(server)s
order by p.began_at, p.ended_at
