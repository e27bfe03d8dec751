-- grain: one state of the transparency log: how many rows it covers, and their root
-- example: select size, encode(root, 'base64') as root, made_at from fax.checkpoint order by size desc limit 1;
create table fax.checkpoint (
    size    bigint primary key check (size > 0),  -- Number of rows: positions 1 to size.
    root    bytea not null check (length(root) = 32),  -- Root of the RFC 6962 tree whose leaf n is the row at position n, 32 bytes.
    note    text not null,  -- The checkpoint as text (C2SP tlog-checkpoint): origin, size, root, and signatures if it was signed.
    made_at timestamptz not null default clock_timestamp()  -- When it was made, by the database's clock.
);

comment on table fax.checkpoint is 'States of the transparency log, each a prefix of the next. faxstore seal adds them. Append-only.';
