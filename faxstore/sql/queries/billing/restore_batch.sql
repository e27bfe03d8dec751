-- Inserts the batch of lines that were read from its file. It covers no positions: those that it once covered may belong
-- to other rows now, and the next batch examines every row after the consumer's last batch again.
insert into fax.export_batch (
    consumer, batch, first_position, last_position, made_at, lines, corrections, pages, bad_lines, seconds,
    previous_pages, previous_bad_lines, previous_seconds, first_started_at, last_started_at, first_ended_at, last_ended_at,
    format, format_version, sha256, digest, schema_version, checkpoint, batch_before, position_before, manifest,
    restored_after)
select
    s.consumer, s.batch, coalesce(b.last_position, 0) + 1, coalesce(b.last_position, 0), %(made_at)s, s.lines, s.corrections,
    s.pages, s.bad_lines, s.seconds, s.previous_pages, s.previous_bad_lines, s.previous_seconds, s.first_started_at,
    s.last_started_at, s.first_ended_at, s.last_ended_at, %(format)s, %(format_version)s, %(sha256)s, s.digest,
    %(schema_version)s, %(checkpoint)s, b.batch, coalesce(b.last_position, 0), %(manifest)s,
    (select coalesce(max(a.last_position), 0) from fax.append_batch a)
from fax.export_sums s
left join fax.export_batch b on b.consumer = s.consumer and b.batch = s.batch - 1
where s.consumer = %(consumer)s and s.batch = %(batch)s
