-- What a total adds to the counts of fax.usage(): one row; none if it is not shown, is a detector, or has no end of its
-- own, because the next start of its server may then show one.
-- example: select u.* from fax.session_total t cross join lateral fax.usage_of(t) u where t.session_id = '…';
create function fax.usage_of(total fax.session_total)
returns table (
    server text, account_code text, direction text, result text, result_class text,
    sessions integer, pages integer, bad_lines bigint, seconds numeric
)
language sql immutable parallel safe
begin atomic
    select
        total.server, total.account_code, fax.direction(total.operation), fax.result(total.status, total.error),
        fax.result_class(total.status, total.error, total.status_text),
        1, total.pages, total.bad_lines,
        case when total.start_observed and coalesce(total.completed_at, total.gone_at, total.last_shown_at) >= total.started_at
             then extract(epoch from coalesce(total.completed_at, total.gone_at, total.last_shown_at) - total.started_at) end
    where fax.is_shown(total.is_fax, total.session_number, total.snapshots, total.completed_at is not null)
      and total.operation is distinct from 'V.21'
      and (total.completed_at is not null or total.gone_at is not null
           or (total.session_number is null and total.snapshots = 0));
end;
