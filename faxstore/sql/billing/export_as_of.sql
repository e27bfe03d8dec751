-- The faxes of a period as a consumer knew them after one of its batches: the newest revision of each up to then,
-- without withdrawn ones. The period is in local time of a time zone and selects by started_at; NULL is no bound.
-- example: select account_code, sum(pages) from fax.export_as_of('default', 7, '2026-10-01', '2026-11-01', 'Europe/Berlin') group by 1;
create function fax.export_as_of(of_consumer text, up_to_batch bigint, from_local timestamp, to_local timestamp, time_zone text default 'UTC')
returns setof fax.export_line
language sql stable parallel safe
as $$
    select n.*
    from (
        select distinct on (l.session_id) l.*
        from fax.export_line l
        where l.consumer = of_consumer and l.batch <= up_to_batch
          and l.started_at >= coalesce(from_local at time zone time_zone, '-infinity')
          and l.started_at < coalesce(to_local at time zone time_zone, 'infinity')
        order by l.session_id, l.revision desc
    ) n
    where n.direction is distinct from 'detector'
    order by n.started_at, n.session_id
$$;
