-- The lines of a batch in their order.
select l.* from fax.export_line l where l.consumer = %(consumer)s and l.batch = %(batch)s order by l.line
