-- grain: up to 256 rows that were sealed together
-- example: select first_position, rows, marks from fax.log_run order by first_position desc limit 3;
-- A root shows that one of its rows changed. The marks show which one, at 4 bytes per row.
create table fax.log_run (
    first_position bigint primary key,
    rows           integer not null,
    marks          bytea not null,
    check (rows between 1 and 256 and length(marks) = 4 * rows)
);

comment on table fax.log_run is 'Prefixes of the leaf hashes of sealed rows, with which faxstore names a changed row. Append-only.';
comment on column fax.log_run.first_position is 'Position of the first row.';
comment on column fax.log_run.rows is 'Number of rows, ending at the latest before the next multiple of 256.';
comment on column fax.log_run.marks is 'First 4 bytes of the leaf hash of each row.';
