-- The batches of a consumer, with the number of erased lines and the time of delivery.
select b.*,
       (select count(*) from fax.export_line l
        where l.consumer = b.consumer and l.batch = b.batch and l.erased_at is not null) as erased_lines,
       d.delivered_at
from fax.export_batch b
left join fax.export_delivery d on d.consumer = b.consumer and d.batch = b.batch
where b.consumer = %s
order by b.batch
