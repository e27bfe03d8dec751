-- grain: up to 256 rows that were sealed together
-- example: select first_position, rows, marks from fax.log_run order by first_position desc limit 3;
-- A root shows that one of its rows changed. The marks show which one, at 3 bytes per row.
-- The check has no BETWEEN: PostgreSQL would write it differently after a dump and restore, which verify would report.
create table fax.log_run (
    first_position bigint primary key,  -- Position of the first row.
    rows           integer not null,  -- Number of rows, ending at the latest before the next multiple of 256.
    marks          bytea not null,  -- First 3 bytes of the leaf hash of each row.
    check (rows >= 1 and rows <= 256 and length(marks) = 3 * rows)
);

comment on table fax.log_run is 'Prefixes of the leaf hashes of sealed rows, with which faxstore names a changed row. Append-only.';
