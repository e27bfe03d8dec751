-- grain: one batch of the billing ledger that a checkpoint covers
-- example: select consumer, batch, made_at from fax.sealed_batches order by made_at desc limit 5;
create view fax.sealed_batches as
select distinct on (r.row_key)
    r.content ->> 'consumer' as consumer,  -- The consumer.
    (r.content ->> 'batch')::bigint as batch,  -- Batch number.
    (r.content ->> 'made_at')::timestamptz as made_at,  -- When it was made, as sealed, by the database's clock.
    r.ordinal  -- Record of the batch in fax.log_record.
from fax.log_record r
where r.relation = 'export_batch'
order by r.row_key, r.ordinal;

comment on view fax.sealed_batches is 'Batches of the billing ledger with the times that the transparency log covers. faxstore billing as-of selects a batch by them.';
