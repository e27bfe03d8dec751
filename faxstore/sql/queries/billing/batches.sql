-- The batches of a consumer, with the number of erased lines, the time of delivery, and the time that the log covers.
select b.*,
       (select count(*) from fax.export_line l
        where l.consumer = b.consumer and l.batch = b.batch and l.erased_at is not null) as erased_lines,
       d.delivered_at,
       s.made_at as sealed_made_at
from fax.export_batch b
left join fax.export_delivery d on d.consumer = b.consumer and d.batch = b.batch
left join fax.sealed_batches s on s.consumer = b.consumer and s.batch = b.batch
where b.consumer = %s
order by b.batch
