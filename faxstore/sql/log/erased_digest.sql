-- grain: one row of the history whose personal values were erased
-- example: select position from fax.erased_digest where session_id = '…';
create table fax.erased_digest (
    session_id uuid not null,  -- The session.
    position   bigint not null,  -- Position of the row in the history.
    file_name  bytea check (length(file_name) = 32),  -- Digest of its file_name by fax.personal_digest() with the salt of that time. NULL if it had none.
    details    bytea check (length(details) = 32),  -- Digest of its details before the erasure, likewise. NULL if they contained no personal value.
    primary key (session_id, position)
);

create index erased_digest_position on fax.erased_digest (position);

comment on table fax.erased_digest is 'Digests that represent the erased values of a row in the log. Their salt is deleted. Append-only.';
