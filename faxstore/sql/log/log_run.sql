-- grain: up to 256 rows that were sealed together
-- example: select first_position, rows, marks from fax.log_run order by first_position desc limit 3;
-- A root tells that one of its rows was changed, a mark tells which one, for 4 bytes a row.
create table fax.log_run (
    first_position bigint primary key,
    rows           integer not null,
    marks          bytea not null,
    check (rows between 1 and 256 and length(marks) = 4 * rows)
);

comment on table fax.log_run is 'The beginnings of the hashes of sealed rows, so that a row that was changed can be named. Append-only.';
comment on column fax.log_run.first_position is 'Position of the first of them.';
comment on column fax.log_run.rows is 'Rows: at most up to the next multiple of 256.';
comment on column fax.log_run.marks is 'The first 4 bytes of each row''s leaf hash.';
