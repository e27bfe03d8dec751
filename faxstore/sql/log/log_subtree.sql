-- grain: one complete subtree of the log: 256, 65,536 or 16,777,216 rows
-- example: select first_position, encode(root, 'hex') from fax.log_subtree where rows = 256 order by 1 desc limit 3;
-- With subtrees, sealing and proving read few hashes, and a changed row is narrowed down to 256.
create table fax.log_subtree (
    rows           bigint not null,  -- Number of rows: 256, 65,536 or 16,777,216.
    first_position bigint not null,  -- Position of the first row.
    root           bytea not null check (length(root) = 32),  -- Root of the subtree, 32 bytes.
    primary key (rows, first_position),
    check (rows in (256, 65536, 16777216) and (first_position - 1) % rows = 0)
);

comment on table fax.log_subtree is 'Roots of the log''s complete subtrees. faxstore seal adds them. Append-only.';
