-- The lines of a batch in order.
select l.* from fax.export_line l where l.consumer = %(consumer)s and l.batch = %(batch)s order by l.line
