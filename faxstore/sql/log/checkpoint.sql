-- grain: one state of the transparency log: how many rows and records it covers, and the root of the rows
-- example: select size, records, encode(root, 'base64') as root, made_at from fax.checkpoint order by size desc, records desc limit 1;
create table fax.checkpoint (
    size    bigint not null check (size > 0),  -- Number of rows: positions 1 to size.
    records bigint not null check (records > 0),  -- Number of records (fax.log_record): ordinals 1 to records. Each checkpoint has more than the one before.
    root    bytea not null check (length(root) = 32),  -- Root of the RFC 6962 tree whose leaf n is the row at position n, 32 bytes.
    note    text not null,  -- The checkpoint as text (C2SP tlog-checkpoint): origin, size, root, time, records and their digest, the key that begins to sign, and signatures if it was signed.
    made_at timestamptz not null default clock_timestamp(),  -- When it was made, by the database's clock.
    primary key (size, records)
);

comment on table fax.checkpoint is 'States of the transparency log, each a prefix of the next. faxstore seal adds them. Append-only.';
