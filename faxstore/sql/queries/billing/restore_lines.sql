-- Inserts lines that were read from the file of a batch. A file of usage events lacks columns: they are those of the fax
-- as the views have it, if they have it.
insert into fax.export_line
select r.*
from jsonb_array_elements(%(rows)s::jsonb) with ordinality j (line, place)
left join fax.export_line o
    on o.session_id = (j.line ->> 'session_id')::uuid and o.consumer = %(consumer)s
    and o.revision = (j.line ->> 'revision')::integer - 1
cross join lateral (
    select case when not j.line ? 'end_observed_by' then (
        select row(f.*)::fax.export_line
        from fax.exportable_faxes f
        where f.session_id = (j.line ->> 'session_id')::uuid and f.started_at = (j.line ->> 'started_at')::timestamptz
          and f.end_observed_by <> 'open'
    ) end as line
) seen
cross join lateral jsonb_populate_record(
    coalesce(seen.line, jsonb_populate_record(null::fax.export_line, '{"end_observed_by": "unknown"}')),
    jsonb_build_object('supersedes', o.revision, 'supersedes_batch', o.batch, 'supersedes_line', o.line)
        || j.line || jsonb_build_object('consumer', %(consumer)s::text)
) r
order by j.place
