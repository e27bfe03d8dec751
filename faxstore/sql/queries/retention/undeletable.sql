-- Why the sessions of a month cannot be deleted, in words with what to do; NULL if they can.
select case
    when not exists (select from fax.dropped_month d where d.month = %(month)s)
        then 'its rows are in the database'
    when exists (select from fax.observation o where o.started_at >= %(began)s and o.started_at < %(ends)s)
         or exists (select from fax.session_pack p where p.started_at >= %(began)s and p.started_at < %(ends)s)
        then 'it received rows in the meantime: run faxstore retention again'
    when exists (
        select from fax.reconciliation_day r
        where r.since is null and r.day >= %(month)s and r.day < (%(month)s::date + interval '1 month')::date)
        then 'it has days without stored reconciliation: run faxstore compact'
end
