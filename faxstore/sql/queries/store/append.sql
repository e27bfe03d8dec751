-- Appends the rows of a batch: its collector, epochs, sessions and rows; the spool, the numbers of its records that are
-- in the database before and after the batch, and the keys of those that the batch adds.
select appended, repeats from fax.append(%s, %s, %s, %s, %s, %s, %s, %s)
