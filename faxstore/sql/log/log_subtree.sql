-- grain: one complete subtree of the log: 256 rows, 65,536 or 16,777,216
-- example: select first_position, encode(root, 'hex') from fax.log_subtree where rows = 256 order by 1 desc limit 3;
-- So that sealing and proving read few hashes, and a row that was changed is found among 256.
create table fax.log_subtree (
    rows           bigint not null,
    first_position bigint not null,
    root           bytea not null check (length(root) = 32),
    primary key (rows, first_position),
    check (rows in (256, 65536, 16777216) and (first_position - 1) % rows = 0)
);

comment on table fax.log_subtree is 'Roots of the log''s complete subtrees, made by faxstore seal. Append-only.';
comment on column fax.log_subtree.rows is 'Rows beneath it: 256, 65,536 or 16,777,216.';
comment on column fax.log_subtree.first_position is 'Position of the first of them.';
comment on column fax.log_subtree.root is 'Its root: 32 bytes.';
