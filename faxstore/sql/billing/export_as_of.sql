-- What a consumer had been told by one of its batches of the faxes that began between two moments of a time zone: of each
-- fax the newest revision up to then, withdrawn ones apart. NULL for a moment: no bound.
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

comment on function fax.export_as_of(text, bigint, timestamp, timestamp, text) is 'What a consumer of the billing ledger had been told by one of its batches of the faxes of a period: the newest revision of each.';
