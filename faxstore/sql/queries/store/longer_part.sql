-- Whether another part of the same server, with more lines, contains all lines of a part.
select exists (
    select from fax.recording_part p
    join fax.recording_part longer
        on longer.server = p.server and octet_length(longer.line_digests) > octet_length(p.line_digests)
    where p.part_id = %s and fax.line_of(longer.line_digests, p.line_digests) is not null
)
