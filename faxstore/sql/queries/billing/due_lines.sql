-- The lines of a consumer's next batch.
select d.* from fax.export_due(%(consumer)s, %(recheck)s) d where d.line is not null order by d.line
