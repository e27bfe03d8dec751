-- grain: one erasure of personal values, of one session or of rejected messages
-- example: select erased_at, erased_by, reason, session_id from fax.erasure order by erased_at;
create table fax.erasure (
    erasure_id    uuid primary key default gen_random_uuid(),  -- Identity of the erasure.
    erased_at     timestamptz not null default now(),  -- Start of its transaction, by the database's clock.
    erased_by     text not null default session_user,  -- Database user.
    reason        text not null check (reason <> ''),  -- Reason that the user gave.
    session_id    uuid,  -- The session. NULL if rejected messages were erased.
    server        text,  -- Server of the rejected messages. NULL for all servers, or for a session.
    from_at       timestamptz,  -- Start of the period of the rejected messages, inclusive. NULL for a session.
    to_at         timestamptz,  -- End of the period of the rejected messages, exclusive. NULL for a session.
    erased_rows   bigint not null,  -- Number of history rows or messages from which values were erased.
    check ((session_id is null) <> (from_at is null or to_at is null))
);

create index erasure_session on fax.erasure (session_id) where session_id is not null;

comment on table fax.erasure is 'Erasures of personal values: who, when and why. Append-only.';
