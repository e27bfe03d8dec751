-- grain: one sealed change of a row beside the history, or one sealed run of rows of a table that only grows
-- example: select changed_at, changed_by, row_key, content from fax.log_record where relation = 'technology' order by ordinal;
-- The history's rows are leaves of the tree; records cover what else figures depend on. A checkpoint states the number
-- of records and their digest.
create table fax.log_record (
    ordinal    bigint primary key,  -- Place in the order of sealing, from 1 without gaps.
    relation   text not null,  -- Table of the row or run, without its schema; or signing_key: a key that begins to sign.
    row_key    text not null,  -- Primary key of the row: its values, separated by spaces. Of a run, its last place.
    content    jsonb,  -- The row after the change, without the columns that the log does not cover. Of a run: after and last (its places), rows and their sha256. NULL if the row was deleted.
    changed_at timestamptz not null,  -- When it was changed, or the run was sealed, by the database's clock.
    changed_by text not null  -- Database user who changed it, or sealed the run.
);

-- Sealing continues each run where the one before ended. Records of sessions are many, and verify reads all of them.
create index log_record_relation on fax.log_record (relation, ordinal) where relation <> 'session';

comment on table fax.log_record is 'Everything beside the history that was sealed: each change of a row, with its time and its user, and digests of tables that only grow. faxstore seal adds rows. Append-only.';
