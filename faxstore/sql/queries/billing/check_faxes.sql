-- Faxes that are missing in a consumer's batches, and exported faxes for which the views now have other values. Faxes
-- with rows after the consumer's last batch, and pending ones, are left to the next batch.
with consumer as (
    select b.consumer, max(b.last_position) as last_position from fax.export_batch b group by b.consumer
),
newest as (
    select distinct on (l.consumer, l.session_id) l.* from fax.export_line l order by l.consumer, l.session_id, l.revision desc
),
fax as materialized (
    select f.* from fax.exportable_faxes f where exists (select 1 from consumer)
),
-- each materialized: of a UNION of them, Citus returned no rows
missing (line) as materialized (
    select format('session %s (%s, number %s) was not exported to %s', f.session_id, f.server, f.session_number, c.consumer)
    from consumer c
    join fax f on f.last_position <= c.last_position
    where f.end_observed_by <> 'open' and f.direction is distinct from 'detector'
      and not exists (select 1 from fax.export_line l where l.session_id = f.session_id and l.consumer = c.consumer)
      and not exists (select 1 from fax.export_pending p where p.session_id = f.session_id and p.consumer = c.consumer)
),
changed (line) as materialized (
    select format('batch %s of %s, line %s (session %s): the views now differ: %s',
                  n.batch, n.consumer, n.line, n.session_id,
                  coalesce(case f.end_observed_by when 'open' then 'open'
                           else array_to_string(fax.export_changes(row(n.*)::fax.export_line, row(f.*)::fax.export_line), ', ') end,
                           'no such fax'))
    from newest n
    join consumer c on c.consumer = n.consumer
    left join fax f on f.session_id = n.session_id
    join fax.export_batch b on b.consumer = n.consumer and b.batch = n.batch
    where (f.session_id is null or f.last_position <= c.last_position)
      -- its retention has ended, which is on record
      and (f.session_id is not null or not exists (
          select from fax.month_change m
          where m.change = 'deleted' and m.month = date_trunc('month', n.started_at at time zone 'UTC')::date))
      -- a restored line may have been made from rows that the history has lost
      and (b.restored_after is null or (f.last_position > b.restored_after and f.snapshots >= n.snapshots))
      and not exists (select 1 from fax.export_pending p where p.session_id = n.session_id and p.consumer = n.consumer)
      and (f.session_id is null or f.end_observed_by = 'open'
           or fax.export_changes(row(n.*)::fax.export_line, row(f.*)::fax.export_line) <> '{}')
)
select m.line from missing m
union all
select c.line from changed c
