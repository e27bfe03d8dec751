-- Deletes the other parts of the same server whose lines all belong to a part.
delete from fax.recording_part contained
using fax.recording_part p
where p.part_id = %s and contained.server = p.server and contained.part_id <> p.part_id
  and fax.line_of(p.line_digests, contained.line_digests) is not null
