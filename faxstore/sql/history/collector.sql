-- grain: one collector of rows of the history, and the number by which they name it
-- example: select collector, collector_id from fax.collector order by collector;
-- The numbers have no gaps: a query reads all names once and takes that of a row by its place, which costs less than a
-- join.
create table fax.collector (
    collector    integer primary key,  -- Its number, from 1 in the order of first appends.
    collector_id text not null unique  -- Its name: an ingestor (its host and the id of its spool) or the importer.
);

comment on table fax.collector is 'One collector that appended to the history. Rows store its number, which takes 4 bytes instead of 56. Append-only.';
