-- Batches that do not follow their predecessor by number or position, or end after the history.
select format('batch %s of %s: it starts at position %s, after batch %s at position %s',
              b.batch, b.consumer, b.first_position, coalesce(b.earlier::text, '(none)'), b.earlier_position)
from (
    select
        e.consumer, e.batch, e.first_position, e.last_position,
        lag(e.batch) over w as earlier,
        coalesce(lag(e.last_position) over w, 0) as earlier_position
    from fax.export_batch e
    window w as (partition by e.consumer order by e.batch)
) b
where b.batch <> coalesce(b.earlier, 0) + 1 or b.first_position <> b.earlier_position + 1
union all
select format('batch %s of %s: it ends at position %s, the history at %s', b.batch, b.consumer, b.last_position, h.last_position)
from fax.export_batch b
cross join (select coalesce(max(a.last_position), 0) as last_position from fax.append_batch a) h
where b.last_position > h.last_position
