-- Faxes with missing or duplicate revisions, and corrections that do not match the revision they supersede.
select format('session %s for %s: its revisions are not 1 to %s', l.session_id, l.consumer, count(*))
from fax.export_line l
group by l.consumer, l.session_id
having min(l.revision) <> 1 or max(l.revision) <> count(*) or count(distinct l.revision) <> count(*)
union all
select format('batch %s of %s, line %s (session %s): it does not match the revision that it supersedes', n.batch, n.consumer, n.line, n.session_id)
from fax.export_line n
left join fax.export_line o
    on o.session_id = n.session_id and o.consumer = n.consumer and o.revision = n.supersedes and o.batch < n.batch
where n.revision > 1
  and (o.session_id is null
       or (n.supersedes_batch, n.supersedes_line, n.previous_direction, n.previous_account_code, n.previous_ended_at,
           n.previous_duration_seconds, n.previous_pages, n.previous_bad_lines, n.previous_transport, n.previous_result)
          is distinct from
          (o.batch, o.line, o.direction, o.account_code, o.ended_at,
           o.duration_seconds, o.pages, o.bad_lines, o.transport, o.result))
