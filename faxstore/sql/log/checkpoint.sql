-- grain: one state of the transparency log: how many rows it covers, and their root
-- example: select size, encode(root, 'base64') as root, made_at from fax.checkpoint order by size desc limit 1;
create table fax.checkpoint (
    size    bigint primary key check (size > 0),
    root    bytea not null check (length(root) = 32),
    note    text not null,
    made_at timestamptz not null default clock_timestamp()
);

comment on table fax.checkpoint is 'States of the transparency log, each a prefix of the next. faxstore seal adds them. Append-only.';
comment on column fax.checkpoint.size is 'Number of rows: positions 1 to size.';
comment on column fax.checkpoint.root is 'Root of the RFC 6962 tree whose leaf n is the row at position n, 32 bytes.';
comment on column fax.checkpoint.note is 'The checkpoint as text (C2SP tlog-checkpoint): origin, size, root, and signatures if it was signed.';
comment on column fax.checkpoint.made_at is 'When it was made, by the database''s clock.';
