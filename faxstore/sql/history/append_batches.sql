-- grain: one append of at least one new row
-- example: select first_position, last_position, collector_id from fax.append_batches order by last_position;
create view fax.append_batches as
select
    b.last_position - b.rows + 1 as first_position,  -- Position of the first row.
    b.last_position,  -- Position of the last row.
    b.rows::bigint as rows,  -- Number of rows.
    b.appended_at,  -- Time of the append, by the database's clock.
    c.collector_id  -- Collector that appended: an ingestor (its host and the id of its spool) or the importer.
from fax.append_batch b
left join fax.collector c on c.collector = b.collector;

comment on view fax.append_batches is 'One append to the history: its positions, its collector and its time.';
